//! Time: deadlines, limits, and what they mean for what was sent.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use domain::Function;
use futures_util::future::join_all;
use stripe_client::{CallError, Config, Stripe, Tally, WriteError};

use crate::server::{Reply, Server};
use crate::world::{KEY, action, config, permit, refund_of_charge, refusal};

const EMPTY: &str = r#"{"object":"list","data":[],"has_more":false}"#;

fn stripe(config: Config) -> Stripe {
    Stripe::new(&KEY.parse().unwrap(), config).unwrap()
}

#[tokio::test]
async fn a_call_ends_at_its_deadline_however_many_tries_are_left() {
    let server = Server::script([Reply::Hang]).await;
    let mut config = config(&server.url);
    (config.timeout, config.deadline) = (Duration::from_mins(1), Duration::from_millis(200));
    let started = Instant::now();
    let error = stripe(config).reader().customers_by_email("a@b.example").await.unwrap_err();
    assert!(matches!(error, CallError::TimedOut { .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn no_pause_is_begun_that_ends_after_the_deadline() {
    let server = Server::script([Reply::status(500, "")]).await;
    let mut config = config(&server.url);
    (config.first_pause, config.longest_pause) = (Duration::from_mins(1), Duration::from_mins(1));
    let started = Instant::now();
    let error = stripe(config).reader().customers_by_email("a@b.example").await.unwrap_err();
    assert!(matches!(error, CallError::ServerFailed { .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn clones_share_their_limits() {
    let server = Server::script([Reply::ok(EMPTY)]).await;
    let mut config = config(&server.url);
    config.rates.per_endpoint = NonZeroU32::new(5).unwrap();
    let stripe = stripe(config);
    let clones = [stripe.clone(), stripe.clone(), stripe.clone(), stripe];
    let started = Instant::now();
    let answers = join_all(clones.iter().map(|clone| clone.reader().customers_by_email("a@b.example"))).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|got| got.value.complete)));
    assert!(started.elapsed() >= Duration::from_millis(590), "four calls at 5/s in {:?}", started.elapsed());
}

#[tokio::test]
async fn a_write_without_a_slot_before_the_deadline_is_not_sent() {
    let server = Server::script([Reply::status(401, "")]).await;
    let mut config = config(&server.url);
    config.rates.per_endpoint = NonZeroU32::new(1).unwrap();
    config.deadline = Duration::from_millis(300);
    let stripe = stripe(config);
    let (action, refund) = (action(), refund_of_charge());
    let write = || stripe.write(permit(Function::Refund)).refund(&action, &refund);
    let outcomes = join_all([write(), write(), write()]).await;
    let congested = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(WriteError::NotDone(CallError::Congested { call })) if call.tries == 0));
    assert_eq!((congested.count(), server.asked().len()), (2, 1));
}

#[tokio::test]
async fn an_answer_larger_than_allowed_is_not_read() {
    let server = Server::script([Reply::ok(" ".repeat(5000))]).await;
    let mut config = config(&server.url);
    config.max_body_bytes = 4096;
    let error = stripe(config).reader().customers_by_email("a@b.example").await.unwrap_err();
    assert!(matches!(error, CallError::TooLarge { .. }) && !error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn after_a_429_the_account_is_asked_more_slowly() {
    let server = Server::script([Reply::status(429, ""), Reply::ok(EMPTY)]).await;
    let mut config = config(&server.url);
    config.rates.account_test = NonZeroU32::new(4).unwrap();
    let stripe = stripe(config);
    let error = stripe.reader().customers_by_email("a@b.example").await.unwrap_err();
    assert!(matches!(error, CallError::RateLimited { .. }) && error.is_rate_limit(), "{error:?}");
    let started = Instant::now();
    stripe.reader().customers_by_email("a@b.example").await.unwrap();
    assert!(
        started.elapsed() >= Duration::from_millis(400),
        "at 4/s it was asked after {:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn an_object_that_is_being_used_slows_nothing_down() {
    let in_use =
        refusal("invalid_request_error", Some("lock_timeout"), "This object cannot be accessed right now.");
    let server = Server::script([Reply::status(429, in_use), Reply::ok(EMPTY)]).await;
    let stripe = stripe(config(&server.url));
    let error = stripe.reader().customers_by_email("a@b.example").await.unwrap_err();
    assert!(matches!(error, CallError::ObjectInUse { .. }), "{error:?}");
    assert!(error.is_transient() && !error.is_rate_limit());
    assert!(stripe.reader().expected_wait() < Duration::from_millis(10));
}

#[tokio::test]
async fn how_each_try_was_answered_is_counted() {
    let replies = [Reply::status(500, ""), Reply::Reset, Reply::status(429, ""), Reply::ok(EMPTY)];
    let server = Server::script(replies).await;
    let stripe = stripe(Config { retries: 0, ..config(&server.url) });
    for _ in 0..4 {
        // Each ends after one try, well or not: the count tells.
        drop(stripe.clone().reader().customers_by_email("a@b.example").await);
    }
    assert_eq!(stripe.reader().tally(), Tally { calls: 4, limited: 1, failed: 1, unanswered: 1 });
}

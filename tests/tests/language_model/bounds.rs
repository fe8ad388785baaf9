//! How much is asked, how long is waited, and when nothing is asked at all.

use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::Result;
use futures_util::future::join_all;
use tests::Turn;

use crate::world::{QUOTE, RIGHT, World, allowance, slots};

const FAILURES: u32 = 3;
const PAUSE: i64 = 30;

/// A client that leaves the server alone for half a minute after three failures.
async fn with_a_breaker(turn: Turn) -> Result<World> {
    World::with(turn, |config| {
        config.breaker.failures = NonZeroU32::MIN.saturating_add(FAILURES - 1);
        config.breaker.pause = Duration::from_secs(30);
    })
    .await
}

#[tokio::test]
async fn a_slow_answer_is_given_up_and_an_answer_in_time_is_not() -> Result<()> {
    let slow = Turn::After(Duration::from_secs(20), "invoice_lookup", QUOTE);
    assert_eq!(World::that(slow).await?.fails().await, "timed_out");
    let in_time = Turn::After(Duration::from_millis(50), "invoice_lookup", QUOTE);
    let world = World::with(in_time, |config| config.timeout = Duration::from_secs(20)).await?;
    assert_eq!(world.fails().await, "invoice_lookup");
    Ok(())
}

#[tokio::test]
async fn no_more_wait_than_may_and_the_rest_is_told_so_at_once() -> Result<()> {
    let world = World::with(Turn::Hangs, |config| config.concurrency = slots(3)).await?;
    let mut codes = join_all((0..20).map(|_| world.fails())).await;
    codes.sort_unstable();
    let mut expected = vec!["busy"; 17];
    expected.extend(["timed_out"; 3]);
    assert_eq!(codes, expected);
    assert_eq!(world.server.most_at_once(), 3);
    world.server.answers(RIGHT);
    assert_eq!(world.fails().await, "invoice_lookup", "the slots are free again");
    Ok(())
}

#[tokio::test]
async fn calls_are_counted_under_concurrency_and_again_the_next_hour() -> Result<()> {
    let world = World::with(RIGHT, |config| {
        config.concurrency = slots(64);
        config.allowances.process = allowance(5, 1_000_000);
        config.timeout = Duration::from_secs(20);
    })
    .await?;
    let codes = join_all((0..40).map(|_| world.fails())).await;
    assert_eq!(codes.iter().filter(|code| **code == "invoice_lookup").count(), 5, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == "budget_used_up").count(), 35, "{codes:?}");
    assert_eq!(world.calls(), 5);
    world.seconds_pass(3_600);
    assert_eq!(world.fails().await, "invoice_lookup");
    Ok(())
}

#[tokio::test]
async fn tokens_are_counted_as_the_server_tells_them_and_never_beyond_the_day() -> Result<()> {
    let world = World::with(Turn::Costs(30_000, "invoice_lookup", QUOTE), |config| {
        config.allowances.process = allowance(1_000, 100_000);
    })
    .await?;
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(world.fails().await);
    }
    assert_eq!(
        codes,
        ["invoice_lookup", "invoice_lookup", "invoice_lookup", "invoice_lookup", "budget_used_up"]
    );
    world.seconds_pass(3_600);
    assert_eq!(world.fails().await, "budget_used_up");
    world.seconds_pass(23 * 3_600);
    assert_eq!(world.fails().await, "invoice_lookup");
    Ok(())
}

#[tokio::test]
async fn calls_on_their_way_count_with_the_most_they_can_cost() -> Result<()> {
    let world = World::with(Turn::Hangs, |config| {
        config.concurrency = slots(64);
        config.allowances.process = allowance(1_000, 20_000);
    })
    .await?;
    let codes = join_all((0..40).map(|_| world.fails())).await;
    let sent = codes.iter().filter(|code| **code == "timed_out").count();
    assert!((1..=9).contains(&sent), "{sent} calls could have cost more than 20,000 tokens");
    assert_eq!(world.calls(), sent);
    Ok(())
}

#[tokio::test]
async fn a_workspace_that_used_up_its_own_leaves_the_others_theirs() -> Result<()> {
    let world = World::with(RIGHT, |config| config.allowances.workspace = allowance(2, 100_000)).await?;
    for _ in 0..2 {
        world.reads_for("loud").await?;
    }
    assert_eq!(world.reads_for("loud").await.map_err(|error| error.code()), Err("budget_used_up"));
    world.reads_for("quiet").await?;
    Ok(())
}

#[tokio::test]
async fn a_failing_server_is_left_alone_then_tried_with_one_mail_and_used_again() -> Result<()> {
    let world = with_a_breaker(Turn::Status(500, "")).await?;
    for _ in 0..FAILURES {
        assert_eq!(world.fails().await, "server_failed");
    }
    assert_eq!(world.fails().await, "paused");
    assert_eq!(world.calls(), 3);
    world.seconds_pass(PAUSE);
    let codes = join_all((0..8).map(|_| world.fails())).await;
    assert_eq!(codes.iter().filter(|code| **code == "server_failed").count(), 1, "{codes:?}");
    world.server.answers(RIGHT);
    assert_eq!(world.fails().await, "paused");
    world.seconds_pass(PAUSE);
    assert_eq!(world.fails().await, "invoice_lookup");
    assert_eq!(join_all((0..4).map(|_| world.fails())).await, ["invoice_lookup"; 4]);
    Ok(())
}

#[tokio::test]
async fn a_server_that_asks_for_time_is_given_it() -> Result<()> {
    let world = with_a_breaker(RIGHT).await?;
    world.server.answers_once(Turn::Status(429, "retry-after: 120\r\n"));
    assert_eq!(world.fails().await, "rate_limited");
    world.seconds_pass(119);
    assert_eq!(world.fails().await, "paused");
    world.seconds_pass(1);
    assert_eq!(world.fails().await, "invoice_lookup");
    Ok(())
}

#[tokio::test]
async fn what_a_mail_brings_about_does_not_take_the_model_away_from_others() -> Result<()> {
    let world = with_a_breaker(RIGHT).await?;
    for _ in 0..4 {
        world.server.answers_once(Turn::Says("refund", "an invented sentence"));
        world.server.answers_once(Turn::Says("none", "an invented sentence"));
        world.server.answers_once(Turn::CutOff(String::new()));
    }
    for _ in 0..12 {
        assert_ne!(world.fails().await, "paused");
    }
    assert_eq!(world.fails().await, "invoice_lookup");
    Ok(())
}

#[tokio::test]
async fn a_probe_whose_mail_was_given_back_does_not_leave_the_breaker_open_for_good() -> Result<()> {
    let world = with_a_breaker(Turn::Status(500, "")).await?;
    for _ in 0..FAILURES {
        world.fails().await;
    }
    world.seconds_pass(PAUSE);
    world.server.answers_once(Turn::Hangs);
    let given_back = tokio::time::timeout(Duration::from_millis(100), world.fails()).await;
    assert!(given_back.is_err());
    world.server.answers(RIGHT);
    assert_eq!(world.fails().await, "invoice_lookup");
    Ok(())
}

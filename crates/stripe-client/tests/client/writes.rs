//! Writes: what goes over the wire, and what is known after each way it can go wrong.

use std::collections::HashMap;

use domain::Function;
use stripe_client::object::{Refund, RefundStatus};
use stripe_client::{
    CallError, KeyRefusal, NewPaymentLink, NewPortalSession, RefusalReason, RequestId, STRIPE_VERSION,
    WriteError, Written,
};

use crate::server::{Asked, Reply, Server};
use crate::world::{REFUND, action, euros, impatient_stripe, permit, refund_of_charge, refusal, stripe};

async fn refund(server: &Server) -> Result<Written<Refund>, WriteError> {
    stripe(server).write(permit(Function::Refund)).refund(&action(), &refund_of_charge()).await
}

fn pairs(asked: &Asked) -> Vec<String> {
    let decoded = asked.body.replace("%5B", "[").replace("%5D", "]");
    decoded.split('&').map(str::to_owned).collect()
}

#[tokio::test]
async fn a_refund_carries_its_key_and_our_mark() {
    let server = Server::script([Reply::ok(REFUND).with("request-id", "req_1")]).await;
    let written = refund(&server).await.unwrap();

    let asked = &server.asked()[0];
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", "/v1/refunds"));
    assert_eq!(asked.headers["idempotency-key"], action().as_str());
    assert_eq!(asked.headers["stripe-version"], STRIPE_VERSION);
    assert_eq!(asked.headers["authorization"], "Bearer rk_test_51HabcdefghijQQQQ");
    assert!(asked.headers["user-agent"].starts_with("postill/"));
    let mark = format!("metadata[postill_action]={}", action());
    assert_eq!(pairs(asked), ["charge=ch_1", "amount=2500", "reason=requested_by_customer", &mark]);

    assert_eq!((written.value.id.as_str(), written.value.amount()), ("re_1", euros(2500)));
    assert_eq!(written.value.status, Some(RefundStatus::Succeeded));
    assert_eq!(written.value.action, Some(action()));
    assert_eq!((written.replayed, written.request_id.unwrap().as_str()), (false, "req_1"));
}

#[tokio::test]
async fn a_payment_link_takes_one_payment_and_needs_one_request() {
    let body = r#"{"id":"plink_1","url":"https://buy.stripe.com/test_1","active":true,"livemode":false,"metadata":{}}"#;
    let server = Server::script([Reply::ok(body)]).await;
    let link = NewPaymentLink {
        amount: euros(4900),
        title: "Invoice LARK-1 & more".to_owned(),
        invoice: Some("in_1".parse().unwrap()),
    };
    let written =
        stripe(&server).write(permit(Function::PaymentLink)).payment_link(&action(), &link).await.unwrap();
    assert_eq!(written.value.url.as_str(), "https://buy.stripe.com/test_1");
    let asked = server.asked();
    assert_eq!((asked.len(), asked[0].target.as_str()), (1, "/v1/payment_links"));
    let mark = format!("metadata[postill_action]={}", action());
    assert_eq!(
        pairs(&asked[0]),
        [
            "line_items[0][price_data][currency]=eur",
            "line_items[0][price_data][unit_amount]=4900",
            "line_items[0][price_data][product_data][name]=Invoice+LARK-1+%26+more",
            "line_items[0][quantity]=1",
            "restrictions[completed_sessions][limit]=1",
            &mark,
            "metadata[postill_invoice]=in_1",
        ]
    );
}

#[tokio::test]
async fn an_expired_portal_link_asks_for_a_login() {
    let body = r#"{"id":"bps_1","url":"https://billing.stripe.com/p/session/x","customer":"cus_1","created":1790000000,"livemode":false}"#;
    let server = Server::script([Reply::ok(body)]).await;
    let session =
        NewPortalSession { customer: "cus_1".parse().unwrap(), configuration: None, return_url: None };
    let written = stripe(&server)
        .write(permit(Function::PortalLink))
        .portal_session(&action(), &session)
        .await
        .unwrap();
    assert_eq!(pairs(&server.asked()[0]), ["customer=cus_1", "after_expiration[type]=customer_login"]);
    assert!(!format!("{written:?}").contains("billing.stripe.com"), "the link lets whoever holds it in");
}

#[tokio::test]
async fn taking_a_cancellation_back_has_a_key_of_its_own_and_names_what_it_takes_back() {
    let body = r#"{"id":"sub_1","object":"subscription","status":"active","livemode":false,"cancel_at_period_end":false,
        "created":1790000000,"items":{"data":[]},"metadata":{}}"#;
    let server = Server::script([Reply::Reset, Reply::ok(body)]).await;
    let stripe = stripe(&server);
    let write = stripe.write(permit(Function::CancelSubscription));
    let written = write.keep_subscription(&action(), &"sub_1".parse().unwrap()).await.unwrap();
    assert!(!written.value.is_ending());
    let asked = server.asked();
    assert_eq!((asked.len(), asked[1].target.as_str()), (2, "/v1/subscriptions/sub_1"));
    assert_eq!(asked[1].headers["idempotency-key"], format!("{}_kept", action()));
    assert_eq!(asked[0].headers["idempotency-key"], asked[1].headers["idempotency-key"]);
    let mark = format!("metadata[postill_kept]={}", action());
    assert_eq!(pairs(&asked[1]), ["cancel_at_period_end=false", &mark]);
}

#[tokio::test]
async fn a_permit_for_another_function_sends_nothing() {
    let server = Server::script([Reply::ok(REFUND)]).await;
    let write =
        stripe(&server).write(permit(Function::PortalLink)).refund(&action(), &refund_of_charge()).await;
    assert!(matches!(write, Err(WriteError::WrongPermit { asked: Function::Refund, .. })));
    assert!(server.asked().is_empty());
}

/// Does each key once, and loses the answer the first time.
fn stripe_that_loses_the_first_answer() -> impl FnMut(&Asked) -> Reply + Send {
    let mut done: HashMap<String, String> = HashMap::new();
    move |asked| {
        let key = asked.headers["idempotency-key"].clone();
        if let Some(body) = done.get(&key) {
            assert_eq!(*body, asked.body, "a repeated key needs the same bytes");
            return Reply::ok(REFUND).with("idempotent-replayed", "true");
        }
        done.insert(key, asked.body.clone());
        Reply::Reset
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_bytes() {
    let server = Server::with(stripe_that_loses_the_first_answer()).await;
    let written = refund(&server).await.unwrap();
    assert!(written.replayed);
    assert_eq!(server.asked().len(), 2);
}

#[track_caller]
fn unknown(outcome: Result<Written<Refund>, WriteError>) -> CallError {
    match outcome {
        Err(WriteError::Unknown(error)) => error,
        other => panic!("expected an unknown effect, got {other:?}"),
    }
}

#[track_caller]
fn not_done(outcome: Result<Written<Refund>, WriteError>) -> CallError {
    match outcome {
        Err(WriteError::NotDone(error)) => error,
        other => panic!("expected that nothing was done, got {other:?}"),
    }
}

#[tokio::test]
async fn answers_that_never_come_leave_the_effect_unknown() {
    for reply in [Reply::Reset, Reply::Half, Reply::Hang] {
        let server = Server::script([reply]).await;
        let stripe = impatient_stripe(&server);
        let write = stripe.write(permit(Function::Refund));
        let error = unknown(write.refund(&action(), &refund_of_charge()).await);
        assert!(matches!(error, CallError::Broken { .. } | CallError::TimedOut { .. }), "{error:?}");
        assert!(error.is_transient());
        assert_eq!((server.asked().len(), error.call().tries), (3, 3));
    }
}

#[tokio::test]
async fn a_half_answer_keeps_its_request_id() {
    let server = Server::script([Reply::Half]).await;
    let error = unknown(refund(&server).await);
    assert_eq!(error.call().request_id.as_ref().map(RequestId::as_str), Some("req_half"));
    assert_eq!(error.call().status, Some(200));
}

#[tokio::test]
async fn without_a_connection_nothing_was_done() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = crate::world::config(&format!("http://{closed}"));
    let stripe = stripe_client::Stripe::new(&crate::world::KEY.parse().unwrap(), config).unwrap();
    let error = not_done(stripe.write(permit(Function::Refund)).refund(&action(), &refund_of_charge()).await);
    assert!(matches!(error, CallError::Unreachable { .. }) && error.is_transient());
    assert_eq!(error.call().tries, 3);
}

#[tokio::test]
async fn a_5xx_is_repeated_twice_and_then_unknown() {
    let server = Server::script([Reply::status(500, "").with("request-id", "req_5")]).await;
    let error = unknown(refund(&server).await);
    assert_eq!(error.to_string(), "Stripe failed (POST /v1/refunds, status 500, request req_5, 3 tries)");
    assert_eq!(server.asked().len(), 3);

    let server = Server::script([Reply::status(503, ""), Reply::ok(REFUND)]).await;
    assert!(refund(&server).await.is_ok_and(|written| written.value.id.as_str() == "re_1"));
}

#[tokio::test]
async fn a_refusal_for_good_is_not_repeated() {
    let sentence = "Refund amount ($25.00) is greater than unrefunded amount on charge ($10.00)";
    let above =
        format!(r#"{{"error":{{"type":"invalid_request_error","param":"amount","message":"{sentence}"}}}}"#);
    let code = |code| refusal("invalid_request_error", Some(code), "No.");
    let cases = [
        (400, code("charge_already_refunded"), RefusalReason::AlreadyRefunded),
        (400, code("charge_disputed"), RefusalReason::Disputed),
        (404, code("resource_missing"), RefusalReason::NoSuchObject),
        (402, refusal("card_error", Some("card_declined"), "No."), RefusalReason::Declined),
        (400, above, RefusalReason::AboveRefundable),
    ];
    for (status, body, reason) in cases {
        let server = Server::script([Reply::status(status, body)]).await;
        let error = not_done(refund(&server).await);
        assert_eq!(error.refusal().map(|refusal| refusal.reason), Some(reason));
        assert!(!error.is_transient());
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_refusal_says_nothing_of_an_earlier_try_that_went_unanswered() {
    let refused = refusal("invalid_request_error", Some("charge_already_refunded"), "Already refunded.");
    for second in [Reply::status(400, refused), Reply::status(429, ""), Reply::status(401, "")] {
        let server = Server::script([Reply::Reset, second]).await;
        unknown(refund(&server).await);
        assert_eq!(server.asked().len(), 2);
    }
}

#[tokio::test]
async fn a_429_is_repeated_only_when_stripe_says_so() {
    let server = Server::script([Reply::status(429, ""), Reply::ok(REFUND)]).await;
    let error = not_done(refund(&server).await);
    assert!(matches!(error, CallError::RateLimited { .. }) && error.is_transient());
    assert_eq!(server.asked().len(), 1);

    let told = Reply::status(429, "").with("stripe-should-retry", "true");
    let server = Server::script([told, Reply::ok(REFUND)]).await;
    assert!(refund(&server).await.is_ok_and(|written| !written.replayed));
}

#[tokio::test]
async fn stripe_may_forbid_a_repetition() {
    let server = Server::script([Reply::status(500, "").with("stripe-should-retry", "false")]).await;
    unknown(refund(&server).await);
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_key_in_use_is_waited_for_and_then_unknown() {
    let in_use = Reply::status(409, refusal("idempotency_error", Some("idempotency_key_in_use"), "In use."));
    let server =
        Server::script([in_use.clone(), Reply::ok(REFUND).with("idempotent-replayed", "true")]).await;
    assert!(refund(&server).await.is_ok_and(|written| written.replayed));

    let server = Server::script([in_use]).await;
    let error = unknown(refund(&server).await);
    assert!(matches!(error, CallError::KeyInUse { .. }) && error.is_transient());
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_key_used_with_other_bytes_is_never_sent_again() {
    let server = Server::script([Reply::status(400, refusal("idempotency_error", None, "Keys…"))]).await;
    let error = unknown(refund(&server).await);
    assert!(matches!(error, CallError::KeyMismatch { .. }) && !error.is_transient());
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_missing_permission_names_the_row_to_tick() {
    let text = "The provided key 'rk_test_*********QQQQ' lacks 'rak_charge_write' or 'rak_refund_write'.";
    let server = Server::script([Reply::status(403, refusal("invalid_request_error", None, text))]).await;
    let error = not_done(refund(&server).await);
    let CallError::PermissionMissing { missing, .. } = &error else { panic!("{error:?}") };
    assert_eq!(missing.slugs, ["rak_charge_write", "rak_refund_write"]);
    assert_eq!(
        error.to_string(),
        "the Stripe key lacks a permission: Refunds: Write (POST /v1/refunds, status 403)"
    );
    assert!(!missing.message.as_str().contains("QQQQ"));

    let silent = Server::script([Reply::status(403, "<html>Forbidden</html>")]).await;
    let CallError::PermissionMissing { missing, .. } = not_done(refund(&silent).await) else { panic!() };
    assert_eq!(
        missing.rows,
        [domain::Permission::REFUNDS],
        "the endpoint's own row, when the text names none"
    );
}

#[tokio::test]
async fn a_refused_key_says_whether_it_expired() {
    let expired = refusal("invalid_request_error", Some("api_key_expired"), "Expired API Key provided.");
    for (body, expected) in [(expired, KeyRefusal::Expired), (String::new(), KeyRefusal::Unknown)] {
        let server = Server::script([Reply::status(401, body)]).await;
        let CallError::KeyRefused { refusal, .. } = not_done(refund(&server).await) else { panic!() };
        assert_eq!(refusal, expected);
    }
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_leaves_the_effect_unknown() {
    let elsewhere = Reply::status(302, "").with("location", "http://127.0.0.1:1/v1/refunds");
    let of_a_proxy = Reply::status(404, "<html>not here</html>");
    let live = Reply::ok(REFUND.replacen('{', r#"{"livemode":true,"#, 1));
    let strange = Reply::ok(REFUND.replace("2500", r#""2500""#));
    let mut errors = Vec::new();
    for reply in [elsewhere, of_a_proxy, live, strange] {
        let server = Server::script([reply]).await;
        errors.push(unknown(refund(&server).await));
        assert_eq!(server.asked().len(), 1);
    }
    assert!(matches!(errors[0], CallError::Foreign { .. }), "redirects are not followed");
    assert!(matches!(errors[1], CallError::Foreign { .. }));
    assert!(matches!(errors[2], CallError::WrongMode { .. }));
    assert_eq!(errors[3].to_string(), "the answer cannot be read at amount (POST /v1/refunds, status 200)");
}

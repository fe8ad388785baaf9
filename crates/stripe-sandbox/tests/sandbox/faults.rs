//! What goes wrong when a test asks for it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{World, got};

const FORM: &str = "charge=ch_paid&amount=1000";

async fn world_with(fault: Value) -> World {
    let world = World::start().await;
    world.fault(json!({"method": "POST", "path": "/v1/refunds", "times": 1, "fault": fault})).await;
    world
}

async fn refunded(world: &World) -> Value {
    world.get("/v1/charges/ch_paid").await.done()["amount_refunded"].clone()
}

#[tokio::test]
async fn an_answer_lost_before_execution_changed_nothing() {
    let world = world_with(json!({"kind": "lost_before_execution"})).await;
    let error = world.keyed("k", "/v1/refunds", FORM).send().await.unwrap_err();
    assert!(error.is_request(), "{error}");
    assert_eq!(refunded(&world).await, 0);
    let log = world.log().await;
    assert_eq!((&log[0]["status"], &log[0]["answer_lost"]), (&json!(null), &json!(true)));
    assert_eq!(world.post_keyed("k", "/v1/refunds", FORM).await.header("idempotent-replayed"), None);
}

#[tokio::test]
async fn an_answer_lost_after_execution_is_found_under_its_key() {
    let world = world_with(json!({"kind": "lost_after_execution"})).await;
    let error = world.keyed("k", "/v1/refunds", FORM).send().await.unwrap_err();
    assert!(error.is_request(), "{error}");
    assert_eq!(refunded(&world).await, 1000);
    let again = world.post_keyed("k", "/v1/refunds", FORM).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (200, Some("true")));
    assert_eq!(refunded(&world).await, 1000);
}

/// The error of the operating system at the end of the chain.
fn io_error(error: &reqwest::Error) -> Option<std::io::ErrorKind> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        next = error.source();
    }
    None
}

#[tokio::test]
async fn a_connection_can_be_reset_after_execution() {
    let world = world_with(json!({"kind": "reset_after_execution"})).await;
    let error = world.keyed("k", "/v1/refunds", FORM).send().await.unwrap_err();
    assert_eq!(io_error(&error), Some(std::io::ErrorKind::ConnectionReset), "{error:?}");
    assert_eq!(refunded(&world).await, 1000);
    assert_eq!(world.post_keyed("k", "/v1/refunds", FORM).await.header("idempotent-replayed"), Some("true"));
}

#[tokio::test]
async fn an_answer_can_hang_after_execution_longer_than_its_client_waits() {
    let world = world_with(json!({"kind": "hang_after_execution", "ms": 10_000})).await;
    let waited = world.keyed("k", "/v1/refunds", FORM).timeout(Duration::from_millis(100)).send().await;
    assert!(waited.unwrap_err().is_timeout());
    assert_eq!(refunded(&world).await, 1000);
    assert_eq!(world.post_keyed("k", "/v1/refunds", FORM).await.header("idempotent-replayed"), Some("true"));
    assert_eq!(refunded(&world).await, 1000);
}

#[tokio::test]
async fn a_500_without_execution_can_be_what_the_key_replays() {
    let world = world_with(json!({"kind": "server_error_saved"})).await;
    world.post_keyed("k", "/v1/refunds", FORM).await.refused(500, None, None);
    let again = world.post_keyed("k", "/v1/refunds", FORM).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (500, Some("true")));
    assert_eq!(refunded(&world).await, 0);
}

#[tokio::test]
async fn a_balance_that_does_not_cover_a_refund_refuses_it_for_that_key() {
    let world = world_with(json!({"kind": "balance_insufficient"})).await;
    world.post_keyed("k", "/v1/refunds", FORM).await.refused(400, Some("balance_insufficient"), None);
    let again = world.post_keyed("k", "/v1/refunds", FORM).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (400, Some("true")));
    assert_eq!(refunded(&world).await, 0);
}

#[tokio::test]
async fn somebody_else_can_refund_right_before_a_request() {
    let world = world_with(json!({"kind": "refunded_elsewhere"})).await;
    let late = world.post_keyed("k", "/v1/refunds", FORM).await;
    late.refused(400, Some("charge_already_refunded"), None);
    assert_eq!(refunded(&world).await, 2500);

    let world = world_with(json!({"kind": "refunded_elsewhere", "amount": 500})).await;
    let ours =
        world.post_keyed("k", "/v1/refunds", "charge=ch_paid&amount=1000&metadata[by]=us").await.done();
    assert_eq!(ours["metadata"], json!({"by": "us"}));
    assert_eq!(refunded(&world).await, 1500);
    let marks: Vec<Value> = world.get("/v1/refunds?charge=ch_paid").await.done()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refund| refund["metadata"].clone())
        .collect();
    assert_eq!(marks, [json!({"by": "us"}), json!({})]);

    let world = world_with(json!({"kind": "refunded_elsewhere", "amount": 2000})).await;
    let over = world.post_keyed("k", "/v1/refunds", FORM).await;
    assert!(
        over.refused(400, None, Some("amount")).contains("greater than unrefunded amount on charge ($5.00)")
    );
}

#[tokio::test]
async fn a_500_without_execution_leaves_the_key_free() {
    let world = world_with(json!({"kind": "server_error"})).await;
    let failed = world.post_keyed("k", "/v1/refunds", FORM).await;
    failed.refused(500, None, None);
    assert_eq!(failed.body["error"]["type"], "api_error");
    assert_eq!(refunded(&world).await, 0);
    let executed = world.post_keyed("k", "/v1/refunds", FORM).await;
    assert_eq!((executed.status, executed.header("idempotent-replayed")), (200, None));
}

#[tokio::test]
async fn a_500_after_execution_is_what_the_key_replays() {
    let world = world_with(json!({"kind": "server_error_after_execution"})).await;
    world.post_keyed("k", "/v1/refunds", FORM).await.refused(500, None, None);
    assert_eq!(refunded(&world).await, 1000);
    let again = world.post_keyed("k", "/v1/refunds", FORM).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (500, Some("true")));
    assert_eq!(refunded(&world).await, 1000);
}

#[tokio::test]
async fn the_platform_refuses_in_its_own_words() {
    let cases = [
        ("lock_timeout", 409, Some("lock_timeout"), None),
        ("idempotency_key_in_use", 409, Some("idempotency_key_in_use"), None),
        ("rate_limited", 429, Some("rate_limit"), None),
        ("rate_limited_should_retry", 429, Some("rate_limit"), Some("true")),
        ("revoked_key", 401, Some("api_key_expired"), None),
    ];
    for (kind, status, code, should_retry) in cases {
        let world = world_with(json!({"kind": kind})).await;
        let refused = world.post_keyed("k", "/v1/refunds", FORM).await;
        refused.refused(status, code, None);
        assert_eq!(refused.header("stripe-should-retry"), should_retry, "{kind}");
        assert_eq!(refunded(&world).await, 0, "{kind}");
    }
}

#[tokio::test]
async fn a_delay_holds_up_the_answer() {
    let world = world_with(json!({"kind": "latency", "ms": 120})).await;
    let since = Instant::now();
    world.post("/v1/refunds", FORM).await.done();
    assert!(since.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_stop_its_request() {
    let world = world_with(json!({"kind": "latency", "ms": 150})).await;
    let hung_up = world.keyed("k", "/v1/refunds", FORM).timeout(Duration::from_millis(50)).send().await;
    assert!(hung_up.unwrap_err().is_timeout());
    while world.log().await.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(refunded(&world).await, 1000);
    assert_eq!(world.post_keyed("k", "/v1/refunds", FORM).await.header("idempotent-replayed"), Some("true"));
}

#[tokio::test]
async fn rules_can_be_queued_seen_and_cleared() {
    let world = World::start().await;
    let rule = |kind: &str| json!({"path": "/v1/charges", "times": 1, "fault": {"kind": kind}});
    world.fault(json!([rule("server_error"), rule("rate_limited")])).await;
    assert_eq!(world.get("/v1/charges").await.status, 500);
    let left = got(world.request("GET", "/_sandbox/faults")).await;
    assert_eq!(left.body["faults"].as_array().unwrap().len(), 1);
    got(world.request("DELETE", "/_sandbox/faults")).await.done();
    assert_eq!(world.get("/v1/charges").await.status, 200);
    let misspelt = world.request("POST", "/_sandbox/faults").body(r#"{"path":"/","fault":{"kind":"slow"}}"#);
    assert_eq!(got(misspelt).await.status, 400);
}

#[tokio::test]
async fn a_reset_is_a_fresh_start() {
    let world = world_with(json!({"kind": "server_error"})).await;
    world.fault(json!({"path": "/v1/charges", "fault": {"kind": "server_error"}})).await;
    world.post_keyed("k", "/v1/refunds", FORM).await;
    world.post_keyed("k", "/v1/refunds", FORM).await.done();
    world.pass(1_000);
    got(world.request("POST", "/_sandbox/reset")).await.done();
    assert!(world.log().await.is_empty());
    assert_eq!(refunded(&world).await, 0);
    let charge = world.get("/v1/charges/ch_paid").await.done();
    assert_eq!(charge["created"], crate::harness::START + 1_000 - 10 * crate::harness::DAY);
    assert_eq!(world.post_keyed("k", "/v1/refunds", FORM).await.header("idempotent-replayed"), None);
}

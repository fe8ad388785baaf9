//! The same key, the same answer.

use crate::harness::{DAY, LIVE, World, got};
use serde_json::json;

const FORM: &str = "charge=ch_paid&amount=1000";

#[tokio::test]
async fn the_same_key_replays_and_does_not_execute_again() {
    let world = World::start().await;
    let first = world.post_keyed("k", "/v1/refunds", FORM).await;
    let again = world.post_keyed("k", "/v1/refunds", "amount=1000&charge=ch_paid").await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.header("original-request"), first.header("request-id"));
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(first.header("idempotency-key"), Some("k"));
    assert_ne!(again.header("request-id"), first.header("request-id"));
    assert_eq!(again.done(), first.done());
    assert_eq!(world.get("/v1/charges/ch_paid").await.done()["amount_refunded"], 1000);
}

#[tokio::test]
async fn a_key_belongs_to_its_parameters_and_its_endpoint() {
    let world = World::start().await;
    world.post_keyed("k", "/v1/refunds", FORM).await.done();
    let other = world.post_keyed("k", "/v1/refunds", "charge=ch_paid&amount=1001").await;
    assert_eq!(
        other.refused(400, None, None),
        "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key \
         other than 'k' if you meant to execute a different request."
    );
    assert_eq!(other.body["error"]["type"], "idempotency_error");
    let elsewhere = world.post_keyed("k", "/v1/subscriptions/sub_ada", "cancel_at_period_end=true").await;
    assert!(elsewhere.refused(400, None, None).contains("('/v1/subscriptions/sub_ada' vs '/v1/refunds')"));
}

#[tokio::test]
async fn business_refusals_are_saved() {
    let world = World::start().await;
    let refused = world.post_keyed("k", "/v1/refunds", "charge=ch_partly&amount=2500").await;
    refused.refused(400, None, Some("amount"));
    let again = world.post_keyed("k", "/v1/refunds", "charge=ch_partly&amount=2500").await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (400, Some("true")));
    assert_eq!(again.body, refused.body);
}

#[tokio::test]
async fn what_never_began_is_not_saved() {
    let world = World::start().await;
    world.post_keyed("k", "/v1/refunds", "amount=1000").await.refused(400, None, None);
    world.post_keyed("k", "/v1/refunds", "charge=ch_paid&amount=x").await.refused(
        400,
        Some("parameter_invalid_integer"),
        Some("amount"),
    );
    let denied =
        world.form("/v1/refunds", FORM).bearer_auth("rk_test_nothingWXYZ").header("idempotency-key", "k");
    assert_eq!(got(denied).await.status, 403);
    world.fault(json!({"path": "/v1/refunds", "times": 1, "fault": {"kind": "rate_limited"}})).await;
    assert_eq!(world.post_keyed("k", "/v1/refunds", FORM).await.status, 429);
    let executed = world.post_keyed("k", "/v1/refunds", FORM).await;
    assert_eq!((executed.status, executed.header("idempotent-replayed")), (200, None));
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let world = World::start().await;
    world.post_keyed("k", "/v1/refunds", FORM).await.done();
    world.pass(DAY - 1);
    assert_eq!(world.post_keyed("k", "/v1/refunds", FORM).await.header("idempotent-replayed"), Some("true"));
    world.pass(1);
    let executed = world.post_keyed("k", "/v1/refunds", FORM).await;
    assert_eq!(executed.header("idempotent-replayed"), None);
    assert_eq!(world.get("/v1/charges/ch_paid").await.done()["amount_refunded"], 2000);
}

#[tokio::test]
async fn a_key_in_use_is_409() {
    let world = World::start().await;
    world.fault(json!({"path": "/v1/refunds", "times": 1, "fault": {"kind": "latency", "ms": 300}})).await;
    let (first, second) = tokio::join!(world.post_keyed("k", "/v1/refunds", FORM), async {
        // The delayed request holds the key once the log of faults shows the delay as drawn.
        while !drawn(&world).await {
            tokio::task::yield_now().await;
        }
        world.post_keyed("k", "/v1/refunds", FORM).await
    });
    assert_eq!(first.status, 200);
    assert!(
        second.refused(409, Some("idempotency_key_in_use"), None).contains("another in-progress request")
    );
    assert_eq!(world.post_keyed("k", "/v1/refunds", FORM).await.header("idempotent-replayed"), Some("true"));
}

async fn drawn(world: &World) -> bool {
    let rules = got(world.request("GET", "/_sandbox/faults")).await;
    rules.body["faults"].as_array().unwrap().is_empty()
}

#[tokio::test]
async fn keys_of_the_modes_do_not_meet() {
    let world = World::start().await;
    world.post_keyed("k", "/v1/refunds", FORM).await.done();
    let live = world.form("/v1/refunds", "charge=ch_live").bearer_auth(LIVE).header("idempotency-key", "k");
    let live = got(live).await;
    assert_eq!((live.status, live.header("idempotent-replayed")), (200, None));
}

#[tokio::test]
async fn a_key_has_up_to_255_characters() {
    let world = World::start().await;
    world.post_keyed(&"k".repeat(255), "/v1/refunds", FORM).await.done();
    world.post_keyed(&"k".repeat(256), "/v1/refunds", FORM).await.refused(400, None, None);
}

#[tokio::test]
async fn a_key_that_was_forgotten_executes_again() {
    let world = World::start().await;
    world.post_keyed("k", "/v1/refunds", FORM).await.done();
    got(world.request("POST", "/_sandbox/forget_keys")).await.done();
    let again = world.post_keyed("k", "/v1/refunds", FORM).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (200, None));
    assert_eq!(world.get("/v1/charges/ch_paid").await.done()["amount_refunded"], 2000);
}

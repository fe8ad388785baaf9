//! Subscriptions end at the end of their period.

use serde_json::json;

use crate::harness::{DAY, START, World};

#[tokio::test]
async fn the_period_is_on_the_items() {
    let world = World::start().await;
    let subscription = world.get("/v1/subscriptions/sub_ada").await.done();
    assert!(subscription.get("current_period_end").is_none());
    let item = &subscription["items"]["data"][0];
    assert_eq!(item["current_period_end"], START + 18 * DAY);
    assert_eq!(item["price"]["recurring"]["interval"], "month");
    assert_eq!(
        (&subscription["items"]["object"], &item["subscription"]),
        (&json!("list"), &json!("sub_ada"))
    );
}

#[tokio::test]
async fn canceled_ones_are_hidden_unless_asked_for() {
    let world = World::start().await;
    assert_eq!(world.get("/v1/subscriptions?customer=cus_ada").await.ids(), ["sub_ada"]);
    assert_eq!(
        world.get("/v1/subscriptions?customer=cus_ada&status=all").await.ids(),
        ["sub_ada", "sub_over"]
    );
    assert_eq!(world.get("/v1/subscriptions?status=canceled").await.ids(), ["sub_over"]);
    assert_eq!(world.get("/v1/subscriptions?status=ended").await.ids(), ["sub_over"]);
    assert_eq!(world.get("/v1/subscriptions?price=price_month&customer=cus_bob").await.ids(), ["sub_plan"]);
    let wrong = world.get("/v1/subscriptions?status=dead").await;
    assert!(wrong.refused(400, None, Some("status")).starts_with("Invalid status: must be one of active,"));
}

#[tokio::test]
async fn cancelling_is_for_the_period_end_and_can_be_taken_back() {
    let world = World::start().await;
    let path = "/v1/subscriptions/sub_ada";
    let ending = world.post(path, "cancel_at_period_end=true&metadata[why]=mail").await.done();
    assert_eq!(ending["status"], "active");
    assert_eq!(
        (&ending["cancel_at_period_end"], &ending["cancel_at"]),
        (&json!(true), &json!(START + 18 * DAY))
    );
    assert_eq!(ending["canceled_at"], START);
    assert_eq!(ending["cancellation_details"]["reason"], "cancellation_requested");
    assert_eq!(ending["metadata"], json!({"why": "mail"}));
    world.pass(60);
    assert_eq!(world.post(path, "cancel_at_period_end=true").await.done()["canceled_at"], START);
    let going = world.post(path, "cancel_at_period_end=false&metadata[why]=").await.done();
    assert_eq!((&going["cancel_at_period_end"], &going["cancel_at"]), (&json!(false), &json!(null)));
    assert_eq!(going["metadata"], json!({}));
}

#[tokio::test]
async fn what_is_over_cannot_be_cancelled() {
    let world = World::start().await;
    let over = world.post("/v1/subscriptions/sub_over", "cancel_at_period_end=true").await;
    over.refused(400, Some("invalid_canceled_subscription_fields"), None);
    world.post("/v1/subscriptions/sub_over", "metadata[a]=b").await.done();
}

#[tokio::test]
async fn a_schedule_keeps_its_subscription() {
    let world = World::start().await;
    let managed = world.post("/v1/subscriptions/sub_plan", "cancel_at_period_end=true").await;
    assert!(managed.refused(400, None, None).contains("managed by the subscription schedule `sub_sched_1`"));
    assert_eq!(world.get("/v1/subscriptions/sub_plan").await.done()["cancel_at_period_end"], false);
}

#[tokio::test]
async fn a_subscription_that_does_not_exist_is_404() {
    let world = World::start().await;
    let missing = world.post("/v1/subscriptions/sub_nope", "cancel_at_period_end=true").await;
    missing.refused(404, Some("resource_missing"), Some("id"));
}

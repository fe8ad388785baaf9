//! Who may do what.

use serde_json::json;

use crate::harness::{LIVE, SECRET, World, got};

#[tokio::test]
async fn without_a_key_nothing_is_told() {
    let world = World::start().await;
    let none = got(world.request("GET", "/v1/charges")).await;
    assert!(none.refused(401, None, None).starts_with("You did not provide an API key."));
    assert!(none.body["error"]["request_log_url"].is_null());
    let unknown = world.get_as("sk_test_unknown9999", "/v1/charges").await;
    assert_eq!(unknown.refused(401, None, None), "Invalid API Key provided: sk_test_*******9999");
    let expired = world.get_as("sk_test_expiredWXYZ", "/v1/charges").await;
    let message = expired.refused(401, Some("api_key_expired"), None);
    assert_eq!(message, "Expired API Key provided: sk_test_*******WXYZ");
}

#[tokio::test]
async fn a_publishable_key_is_sent_away() {
    let world = World::start().await;
    let got = world.get_as("pk_test_1", "/v1/charges").await;
    assert!(got.refused(403, Some("secret_key_required"), None).contains("publishable API key"));
}

#[tokio::test]
async fn the_key_may_come_as_the_user_of_basic_authentication() {
    let world = World::start().await;
    let answer = got(world.request("GET", "/v1/charges/ch_paid").basic_auth(SECRET, None::<&str>)).await;
    assert_eq!(answer.done()["id"], "ch_paid");
}

#[tokio::test]
async fn the_key_decides_the_mode() {
    let world = World::start().await;
    let live = world.get_as(LIVE, "/v1/charges").await;
    assert_eq!(live.ids(), ["ch_live"]);
    assert_eq!(live.body["data"][0]["livemode"], true);
    assert_eq!(world.get("/v1/charges/ch_paid").await.done()["livemode"], false);
    let missing = world.get_as(LIVE, "/v1/charges/ch_paid").await;
    let message = missing.refused(404, Some("resource_missing"), Some("id"));
    assert!(message.ends_with(
        "a similar object exists in test mode, but a live mode key was used to make this request."
    ));
}

#[tokio::test]
async fn a_restricted_key_may_do_what_it_holds() {
    let world = World::start().await;
    let key = "rk_test_chargesWXYZ";
    world.get_as(key, "/v1/charges").await.done();
    let denied = world.get_as(key, "/v1/customers").await;
    assert_eq!(
        denied.refused(403, None, None),
        "The provided key 'rk_test_*******WXYZ' does not have the required permissions for this endpoint on account \
         'acct_1shop'. Having the 'rak_customer_read' permission would allow this request to continue."
    );
}

#[tokio::test]
async fn write_implies_read() {
    let world = World::start().await;
    let key = "rk_test_refundsWXYZ";
    world.get_as(key, "/v1/refunds").await.done();
    world.post_as(key, "/v1/refunds", "charge=ch_paid&amount=1").await.done();
    let reads_only = world.post_as("rk_test_nothingWXYZ", "/v1/refunds", "charge=ch_paid").await;
    let message = reads_only.refused(403, None, None);
    assert!(
        message.contains("Having the 'rak_refund_write', 'rak_charge_write' permissions would allow"),
        "{message}"
    );
}

#[tokio::test]
async fn the_missing_permission_is_worded_in_several_ways() {
    let world = World::start().await;
    let key = "rk_test_nothingWXYZ";
    let portal = world.post_as(key, "/v1/billing_portal/sessions", "customer=cus_ada").await;
    let message = portal.refused(403, None, None);
    assert!(
        message.starts_with("Permission denied. ") && message.contains("'rak_customer_portal_write'"),
        "{message}"
    );
    let silent = world.get_as(key, "/v1/balance_transactions").await;
    let message = silent.refused(403, None, None);
    assert!(!message.contains("rak_") && message.contains("more permissions"), "{message}");
}

#[tokio::test]
async fn expanding_asks_for_the_permission_of_what_is_expanded() {
    let world = World::start().await;
    let key = "rk_test_chargesWXYZ";
    let denied = world.get_as(key, "/v1/charges/ch_paid?expand[]=customer").await;
    assert!(denied.refused(403, None, None).contains("rak_customer_read"));
    let whole =
        world.get("/v1/charges/ch_paid?expand[]=customer&expand[]=payment_intent.latest_charge").await.done();
    assert_eq!(whole["customer"]["email"], "Ada@Example.com");
    assert_eq!(whole["payment_intent"]["latest_charge"]["id"], "ch_paid");
}

#[tokio::test]
async fn every_answer_says_its_request_and_version() {
    let world = World::start().await;
    let fine = world.get("/v1/charges").await;
    let refused = got(world.request("GET", "/v1/charges")).await;
    let unknown = world.get("/v1/balance").await;
    for answer in [&fine, &refused, &unknown] {
        assert!(answer.header("request-id").unwrap().starts_with("req_"));
        assert_eq!(answer.header("stripe-version"), Some("2026-10-28.endive"));
    }
    assert_ne!(fine.header("request-id"), refused.header("request-id"));
    assert!(unknown.refused(404, None, None).starts_with("Unrecognized request URL (GET: /v1/balance)."));
}

#[tokio::test]
async fn another_version_is_not_spoken() {
    let world = World::start().await;
    let old = world.request("GET", "/v1/charges").bearer_auth(SECRET).header("stripe-version", "2020-08-27");
    assert_eq!(got(old).await.refused(400, None, None), "Invalid Stripe API version: 2020-08-27");
}

#[tokio::test]
async fn an_error_says_where_it_is_explained_and_logged() {
    let world = World::start().await;
    let missing = world.get("/v1/charges/ch_nope").await;
    let error = &missing.body["error"];
    assert_eq!(error["type"], "invalid_request_error");
    assert_eq!(error["doc_url"], "https://stripe.com/docs/error-codes/resource-missing");
    let page = error["request_log_url"].as_str().unwrap();
    let id = missing.header("request-id").unwrap();
    assert!(page.starts_with(&format!("https://dashboard.stripe.com/test/logs/{id}?t=")), "{page}");
}

#[tokio::test]
async fn the_log_tells_what_was_asked() {
    let world = World::start().await;
    let refund = world.post_keyed("k1", "/v1/refunds", "charge=ch_paid&metadata[a]=b").await;
    world.post_keyed("k1", "/v1/refunds", "charge=ch_paid&metadata[a]=b").await;
    world.get_as("rk_test_chargesWXYZ", "/v1/customers?limit=3").await;
    let log = world.log().await;
    assert_eq!(log.len(), 3);
    assert_eq!(log[0]["request_id"], refund.header("request-id").unwrap());
    assert_eq!(log[0]["parameters"], json!({"charge": "ch_paid", "metadata": {"a": "b"}}));
    let told = |at: usize, name: &str| log[at][name].clone();
    let rows: Vec<_> =
        (0..3).map(|at| [told(at, "key_kind"), told(at, "status"), told(at, "replayed")]).collect();
    assert_eq!(
        json!(rows),
        json!([["secret", 200, false], ["secret", 200, true], ["restricted", 403, false]])
    );
    assert_eq!(log[1]["idempotency_key"], "k1");
    assert_eq!((&log[2]["method"], &log[2]["path"]), (&json!("GET"), &json!("/v1/customers")));
}

//! Prices, payment links and portal sessions.

use serde_json::json;

use crate::harness::{World, shop};

#[tokio::test]
async fn a_price_brings_its_product() {
    let world = World::start().await;
    let price =
        world.post("/v1/prices", "currency=EUR&unit_amount=1250&product_data[name]=Scarf").await.done();
    assert_eq!(
        (&price["currency"], &price["type"], &price["active"]),
        (&json!("eur"), &json!("one_time"), &json!(true))
    );
    assert_eq!(price["unit_amount_decimal"], "1250");
    let whole =
        world.get(&format!("/v1/prices/{}?expand[]=product", price["id"].as_str().unwrap())).await.done();
    assert_eq!(whole["product"]["name"], "Scarf");
}

#[tokio::test]
async fn a_price_that_makes_no_sense_is_refused() {
    let world = World::start().await;
    let cases = [
        ("unit_amount=1&product_data[name]=x", Some("parameter_missing"), Some("currency")),
        ("currency=zzz&unit_amount=1&product_data[name]=x", None, Some("currency")),
        ("currency=eur&product_data[name]=x", None, None),
        ("currency=eur&unit_amount=1", None, None),
        (
            "currency=eur&unit_amount=1&product_data[title]=x",
            Some("parameter_unknown"),
            Some("product_data[title]"),
        ),
        ("currency=eur&unit_amount=1&product=prod_nope", Some("resource_missing"), Some("product")),
        (
            "currency=eur&unit_amount=1.5&product=prod_tea",
            Some("parameter_invalid_integer"),
            Some("unit_amount"),
        ),
        (
            "currency=eur&unit_amount=1&product=prod_tea&recurring[interval]=often",
            None,
            Some("recurring[interval]"),
        ),
    ];
    for (form, code, param) in cases {
        world.post("/v1/prices", form).await.refused(400, code, param);
    }
    assert_eq!(world.objects("prices").await.len(), 2);
}

#[tokio::test]
async fn a_payment_link_sells_what_it_lists_once() {
    let world = World::start().await;
    let form = "line_items[0][price]=price_month&line_items[0][quantity]=2&restrictions[completed_sessions][limit]=1\
                &metadata[mail]=m1&expand[]=line_items";
    let link = world.post("/v1/payment_links", form).await.done();
    assert!(link["url"].as_str().unwrap().starts_with("https://buy.stripe.com/test_"));
    assert_eq!(link["restrictions"], json!({"completed_sessions": {"count": 0, "limit": 1}}));
    assert_eq!(link["line_items"]["data"][0]["amount_total"], 1800);
    let path = format!("/v1/payment_links/{}", link["id"].as_str().unwrap());
    let plain = world.get(&path).await.done();
    assert_eq!((&plain["metadata"], plain.get("line_items")), (&json!({"mail": "m1"}), None));
    assert_eq!(world.post(&path, "active=false").await.done()["active"], false);
    assert_eq!(world.get("/v1/payment_links?active=false").await.ids(), [link["id"].as_str().unwrap()]);
}

#[tokio::test]
async fn a_payment_link_can_bring_its_price() {
    let world = World::start().await;
    let form = "line_items[0][price_data][currency]=eur&line_items[0][price_data][unit_amount]=700\
                &line_items[0][price_data][product_data][name]=Cup&line_items[0][quantity]=1&expand[]=line_items";
    let link = world.post("/v1/payment_links", form).await.done();
    assert_eq!(link["currency"], "eur");
    assert_eq!(link["line_items"]["data"][0]["price"]["unit_amount"], 700);
    assert_eq!(world.objects("products").await.len(), 2);
}

#[tokio::test]
async fn a_payment_link_needs_an_active_price() {
    let world = World::start().await;
    let old =
        world.post("/v1/payment_links", "line_items[0][price]=price_old&line_items[0][quantity]=1").await;
    let message = old.refused(400, None, Some("line_items[0][price]"));
    assert_eq!(message, "The price specified is inactive. This field only accepts active prices.");
    let cases = [
        ("metadata[a]=b", "parameter_missing", "line_items"),
        ("line_items[0][price]=price_month", "parameter_missing", "line_items[0][quantity]"),
        ("line_items[0][quantity]=1", "parameter_missing", "line_items[0][price]"),
        (
            "line_items[0][price]=price_nope&line_items[0][quantity]=1",
            "resource_missing",
            "line_items[0][price]",
        ),
    ];
    for (form, code, param) in cases {
        world.post("/v1/payment_links", form).await.refused(400, Some(code), Some(param));
    }
}

#[tokio::test]
async fn a_portal_session_is_a_link_for_one_customer() {
    let world = World::start().await;
    let form = "customer=cus_ada&return_url=https://shop.example&after_expiration[type]=customer_login";
    let session = world.post("/v1/billing_portal/sessions", form).await.done();
    assert!(session["url"].as_str().unwrap().starts_with("https://billing.stripe.com/p/session/test_"));
    assert_eq!((&session["configuration"], &session["customer"]), (&json!("bpc_1"), &json!("cus_ada")));
    assert_eq!(session["after_expiration"]["type"], "customer_login");
    let other = world.post("/v1/billing_portal/sessions", form).await.done();
    assert_ne!(session["url"], other["url"]);
}

#[tokio::test]
async fn a_portal_session_needs_a_customer_who_is_there() {
    let world = World::start().await;
    let path = "/v1/billing_portal/sessions";
    for gone in ["cus_gone", "cus_nope"] {
        let refused = world.post(path, &format!("customer={gone}")).await;
        refused.refused(400, Some("resource_missing"), Some("customer"));
    }
    world.post(path, "customer=cus_ada&return_url=shop").await.refused(
        400,
        Some("url_invalid"),
        Some("return_url"),
    );
    world.post(path, "customer=cus_ada&configuration=bpc_off").await.refused(
        400,
        None,
        Some("configuration"),
    );
}

#[tokio::test]
async fn without_a_saved_configuration_there_is_no_portal() {
    let mut seed = shop();
    seed["test"]["portal_configurations"] = json!([]);
    let world = World::with(seed).await;
    let refused = world.post("/v1/billing_portal/sessions", "customer=cus_ada").await;
    let message = refused.refused(400, None, None);
    assert!(message.starts_with(
        "No configuration provided and your test mode default configuration has not been created."
    ));
    assert!(message.ends_with("https://dashboard.stripe.com/test/settings/billing/portal."));
}

#[tokio::test]
async fn configurations_can_be_asked_for_the_default() {
    let world = World::start().await;
    let default = world.get("/v1/billing_portal/configurations?is_default=true&active=true").await;
    assert_eq!(default.ids(), ["bpc_1"]);
    assert_eq!(default.body["data"][0]["login_page"]["url"], "https://billing.stripe.com/p/login/x");
    assert_eq!(world.get("/v1/billing_portal/configurations").await.ids().len(), 2);
}

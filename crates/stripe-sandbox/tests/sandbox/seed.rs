//! A seed that is wrong says where.

use serde_json::{Value, json};
use stripe_sandbox::Seed;

use crate::harness::{World, shop};

/// Puts `object` into a section of the shop and returns what the seed says of it.
fn complaint(section: &str, object: Value) -> String {
    let mut seed = shop();
    let mut objects = seed["test"][section].as_array().cloned().unwrap_or_default();
    objects.push(object);
    seed["test"][section] = json!(objects);
    Seed::from_json(&seed.to_string()).unwrap_err().to_string()
}

#[track_caller]
fn check(section: &str, object: Value, place: &str, field: &str, problem: &str) {
    let said = complaint(section, object);
    assert!(said.starts_with(&format!("test.{section}[{place}")), "{said}");
    assert!(said.contains(&format!("field `{field}` ")) && said.contains(problem), "{said}");
}

#[test]
fn the_object_and_the_field_are_named() {
    check("customers", json!({"id": "cus_x", "mail": "a@b.c"}), "4] (cus_x)", "mail", "is not a field");
    check("customers", json!({"email": "a@b.c"}), "4] (no id)", "id", "is missing");
    check("customers", json!({"id": "ch_x"}), "4] (ch_x)", "id", "starts with cus_");
    check("customers", json!({"id": "cus_ada"}), "4] (cus_ada)", "id", "twice");
    check("customers", json!({"id": "cus_x", "created": "12d"}), "4] (cus_x)", "created", "unix seconds");
    check("charges", json!({"id": "ch_x", "customer": "cus_ada"}), "9] (ch_x)", "amount", "is missing");
    check("charges", json!({"id": "ch_x", "amount": "12"}), "9] (ch_x)", "amount", "an integer");
    check(
        "charges",
        json!({"id": "ch_x", "amount": 1, "status": "ok"}),
        "9] (ch_x)",
        "status",
        "one of succeeded",
    );
    check(
        "charges",
        json!({"id": "ch_x", "amount": 1, "currency": "EUR"}),
        "9] (ch_x)",
        "currency",
        "lower case",
    );
    let details = json!({"id": "ch_x", "amount": 1, "billing_details": {"mail": "x"}});
    check("charges", details, "9] (ch_x)", "billing_details.mail", "is not a field");
    let behaviour = json!({"id": "ch_x", "amount": 1, "metadata": {"refund_behaviour": "slow"}});
    check("charges", behaviour, "9] (ch_x)", "metadata.refund_behaviour", "one of succeeded, pending");
}

#[test]
fn every_reference_leads_somewhere() {
    let stranger = json!({"id": "ch_x", "amount": 1, "customer": "cus_nope"});
    check("charges", stranger, "9] (ch_x)", "customer", "names cus_nope, which is not among the customers");
    let other_mode = json!({"id": "ch_x", "amount": 1, "customer": "cus_live"});
    check("charges", other_mode, "9] (ch_x)", "customer", "names cus_live");
    let items = json!([{"price": "price_nope", "current_period_end": "+1d"}]);
    let subscription = json!({"id": "sub_x", "customer": "cus_ada", "items": items});
    check("subscriptions", subscription, "3] (sub_x)", "items[0].price", "names price_nope");
}

#[test]
fn refunds_fit_their_charge() {
    let too_much = json!({"id": "re_x", "charge": "ch_partly", "amount": 1001});
    check("refunds", too_much, "1] (re_x)", "amount", "more than the charge's amount of 2500");
}

#[test]
fn sections_and_keys_are_checked() {
    let said = complaint("custmers", json!({"id": "cus_x"}));
    assert_eq!(said, "test.custmers: there is no such section");
    check("keys", json!({"key": "sk_live_12345"}), "5] (sk_live_*2345)", "key", "sk_test_");
    check(
        "keys",
        json!({"key": "rk_test_12345", "permissions": ["charges"]}),
        "5] (rk_test_*2345)",
        "permissions",
        "slugs",
    );
    assert!(Seed::from_json("{}").is_err());
}

#[tokio::test]
async fn what_is_left_open_is_filled_in() {
    let world = World::start().await;
    let charge = world.get("/v1/charges/ch_paid").await.done();
    for (field, value) in [
        ("object", json!("charge")),
        ("currency", json!("usd")),
        ("captured", json!(true)),
        ("paid", json!(true)),
        ("amount_captured", json!(2500)),
        ("refunded", json!(false)),
        ("disputed", json!(false)),
        ("metadata", json!({})),
        ("failure_code", json!(null)),
    ] {
        assert_eq!(charge[field], value, "{field}");
    }
    let partly = world.get("/v1/charges/ch_partly").await.done();
    assert_eq!((&partly["amount_refunded"], &partly["refunded"]), (&json!(1500), &json!(false)));
    assert_eq!(world.get("/v1/refunds/re_old").await.done()["currency"], "usd");
    assert_eq!(world.get("/v1/payment_intents/pi_paid").await.done()["latest_charge"], "ch_paid");
    assert_eq!(world.get("/v1/invoices/in_open").await.done()["account_country"], "US");
}

#[tokio::test]
async fn the_control_side_shows_both_modes_and_what_the_api_hides() {
    let world = World::start().await;
    let charges = world.objects("charges").await;
    assert_eq!((charges.len(), &charges[9]["livemode"]), (10, &json!(true)));
    world
        .post("/v1/payment_links", "line_items[0][price]=price_month&line_items[0][quantity]=1")
        .await
        .done();
    assert_eq!(world.objects("payment_links").await[0]["line_items"]["data"][0]["quantity"], 1);
    world.sandbox.shutdown().await;
}

//! Lists: newest first, filtered, paged.

use serde_json::json;

use crate::harness::{START, World, shop};

#[tokio::test]
async fn lists_are_newest_first_and_without_deleted_customers() {
    let world = World::start().await;
    let customers = world.get("/v1/customers").await;
    assert_eq!(customers.ids(), ["cus_bob", "cus_ada2", "cus_ada"]);
    let body = customers.done();
    assert_eq!(
        (&body["object"], &body["url"], &body["has_more"]),
        (&json!("list"), &json!("/v1/customers"), &json!(false))
    );
}

#[tokio::test]
async fn a_deleted_customer_is_a_tombstone_with_200() {
    let world = World::start().await;
    let gone = world.get("/v1/customers/cus_gone").await.done();
    assert_eq!(gone, json!({"id": "cus_gone", "object": "customer", "deleted": true}));
}

#[tokio::test]
async fn the_address_filter_is_exact_and_minds_the_case() {
    let world = World::start().await;
    assert_eq!(world.get("/v1/customers?email=ada@example.com").await.ids(), ["cus_ada2"]);
    assert_eq!(world.get("/v1/customers?email=Ada@Example.com").await.ids(), ["cus_ada"]);
    assert!(world.get("/v1/customers?email=ADA@example.com").await.ids().is_empty());
}

#[tokio::test]
async fn pages_go_forward_and_back() {
    let world = World::start().await;
    let first = world.get("/v1/charges?customer=cus_ada&limit=2").await;
    assert_eq!(first.ids(), ["ch_held", "ch_inquiry"]);
    assert_eq!(first.body["has_more"], true);
    let second = world.get("/v1/charges?customer=cus_ada&limit=2&starting_after=ch_inquiry").await;
    assert_eq!(second.ids(), ["ch_back", "ch_partly"]);
    let last = world.get("/v1/charges?customer=cus_ada&limit=2&starting_after=ch_partly").await;
    assert_eq!((last.ids(), &last.body["has_more"]), (vec!["ch_failed", "ch_paid"], &json!(false)));
    let back = world.get("/v1/charges?customer=cus_ada&limit=2&ending_before=ch_partly").await;
    assert_eq!((back.ids(), &back.body["has_more"]), (vec!["ch_inquiry", "ch_back"], &json!(true)));
}

#[tokio::test]
async fn a_page_has_ten_unless_said_and_at_most_a_hundred() {
    let mut seed = shop();
    let many: Vec<_> = (0..120).map(|at| json!({"id": format!("cus_{at:03}"), "created": "-1d"})).collect();
    seed["test"] = json!({"keys": seed["test"]["keys"], "customers": many});
    let world = World::with(seed).await;
    let ten = world.get("/v1/customers").await;
    assert_eq!((ten.ids().len(), ten.ids()[0]), (10, "cus_119"));
    assert_eq!(world.get("/v1/customers?limit=100").await.ids().len(), 100);
    let code = Some("parameter_invalid_integer");
    world.get("/v1/customers?limit=101").await.refused(400, code, Some("limit"));
    world.get("/v1/customers?limit=0").await.refused(400, code, Some("limit"));
}

#[tokio::test]
async fn a_time_can_be_bounded() {
    let world = World::start().await;
    let week_ago = START - 7 * 86_400;
    let since = world.get(&format!("/v1/charges?customer=cus_ada&created[gte]={week_ago}")).await;
    assert_eq!(since.ids(), ["ch_held", "ch_inquiry", "ch_back"]);
    let before = world.get(&format!("/v1/charges?customer=cus_ada&created[lt]={week_ago}")).await;
    assert_eq!(before.ids(), ["ch_partly", "ch_failed", "ch_paid"]);
    assert_eq!(world.get(&format!("/v1/charges?created={week_ago}")).await.ids(), ["ch_back"]);
}

#[tokio::test]
async fn a_filter_by_what_does_not_exist_is_an_error() {
    let world = World::start().await;
    let missing = world.get("/v1/charges?customer=cus_nope").await;
    assert_eq!(
        missing.refused(400, Some("resource_missing"), Some("customer")),
        "No such customer: 'cus_nope'"
    );
    let live = world.get("/v1/charges?customer=cus_live").await;
    assert!(live.refused(400, Some("resource_missing"), Some("customer")).contains("exists in live mode"));
    world.get("/v1/charges?starting_after=ch_nope").await.refused(
        400,
        Some("resource_missing"),
        Some("starting_after"),
    );
}

#[tokio::test]
async fn a_parameter_that_is_not_known_is_refused() {
    let world = World::start().await;
    let unknown = world.get("/v1/charges?custommer=cus_ada").await;
    let message = unknown.refused(400, Some("parameter_unknown"), Some("custommer"));
    assert_eq!(message, "Received unknown parameter: custommer");
    world.get("/v1/charges/ch_paid?limit=1").await.refused(400, Some("parameter_unknown"), Some("limit"));
    world.get("/v1/charges?customer=").await.refused(400, Some("parameter_invalid_empty"), Some("customer"));
}

#[tokio::test]
async fn drafts_come_first_among_invoices_and_a_subscription_is_found_through_the_parent() {
    let world = World::start().await;
    assert_eq!(world.get("/v1/invoices?customer=cus_ada").await.ids(), ["in_draft", "in_open", "in_paid"]);
    assert_eq!(world.get("/v1/invoices?customer=cus_ada&status=open").await.ids(), ["in_open"]);
    let of_subscription = world.get("/v1/invoices?subscription=sub_ada").await;
    assert_eq!(of_subscription.ids(), ["in_paid"]);
    let invoice = &of_subscription.body["data"][0];
    for gone in ["charge", "payment_intent", "subscription", "paid"] {
        assert!(invoice.get(gone).is_none(), "{gone}");
    }
    assert_eq!((&invoice["amount_paid"], &invoice["amount_remaining"]), (&json!(2500), &json!(0)));
}

#[tokio::test]
async fn the_payment_of_an_invoice_is_an_object_of_its_own() {
    let world = World::start().await;
    let payments = world
        .get("/v1/invoice_payments?invoice=in_paid&status=paid&expand[]=data.payment.payment_intent")
        .await;
    assert_eq!(payments.body["data"][0]["payment"]["payment_intent"]["latest_charge"], "ch_paid");
    let by_payment = "/v1/invoice_payments?payment[type]=payment_intent&payment[payment_intent]=";
    assert_eq!(world.get(&format!("{by_payment}pi_paid")).await.ids(), ["inpay_1"]);
    assert!(world.get(&format!("{by_payment}pi_failed")).await.ids().is_empty());
}

#[tokio::test]
async fn only_references_can_be_expanded() {
    let world = World::start().await;
    for path in ["metadata", "nonsense", "customer.email"] {
        let refused = world.get(&format!("/v1/charges/ch_paid?expand[]={path}")).await;
        let message = refused.refused(400, None, Some("expand")).to_owned();
        assert_eq!(message, format!("This property cannot be expanded ({path})."));
    }
    world.get("/v1/charges?expand[]=customer").await.refused(400, None, Some("expand"));
    let deep = world.get("/v1/charges/ch_paid?expand[]=a.b.c.d.e").await;
    deep.refused(400, Some("property_expansion_max_depth"), Some("expand"));
}

#[tokio::test]
async fn payment_methods_belong_to_their_customer() {
    let world = World::start().await;
    assert_eq!(world.get("/v1/customers/cus_ada/payment_methods").await.ids(), ["pm_ada"]);
    assert!(world.get("/v1/customers/cus_bob/payment_methods").await.ids().is_empty());
    let all = world.get("/v1/payment_methods?customer=cus_ada&type=card").await.done();
    assert_eq!(all["data"][0]["card"]["last4"], "4242");
    world.get("/v1/customers/cus_nope/payment_methods").await.refused(
        404,
        Some("resource_missing"),
        Some("id"),
    );
}

//! Search: no case, joined with AND, a page at a time.

use serde_json::json;

use crate::harness::{World, got, shop};

#[tokio::test]
async fn an_address_is_found_whatever_its_case() {
    let world = World::start().await;
    let found = world.get("/v1/customers/search?query=email:'ADA@example.com'").await;
    assert_eq!(found.ids(), ["cus_ada2", "cus_ada"]);
    let body = found.done();
    assert_eq!(
        (&body["object"], &body["url"], &body["next_page"]),
        (&json!("search_result"), &json!("/v1/customers/search"), &json!(null))
    );
    assert_eq!(world.get("/v1/customers/search?query=email~\"bob@\"").await.ids(), ["cus_bob"]);
}

#[tokio::test]
async fn clauses_narrow() {
    let world = World::start().await;
    let both = "/v1/customers/search?query=email:'ada@example.com' AND metadata['plan']:'gold'";
    assert_eq!(world.get(both).await.ids(), ["cus_ada"]);
    assert_eq!(
        world.get("/v1/invoices/search?query=number:'A-0002' AND customer:'cus_ada'").await.ids(),
        ["in_open"]
    );
    assert!(
        world.get("/v1/invoices/search?query=number:'A-0002' AND customer:'cus_bob'").await.ids().is_empty()
    );
    let amounts =
        world.get("/v1/charges/search?query=amount>2000 AND -customer:'cus_ada' AND refunded:false").await;
    assert_eq!(amounts.ids(), ["ch_debit", "ch_dead", "ch_slow"]);
}

#[tokio::test]
async fn pages_follow_their_token() {
    let world = World::start().await;
    let query = "/v1/charges/search?limit=4&query=customer:'cus_ada'";
    let first = world.get(query).await;
    assert_eq!((first.ids().len(), &first.body["has_more"]), (4, &json!(true)));
    let page = first.body["next_page"].as_str().unwrap();
    let second = world.get(&format!("{query}&page={page}")).await;
    assert_eq!((second.ids(), &second.body["has_more"]), (vec!["ch_failed", "ch_paid"], &json!(false)));
    world.get(&format!("{query}&page=nonsense")).await.refused(400, None, Some("page"));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let world = World::start().await;
    let unsupported = world.get("/v1/customers/search?query=shoe_size:'43'").await;
    assert!(
        unsupported
            .refused(400, None, Some("query"))
            .contains("unsupported search field for resource `customers`")
    );
    world.get("/v1/customers/search?query=email~'ab'").await.refused(400, None, Some("query"));
    world.get("/v1/customers/search?query=email").await.refused(400, None, Some("query"));
    world.get("/v1/customers/search").await.refused(400, Some("parameter_missing"), Some("query"));
}

#[tokio::test]
async fn charges_are_searched_by_card_and_amount_and_not_by_address() {
    let mut seed = shop();
    let card =
        |last4: &str| json!({"type": "card", "card": {"last4": last4, "exp_month": 1, "exp_year": 2030}});
    let guest = json!({"id": "ch_guest", "amount": 4200, "currency": "eur", "created": "-30s",
        "payment_method_details": card("0077"), "billing_details": {"email": "guest@example.com"},
        "receipt_email": "guest@example.com"});
    let other = json!({"id": "ch_other", "amount": 4200, "payment_method_details": card("0078")});
    seed["test"]["charges"].as_array_mut().unwrap().extend([guest, other]);
    let world = World::with(seed).await;
    let by_card = "/v1/charges/search?query=payment_method_details.card.last4:\"0077\"";
    let found = world.get(by_card).await;
    assert_eq!(found.ids(), ["ch_guest"]);
    let charge = &found.body["data"][0];
    assert_eq!(
        (&charge["billing_details"]["email"], &charge["customer"]),
        (&json!("guest@example.com"), &json!(null))
    );
    assert_eq!(
        world.get(&format!("{by_card} AND amount:4200 AND currency:\"eur\"")).await.ids(),
        ["ch_guest"]
    );
    assert!(world.get(&format!("{by_card} AND amount:4201")).await.ids().is_empty());
    assert_eq!(
        world.get("/v1/charges/search?query=amount:4200 AND currency:\"usd\"").await.ids(),
        ["ch_other"]
    );
    for field in ["billing_details.email", "receipt_email"] {
        let query = format!("/v1/charges/search?query={field}:\"guest@example.com\"");
        world.get(&query).await.refused(400, None, Some("query"));
    }
}

#[tokio::test]
async fn a_search_can_be_a_minute_behind_and_a_list_is_not() {
    let world = World::start().await;
    let lag = world.request("POST", "/_sandbox/search_lag").body(r#"{"seconds": 3600}"#);
    got(lag).await.done();
    let query = "/v1/invoices/search?query=customer:'cus_ada'";
    assert_eq!(
        world.get(query).await.ids(),
        ["in_draft", "in_open", "in_paid"],
        "a draft of an hour ago is found"
    );
    let lag = world.request("POST", "/_sandbox/search_lag").body(r#"{"seconds": 3601}"#);
    got(lag).await.done();
    assert_eq!(world.get(query).await.ids(), ["in_open", "in_paid"]);
    assert_eq!(world.get("/v1/invoices?customer=cus_ada").await.ids().len(), 3);
    world.pass(1);
    assert_eq!(world.get(query).await.ids().len(), 3);
}

//! Search: no case, joined with AND, a page at a time.

use serde_json::json;

use crate::harness::World;

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

//! Money moves once, and never more than was paid.

use serde_json::json;

use crate::harness::{START, World, shop};

#[tokio::test]
async fn a_full_refund_empties_the_charge_and_books_it() {
    let world = World::start().await;
    let refund =
        world.post("/v1/refunds", "charge=ch_paid&reason=requested_by_customer&metadata[by]=me").await.done();
    assert_eq!(refund["amount"], 2500);
    assert_eq!(refund["status"], "succeeded");
    assert_eq!(refund["payment_intent"], "pi_paid");
    assert_eq!(refund["created"], START);
    assert_eq!(refund["metadata"], json!({"by": "me"}));
    assert_eq!(refund["destination_details"]["card"]["reference_status"], "pending");
    let booked = refund["balance_transaction"].as_str().unwrap();
    let booked = world.get(&format!("/v1/balance_transactions/{booked}")).await.done();
    assert_eq!(
        (&booked["amount"], &booked["net"], &booked["source"]),
        (&json!(-2500), &json!(-2500), &refund["id"])
    );
    let charge = world.get("/v1/charges/ch_paid").await.done();
    assert_eq!((&charge["amount_refunded"], &charge["refunded"]), (&json!(2500), &json!(true)));
}

#[tokio::test]
async fn a_partial_refund_leaves_the_charge_open() {
    let world = World::start().await;
    world.post("/v1/refunds", "charge=ch_paid&amount=1000").await.done();
    let charge = world.get("/v1/charges/ch_paid").await.done();
    assert_eq!((&charge["amount_refunded"], &charge["refunded"]), (&json!(1000), &json!(false)));
    world.post("/v1/refunds", "charge=ch_paid&amount=1500").await.done();
    let again = world.post("/v1/refunds", "charge=ch_paid&amount=1").await;
    let message = again.refused(400, Some("charge_already_refunded"), None);
    assert_eq!(message, "Charge ch_paid has already been refunded.");
    assert_eq!(world.get("/v1/refunds?charge=ch_paid").await.ids().len(), 2);
}

#[tokio::test]
async fn the_ceiling_is_what_is_left() {
    let world = World::start().await;
    let over = world.post("/v1/refunds", "charge=ch_partly&amount=2500").await;
    let message = over.refused(400, None, Some("amount"));
    assert_eq!(message, "Refund amount ($25.00) is greater than unrefunded amount on charge ($10.00)");
    assert_eq!(world.post("/v1/refunds", "charge=ch_partly").await.done()["amount"], 1000);
}

#[tokio::test]
async fn a_payment_intent_stands_for_its_latest_charge() {
    let world = World::start().await;
    let refund = world.post("/v1/refunds", "payment_intent=pi_paid&amount=100").await.done();
    assert_eq!(refund["charge"], "ch_paid");
    assert_eq!(world.get("/v1/refunds?payment_intent=pi_paid").await.ids(), [refund["id"].as_str().unwrap()]);
    let failed = world.post("/v1/refunds", "payment_intent=pi_failed").await;
    assert!(failed.refused(400, None, None).contains("does not have a successful charge to refund"));
}

#[tokio::test]
async fn exactly_one_of_charge_and_payment_intent() {
    let world = World::start().await;
    let neither = world.post("/v1/refunds", "amount=1").await;
    assert!(neither.refused(400, None, None).contains("payment_intent or charge"));
    world.post("/v1/refunds", "charge=ch_paid&payment_intent=pi_paid").await.refused(
        400,
        None,
        Some("charge"),
    );
}

#[tokio::test]
async fn what_was_charged_back_is_refused_and_an_inquiry_is_not() {
    let world = World::start().await;
    let back = world.post("/v1/refunds", "charge=ch_back").await;
    let message = back.refused(400, Some("charge_disputed"), None);
    assert_eq!(message, "Charge ch_back has been charged back; cannot issue a refund.");
    assert_eq!(world.post("/v1/refunds", "charge=ch_inquiry").await.done()["amount"], 2500);
    assert_eq!(world.get("/v1/charges/ch_inquiry").await.done()["disputed"], true);
}

#[tokio::test]
async fn what_was_never_taken_is_not_given_back() {
    let world = World::start().await;
    world.post("/v1/refunds", "charge=ch_failed").await.refused(400, None, None);
    world.post("/v1/refunds", "charge=ch_held").await.refused(400, None, None);
    assert_eq!(world.objects("refunds").await.len(), 1);
}

#[tokio::test]
async fn the_charge_says_how_its_refunds_turn_out() {
    let world = World::start().await;
    let pending = world.post("/v1/refunds", "charge=ch_slow").await.done();
    assert_eq!((&pending["status"], &pending["balance_transaction"]), (&json!("pending"), &json!(null)));
    assert_eq!(world.get("/v1/charges/ch_slow").await.done()["amount_refunded"], 2500);

    let failed = world.post("/v1/refunds", "charge=ch_dead").await.done();
    assert_eq!(failed["status"], "failed");
    assert!(failed["failure_reason"].is_string() && failed["failure_balance_transaction"].is_string());
    assert_eq!(world.get("/v1/charges/ch_dead").await.done()["amount_refunded"], 0);

    let debit = world.post("/v1/refunds", "charge=ch_debit").await.done();
    assert_eq!(
        (&debit["status"], &debit["destination_details"]["type"]),
        (&json!("pending"), &json!("sepa_debit"))
    );
}

#[tokio::test]
async fn a_refund_can_wait_for_the_accounts_balance() {
    let mut seed = shop();
    let poor =
        json!({"id": "ch_poor", "amount": 900, "metadata": {"refund_behaviour": "insufficient_funds"}});
    seed["test"]["charges"].as_array_mut().unwrap().push(poor);
    let world = World::with(seed).await;
    let waiting = world.post("/v1/refunds", "charge=ch_poor").await.done();
    assert_eq!(
        (&waiting["status"], &waiting["pending_reason"]),
        (&json!("pending"), &json!("insufficient_funds"))
    );
    assert_eq!(waiting["balance_transaction"], json!(null));
    assert_eq!(world.get("/v1/charges/ch_poor").await.done()["amount_refunded"], 900);
}

#[tokio::test]
async fn a_charge_that_does_not_exist_is_404_and_the_other_mode_is_named() {
    let world = World::start().await;
    let missing = world.post("/v1/refunds", "charge=ch_nope").await;
    assert_eq!(missing.refused(404, Some("resource_missing"), Some("id")), "No such charge: 'ch_nope'");
    let elsewhere = world.post("/v1/refunds", "charge=ch_live").await;
    assert_eq!(
        elsewhere.refused(404, Some("resource_missing"), Some("id")),
        "No such charge: 'ch_live'; a similar object exists in live mode, but a test mode key was used to make this \
         request."
    );
}

#[tokio::test]
async fn many_at_once_never_refund_more_than_was_paid() {
    let world = std::sync::Arc::new(World::start().await);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let world = std::sync::Arc::clone(&world);
        tasks.spawn(async move { world.post("/v1/refunds", "charge=ch_paid&amount=1000").await.status });
    }
    let mut statuses = tasks.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 2);
    assert_eq!(world.get("/v1/charges/ch_paid").await.done()["amount_refunded"], 2000);
}

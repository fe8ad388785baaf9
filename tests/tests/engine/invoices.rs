//! Invoices and payment history.

use anyhow::Result;
use domain::draft::LinkKind;
use domain::{Outcome, ReasonCode};
use serde_json::json;

use crate::letter::Letter;
use crate::shop::Shop;
use crate::stock::{ADA, BOB, Stock};

fn latest() -> Letter {
    Letter::from(ADA).asks("Could you please send me my latest invoice?")
}

fn three_invoices() -> Stock {
    Stock::of_ada_and_bob()
        .invoice("in_1001", "ADAL0001-0001", 2_900, "-60d", json!({}))
        .invoice("in_1002", "ADAL0001-0002", 4_900, "-30d", json!({"status": "open", "due_date": "+5d"}))
        .has(
            "invoices",
            json!({"id": "in_2001", "number": "BOBB0001-0001", "customer": "cus_bob", "status": "paid",
                "currency": "eur", "total": 7_700, "created": "-10d"}),
        )
}

#[tokio::test]
async fn the_latest_invoice_is_neither_a_draft_nor_void() -> Result<()> {
    let stock = three_invoices()
        .invoice("in_1003", "ADAL0001-0003", 1_100, "-2d", json!({"status": "void"}))
        .invoice("in_1004", "ADAL0001-0004", 1_200, "-1d", json!({"status": "draft"}));
    let draft = Shop::open(stock).await?.receives(&latest()).await?;
    draft.ends(Outcome::Answered, ReasonCode::FactsFound);
    draft.says("On your invoice ADAL0001-0002, €49.00 is open, due on 25 November 2026.");
    draft.says("ADAL0001-0001 of 21 September 2026: €29.00 (paid)");
    draft.does_not_say("ADAL0001-0003");
    draft.does_not_say("ADAL0001-0004");
    assert!(draft.link(LinkKind::HostedInvoice).is_some_and(|url| draft.text().contains(url)));
    Ok(())
}

#[tokio::test]
async fn a_void_invoice_is_told_when_there_is_no_other() -> Result<()> {
    let stock =
        Stock::of_ada_and_bob().invoice("in_1003", "ADAL0001-0003", 1_100, "-2d", json!({"status": "void"}));
    let draft = Shop::open(stock).await?.receives(&latest()).await?;
    draft.says("Invoice ADAL0001-0003 was voided. You owe nothing on it.");
    Ok(())
}

#[tokio::test]
async fn an_invoice_is_found_by_its_number() -> Result<()> {
    let letter = Letter::from(ADA).asks("Please send me a copy of invoice ADAL0001-0001.");
    let draft = Shop::open(three_invoices()).await?.receives(&letter).await?;
    draft.ends(Outcome::Answered, ReasonCode::FactsFound);
    draft.says("Your invoice ADAL0001-0001 of 21 September 2026 for €29.00 has been paid.");
    draft.does_not_say("ADAL0001-0002");
    Ok(())
}

#[tokio::test]
async fn an_open_invoice_is_told_with_its_next_attempt() -> Result<()> {
    let told = async |special| {
        let stock = Stock::of_ada_and_bob().invoice("in_1001", "ADAL0001-0001", 2_900, "-9d", special);
        Shop::open(stock).await?.receives(&latest()).await
    };
    let open = |attempts: u32, next: &str| json!({"status": "open", "attempt_count": attempts, "next_payment_attempt": next});
    let failed = told(open(1, "+3d")).await?;
    failed.says("The last attempt to charge it did not go through. The next attempt is on 23 November 2026.");
    let fresh = told(open(0, "+1h")).await?;
    fresh.says("It will be charged automatically on 20 November 2026.");
    for settled in
        [open(1, "-1h"), json!({"status": "open", "attempt_count": 1}), json!({"attempt_count": 1})]
    {
        let draft = told(settled).await?;
        draft.does_not_say("attempt");
        draft.does_not_say("automatically");
    }
    Ok(())
}

#[tokio::test]
async fn somebody_elses_invoice_is_one_that_does_not_exist() -> Result<()> {
    let shop = Shop::open(three_invoices()).await?;
    for number in ["BOBB0001-0001", "NOBO0001-0001"] {
        let letter = Letter::from(ADA).asks(&format!("Please send me a copy of invoice {number}."));
        let draft = shop.receives(&letter).await?;
        draft.ends(Outcome::NeedsClarification, ReasonCode::ReferenceNotFound);
        assert!(draft.data().facts.is_empty() && draft.data().links.is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn who_paid_without_invoices_gets_the_receipt() -> Result<()> {
    let stock = Stock::of_ada_and_bob().charge("ch_1001", 2_500, "-3d").charge_with(
        "ch_1002",
        2_600,
        "-1d",
        json!({"status": "failed"}),
    );
    let draft = Shop::open(stock).await?.receives(&latest()).await?;
    draft.ends(Outcome::Answered, ReasonCode::FactsFound);
    draft.says("There are no invoices on your account yet.");
    draft.says("Your payment of €25.00 on 17 November 2026 by the card ending in 4242 went through.");
    draft.says("https://pay.stripe.com/receipts/ch_1001");
    Ok(())
}

#[tokio::test]
async fn an_invoice_named_by_who_has_none_is_not_answered_with_a_payment() -> Result<()> {
    let stock = Stock::of_ada_and_bob().charge("ch_1001", 2_500, "-3d");
    let letter = Letter::from(ADA).asks("Please send me a copy of invoice BOBB0001-0001.");
    let draft = Shop::open(stock).await?.receives(&letter).await?;
    draft.ends(Outcome::NeedsClarification, ReasonCode::ReferenceNotFound);
    Ok(())
}

#[tokio::test]
async fn who_has_neither_invoices_nor_payments_is_told_so() -> Result<()> {
    let draft = Shop::open(Stock::of_ada_and_bob()).await?.receives(&latest()).await?;
    draft.ends(Outcome::Answered, ReasonCode::NothingFound);
    draft.says("There are no invoices on your account yet.");
    Ok(())
}

#[tokio::test]
async fn who_is_no_customer_is_told_nothing_of_anybody() -> Result<()> {
    let letter = Letter::from("eve@nowhere.example").asks("Could you please send me my latest invoice?");
    let draft = Shop::open(three_invoices()).await?.receives(&letter).await?;
    draft.ends(Outcome::NoCustomer, ReasonCode::NoCustomer);
    assert_eq!(draft.data().delivery.to, None);
    assert_eq!(draft.data().customer, None);
    Ok(())
}

#[tokio::test]
async fn the_address_on_file_is_found_in_any_case() -> Result<()> {
    let letter = Letter::from(&BOB.to_uppercase()).asks("Could you please send me my latest invoice?");
    let draft = Shop::open(three_invoices()).await?.receives(&letter).await?;
    draft.says("BOBB0001-0001");
    assert_eq!(draft.data().delivery.to.as_ref().map(ToString::to_string).as_deref(), Some(BOB));
    Ok(())
}

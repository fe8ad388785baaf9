//! Lists that are longer than is read: nothing is concluded from what is missing in them. The harness reads one page of a hundred.

use anyhow::Result;
use domain::{Outcome, ReasonCode};
use serde_json::json;

use crate::letter::Letter;
use crate::refunds::asks;
use crate::shop::Shop;
use crate::stock::{ADA, Stock};

/// The charge that is meant, behind a hundred that cannot be refunded.
fn a_charge_behind_a_hundred() -> Stock {
    Stock::of_ada_and_bob().charge("ch_0001", 4_900, "-2d").has_many("charges", 100, |n| {
        json!({"id": format!("ch_1{n:03}"), "customer": "cus_ada", "amount": 900, "currency": "eur",
            "status": "failed", "created": "-1d"})
    })
}

#[tokio::test]
async fn no_payment_is_the_only_one_in_a_list_cut_short() -> Result<()> {
    let shop = Shop::open(a_charge_behind_a_hundred()).await?;
    for text in ["Please refund my last payment.", "Please refund my payment of 49.00 EUR."] {
        shop.receives(&asks(text)).await?.ends(Outcome::Handoff, ReasonCode::SeveralCharges);
    }

    let seen = Stock::of_ada_and_bob().charge("ch_0001", 4_900, "-2d").has_many("charges", 100, |n| {
        json!({"id": format!("ch_1{n:03}"), "customer": "cus_ada", "amount": 900, "currency": "eur",
            "status": "failed", "created": "-3d"})
    });
    let shop = Shop::open(seen).await?;
    shop.receives(&asks("Please refund my last payment."))
        .await?
        .ends(Outcome::Handoff, ReasonCode::SeveralCharges);
    assert_eq!(shop.writes().await?, 0);
    shop.receives(&asks("Please refund charge ch_0001."))
        .await?
        .ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    Ok(())
}

#[tokio::test]
async fn a_payment_that_was_not_read_is_not_said_to_be_missing() -> Result<()> {
    let shop = Shop::open(a_charge_behind_a_hundred()).await?;
    let draft = shop.receives(&asks("Please refund charge ch_0001.")).await?;
    draft.ends(Outcome::Handoff, ReasonCode::ReferenceNotFound);
    draft.does_not_say("could not find");
    Ok(())
}

#[tokio::test]
async fn nothing_is_refunded_where_not_every_refund_could_be_read() -> Result<()> {
    let many = Stock::of_ada_and_bob().charge("ch_0001", 90_000, "-2d").has_many(
        "refunds",
        101,
        |n| json!({"id": format!("re_1{n:03}"), "charge": "ch_0001", "amount": 100, "created": "-1d"}),
    );
    let shop = Shop::open(many).await?;
    let draft = shop.receives(&asks("Please refund 10.00 EUR of my last payment.")).await?;
    draft.ends(Outcome::NeedsApproval, ReasonCode::ApprovalRequired);
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn who_has_many_refunded_payments_is_a_persons_business() -> Result<()> {
    let many = Stock::of_ada_and_bob().charge("ch_0001", 4_900, "-2d").has_many("charges", 11, |n| {
        json!({"id": format!("ch_1{n:03}"), "customer": "cus_ada", "amount": 900, "amount_refunded": 900,
            "currency": "eur", "created": "-3d"})
    });
    let shop = Shop::open(many).await?;
    let draft = shop.receives(&asks("Please refund my last payment.")).await?;
    draft.ends(Outcome::NeedsApproval, ReasonCode::ApprovalRequired);
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn no_subscription_is_the_only_one_in_a_list_cut_short() -> Result<()> {
    let ended = |n: u32| {
        json!({"id": format!("sub_1{n:03}"), "customer": "cus_ada", "status": "canceled", "created": "-1d",
            "ended_at": "-1d", "canceled_at": "-1d",
            "items": [{"price": "price_month", "current_period_start": "-12d", "current_period_end": "+18d"}]})
    };
    let stock =
        Stock::of_ada_and_bob().subscription("sub_0001", json!({})).has_many("subscriptions", 100, ended);
    let shop = Shop::open(stock).await?;
    let draft = shop.receives(&asks("Please cancel my subscription.")).await?;
    draft.ends(Outcome::Handoff, ReasonCode::SeveralSubscriptions);
    draft.does_not_say("ended");
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_link_is_not_made_where_an_open_invoice_may_be_among_those_not_read() -> Result<()> {
    let paid = |n: u32| {
        json!({"id": format!("in_1{n:03}"), "number": format!("ADAL0001-1{n:03}"), "customer": "cus_ada",
            "status": "paid", "currency": "eur", "total": 900, "created": "-1d"})
    };
    let open = json!({"status": "open"});
    let stock = Stock::of_ada_and_bob()
        .invoice("in_0001", "ADAL0001-0001", 7_500, "-9d", open)
        .has_many("invoices", 100, paid);
    let shop = Shop::open(stock).await?;
    let letter = asks("Please send me a link to pay 75.00 EUR for the workshop.");
    shop.receives(&letter).await?.ends(Outcome::Handoff, ReasonCode::NothingToPay);
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn customers_that_were_not_read_are_not_said_to_be_missing() -> Result<()> {
    let others =
        |n: u32| json!({"id": format!("cus_1{n:03}"), "email": "crowd@many.example", "created": "-1d"});
    let shop = Shop::open(Stock::of_ada_and_bob().has_many("customers", 101, others)).await?;
    let letter = Letter::from("crowd@many.example").asks("Please refund my last payment.");
    shop.receives(&letter).await?.ends(Outcome::Handoff, ReasonCode::SeveralCustomers);
    assert_eq!(shop.writes().await?, 0);
    let letter = Letter::from(ADA).asks("Please refund my last payment.");
    shop.receives(&letter).await?.ends(Outcome::Answered, ReasonCode::NothingRefundable);
    Ok(())
}

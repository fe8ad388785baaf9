//! The state of a payment, a charge or a refund.

use anyhow::Result;
use domain::{Outcome, ReasonCode};
use serde_json::{Value, json};

use crate::draft::Draft;
use crate::letter::Letter;
use crate::shop::Shop;
use crate::stock::{ADA, Stock};

async fn told(stock: Stock) -> Result<Draft> {
    let letter = Letter::from(ADA).asks("Did my last payment go through?");
    Shop::open(stock).await?.receives(&letter).await
}

async fn told_of(special: Value) -> Result<Draft> {
    told(Stock::of_ada_and_bob().charge_with("ch_1001", 2_500, "-3d", special)).await
}

fn payment(id: &str, status: &str, special: Value) -> Value {
    let plain = json!({"id": id, "customer": "cus_ada", "amount": 2_500, "currency": "eur", "status": status,
        "created": "-1d"});
    crate::stock::with(plain, special)
}

#[tokio::test]
async fn a_payment_that_went_through_is_told_so() -> Result<()> {
    let draft = told_of(json!({})).await?;
    draft.ends(Outcome::Answered, ReasonCode::FactsFound);
    draft.says("Your payment of €25.00 on 17 November 2026 by the card ending in 4242 went through.");
    Ok(())
}

#[tokio::test]
async fn a_decline_is_told_in_plain_words_and_never_in_the_banks() -> Result<()> {
    let told_why = [
        ("insufficient_funds", "the card did not have enough funds"),
        ("expired_card", "the card has expired"),
        ("stolen_card", "the bank declined it without a reason we could pass on"),
        ("fraudulent", "the bank declined it without a reason we could pass on"),
    ];
    for (reason, words) in told_why {
        let outcome =
            json!({"type": "issuer_declined", "reason": reason, "network_status": "declined_by_network"});
        let draft =
            told_of(json!({"status": "failed", "failure_code": "card_declined", "outcome": outcome})).await?;
        draft.says("did not go through");
        draft.says(words);
        draft.does_not_say(reason);
    }
    Ok(())
}

#[tokio::test]
async fn a_payment_under_way_is_told_as_under_way() -> Result<()> {
    told_of(json!({"status": "pending", "captured": false}))
        .await?
        .says("is still being processed by the bank");
    let processing = payment("pi_1001", "processing", json!({}));
    let stock = Stock::of_ada_and_bob().charge("ch_1001", 900, "-30d").has("payment_intents", processing);
    told(stock).await?.says("is still being processed by the bank");
    Ok(())
}

#[tokio::test]
async fn a_payment_that_waits_for_the_customer_says_what_to_do() -> Result<()> {
    let waiting = payment("pi_1001", "requires_action", json!({}));
    let stock = Stock::of_ada_and_bob().charge("ch_1001", 900, "-30d").has("payment_intents", waiting);
    told(stock).await?.says("is waiting for you to confirm it with your bank");
    Ok(())
}

#[tokio::test]
async fn an_amount_only_reserved_on_the_card_has_not_gone_through() -> Result<()> {
    let draft = told_of(json!({"captured": false, "amount_captured": 0})).await?;
    draft.does_not_say("went through");
    draft.says("reserved");
    Ok(())
}

#[tokio::test]
async fn a_payment_that_was_called_off_is_not_told_as_under_way() -> Result<()> {
    let shop = Shop::open(
        Stock::of_ada_and_bob()
            .has("payment_intents", payment("pi_1001", "canceled", json!({})))
            .has("payment_intents", payment("pi_1002", "requires_payment_method", json!({})))
            .has("payment_intents", payment("pi_1003", "requires_capture", json!({}))),
    )
    .await?;
    let ask = |id: &str| Letter::from(ADA).asks(&format!("Please tell me the status of my payment {id}."));
    let canceled = shop.receives(&ask("pi_1001")).await?;
    canceled.does_not_say("processed");
    canceled.says("was called off");
    let unpaid = shop.receives(&ask("pi_1002")).await?;
    unpaid.does_not_say("declined");
    unpaid.says("has not been made yet");
    shop.receives(&ask("pi_1003")).await?.says("reserved");
    Ok(())
}

#[tokio::test]
async fn a_refund_is_told_with_how_far_it_is() -> Result<()> {
    let states = [
        ("succeeded", "The refund of €10.00 from 19 November 2026 was issued. Banks usually take"),
        ("pending", "The refund of €10.00 from 19 November 2026 is on its way"),
        ("failed", "The refund of €10.00 from 19 November 2026 could not be delivered by the bank"),
    ];
    for (status, words) in states {
        let refund = json!({"id": "re_1001", "charge": "ch_1001", "amount": 1_000, "status": status, "created": "-1d"});
        let stock = Stock::of_ada_and_bob()
            .charge_with("ch_1001", 2_500, "-3d", json!({"amount_refunded": 1_000}))
            .has("refunds", refund);
        let draft = told(stock).await?;
        draft.says(words);
        draft.does_not_say("arrived");
    }
    Ok(())
}

#[tokio::test]
async fn a_disputed_payment_is_told_as_disputed() -> Result<()> {
    let dispute = json!({"id": "du_1001", "charge": "ch_1001", "amount": 2_500, "currency": "eur",
        "status": "needs_response", "reason": "fraudulent", "is_charge_refundable": false, "created": "-1d"});
    let stock = Stock::of_ada_and_bob().charge("ch_1001", 2_500, "-3d").has("disputes", dispute);
    let draft = told(stock).await?;
    draft.says("Your bank has opened a dispute");
    draft.does_not_say("went through");
    Ok(())
}

#[tokio::test]
async fn who_never_paid_is_told_so() -> Result<()> {
    told(Stock::of_ada_and_bob()).await?.ends(Outcome::Answered, ReasonCode::NothingFound);
    Ok(())
}

#[tokio::test]
async fn somebody_elses_payment_is_one_that_does_not_exist() -> Result<()> {
    let bobs = payment("pi_2001", "succeeded", json!({"customer": "cus_bob"}));
    let shop =
        Shop::open(Stock::of_ada_and_bob().charge("ch_1001", 2_500, "-3d").has("payment_intents", bobs))
            .await?;
    for id in ["pi_2001", "pi_9999"] {
        let letter = Letter::from(ADA).asks(&format!("Please tell me the status of my payment {id}."));
        shop.receives(&letter).await?.ends(Outcome::NeedsClarification, ReasonCode::ReferenceNotFound);
    }
    Ok(())
}

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
        ("insufficient_funds", "there were not enough funds"),
        ("expired_card", "the card has expired"),
        ("incorrect_cvc", "the security code (CVC) of the card was not right"),
        ("authentication_required", "the bank asks you to confirm the payment"),
        ("do_not_honor", "your bank declined it. Only your bank can tell you why, so please ask it."),
        ("stolen_card", "your bank declined it."),
        ("lost_card", "your bank declined it."),
        ("fraudulent", "your bank declined it."),
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
async fn what_the_shops_own_rules_blocked_is_not_blamed_on_the_bank() -> Result<()> {
    let outcome =
        json!({"type": "blocked", "reason": "highest_risk_level", "network_status": "not_sent_to_network"});
    let draft =
        told_of(json!({"status": "failed", "failure_code": "card_declined", "outcome": outcome})).await?;
    draft.says("it was not accepted. Please try another card");
    draft.does_not_say("bank");
    draft.does_not_say("risk");
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

/// A refund of 10.00 on a payment of 25.00.
fn refunded(counts: i64, refund: Value) -> Stock {
    let plain = json!({"id": "re_1001", "charge": "ch_1001", "amount": 1_000, "created": "-1d"});
    Stock::of_ada_and_bob()
        .charge_with("ch_1001", 2_500, "-3d", json!({"amount_refunded": counts}))
        .has("refunds", crate::stock::with(plain, refund))
}

#[tokio::test]
async fn a_refund_is_told_with_how_far_it_is() -> Result<()> {
    let states = [
        (
            "succeeded",
            "Your refund of €10.00 was issued on 19 November 2026. Banks usually take 5–10 business days",
        ),
        ("pending", "Your refund of €10.00 from 19 November 2026 is on its way"),
        ("requires_action", "Your refund of €10.00 from 19 November 2026 needs something from you"),
    ];
    for (status, words) in states {
        let draft = told(refunded(1_000, json!({"status": status}))).await?;
        draft.ends(Outcome::Answered, ReasonCode::FactsFound);
        draft.says(words);
        draft.does_not_say("arrived");
        draft.does_not_say("reference number");
    }
    Ok(())
}

#[tokio::test]
async fn a_refund_is_told_with_the_number_a_bank_finds_it_by() -> Result<()> {
    let reference = json!({"reference": "74208516012345678901234", "reference_status": "available"});
    let known = json!({"status": "succeeded", "destination_details": {"type": "card", "card": reference}});
    let draft = told(refunded(1_000, known)).await?;
    draft.says("under this reference number (ARN): 74208516012345678901234");
    assert!(draft.data().guard.ids.contains(&"74208516012345678901234".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_refund_that_came_back_goes_to_a_person_until_it_was_made_again() -> Result<()> {
    let failed = json!({"status": "failed", "failure_reason": "expired_or_canceled_card", "created": "-2d"});
    let draft = told(refunded(0, failed.clone())).await?;
    draft.ends(Outcome::Handoff, ReasonCode::RefusedByStripe);
    draft.says(
        "Your refund of €10.00 from 18 November 2026 could not be delivered by the bank. A colleague will",
    );
    draft.does_not_say("was issued");

    let again = json!({"id": "re_1002", "charge": "ch_1001", "amount": 1_000, "created": "-1d"});
    let draft = told(refunded(1_000, failed).has("refunds", again)).await?;
    draft.ends(Outcome::Answered, ReasonCode::FactsFound);
    draft.says("Your refund of €10.00 was issued on 19 November 2026.");
    Ok(())
}

#[tokio::test]
async fn a_disputed_payment_is_told_as_disputed_and_goes_to_a_person() -> Result<()> {
    for status in ["needs_response", "warning_needs_response"] {
        let dispute = json!({"id": "du_1001", "charge": "ch_1001", "amount": 2_500, "currency": "eur",
            "status": status, "reason": "fraudulent", "is_charge_refundable": false, "created": "-1d"});
        let stock = Stock::of_ada_and_bob().charge("ch_1001", 2_500, "-3d").has("disputes", dispute);
        let draft = told(stock).await?;
        draft.ends(Outcome::Handoff, ReasonCode::Disputed);
        draft.says("Your bank has opened a dispute or an inquiry about the payment");
        draft.does_not_say("went through");
    }
    Ok(())
}

/// Ada paid 25.00 three days ago, and so did this charge some time before.
fn paid_twice(before: &str, special: Value) -> Stock {
    Stock::of_ada_and_bob().charge("ch_1002", 2_500, "-3d").charge_with("ch_1001", 2_500, before, special)
}

#[tokio::test]
async fn two_payments_that_look_like_one_made_twice_are_named_and_left_alone() -> Result<()> {
    let shop = Shop::open(paid_twice("-80h", json!({}))).await?;
    let letter = Letter::from(ADA).asks("Did my last payment go through?");
    let draft = shop.receives(&letter).await?;
    draft.ends(Outcome::Answered, ReasonCode::FactsFound);
    draft.says("There are two payments of the same amount:\n- €25.00 on 17 November 2026 by the card ending in 4242\n");
    draft.says("If one of them is a mistake, simply reply to this message, and a colleague will check it.");
    let facts = draft.data().facts.iter().filter(|fact| fact.label == "charge.amount");
    let mut charges: Vec<&str> = facts.map(|fact| fact.object.as_str()).collect();
    charges.sort_unstable();
    assert_eq!(charges, ["ch_1001", "ch_1002"]);
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn payments_that_differ_are_no_duplicates() -> Result<()> {
    let card = json!({"type": "card", "card": {"brand": "visa", "last4": "4243", "exp_month": 11, "exp_year": 2028}});
    let no_card = json!({"type": "sepa_debit"});
    let different = [
        paid_twice("-97h", json!({})),
        paid_twice("-80h", json!({"amount": 2_501})),
        paid_twice("-80h", json!({"currency": "usd"})),
        paid_twice("-80h", json!({"customer": "cus_bob"})),
        paid_twice("-80h", json!({"payment_method_details": card})),
        paid_twice("-80h", json!({"payment_method_details": no_card})),
        paid_twice("-80h", json!({"status": "failed"})),
        paid_twice("-80h", json!({"captured": false})),
        paid_twice("-80h", json!({"amount_refunded": 2_500}))
            .has("refunds", json!({"id": "re_1001", "charge": "ch_1001", "amount": 2_500, "created": "-2d"})),
    ];
    for stock in different {
        told(stock).await?.does_not_say("two payments");
    }
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

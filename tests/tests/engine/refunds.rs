//! Refunds: which payment, how much, and when nobody but a person may decide.

use anyhow::{Context, Result};
use domain::draft::ReportedState;
use domain::policy::Switch;
use domain::{Function, Outcome, ReasonCode};
use serde_json::{Value, json};

use crate::draft::Draft;
use crate::letter::Letter;
use crate::shop::Shop;
use crate::stock::{ADA, Stock};

/// A mail of Ada's.
pub(crate) fn asks(text: &str) -> Letter {
    Letter::from(ADA).asks(text)
}

fn whole() -> Letter {
    asks("Please refund my last payment.")
}

/// One charge of 49.00 that can be refunded.
pub(crate) fn one_charge() -> Stock {
    Stock::of_ada_and_bob().charge("ch_1001", 4_900, "-3d")
}

/// The draft of one mail, and the refunds it led to: charge and amount.
async fn refunds(stock: Stock, text: &str) -> Result<(Draft, Vec<(String, i64)>)> {
    let shop = Shop::open(stock).await?;
    let draft = shop.receives(&asks(text)).await?;
    Ok((draft, made(&shop).await?))
}

async fn made(shop: &Shop) -> Result<Vec<(String, i64)>> {
    let ours = |refund: &Value| refund.pointer("/metadata/postill_action").is_some();
    let kept = shop.kept("refunds").await?;
    kept.iter()
        .filter(|refund| ours(refund))
        .map(|refund| {
            let charge = refund.get("charge").and_then(Value::as_str).context("a charge")?;
            Ok((charge.to_owned(), refund.get("amount").and_then(Value::as_i64).context("an amount")?))
        })
        .collect()
}

fn one(charge: &str, minor: i64) -> Vec<(String, i64)> {
    vec![(charge.to_owned(), minor)]
}

#[tokio::test]
async fn the_only_payment_is_refunded_in_full() -> Result<()> {
    let (draft, made) = refunds(one_charge(), "Please refund my last payment.").await?;
    draft.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    draft.action_is(ReportedState::Done);
    draft.says("We have issued a refund of €49.00 for your payment of 17 November 2026");
    draft.says("5–10 business days");
    assert_eq!(made, one("ch_1001", 4_900));
    Ok(())
}

#[tokio::test]
async fn a_part_is_refunded_when_an_amount_is_named() -> Result<()> {
    let (draft, made) = refunds(one_charge(), "Please refund 10.00 EUR of my last payment.").await?;
    draft.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    draft.says("a refund of €10.00");
    assert_eq!(made, one("ch_1001", 1_000));
    Ok(())
}

#[tokio::test]
async fn a_payment_is_named_by_its_charge_or_its_payment_intent() -> Result<()> {
    let payment = json!({"id": "pi_1002", "customer": "cus_ada", "amount": 2_900, "currency": "eur",
        "status": "succeeded", "created": "-5d"});
    let stock = one_charge().has("payment_intents", payment).charge_with(
        "ch_1002",
        2_900,
        "-5d",
        json!({"payment_intent": "pi_1002"}),
    );
    for id in ["ch_1002", "pi_1002"] {
        let (draft, made) = refunds(stock.clone(), &format!("Please refund my payment {id}.")).await?;
        draft.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
        assert_eq!(made, one("ch_1002", 2_900), "{id}");
    }
    Ok(())
}

fn invoiced() -> Stock {
    let payment = json!({"id": "pi_1002", "customer": "cus_ada", "amount": 2_900, "currency": "eur",
        "status": "succeeded", "created": "-5d"});
    let paid = json!({"id": "inpay_1001", "invoice": "in_1001", "amount_paid": 2_900, "amount_requested": 2_900,
        "currency": "eur", "status": "paid", "payment": {"type": "payment_intent", "payment_intent": "pi_1002"},
        "created": "-5d"});
    one_charge()
        .has("payment_intents", payment)
        .charge_with("ch_1002", 2_900, "-5d", json!({"payment_intent": "pi_1002"}))
        .invoice("in_1001", "ADAL0001-0001", 2_900, "-5d", json!({}))
        .invoice("in_1002", "ADAL0001-0002", 4_900, "-1d", json!({"status": "open"}))
        .has("invoice_payments", paid)
}

#[tokio::test]
async fn a_payment_is_named_by_the_invoice_it_paid() -> Result<()> {
    let (draft, made) = refunds(invoiced(), "Please refund invoice ADAL0001-0001.").await?;
    draft.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(made, one("ch_1002", 2_900));
    Ok(())
}

#[tokio::test]
async fn an_invoice_that_was_never_paid_has_nothing_to_refund() -> Result<()> {
    let (draft, made) = refunds(invoiced(), "Please refund invoice ADAL0001-0002.").await?;
    draft.ends(Outcome::Answered, ReasonCode::NothingRefundable);
    draft.says("On your invoice ADAL0001-0002, €49.00 is open.");
    assert_eq!(made, []);
    Ok(())
}

#[tokio::test]
async fn a_payment_is_named_by_the_last_digits_of_the_card() -> Result<()> {
    let other_card = json!({"payment_method_details": {"type": "card", "card": {"last4": "1881", "exp_month": 11, "exp_year": 2028}}});
    let stock = one_charge().charge_with("ch_1002", 4_900, "-5d", other_card);
    let (_, made) = refunds(stock, "Please refund the payment on my card ending in 1881.").await?;
    assert_eq!(made, one("ch_1002", 4_900));
    Ok(())
}

#[tokio::test]
async fn the_amount_named_picks_the_payment() -> Result<()> {
    let stock = one_charge().charge("ch_1002", 2_900, "-5d");
    let (_, made) = refunds(stock, "Please refund my payment of 29.00 EUR.").await?;
    assert_eq!(made, one("ch_1002", 2_900));
    Ok(())
}

#[tokio::test]
async fn the_amount_named_picks_an_old_payment_over_a_part_of_a_recent_one() -> Result<()> {
    let stock = one_charge().charge("ch_1002", 2_900, "-120d");
    let (draft, made) = refunds(stock, "Please refund my payment of 29.00 EUR.").await?;
    draft.ends(Outcome::NeedsApproval, ReasonCode::OutsideWindow);
    assert_eq!(draft.action().map(|action| action.target.as_str()), Some("ch_1002"));
    assert_eq!(made, []);
    Ok(())
}

#[tokio::test]
async fn who_asks_again_for_a_refunded_payment_gets_no_part_of_another() -> Result<()> {
    let refund = json!({"id": "re_1002", "charge": "ch_1002", "amount": 2_900, "created": "-1d"});
    let stock = one_charge().charge("ch_1002", 2_900, "-5d").has("refunds", refund);
    let (draft, made) = refunds(stock, "Please refund my payment of 29.00 EUR.").await?;
    draft.ends(Outcome::Answered, ReasonCode::AlreadyRefunded);
    assert_eq!(made, []);
    Ok(())
}

/// 49.00 on the 17th of November, 29.00 on the 15th, 49.00 on the 3rd.
fn three_charges() -> Stock {
    one_charge().charge("ch_1002", 2_900, "-5d").charge("ch_1003", 4_900, "-17d")
}

#[tokio::test]
async fn the_day_named_picks_the_payment_in_every_language() -> Result<()> {
    for text in [
        "Please refund the payment of 3 November.",
        "Please refund the payment of November 3rd, 2026.",
        "Please refund the payment I made 17 days ago.",
        "Bitte erstatten Sie mir die Zahlung vom 03.11.2026.",
        "Merci de me rembourser le paiement du 3 novembre.",
        "Solicito el reembolso del cobro del 3 de noviembre.",
        "Vorrei il rimborso del pagamento del 3 novembre 2026.",
        "Peço o reembolso da cobrança de 3 de novembro.",
        "Graag terugbetaling van de afschrijving van 3 november.",
    ] {
        let (draft, made) = refunds(three_charges(), text).await?;
        assert_eq!(made, one("ch_1003", 4_900), "{text} {:?}", draft.data().reasons);
    }
    Ok(())
}

#[tokio::test]
async fn amount_and_day_pick_the_payment_together() -> Result<()> {
    let (_, made) = refunds(three_charges(), "Please refund the 49.00 EUR of 3 November.").await?;
    assert_eq!(made, one("ch_1003", 4_900));
    let (_, made) = refunds(three_charges(), "Please refund 10.00 EUR of the payment of 3 November.").await?;
    assert_eq!(made, one("ch_1003", 1_000), "a part of the payment of that day");
    Ok(())
}

#[tokio::test]
async fn what_the_mail_says_of_its_payment_has_to_fit_together() -> Result<()> {
    for text in [
        "Please refund the payment of 10 November.",
        "Please refund the 29.00 EUR of 3 November.",
        "Please refund the 29.00 EUR of 10 November.",
        "Please refund my last payment of 29.00 EUR.",
        "Please refund the payment of 49.00 EUR.",
        "Please refund my payment of last month.",
    ] {
        let (draft, made) = refunds(three_charges(), text).await?;
        draft.ends(Outcome::NeedsClarification, ReasonCode::SeveralCharges);
        draft.says("Which of these payments do you mean?");
        assert_eq!(made, [], "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_day_that_can_be_read_in_two_orders_is_asked_about_where_both_fit() -> Result<()> {
    // The 3rd of November and the 11th of March: only one of them is a payment's.
    let (_, made) = refunds(three_charges(), "Please refund the payment of 03/11/2026.").await?;
    assert_eq!(made, one("ch_1003", 4_900));
    let both = Stock::of_ada_and_bob().charge("ch_1001", 4_900, "-75d").charge("ch_1002", 4_900, "-164d");
    let shop = Shop::open(both).await?.rules(|policy| policy.refund.window_days = 365);
    let draft = shop.receives(&asks("Please refund the payment of 06/09/2026.")).await?;
    draft.ends(Outcome::NeedsClarification, ReasonCode::SeveralCharges);
    Ok(())
}

#[tokio::test]
async fn the_last_payment_is_the_newest_that_went_through() -> Result<()> {
    let stock = three_charges().charge_with("ch_1004", 4_900, "-1d", json!({"status": "failed"}));
    let (_, made) = refunds(stock, "Please refund my last payment.").await?;
    assert_eq!(made, one("ch_1001", 4_900));
    let refund = json!({"id": "re_1001", "charge": "ch_1001", "amount": 4_900, "created": "-1d"});
    let (draft, made) =
        refunds(three_charges().has("refunds", refund), "Please refund my last payment.").await?;
    draft.ends(Outcome::Answered, ReasonCode::AlreadyRefunded);
    assert_eq!(made, [], "an older one is not refunded in its place");
    Ok(())
}

#[tokio::test]
async fn a_payment_is_named_by_its_receipt() -> Result<()> {
    let stock = three_charges().charge_with("ch_1004", 4_900, "-7d", json!({"receipt_number": "1234-5678"}));
    let (_, made) = refunds(stock, "Please refund the payment on receipt 1234-5678.").await?;
    assert_eq!(made, one("ch_1004", 4_900));
    Ok(())
}

#[tokio::test]
async fn of_two_payments_the_customer_is_asked_which() -> Result<()> {
    let (draft, made) =
        refunds(one_charge().charge("ch_1002", 2_900, "-5d"), "Please refund my payment.").await?;
    draft.ends(Outcome::NeedsClarification, ReasonCode::SeveralCharges);
    draft.says("- €49.00 on 17 November 2026 by the card ending in 4242");
    draft.says("- €29.00 on 15 November 2026 by the card ending in 4242");
    assert_eq!(made, []);
    Ok(())
}

#[tokio::test]
async fn half_is_asked_for_in_figures() -> Result<()> {
    let (draft, made) = refunds(one_charge(), "Please refund half of my last payment.").await?;
    draft.ends(Outcome::NeedsClarification, ReasonCode::AmountUnclear);
    draft.says("At most €49.00 is possible");
    assert_eq!(made, []);
    Ok(())
}

#[tokio::test]
async fn more_than_is_left_is_asked_about() -> Result<()> {
    let refund = json!({"id": "re_1001", "charge": "ch_1001", "amount": 4_000, "created": "-1d"});
    let (draft, made) =
        refunds(one_charge().has("refunds", refund), "Please refund 10.00 EUR of my last payment.").await?;
    draft.ends(Outcome::NeedsClarification, ReasonCode::AmountTooHigh);
    draft.says("At most €9.00 can be refunded");
    assert_eq!(made, []);
    Ok(())
}

#[tokio::test]
async fn an_amount_in_another_currency_is_asked_about() -> Result<()> {
    let (draft, made) = refunds(one_charge(), "Please refund 10 USD of my last payment.").await?;
    draft.ends(Outcome::NeedsClarification, ReasonCode::AmountUnclear);
    assert_eq!(made, []);
    Ok(())
}

#[tokio::test]
async fn yen_have_no_decimals_and_dinars_have_three() -> Result<()> {
    let in_currency = |currency: &str, minor: i64| {
        Stock::of_ada_and_bob().charge_with("ch_1001", minor, "-3d", json!({"currency": currency}))
    };
    let (draft, made) =
        refunds(in_currency("jpy", 5_000), "Please refund 500 yen of my last payment.").await?;
    draft.says("a refund of ¥500");
    assert_eq!(made, one("ch_1001", 500));
    let (draft, made) =
        refunds(in_currency("kwd", 9_000), "Please refund 1.500 KWD of my last payment.").await?;
    draft.says("a refund of 1.500 KWD");
    assert_eq!(made, one("ch_1001", 1_500));
    Ok(())
}

#[tokio::test]
async fn what_was_refunded_is_not_refunded_again() -> Result<()> {
    let refund = json!({"id": "re_1001", "charge": "ch_1001", "amount": 4_900, "created": "-1d"});
    let (draft, made) =
        refunds(one_charge().has("refunds", refund), "Please refund my last payment.").await?;
    draft.ends(Outcome::Answered, ReasonCode::AlreadyRefunded);
    draft.says("Your payment of 17 November 2026 was already refunded: €49.00 in total.");
    assert_eq!(made, []);
    Ok(())
}

#[tokio::test]
async fn a_disputed_payment_goes_to_a_person() -> Result<()> {
    let dispute = json!({"id": "du_1001", "charge": "ch_1001", "amount": 4_900, "currency": "eur",
        "status": "needs_response", "reason": "fraudulent", "is_charge_refundable": false, "created": "-1d"});
    let (draft, made) =
        refunds(one_charge().has("disputes", dispute), "Please refund my last payment.").await?;
    draft.ends(Outcome::Handoff, ReasonCode::Disputed);
    assert_eq!(made, []);
    Ok(())
}

#[tokio::test]
async fn what_was_never_taken_cannot_be_given_back_and_the_draft_says_why() -> Result<()> {
    let ends = [
        (json!({"status": "pending", "captured": false}), Outcome::Answered, ReasonCode::Pending),
        (json!({"captured": false, "amount_captured": 0}), Outcome::Handoff, ReasonCode::Uncaptured),
        (json!({"status": "failed"}), Outcome::Answered, ReasonCode::NothingRefundable),
    ];
    for (special, outcome, code) in ends {
        let stock = Stock::of_ada_and_bob().charge_with("ch_1001", 4_900, "-3d", special.clone());
        let (draft, made) = refunds(stock, "Please refund my last payment.").await?;
        draft.ends(outcome, code);
        assert_eq!(draft.data().facts.first().map(|fact| fact.field.as_str()), Some("amount"));
        assert_eq!(made, [], "{special}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_left_of_a_payment_is_offered_and_not_sent_unasked() -> Result<()> {
    let refund = json!({"id": "re_1001", "charge": "ch_1001", "amount": 4_000, "created": "-1d"});
    let stock = one_charge().has("refunds", refund);
    for text in ["Please refund my last payment.", "Please refund the full amount of my last payment."] {
        let (draft, made) = refunds(stock.clone(), text).await?;
        draft.ends(Outcome::NeedsClarification, ReasonCode::AmountTooHigh);
        draft.says("At most €9.00 can be refunded");
        assert_eq!(made, [], "{text}");
    }
    let (_, made) = refunds(stock, "Please refund 9.00 EUR of my last payment.").await?;
    assert_eq!(made, one("ch_1001", 900));
    Ok(())
}

#[tokio::test]
async fn an_old_payment_waits_for_a_person() -> Result<()> {
    let (draft, made) =
        refunds(Stock::of_ada_and_bob().charge("ch_1001", 4_900, "-91d"), "Please refund my last payment.")
            .await?;
    draft.ends(Outcome::NeedsApproval, ReasonCode::OutsideWindow);
    draft.action_is(ReportedState::NeedsApproval);
    draft.claims_no_refund();
    assert_eq!(made, []);
    Ok(())
}

#[tokio::test]
async fn a_refund_above_the_limit_waits_for_a_person() -> Result<()> {
    let above = Stock::of_ada_and_bob().charge("ch_1001", 10_001, "-3d");
    let (draft, made) = refunds(above.clone(), "Please refund my last payment.").await?;
    draft.ends(Outcome::NeedsApproval, ReasonCode::AboveLimit);
    assert_eq!(made, []);
    let (_, made) = refunds(above, "Please refund 100.00 EUR of my last payment.").await?;
    assert_eq!(made, one("ch_1001", 10_000), "up to the limit it needs nobody");
    Ok(())
}

#[tokio::test]
async fn a_currency_without_a_limit_waits_for_a_person() -> Result<()> {
    let stock = Stock::of_ada_and_bob().charge_with("ch_1001", 100, "-3d", json!({"currency": "sek"}));
    let (draft, made) = refunds(stock, "Please refund my last payment.").await?;
    draft.ends(Outcome::NeedsApproval, ReasonCode::CurrencyNotAllowed);
    assert_eq!(made, []);
    Ok(())
}

#[tokio::test]
async fn refunds_are_made_only_where_they_are_switched_on() -> Result<()> {
    let off = Shop::open(one_charge()).await?.switch(Function::Refund, Switch::Off);
    off.receives(&whole()).await?.ends(Outcome::Handoff, ReasonCode::FunctionOff);
    assert_eq!(off.asked().await?, [], "nothing is even read");

    let approval = Shop::open(one_charge()).await?.switch(Function::Refund, Switch::Approval);
    let draft = approval.receives(&whole()).await?;
    draft.ends(Outcome::NeedsApproval, ReasonCode::ApprovalRequired);
    draft.says("We have received your request for a refund of €49.00.");
    assert_eq!(approval.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn who_is_not_proven_to_be_the_customer_learns_nothing_of_the_charges() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    for letter in [whole().unproven(), whole().with_spf_only()] {
        let draft = shop.receives(&letter).await?;
        draft.ends(Outcome::NeedsVerification, ReasonCode::SenderNotAuthenticated);
        assert!(draft.data().facts.is_empty() && draft.data().actions.is_empty());
    }
    let asked = shop.asked().await?;
    assert!(asked.iter().all(|asked| asked.path.starts_with("/v1/customers")), "{asked:?}");
    Ok(())
}

#[tokio::test]
async fn of_several_customers_with_one_address_none_is_guessed() -> Result<()> {
    let twin = json!({"id": "cus_twin", "email": "Ada@Engines.example", "created": "-100d"});
    let shop = Shop::open(one_charge().has("customers", twin)).await?;
    shop.receives(&whole()).await?.ends(Outcome::NeedsClarification, ReasonCode::SeveralCustomers);
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn somebody_elses_charge_is_answered_as_one_that_does_not_exist() -> Result<()> {
    let bobs =
        json!({"id": "ch_2001", "customer": "cus_bob", "amount": 4_900, "currency": "eur", "created": "-3d"});
    let foreign = Shop::open(one_charge().has("charges", bobs)).await?;
    let missing = Shop::open(one_charge()).await?;
    let letter = asks("Please refund charge ch_2001.");
    let (of_foreign, of_missing) = (foreign.receives(&letter).await?, missing.receives(&letter).await?);
    of_foreign.ends(Outcome::NeedsClarification, ReasonCode::ReferenceNotFound);
    assert_eq!(of_foreign.bytes, of_missing.bytes, "not a byte tells them apart");
    assert!(!foreign.asked().await?.iter().any(|asked| asked.path.contains("ch_2001")));
    assert_eq!(foreign.asked().await?, missing.asked().await?, "nor does what Stripe was asked");
    Ok(())
}

#[tokio::test]
async fn a_payment_refunded_for_an_earlier_mail_is_refunded_again_only_by_a_person() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    let first = asks("Please refund 10.00 EUR of my last payment.");
    shop.receives(&first).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    let again = asks("I wrote yesterday. Please refund 10.00 EUR of my last payment.");
    let draft = shop.receives(&again).await?;
    draft.ends(Outcome::NeedsApproval, ReasonCode::ApprovalRequired);
    draft.says("Your refund of €10.00 was issued on 20 November 2026.");
    assert_eq!(shop.refunded().await?, [1_000]);
    Ok(())
}

#[tokio::test]
async fn a_refund_that_fails_at_the_bank_is_not_told_as_issued() -> Result<()> {
    let ends = [
        ("failed", Outcome::Failed, ReasonCode::RefusedByStripe, ReportedState::Refused),
        ("requires_action", Outcome::Handoff, ReasonCode::RefundIssued, ReportedState::Done),
    ];
    for (behaviour, outcome, code, state) in ends {
        let special = json!({"metadata": {"refund_behaviour": behaviour}});
        let stock = Stock::of_ada_and_bob().charge_with("ch_1001", 4_900, "-3d", special);
        let (draft, _) = refunds(stock, "Please refund my last payment.").await?;
        draft.does_not_say("issued a refund");
        draft.ends(outcome, code);
        draft.action_is(state);
    }
    Ok(())
}

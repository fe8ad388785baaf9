//! Whose account: several customers with one address, payers without an account, and other people's numbers.

use anyhow::Result;
use domain::policy::NeededAssurance;
use domain::{Outcome, ReasonCode};
use serde_json::{Value, json};

use crate::letter::Letter;
use crate::refunds::{asks, one_charge};
use crate::shop::Shop;
use crate::stock::{ADA, Stock};

/// Somebody without an account.
const GUEST: &str = "grace@compilers.example";

fn card(last4: &str) -> Value {
    json!({"type": "card", "card": {"brand": "visa", "last4": last4, "exp_month": 11, "exp_year": 2028}})
}

/// Ada has two accounts, each with a payment of 49.00 by a card of its own and the invoice of it.
fn twins() -> Stock {
    let twin = json!({"id": "cus_twin", "email": "Ada@Engines.example", "created": "-100d"});
    let other = json!({"customer": "cus_twin", "payment_method_details": card("1881")});
    let paid = |id: &str, invoice: &str, charge: &str| {
        json!({"id": id, "invoice": invoice, "amount_paid": 4_900, "amount_requested": 4_900, "currency": "eur",
            "status": "paid", "payment": {"type": "charge", "charge": charge}, "created": "-3d"})
    };
    one_charge()
        .has("customers", twin)
        .charge_with("ch_1002", 4_900, "-3d", other)
        .invoice("in_1001", "ADAL0001-0001", 4_900, "-3d", json!({}))
        .invoice("in_1002", "TWIN0001-0001", 4_900, "-3d", json!({"customer": "cus_twin"}))
        .has("invoice_payments", paid("inpay_1001", "in_1001", "ch_1001"))
        .has("invoice_payments", paid("inpay_1002", "in_1002", "ch_1002"))
}

#[tokio::test]
async fn what_belongs_to_one_account_only_picks_it() -> Result<()> {
    for (text, charge) in [
        ("Please refund the payment on my card ending in 1881.", "ch_1002"),
        ("Please refund the payment on my card ending in 4242.", "ch_1001"),
        ("Please refund invoice TWIN0001-0001.", "ch_1002"),
        ("Please refund my payment ch_1002.", "ch_1002"),
    ] {
        let shop = Shop::open(twins()).await?;
        let draft = shop.receives(&asks(text)).await?;
        draft.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
        assert_eq!(draft.action().map(|action| action.target.as_str()), Some(charge), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_cancellation_is_for_the_account_that_is_proven() -> Result<()> {
    let stock =
        twins().subscription("sub_1001", json!({})).subscription("sub_1002", json!({"customer": "cus_twin"}));
    let shop = Shop::open(stock).await?;
    let plain = shop.receives(&asks("Please cancel my subscription.")).await?;
    plain.ends(Outcome::NeedsClarification, ReasonCode::SeveralCustomers);
    let draft =
        shop.receives(&asks("Please cancel my subscription. My last invoice was TWIN0001-0001.")).await?;
    draft.ends(Outcome::ActionTaken, ReasonCode::CancellationSet);
    assert_eq!(draft.action().map(|action| action.target.as_str()), Some("sub_1002"));
    Ok(())
}

#[tokio::test]
async fn what_belongs_to_none_or_to_both_picks_none() -> Result<()> {
    for text in [
        "Please refund my payment.",
        "Please refund the payment on my card ending in 9999.",
        "Please refund invoice BOBD0001-0001.",
        "Please refund invoice TWIN0001-0001, paid by my card ending in 4242.",
    ] {
        let shop = Shop::open(twins()).await?;
        let draft = shop.receives(&asks(text)).await?;
        draft.ends(Outcome::NeedsClarification, ReasonCode::SeveralCustomers);
        draft.says("More than one account has your e-mail address.");
        assert_eq!(shop.writes().await?, 0, "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn somebody_elses_number_proves_what_one_proves_that_does_not_exist() -> Result<()> {
    let bobs = json!({"id": "in_2001", "number": "BOBD0001-0001", "customer": "cus_bob", "status": "paid",
        "currency": "eur", "total": 4_900, "created": "-3d"});
    let foreign = Shop::open(twins().has("invoices", bobs)).await?;
    let missing = Shop::open(twins()).await?;
    let letter = asks("Please refund invoice BOBD0001-0001.");
    assert_eq!(foreign.receives(&letter).await?.bytes, missing.receives(&letter).await?.bytes);
    assert_eq!(foreign.asked().await?, missing.asked().await?);
    Ok(())
}

#[tokio::test]
async fn a_number_that_fits_confirms_the_sender_where_the_policy_wants_it() -> Result<()> {
    let shop = Shop::open(one_charge().invoice("in_1001", "ADAL0001-0001", 4_900, "-3d", json!({})))
        .await?
        .rules(|policy| policy.refund.assurance = NeededAssurance::Confirmed);
    let bare = shop.receives(&asks("Please refund my last payment.")).await?;
    bare.ends(Outcome::NeedsApproval, ReasonCode::ApprovalRequired);
    let wrong = shop.receives(&asks("Please refund my payment ch_1001, card ending in 9999.")).await?;
    wrong.ends(Outcome::NeedsApproval, ReasonCode::ApprovalRequired);
    assert_eq!(shop.writes().await?, 0);
    let proven = shop.receives(&asks("Please refund the payment on my card ending in 4242.")).await?;
    proven.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    Ok(())
}

#[tokio::test]
async fn a_deleted_customer_is_nobody() -> Result<()> {
    let gone = json!({"id": "cus_gone", "email": GUEST, "deleted": true, "created": "-100d"});
    let shop = Shop::open(Stock::of_ada_and_bob().has("customers", gone)).await?;
    let letter = Letter::from(GUEST).asks("Please refund my last payment.");
    shop.receives(&letter).await?.ends(Outcome::NoCustomer, ReasonCode::NoCustomer);
    Ok(())
}

fn guest_charge(id: &str, address: &str, created: &str) -> Value {
    json!({"id": id, "amount": 4_900, "currency": "eur", "created": created, "payment_method_details": card("1881"),
        "billing_details": {"email": address}})
}

fn guests() -> Stock {
    let payment = json!({"id": "pi_3001", "amount": 4_900, "currency": "eur", "status": "succeeded",
        "latest_charge": "ch_3001", "created": "-3d"});
    let mut own = guest_charge("ch_3001", "Grace@Compilers.example", "-3d");
    if let Some(own) = own.as_object_mut() {
        own.insert("payment_intent".to_owned(), json!("pi_3001"));
    }
    Stock::of_ada_and_bob().has("payment_intents", payment).has("charges", own)
}

#[tokio::test]
async fn a_guest_is_refunded_a_payment_that_only_the_payer_can_name() -> Result<()> {
    for text in [
        "Please refund my payment ch_3001.",
        "Please refund my payment pi_3001.",
        "Please refund the payment on my card ending in 1881.",
    ] {
        let shop = Shop::open(guests()).await?;
        let draft = shop.receives(&Letter::from(GUEST).asks(text)).await?;
        draft.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
        assert_eq!(draft.action().map(|action| action.target.as_str()), Some("ch_3001"), "{text}");
        assert!(draft.data().customer.is_none());
        let to = draft.data().delivery.to.as_ref().map(|to| to.as_str().to_lowercase());
        assert_eq!(to.as_deref(), Some(GUEST), "to the address on the payment");
        assert_eq!(shop.refunded().await?, [4_900]);
    }
    Ok(())
}

#[tokio::test]
async fn a_guest_who_proves_nothing_or_means_one_of_several_is_asked() -> Result<()> {
    let shop = Shop::open(guests()).await?;
    let letter = Letter::from(GUEST).asks("Please refund my payment of 49.00 EUR.");
    let draft = shop.receives(&letter).await?;
    draft.ends(Outcome::NeedsClarification, ReasonCode::GuestPayment);
    draft.says("last four digits");
    let two = guests().has("charges", guest_charge("ch_3002", GUEST, "-9d"));
    let shop = Shop::open(two).await?;
    let letter = Letter::from(GUEST).asks("Please refund the payment on my card ending in 1881.");
    shop.receives(&letter).await?.ends(Outcome::NeedsClarification, ReasonCode::SeveralCharges);
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn somebody_elses_payment_without_an_account_is_answered_as_one_that_does_not_exist() -> Result<()> {
    let others =
        Stock::of_ada_and_bob().has("charges", guest_charge("ch_3001", "alan@machines.example", "-3d"));
    let adas = one_charge();
    for (text, stock) in [
        ("Please refund my payment ch_3001.", others.clone()),
        ("Please refund the payment on my card ending in 1881.", others.clone()),
        ("Please refund my payment of 49.00 EUR.", others),
        ("Please refund my payment ch_1001.", adas.clone()),
        ("Did my payment ch_1001 go through?", adas),
    ] {
        let letter = Letter::from(GUEST).asks(text);
        let (foreign, missing) = (Shop::open(stock).await?, Shop::open(Stock::of_ada_and_bob()).await?);
        let (of_foreign, of_missing) = (foreign.receives(&letter).await?, missing.receives(&letter).await?);
        of_foreign.ends(Outcome::NoCustomer, ReasonCode::NoCustomer);
        assert_eq!(of_foreign.bytes, of_missing.bytes, "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_guest_without_proof_of_the_address_moves_nothing() -> Result<()> {
    let shop = Shop::open(guests()).await?;
    let letter = Letter::from(GUEST).asks("Please refund my payment ch_3001.").unproven();
    shop.receives(&letter).await?.ends(Outcome::NoCustomer, ReasonCode::NoCustomer);
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_customers_payment_is_told_by_amount_and_day() -> Result<()> {
    let stock = one_charge().charge("ch_1002", 4_900, "-17d");
    let shop = Shop::open(stock).await?;
    let letter = Letter::from(ADA).asks("Did my payment of 3 November go through?");
    shop.receives(&letter).await?.says("on 3 November 2026");
    Ok(())
}

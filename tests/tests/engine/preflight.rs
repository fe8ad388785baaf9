//! The last look before a change: what happened between the decision and the write is told, and nothing is done on top of it.

use anyhow::Result;
use domain::action::ActionState;
use domain::draft::ReportedState;
use domain::{Function, Outcome, ReasonCode};
use engine::Ended;
use serde_json::{Value, json};

use crate::letter::Letter;
use crate::refunds::{asks, one_charge};
use crate::shop::Shop;
use crate::stock::{ADA, KEY_WITHOUT_REFUNDS, Stock};

fn refund() -> Letter {
    asks("Please refund my last payment.")
}

fn cancels() -> Letter {
    Letter::from(ADA).asks("Please cancel my subscription.")
}

/// A mail is decided on, and comes again when Stripe can be asked once more.
async fn decided_on(shop: &Shop, letter: &Letter, last_look: &str) -> Result<()> {
    shop.goes_wrong(last_look, "server_error", 3).await?;
    assert!(matches!(shop.delivers(letter).await?, Ended::Later { .. }));
    Ok(())
}

#[tokio::test]
async fn what_was_refunded_since_is_told_as_refunded() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    decided_on(&shop, &refund(), "GET /v1/charges/ch_1001").await?;
    shop.refunds_by_hand("ch_1001", 4_900).await?;
    let draft = shop.receives(&refund()).await?;
    draft.ends(Outcome::Answered, ReasonCode::AlreadyRefunded);
    draft.claims_no_refund();
    assert_eq!(
        (shop.refunded().await?, draft.action().map(|action| action.state)),
        (vec![4_900], Some(ReportedState::Refused))
    );
    Ok(())
}

#[tokio::test]
async fn what_is_partly_refunded_since_goes_to_a_person() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    decided_on(&shop, &refund(), "GET /v1/charges/ch_1001").await?;
    shop.refunds_by_hand("ch_1001", 100).await?;
    shop.receives(&refund()).await?.ends(Outcome::Handoff, ReasonCode::AmountTooHigh);
    assert_eq!(shop.refunded().await?, [100]);
    Ok(())
}

/// Between the last look and the write nobody looks: Stripe itself refuses, and is believed.
#[tokio::test]
async fn what_stripe_refuses_at_the_last_moment_has_its_own_reason() -> Result<()> {
    let cases = [
        (json!({"kind": "refunded_elsewhere"}), ReasonCode::AlreadyRefunded, vec![4_900]),
        (json!({"kind": "refunded_elsewhere", "amount": 100}), ReasonCode::AmountTooHigh, vec![100]),
        (json!({"kind": "balance_insufficient"}), ReasonCode::BalanceTooLow, vec![]),
    ];
    for (fault, code, refunded) in cases {
        let shop = Shop::open(one_charge()).await?;
        shop.faults("POST /v1/refunds", fault.clone()).await?;
        let draft = shop.receives(&refund()).await?;
        draft.ends(Outcome::Handoff, code);
        draft.claims_no_refund();
        draft.action_is(ReportedState::Refused);
        assert_eq!(shop.refunded().await?, refunded, "{fault}");
    }
    Ok(())
}

#[tokio::test]
async fn a_key_that_may_not_refund_is_told_with_what_to_tick() -> Result<()> {
    let shop = Shop::with(&one_charge().seed().to_string(), KEY_WITHOUT_REFUNDS).await?;
    let draft = shop.receives(&refund()).await?;
    draft.ends(Outcome::Handoff, ReasonCode::PermissionMissing);
    let told =
        draft.data().reasons.iter().any(|reason| reason.text.contains("tick it for the restricted key"));
    assert!(told, "{:?}", draft.data().reasons);
    Ok(())
}

fn subscription() -> Stock {
    Stock::of_ada_and_bob().subscription("sub_1001", json!({}))
}

#[tokio::test]
async fn what_somebody_else_let_end_since_is_told_as_ending() -> Result<()> {
    let shop = Shop::open(subscription()).await?;
    decided_on(&shop, &cancels(), "GET /v1/subscriptions/sub_1001").await?;
    shop.changes_by_hand("sub_1001", "cancel_at_period_end=true").await?;
    let writes = shop.writes().await?;
    let draft = shop.receives(&cancels()).await?;
    draft.ends(Outcome::Answered, ReasonCode::AlreadyEnding);
    draft.says("was already set to end on 8 December 2026");
    assert_eq!(shop.writes().await?, writes);
    let action = shop.action(&draft, Function::CancelSubscription).await?;
    assert_eq!(action.map(|action| action.state), Some(ActionState::Refused), "it is in nobody's way");
    Ok(())
}

#[tokio::test]
async fn a_payment_is_read_once_more_before_each_refund() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.receives(&refund()).await?;
    let asked = shop.asked().await?;
    let place = |method: &str, path: &str| {
        asked.iter().rposition(|asked| asked.method == method && asked.path == path)
    };
    let (looked, wrote) = (place("GET", "/v1/charges/ch_1001"), place("POST", "/v1/refunds"));
    assert!(looked.is_some() && looked < wrote, "{asked:?}");
    Ok(())
}

#[tokio::test]
async fn a_last_look_that_fails_for_ever_gives_up_what_was_not_sent() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("GET /v1/charges/ch_1001", "server_error", 1_000).await?;
    let draft = shop.receives_after_waiting(&refund()).await?;
    draft.ends(Outcome::Failed, ReasonCode::StripeUnavailable);
    draft.action_is(ReportedState::Refused);
    assert_eq!(shop.writes().await?, 0);
    let kept: Vec<Value> = shop.kept("refunds").await?;
    assert!(kept.is_empty());
    Ok(())
}

//! Cancelling a subscription: always with its period, never at once.

use anyhow::Result;
use domain::draft::ReportedState;
use domain::policy::Switch;
use domain::{Function, Outcome, ReasonCode};
use serde_json::{Value, json};

use crate::letter::Letter;
use crate::shop::Shop;
use crate::stock::{ADA, Stock};

fn cancels() -> Letter {
    Letter::from(ADA).asks("Please cancel my subscription.")
}

fn one(special: Value) -> Stock {
    Stock::of_ada_and_bob().subscription("sub_1001", special)
}

async fn kept(shop: &Shop, id: &str) -> Result<Value> {
    let all = shop.kept("subscriptions").await?;
    let of_id = |object: &Value| object.get("id").and_then(Value::as_str) == Some(id);
    Ok(all.into_iter().find(of_id).unwrap_or_default())
}

#[tokio::test]
async fn a_cancelled_subscription_runs_to_the_end_of_its_period() -> Result<()> {
    let shop = Shop::open(one(json!({}))).await?;
    let draft = shop.receives(&cancels()).await?;
    draft.ends(Outcome::ActionTaken, ReasonCode::CancellationSet);
    draft.action_is(ReportedState::Done);
    draft.says("Your subscription will end on 8 December 2026.");
    let subscription = kept(&shop, "sub_1001").await?;
    assert_eq!(subscription.get("status"), Some(&json!("active")), "not at once");
    assert_eq!(subscription.get("cancel_at_period_end"), Some(&json!(true)));
    Ok(())
}

#[tokio::test]
async fn a_cancelled_trial_ends_with_the_trial() -> Result<()> {
    let trial = json!({"status": "trialing", "trial_start": "-4d", "trial_end": "+10d",
        "items": [{"price": "price_month", "current_period_start": "-4d", "current_period_end": "+10d"}]});
    let draft = Shop::open(one(trial)).await?.receives(&cancels()).await?;
    draft.ends(Outcome::ActionTaken, ReasonCode::CancellationSet);
    draft.says("Your subscription will end on 30 November 2026.");
    Ok(())
}

#[tokio::test]
async fn what_ends_already_is_not_cancelled_again() -> Result<()> {
    let shop = Shop::open(one(json!({"cancel_at_period_end": true}))).await?;
    let draft = shop.receives(&cancels()).await?;
    draft.ends(Outcome::Answered, ReasonCode::AlreadyEnding);
    draft.says("was already set to end on 8 December 2026");
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn what_has_ended_is_told_as_ended() -> Result<()> {
    let shop =
        Shop::open(one(json!({"status": "canceled", "ended_at": "-30d", "canceled_at": "-30d"}))).await?;
    let draft = shop.receives(&cancels()).await?;
    draft.ends(Outcome::Answered, ReasonCode::AlreadyCanceled);
    draft.says("Your subscription ended on 21 October 2026.");
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn what_a_schedule_manages_goes_to_a_person() -> Result<()> {
    let shop = Shop::open(one(json!({"schedule": "sub_sched_1"}))).await?;
    shop.receives(&cancels()).await?.ends(Outcome::Handoff, ReasonCode::ScheduleManaged);
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn of_several_subscriptions_the_customer_is_asked_which() -> Result<()> {
    let shop = Shop::open(one(json!({})).subscription("sub_1002", json!({}))).await?;
    let draft = shop.receives(&cancels()).await?;
    draft.ends(Outcome::NeedsClarification, ReasonCode::SeveralSubscriptions);
    draft.says("Which of your subscriptions do you mean?");
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn of_several_subscriptions_the_one_named_is_cancelled() -> Result<()> {
    let shop = Shop::open(one(json!({})).subscription("sub_1002", json!({}))).await?;
    let letter = Letter::from(ADA).asks("Please cancel my subscription sub_1002.");
    shop.receives(&letter).await?.ends(Outcome::ActionTaken, ReasonCode::CancellationSet);
    assert_eq!(kept(&shop, "sub_1001").await?.get("cancel_at_period_end"), Some(&json!(false)));
    assert_eq!(kept(&shop, "sub_1002").await?.get("cancel_at_period_end"), Some(&json!(true)));
    Ok(())
}

#[tokio::test]
async fn somebody_elses_subscription_is_not_even_asked_for() -> Result<()> {
    let shop = Shop::open(one(json!({})).subscription("sub_2001", json!({"customer": "cus_bob"}))).await?;
    let letter = Letter::from(ADA).asks("Please cancel my subscription sub_2001.");
    shop.receives(&letter).await?.ends(Outcome::NeedsClarification, ReasonCode::ReferenceNotFound);
    assert_eq!(shop.writes().await?, 0);
    assert!(!shop.asked().await?.iter().any(|asked| asked.path.contains("sub_2001")));
    Ok(())
}

#[tokio::test]
async fn who_is_not_proven_to_be_the_customer_cancels_nothing() -> Result<()> {
    let shop = Shop::open(one(json!({}))).await?;
    for letter in [cancels().unproven(), cancels().with_spf_only()] {
        shop.receives(&letter).await?.ends(Outcome::NeedsVerification, ReasonCode::SenderNotAuthenticated);
    }
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_cancellation_that_a_person_has_to_allow_waits() -> Result<()> {
    let shop = Shop::open(one(json!({}))).await?.switch(Function::CancelSubscription, Switch::Approval);
    let draft = shop.receives(&cancels()).await?;
    draft.ends(Outcome::NeedsApproval, ReasonCode::ApprovalRequired);
    draft.does_not_say("will end");
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_mail_that_comes_again_after_a_crash_is_told_the_same() -> Result<()> {
    let shop = Shop::open(one(json!({}))).await?;
    shop.is_killed_over(&cancels()).await?;
    assert_eq!(shop.writes().await?, 1);
    let draft = shop.receives(&cancels()).await?;
    draft.ends(Outcome::ActionTaken, ReasonCode::CancellationSet);
    assert_eq!(shop.writes().await?, 1);
    Ok(())
}

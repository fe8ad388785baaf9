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
    draft.says("Your subscription will end on 8 December 2026. You can use it until then");
    draft.says("Until then you can also change your mind: just write to us.");
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
    draft.says("was already set to end on 8 December 2026. You can use it until then");
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

/// Two monthly subscriptions and a yearly one, with names that hold one another.
fn three() -> Stock {
    let item =
        |price: &str| json!([{"price": price, "current_period_start": "-12d", "current_period_end": "+18d"}]);
    one(json!({"description": "Garden Pro"}))
        .subscription("sub_1002", json!({"description": "Garden Pro Plus"}))
        .subscription("sub_1003", json!({"description": "Kitchen", "items": item("price_year")}))
}

async fn ending_after(words: &str) -> Result<Vec<String>> {
    let shop = Shop::open(three()).await?;
    let draft = shop.receives(&Letter::from(ADA).asks(words)).await?;
    let all = shop.kept("subscriptions").await?;
    let ending = all.iter().filter(|kept| kept.get("cancel_at_period_end") == Some(&json!(true)));
    let ending: Vec<String> = ending.filter_map(|kept| kept.get("id")?.as_str()).map(str::to_owned).collect();
    let acted = draft.data().outcome == Outcome::ActionTaken;
    assert_eq!(acted, !ending.is_empty(), "{}", draft.text());
    Ok(ending)
}

#[tokio::test]
async fn of_several_subscriptions_the_one_described_by_its_plan_is_cancelled() -> Result<()> {
    let described = [
        ("Please cancel my subscription Kitchen.", "sub_1003"),
        ("Please cancel my Garden Pro Plus subscription.", "sub_1002"),
        ("Please cancel my garden pro subscription.", "sub_1001"),
    ];
    for (words, id) in described {
        assert_eq!(ending_after(words).await?, [id], "{words}");
    }
    Ok(())
}

#[tokio::test]
async fn a_description_that_fits_several_or_speaks_of_keeping_is_asked_about() -> Result<()> {
    let unclear = [
        "Please cancel my Garden subscription.",
        "Please cancel my subscription for 9 EUR.",
        "Please cancel my Kitchen and my Garden Pro subscription.",
        "Please cancel my subscription. I want to keep Kitchen.",
        "Please cancel my other subscription, Kitchen stays.",
    ];
    for words in unclear {
        assert_eq!(ending_after(words).await?, Vec::<String>::new(), "{words}");
    }
    Ok(())
}

#[tokio::test]
async fn what_would_end_on_nobody_knows_which_day_goes_to_a_person() -> Result<()> {
    let mixed = json!([{"price": "price_month", "current_period_start": "-12d", "current_period_end": "+18d"},
        {"price": "price_year", "current_period_start": "-12d", "current_period_end": "+353d"}]);
    let cases = [
        (json!({"items": mixed}), "We have received your cancellation."),
        (json!({"status": "paused"}), "Your subscription is paused at the moment."),
        (
            json!({"status": "incomplete"}),
            "Your subscription has not started yet: its first payment is missing.",
        ),
    ];
    for (special, words) in cases {
        let shop = Shop::open(one(special)).await?;
        let draft = shop.receives(&cancels()).await?;
        draft.ends(Outcome::Handoff, ReasonCode::EndUnclear);
        draft.says(words);
        draft.says("A colleague will confirm it to you.");
        draft.does_not_say("will end");
        assert_eq!(shop.writes().await?, 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_subscription_that_is_not_paid_for_is_cancelled_by_a_person() -> Result<()> {
    let cases = [
        ("past_due", "is running, but the last payment did not go through."),
        ("unpaid", "has not been paid, and there will be no further attempt to charge it."),
    ];
    for (status, words) in cases {
        let shop = Shop::open(one(json!({"status": status}))).await?;
        let draft = shop.receives(&cancels()).await?;
        draft.ends(Outcome::NeedsApproval, ReasonCode::ApprovalRequired);
        draft.says(words);
        draft.says("We have received your cancellation.");
        draft.does_not_say("will end");
        assert_eq!(shop.writes().await?, 0);
    }
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

//! The state of a subscription.

use anyhow::Result;
use domain::{Outcome, ReasonCode};
use serde_json::{Value, json};

use crate::draft::Draft;
use crate::letter::Letter;
use crate::shop::Shop;
use crate::stock::{ADA, Stock};

async fn told(stock: Stock) -> Result<Draft> {
    let letter = Letter::from(ADA).asks("What is the status of my subscription?");
    Shop::open(stock).await?.receives(&letter).await
}

async fn told_of(special: Value) -> Result<Draft> {
    told(Stock::of_ada_and_bob().subscription("sub_1001", special)).await
}

#[tokio::test]
async fn an_active_subscription_is_told_with_its_price_and_renewal() -> Result<()> {
    let draft = told_of(json!({})).await?;
    draft.ends(Outcome::Answered, ReasonCode::FactsFound);
    draft.says("Your subscription at €9.00 a month is active and renews on 8 December 2026.");
    Ok(())
}

#[tokio::test]
async fn a_trial_is_told_with_its_end() -> Result<()> {
    let draft = told_of(json!({"status": "trialing", "trial_start": "-4d", "trial_end": "+10d"})).await?;
    draft.says(
        "Your trial runs until 30 November 2026. After that your subscription at €9.00 a month begins.",
    );
    Ok(())
}

#[tokio::test]
async fn a_subscription_that_is_past_due_is_told_as_such() -> Result<()> {
    told_of(json!({"status": "past_due"})).await?.says("the last payment did not go through");
    Ok(())
}

#[tokio::test]
async fn a_subscription_whose_invoices_are_given_up_is_not_told_as_running() -> Result<()> {
    let draft = told_of(json!({"status": "unpaid"})).await?;
    draft.says("The last invoice of your subscription at €9.00 a month has not been paid");
    draft.does_not_say("running");
    Ok(())
}

#[tokio::test]
async fn a_price_is_told_only_where_it_is_what_is_charged() -> Result<()> {
    let changed = [
        json!({"discounts": ["di_1"]}),
        json!({"default_tax_rates": [{"id": "txr_1"}]}),
        json!({"automatic_tax": {"enabled": true}}),
    ];
    for special in changed {
        let draft = told_of(special).await?;
        draft.says("Your subscription is active and renews on 8 December 2026.");
        draft.does_not_say("€");
    }
    Ok(())
}

#[tokio::test]
async fn a_paused_subscription_is_told_as_paused() -> Result<()> {
    told_of(json!({"pause_collection": {"behavior": "void"}})).await?.says("paused at the moment");
    told_of(json!({"status": "paused"})).await?.says("paused at the moment");
    Ok(())
}

#[tokio::test]
async fn a_paused_subscription_that_ended_is_told_as_ended() -> Result<()> {
    let ended = json!({"status": "canceled", "pause_collection": {"behavior": "void"}, "ended_at": "-30d",
        "canceled_at": "-30d"});
    told_of(ended).await?.says("Your subscription ended on 21 October 2026.");
    Ok(())
}

#[tokio::test]
async fn a_subscription_that_ends_is_not_told_as_renewing() -> Result<()> {
    let draft = told_of(json!({"cancel_at_period_end": true})).await?;
    draft.says("Your subscription is active until 8 December 2026 and then ends.");
    draft.does_not_say("renews on");
    Ok(())
}

#[tokio::test]
async fn a_subscription_that_ended_is_told_with_the_day() -> Result<()> {
    let draft = told_of(json!({"status": "canceled", "ended_at": "-30d", "canceled_at": "-30d"})).await?;
    draft.says("Your subscription ended on 21 October 2026.");
    Ok(())
}

#[tokio::test]
async fn several_subscriptions_are_told_one_by_one() -> Result<()> {
    let yearly =
        json!([{"price": "price_year", "current_period_start": "-12d", "current_period_end": "+353d"}]);
    let stock = Stock::of_ada_and_bob()
        .subscription("sub_1001", json!({}))
        .subscription("sub_1002", json!({"items": yearly}))
        .subscription("sub_1003", json!({"status": "canceled", "ended_at": "-30d", "canceled_at": "-30d"}));
    let draft = told(stock).await?;
    draft.says("at €9.00 a month is active");
    draft.says("at €99.00 a year is active");
    draft.does_not_say("ended");
    Ok(())
}

#[tokio::test]
async fn who_has_no_subscription_is_told_so() -> Result<()> {
    let draft = told(Stock::of_ada_and_bob()).await?;
    draft.ends(Outcome::Answered, ReasonCode::NothingFound);
    draft.says("There is no subscription on your account.");
    Ok(())
}

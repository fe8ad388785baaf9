//! Taking back a cancellation that postill made, while the period runs; and cancelling again.

use anyhow::{Context, Result};
use domain::{Outcome, ReasonCode};
use serde_json::{Value, json};
use store::Undoing;

use crate::draft::Draft;
use crate::letter::Letter;
use crate::persons::killed_after;
use crate::shop::Shop;
use crate::stock::{ADA, Stock};

fn cancels() -> Letter {
    Letter::from(ADA).asks("Please cancel my subscription.")
}

/// Ada's subscription, which postill let end.
async fn cancelled() -> Result<(Shop, Draft)> {
    let shop = Shop::open(Stock::of_ada_and_bob().subscription("sub_1001", json!({}))).await?;
    let draft = shop.receives(&cancels()).await?;
    draft.ends(Outcome::ActionTaken, ReasonCode::CancellationSet);
    Ok((shop, draft))
}

async fn ends(shop: &Shop) -> Result<bool> {
    let kept = shop.kept("subscriptions").await?;
    let ends = kept.first().and_then(|subscription| subscription.get("cancel_at_period_end"));
    ends.and_then(Value::as_bool).context("a subscription")
}

#[tokio::test]
async fn a_cancellation_is_taken_back_and_the_customer_is_told() -> Result<()> {
    let (shop, first) = cancelled().await?;
    assert_eq!(shop.takes_back(&first).await?, Undoing::Opened);
    let later = shop.follows_up().await?;
    later.ends(Outcome::ActionTaken, ReasonCode::CancellationUndone);
    later.says("your subscription does not end on 8 December 2026 and continues as before");
    later.does_not_say("will end on");
    assert_eq!((later.event.subject, later.event.sequence), (first.event.subject, 2));
    assert!(!ends(&shop).await?);
    assert_eq!(shop.takes_back(&first).await?, Undoing::Already);
    assert!(shop.follow_ups_run().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_was_taken_back_can_be_cancelled_again_by_another_mail_and_stays_so() -> Result<()> {
    let (shop, first) = cancelled().await?;
    shop.takes_back(&first).await?;
    shop.follows_up().await?.ends(Outcome::ActionTaken, ReasonCode::CancellationUndone);
    let again =
        shop.receives(&Letter::from(ADA).asks("I mean it now. Please cancel my subscription.")).await?;
    again.ends(Outcome::ActionTaken, ReasonCode::CancellationSet);
    assert!(ends(&shop).await?);
    assert_eq!(shop.takes_back(&first).await?, Undoing::Already, "the first one is over");
    assert_eq!(shop.takes_back(&again).await?, Undoing::Opened);
    shop.follows_up().await?.ends(Outcome::ActionTaken, ReasonCode::CancellationUndone);
    assert!(!ends(&shop).await?);
    Ok(())
}

/// Taken back in the dashboard and set to end anew, by a later mail, before the wish to take it back was worked on.
#[tokio::test]
async fn what_ends_by_another_wish_is_left_as_it_is() -> Result<()> {
    let (shop, first) = cancelled().await?;
    shop.takes_back(&first).await?;
    shop.changes_by_hand("sub_1001", "cancel_at_period_end=false").await?;
    shop.receives(&Letter::from(ADA).asks("I mean it now. Please cancel my subscription.")).await?;
    let writes = shop.writes().await?;
    let later = shop.follows_up().await?;
    later.ends(Outcome::Handoff, ReasonCode::AlreadyEnding);
    assert_eq!((ends(&shop).await?, shop.writes().await?), (true, writes));
    Ok(())
}

#[tokio::test]
async fn what_was_taken_back_in_the_dashboard_is_told_and_not_written_again() -> Result<()> {
    let (shop, first) = cancelled().await?;
    shop.takes_back(&first).await?;
    shop.changes_by_hand("sub_1001", "cancel_at_period_end=false").await?;
    let writes = shop.writes().await?;
    shop.follows_up().await?.ends(Outcome::ActionTaken, ReasonCode::CancellationUndone);
    assert_eq!(shop.writes().await?, writes);
    Ok(())
}

#[tokio::test]
async fn while_changes_are_halted_nothing_is_taken_back() -> Result<()> {
    for by_file in [true, false] {
        let (shop, first) = cancelled().await?;
        shop.takes_back(&first).await?;
        if by_file {
            shop.pulls_the_brake()?;
        } else {
            shop.halts().await?;
        }
        assert!(shop.follow_ups_run().await?.is_empty());
        assert!(ends(&shop).await?);
        if by_file {
            shop.releases_the_brake()?;
        } else {
            assert_eq!(shop.resumes().await?, 1);
        }
        shop.minutes_pass(1);
        shop.follows_up().await?.ends(Outcome::ActionTaken, ReasonCode::CancellationUndone);
        assert!(!ends(&shop).await?);
    }
    Ok(())
}

#[tokio::test]
async fn a_worker_killed_anywhere_on_the_way_takes_it_back_and_tells_it_once() -> Result<()> {
    for waits in 0.. {
        let (shop, first) = cancelled().await?;
        shop.takes_back(&first).await?;
        let follow_up = shop.follow_ups().await?.pop().context("a follow-up")?;
        let followed = killed_after(waits, shop.engine.follow_up(follow_up)).await;
        shop.leases_end()?;
        shop.follows_up().await?.ends(Outcome::ActionTaken, ReasonCode::CancellationUndone);
        assert!(!ends(&shop).await?, "killed after {waits}");
        if followed.is_some() {
            return Ok(());
        }
    }
    Ok(())
}

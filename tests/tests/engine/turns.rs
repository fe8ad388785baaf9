//! An account takes so many requests a second, and none with a key that is refused. A mail waits for its turn, however often, and nothing
//! counts against it.

use anyhow::{Context, Result};
use domain::action::ActionState;
use domain::{Function, Outcome, ReasonCode, RunKind};
use engine::Ended;

use crate::letter::Letter;
use crate::refunds::{asks, one_charge};
use crate::shop::{Shop, Worker};

/// More often than the ladder has steps.
const OFTEN: usize = 12;
const FOR_EVER: u32 = 1_000;

fn refund() -> Letter {
    asks("Please refund 10.00 EUR of my last payment.")
}

/// The mail is delivered and waits, on this step of the ladder.
async fn waits(shop: &Shop, letter: &Letter) -> Result<u32> {
    match shop.delivers(letter).await? {
        Ended::Later { step } => Ok(step),
        ended @ (Ended::Draft(_) | Ended::Dead { .. } | Ended::NotStored | Ended::Forgotten) => {
            anyhow::bail!("it does not wait: {ended:?}")
        }
    }
}

#[tokio::test]
async fn a_mail_waits_for_its_turn_without_an_end_and_without_counting() -> Result<()> {
    waits_uncounted("rate_limited").await
}

#[tokio::test]
async fn a_mail_waits_for_an_accepted_key_without_an_end_and_without_counting() -> Result<()> {
    waits_uncounted("revoked_key").await
}

async fn waits_uncounted(fault: &str) -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    let letter = asks("Did my last payment go through?");
    shop.goes_wrong("GET /v1/customers", fault, FOR_EVER).await?;
    let mut steps = Vec::new();
    for _ in 0..OFTEN {
        steps.push(waits(&shop, &letter).await?);
    }
    assert_eq!(steps.first(), Some(&0));
    assert!(steps.iter().skip(1).all(|step| *step == 1), "a minute is the longest wait: {steps:?}");
    shop.all_is_well().await?;
    let work = shop.engine.takes(letter.bytes(), RunKind::Live).await?;
    let lease = work.lease();
    assert_eq!((lease.attempts, lease.postponements, lease.turns_waited), (1, 0, 12));
    let processed = Box::pin(shop.engine.process(work)).await;
    let ended = shop.engine.finish(vec![processed]).await.pop().context("an end")?;
    assert!(matches!(&ended, Ended::Draft(draft) if draft.outcome == Outcome::Answered), "{ended:?}");
    Ok(())
}

#[tokio::test]
async fn waiting_for_a_turn_does_not_use_up_the_patience_for_real_trouble() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("GET /v1/customers", "rate_limited", 5).await?;
    for _ in 0..5 {
        waits(&shop, &refund()).await?;
    }
    shop.goes_wrong("GET /v1/customers", "server_error", FOR_EVER).await?;
    let steps =
        [waits(&shop, &refund()).await?, waits(&shop, &refund()).await?, waits(&shop, &refund()).await?];
    assert_eq!(steps, [0, 1, 2], "the ladder is climbed from its first step");
    shop.receives(&refund()).await?.ends(Outcome::Failed, ReasonCode::StripeUnavailable);
    Ok(())
}

/// Stripe took the request for the refund and answered 429, again and again: one refund in the end, under the one key.
#[tokio::test]
async fn a_refund_that_has_to_wait_for_its_turn_is_made_once() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("POST /v1/refunds", "rate_limited", FOR_EVER).await?;
    for _ in 0..OFTEN {
        waits(&shop, &refund()).await?;
        assert_eq!(shop.refunded().await?, [0; 0]);
    }
    let action = shop.action_of(&refund(), Function::Refund).await?.context("an action")?;
    assert_eq!(action.state, ActionState::Sent, "what left for Stripe is known to have left");
    shop.all_is_well().await?;
    shop.receives(&refund()).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(shop.refunded().await?, [1_000]);
    Ok(())
}

/// The first try was executed and its answer lost, the second met a 429: Stripe is looked at before anything is sent again.
#[tokio::test]
async fn a_refund_that_may_have_been_made_before_the_429_is_found_and_not_made_again() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("POST /v1/refunds", "lost_after_execution", 1).await?;
    shop.goes_wrong("POST /v1/refunds", "rate_limited", FOR_EVER).await?;
    waits(&shop, &refund()).await?;
    let writes = shop.writes().await?;
    shop.receives(&refund()).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!((shop.refunded().await?, shop.writes().await?), (vec![1_000], writes));
    Ok(())
}

/// A request that may have been sent 20 hours ago is looked up and never sent again, also when it only waited for its turn.
#[tokio::test]
async fn a_refund_that_waits_for_its_turn_for_a_day_is_looked_up_and_goes_to_a_person() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("POST /v1/refunds", "rate_limited", FOR_EVER).await?;
    waits(&shop, &refund()).await?;
    shop.hours_pass(21);
    let writes = shop.writes().await?;
    shop.receives(&refund()).await?.ends(Outcome::Handoff, ReasonCode::OutcomeUnknown);
    assert_eq!((shop.refunded().await?, shop.writes().await?), (vec![], writes));
    Ok(())
}

/// The request never left: there was no slot for it. It is sent once there is one.
#[tokio::test]
async fn a_refund_without_a_slot_is_not_sent_and_is_made_once_after() -> Result<()> {
    let shop = Shop::open(one_charge()).await?.slowly(1)?;
    let crowd = shop.crowd_at_refunds().await?;
    waits(&shop, &refund()).await?;
    assert_eq!(shop.refunded().await?, [0; 0]);
    let action = shop.action_of(&refund(), Function::Refund).await?.context("it was begun")?;
    assert_eq!(action.state, ActionState::Sent);
    drop(crowd);
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    shop.receives(&refund()).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(shop.refunded().await?, [1_000]);
    Ok(())
}

/// What was begun for a mail is told, also when its sender proves nothing any more when its turn comes.
#[tokio::test]
async fn a_mail_that_waited_is_known_to_have_been_worked_on() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("POST /v1/refunds", "rate_limited", 1).await?;
    waits(&shop, &refund()).await?;
    let shop = shop.believing("another.example")?;
    shop.receives(&refund()).await?.ends(Outcome::Handoff, ReasonCode::SenderNotAuthenticated);
    assert_eq!(shop.refunded().await?, [0; 0]);
    Ok(())
}

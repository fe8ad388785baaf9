//! Stripe slow, down, and losing answers.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::letters::{Letter, Wish, letter};
use crate::outcomes::{at, draft_schema};
use crate::shop::{PAID, charge_id, shop};
use crate::world::{FIRST_RETRY, PATIENCE, World, run};

#[tokio::test]
async fn slow_answers_of_stripe_hold_up_their_own_mail_only() -> Result<()> {
    run(&shop(20), async |w| {
        let worker = w.worker().await?;
        let letters: Vec<Letter> = (0..20).map(|n| letter(n, n, Wish::in_turn(n))).collect();
        let (slow, quick) = letters.split_at(5);
        w.stripe_fails("GET", "/v1/customers", Some(5), json!({ "kind": "latency", "ms": 8_000 })).await?;
        w.arrives(slow).await?;
        w.faults_have_struck().await?;

        w.arrives(quick).await?;
        let before = w.outcomes_of(quick, PATIENCE).await?;
        ensure!(before.missing(slow) == slow.len(), "the slow mails were not slow");

        let mut outcomes = w.outcomes_of(slow, PATIENCE).await?;
        outcomes.append(before);
        outcomes.are_as_expected(&letters, &draft_schema()?)?;
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn mail_waits_while_stripe_is_down_and_is_answered_after() -> Result<()> {
    waits_and_is_answered_after(json!({ "kind": "server_error" })).await
}

#[tokio::test]
async fn mail_waits_while_stripe_takes_no_more_requests() -> Result<()> {
    waits_and_is_answered_after(json!({ "kind": "rate_limited" })).await
}

/// One mail before, one for each function meanwhile: they lie on the ladder's first step until the fault is gone.
async fn waits_and_is_answered_after(fault: Value) -> Result<()> {
    run(&shop(8), async |w| {
        let worker = w.worker().await?;
        w.answers(&letter(7, 7, Wish::Invoice), "answered").await?;
        let letters: Vec<Letter> = (0..7).map(|n| letter(n, n, Wish::in_turn(n))).collect();
        for method in ["GET", "POST"] {
            w.stripe_fails(method, "/v1/", None, fault.clone()).await?;
        }

        w.arrives(&letters).await?;
        w.vhost.wait_for_depth(FIRST_RETRY, 7, PATIENCE).await?;
        w.stripe_recovers().await?;

        let outcomes = w.outcomes_of(&letters, PATIENCE).await?;
        outcomes.are_as_expected(&letters, &draft_schema()?)?;
        ensure!(outcomes.messages == letters.len(), "a mail has more than one draft");
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_once_is_made_once_and_told() -> Result<()> {
    run(&shop(1), async |w| {
        w.stripe_fails("POST", "/v1/refunds", Some(1), json!({ "kind": "lost_after_execution" })).await?;
        refund_is_made_once_and_told(w).await
    })
    .await
}

#[tokio::test]
async fn a_refund_whose_answers_are_all_lost_is_made_once_and_told_after_the_wait() -> Result<()> {
    run(&shop(1), async |w| {
        // Every try of the first delivery.
        w.stripe_fails("POST", "/v1/refunds", Some(3), json!({ "kind": "lost_after_execution" })).await?;
        refund_is_made_once_and_told(w).await
    })
    .await
}

#[tokio::test]
async fn a_refund_that_stripe_made_and_answered_with_500_is_made_once_and_told() -> Result<()> {
    run(&shop(1), async |w| {
        // The 500 is what the key replays from then on.
        w.stripe_fails("POST", "/v1/refunds", Some(1), json!({ "kind": "server_error_after_execution" }))
            .await?;
        refund_is_made_once_and_told(w).await
    })
    .await
}

#[tokio::test]
async fn a_refund_lost_before_stripe_saw_it_is_made_once_and_told() -> Result<()> {
    run(&shop(1), async |w| {
        w.stripe_fails("POST", "/v1/refunds", Some(3), json!({ "kind": "lost_before_execution" })).await?;
        refund_is_made_once_and_told(w).await
    })
    .await
}

#[tokio::test]
async fn a_cancellation_whose_answers_are_lost_is_set_once_and_told() -> Result<()> {
    run(&shop(1), async |w| {
        w.stripe_fails("POST", "/v1/subscriptions/", Some(3), json!({ "kind": "lost_after_execution" }))
            .await?;
        let worker = w.worker().await?;
        let draft = w.answers(&letter(0, 0, Wish::Cancellation), "action_taken").await?;
        ensure!(at(&draft, "/data/actions/0/state") == "done", "{draft:#}");
        let subscription = w.objects("subscriptions").await?.into_iter().next().context("no subscription")?;
        ensure!(at(&subscription, "/cancel_at_period_end") == true, "{subscription:#}");
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

/// One mail, one refund at Stripe, and a draft that says so: its id, its amount, and nothing of a refund before.
async fn refund_is_made_once_and_told(w: &World) -> Result<()> {
    let worker = w.worker().await?;
    let draft = w.answers(&letter(0, 0, Wish::Refund), "action_taken").await?;

    let refunds = w.objects("refunds").await?;
    let [refund] = refunds.as_slice() else { anyhow::bail!("{} refunds", refunds.len()) };
    ensure!(at(refund, "/amount") == PAID && at(refund, "/charge") == charge_id(0).as_str(), "{refund:#}");
    ensure!(at(&draft, "/data/reasons/0/code") == "refund_issued", "{draft:#}");
    let action = at(&draft, "/data/actions/0");
    ensure!(at(action, "/state") == "done" && at(action, "/result") == at(refund, "/id"), "{action:#}");
    ensure!(at(action, "/amount/minor") == PAID, "{action:#}");
    w.stops(worker).await?;
    w.nothing_is_queued().await
}

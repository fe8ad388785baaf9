//! What waits for a person: decided on the command line and by the queue, carried out once, told in a second draft.

use anyhow::{Context, Result, ensure};
use lapin::BasicProperties;
use lapin::message::Delivery;
use serde_json::{Value, json};
use tests::Postill;

use crate::letters::{Ends, Letter, Wish, letter};
use crate::outcomes::{at, dead_reason, draft_schema};
use crate::shop::{address, charge_id, shop};
use crate::world::{PATIENCE, World, run, started};

/// Every refund of the shop is above this.
const LOW_LIMIT: (&str, &str) = ("POSTILL_POLICY_REFUND_LIMIT", "eur=10.00");

#[tokio::test]
async fn an_approved_request_is_refunded_once_and_told_in_a_second_draft() -> Result<()> {
    run(&shop(1), async |w| {
        let worker = careful_worker(w).await?;
        let (first, approval) = waiting(w, &refund_letter(0)).await?;
        ensure!(w.objects("refunds").await?.is_empty(), "refunded without a person");

        w.command(["approvals", "approve", &approval, "--amount", "20.00", "--as", "kim"]).await?;
        let second = next_draft(w, &refund_letter(0)).await?;
        follows(&second, &first, "action_taken")?;
        ensure!(at(&second, "/data/actions/0/approval/state") == "approved", "{second:#}");
        ensure!(at(&second, "/data/actions/0/approval/decided_by/0") == "kim", "{second:#}");
        let refunds = w.objects("refunds").await?;
        ensure!(refunds.len() == 1, "{} refunds", refunds.len());
        ensure!(at(&refunds[0], "/amount") == 2_000 && at(&refunds[0], "/charge") == charge_id(0).as_str());
        ensure!(at(&refunds[0], "/id") == at(&second, "/data/actions/0/result"), "{second:#}");

        // The decision stands; saying it again changes nothing.
        w.command(["approvals", "approve", &approval, "--as", "kim"]).await?;
        w.stops(worker).await?;
        ensure!(w.objects("refunds").await?.len() == 1);
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn a_decision_by_the_queue_is_carried_out_however_often_it_comes() -> Result<()> {
    run(&shop(1), async |w| {
        let worker = careful_worker(w).await?;
        let (first, approval) = waiting(w, &refund_letter(0)).await?;
        let decision = json!({ "schema": "postill.approval_decision.v1", "approval": approval, "decision": "approve",
            "amount": { "minor": 1_500, "currency": "eur" }, "by": "kim" });
        for _ in 0..3 {
            decides(w, &decision).await?;
        }
        let second = next_draft(w, &refund_letter(0)).await?;
        follows(&second, &first, "action_taken")?;
        w.vhost.wait_for_depth("postill.approvals", 0, PATIENCE).await?;
        w.stops(worker).await?;
        let refunds = w.objects("refunds").await?;
        ensure!(refunds.len() == 1 && at(&refunds[0], "/amount") == 1_500, "{refunds:#?}");
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn a_rejected_request_is_told_and_nothing_is_refunded() -> Result<()> {
    run(&shop(1), async |w| {
        let worker = careful_worker(w).await?;
        let (first, approval) = waiting(w, &refund_letter(0)).await?;
        w.command(["approvals", "reject", &approval, "--reason", "used for a year", "--as", "kim"]).await?;
        let second = next_draft(w, &refund_letter(0)).await?;
        let outcome = at(&second, "/data/outcome").as_str().context("no outcome")?;
        follows(&second, &first, outcome)?;
        ensure!(at(&second, "/data/reasons/0/code") == "approval_rejected", "{second:#}");
        ensure!(at(&second, "/data/actions/0/approval/state") == "rejected", "{second:#}");
        ensure!(w.objects("refunds").await?.is_empty(), "refunded though rejected");
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn decisions_that_cannot_be_taken_end_in_the_dead_queue_and_change_nothing() -> Result<()> {
    run(&shop(1), async |w| {
        let worker = careful_worker(w).await?;
        let (_, approval) = waiting(w, &refund_letter(0)).await?;
        let decision = |change: Value| {
            let mut decision = json!({ "schema": "postill.approval_decision.v1", "approval": approval,
                "decision": "approve", "by": "kim" });
            for (name, value) in change.as_object().into_iter().flatten() {
                decision[name] = value.clone();
            }
            decision
        };
        let wrong = [
            ("decision_unreadable", json!("approve it, please")),
            ("decision_unreadable", decision(json!({ "amuont": { "minor": 5, "currency": "eur" } }))),
            ("decision_unreadable", decision(json!({ "decision": "reject" }))),
            ("approval_unknown", decision(json!({ "approval": format!("apr_{}", "0".repeat(24)) }))),
            ("own_request", decision(json!({ "by": address(0).to_uppercase() }))),
            ("amount_too_high", decision(json!({ "amount": { "minor": 2_501, "currency": "eur" } }))),
            ("not_an_amount", decision(json!({ "amount": { "minor": 2_500, "currency": "usd" } }))),
        ];
        for (code, decision) in &wrong {
            decides(w, decision).await?;
            is_dead(w, code).await?;
        }
        ensure!(w.objects("refunds").await?.is_empty(), "refunded by a wrong decision");

        decides(w, &decision(json!({ "decision": "reject", "reason": "used for a year" }))).await?;
        next_draft(w, &refund_letter(0)).await?;
        decides(w, &decision(json!({}))).await?;
        is_dead(w, "decided_before").await?;
        ensure!(w.objects("refunds").await?.is_empty(), "refunded though rejected");
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn two_workers_carry_out_each_decision_once() -> Result<()> {
    const MAILS: usize = 12;
    run(&shop(MAILS), async |w| {
        let workers = [careful_worker(w).await?, careful_worker(w).await?];
        let letters: Vec<Letter> = (0..MAILS).map(refund_letter).collect();
        w.arrives(&letters).await?;
        let outcomes = w.outcomes_of(&letters, PATIENCE).await?;
        for letter in &letters {
            let approval = approval_of(&outcomes.draft(letter)?)?;
            let decision = json!({ "schema": "postill.approval_decision.v1", "approval": approval,
                "decision": "approve", "by": "kim" });
            decides(w, &decision).await?;
            decides(w, &decision).await?;
        }
        let followed = w.outcomes_of(&letters, PATIENCE).await?;
        let expected: Vec<Letter> =
            letters.iter().map(|l| Letter { ends: Ends::Draft("action_taken"), ..l.clone() }).collect();
        followed.are_as_expected(&expected, &draft_schema()?)?;
        for worker in workers {
            w.stops(worker).await?;
        }
        let refunds = w.objects("refunds").await?;
        ensure!(refunds.len() == MAILS, "{} refunds", refunds.len());
        w.vhost.purge("postill.drafts").await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn a_decision_made_while_no_worker_runs_is_carried_out_by_the_next() -> Result<()> {
    run(&shop(1), async |w| {
        let mut worker = careful_worker(w).await?;
        let (first, approval) = waiting(w, &refund_letter(0)).await?;
        worker.kill_dash_nine()?;
        w.command(["approvals", "approve", &approval, "--as", "kim"]).await?;
        let worker = careful_worker(w).await?;
        follows(&next_draft(w, &refund_letter(0)).await?, &first, "action_taken")?;
        ensure!(w.objects("refunds").await?.len() == 1);
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn a_lost_connection_to_the_broker_holds_no_decision_up_for_long() -> Result<()> {
    run(&shop(1), async |w| {
        let worker = careful_worker(w).await?;
        let (first, approval) = waiting(w, &refund_letter(0)).await?;
        w.vhost.close_connections().await?;
        w.command(["approvals", "approve", &approval, "--as", "kim"]).await?;
        follows(&next_draft(w, &refund_letter(0)).await?, &first, "action_taken")?;
        ensure!(w.objects("refunds").await?.len() == 1);
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

/// A letter whose refund has to wait.
fn refund_letter(customer: usize) -> Letter {
    Letter { ends: Ends::Draft("needs_approval"), ..letter(customer, customer, Wish::Refund) }
}

async fn careful_worker(w: &World) -> Result<Postill> {
    started(w.postill(["worker"]).env(LOW_LIMIT.0, LOW_LIMIT.1)).await
}

/// Sends a letter and gives its draft and the approval it waits for.
async fn waiting(w: &World, letter: &Letter) -> Result<(Value, String)> {
    let draft = w.answers(letter, "needs_approval").await?;
    let approval = approval_of(&draft)?;
    Ok((draft, approval))
}

fn approval_of(draft: &Value) -> Result<String> {
    let id = at(draft, "/data/actions/0/approval/id").as_str();
    Ok(id.with_context(|| format!("no approval in {draft:#}"))?.to_owned())
}

/// Publishes a decision as a help desk would.
async fn decides(w: &World, decision: &Value) -> Result<()> {
    let properties =
        BasicProperties::default().with_delivery_mode(2).with_content_type("application/json".into());
    w.vhost.publish_to("postill.in", "approval.desk", properties, &[decision.to_string()]).await
}

async fn is_dead(w: &World, code: &str) -> Result<()> {
    let dead = w.vhost.wait_for_messages("postill.mail.dead", 1, PATIENCE).await?;
    let reason = dead_reason(dead.first().context("nothing is dead")?)?;
    ensure!(reason == code, "{reason} instead of {code}");
    Ok(())
}

/// The next draft that comes, which has to be the letter's, and told as drafts are.
async fn next_draft(w: &World, letter: &Letter) -> Result<Value> {
    let taken = w.vhost.wait_for_messages("postill.drafts", 1, PATIENCE).await?;
    let delivery: &Delivery = taken.first().context("no draft")?;
    let properties = &delivery.properties;
    let text = |field: &Option<lapin::types::ShortString>| field.as_ref().map(ToString::to_string);
    ensure!(text(properties.correlation_id()).as_ref() == Some(&letter.id), "another mail's: {properties:?}");
    ensure!(text(properties.kind()).as_deref() == Some("postill.draft_context.v1"), "{properties:?}");
    let draft: Value = serde_json::from_slice(&delivery.data)?;
    ensure!(text(properties.message_id()).as_deref() == at(&draft, "/id").as_str(), "{properties:?}");
    let outcome = at(&draft, "/data/outcome").as_str().unwrap_or_default();
    ensure!(delivery.routing_key.as_str() == format!("default.{outcome}"), "{}", delivery.routing_key);
    let schema = draft_schema()?;
    let problems: Vec<String> = schema.iter_errors(&draft).map(|problem| problem.to_string()).collect();
    ensure!(problems.is_empty(), "{problems:?}");
    Ok(draft)
}

/// Whether `second` is the later draft of the same mail.
fn follows(second: &Value, first: &Value, outcome: &str) -> Result<()> {
    ensure!(at(second, "/data/outcome") == outcome, "not {outcome}: {second:#}");
    ensure!(at(second, "/sequence") == 2 && at(first, "/sequence") == 1, "{second:#}");
    ensure!(at(second, "/subject") == at(first, "/subject"), "{second:#}");
    ensure!(at(second, "/id") != at(first, "/id"), "{second:#}");
    ensure!(at(second, "/data/delivery") == at(first, "/data/delivery"), "{second:#}");
    Ok(())
}

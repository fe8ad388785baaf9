//! What must be so when a schedule has come to rest.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use domain::action::ActionState;
use domain::draft::{DraftEvent, ReportedState};
use domain::{ApprovalState, Fingerprint, Outcome, ReasonCode, WorkspaceId};
use serde_json::Value;
use store::FollowUpDraft;

use super::play::Play;
use super::schedule::{Copy, Wish};

/// The most that is refunded without a person.
const LIMIT: i64 = 10_000;

/// The last draft of each mail.
pub(super) struct Told(HashMap<Fingerprint, DraftEvent>);

impl Told {
    /// Each draft of a mail counts one more than the one before.
    pub(super) fn read(first: &HashMap<Wish, Vec<u8>>, later: Vec<FollowUpDraft>) -> Result<Self> {
        let mut told = HashMap::new();
        for body in first.values() {
            let event: DraftEvent = serde_json::from_slice(body)?;
            ensure!(event.sequence == 1, "the first draft is number {}", event.sequence);
            told.insert(event.subject, event);
        }
        for draft in later {
            let event: DraftEvent = serde_json::from_slice(&draft.body)?;
            let before = told.get(&event.subject).context("a draft of a mail that has none")?;
            ensure!(event.sequence == before.sequence + 1, "{} after {}", event.sequence, before.sequence);
            told.insert(event.subject, event);
        }
        Ok(Self(told))
    }
}

/// What a schedule came to: that something happens at all is a part of what is tested.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) refunds: usize,
    /// Those that a person allowed.
    pub(super) allowed: usize,
    pub(super) cancellations: usize,
    /// Drafts after the first.
    pub(super) follow_ups: usize,
}

impl Tally {
    pub(super) fn add(&mut self, more: &Self) {
        self.refunds += more.refunds;
        self.allowed += more.allowed;
        self.cancellations += more.cancellations;
        self.follow_ups += more.follow_ups;
    }
}

pub(super) async fn holds(play: &Play<'_>, told: &Told) -> Result<Tally> {
    let audit = play.shop.engine.ledger.verify_audit(&WorkspaceId::default(), None).await?;
    ensure!(audit.broken.is_none(), "the audit trail: {audit:?}");
    let (refunds, charges) = (play.shop.kept("refunds").await?, play.shop.kept("charges").await?);
    for charge in &charges {
        let of_it = refunds.iter().filter(|refund| refund.get("charge") == charge.get("id"));
        let sum: i64 = of_it.map(|refund| integer(refund, "amount")).sum();
        ensure!(sum <= integer(charge, "amount"), "more was refunded than charged: {charge}");
    }
    let mut accounted = 0;
    for wish in Wish::ALL {
        accounted += of_wish(play, told, wish, &refunds).await.with_context(|| format!("{wish:?}"))?;
    }
    let ours = refunds.iter().filter(|refund| action_of(refund).is_some()).count();
    ensure!(ours == accounted, "a refund for no mail: {refunds:?}");
    let approved = play.shop.engine.ledger.approvals(None, &[ApprovalState::Approved]).await?;
    let ending =
        play.shop.kept("subscriptions").await?.iter().filter(|subscription| is_ending(subscription)).count();
    let follow_ups = told.0.values().map(|event| event.sequence as usize - 1).sum();
    Ok(Tally { refunds: ours, allowed: approved.len(), cancellations: ending, follow_ups })
}

/// Whether what was done for a mail was allowed, and is what its last draft says. How many refunds it had.
async fn of_wish(play: &Play<'_>, told: &Told, wish: Wish, refunds: &[Value]) -> Result<usize> {
    let action = play.action(wish)?;
    let made: Vec<&Value> =
        refunds.iter().filter(|refund| action_of(refund) == Some(action.as_str())).collect();
    ensure!(made.len() <= 1, "two refunds for one mail: {made:?}");
    let proven = play.schedule.mails().iter().any(|(of, copy)| *of == wish && *copy != Copy::Forged);
    if !proven {
        ensure!(made.is_empty(), "a refund for a forged mail: {made:?}");
        return Ok(0);
    }
    for refund in &made {
        was_allowed(play, wish, refund).await?;
    }
    let last = told.0.get(&play.fingerprint(wish)?);
    if wish == Wish::Cancel {
        let kept = play.shop.kept("subscriptions").await?;
        let subscription = kept.first().context("a subscription")?;
        cancellation_is_told(play, last, subscription)?;
    } else {
        refund_is_told(last, &made)?;
    }
    Ok(made.len())
}

async fn was_allowed(play: &Play<'_>, wish: Wish, refund: &Value) -> Result<()> {
    let ((charge, asked), amount) = (wish.asked(), integer(refund, "amount"));
    ensure!(refund.get("charge").and_then(Value::as_str) == Some(charge), "another payment: {refund}");
    ensure!(amount > 0 && amount <= asked, "more than was asked for: {refund}");
    let stored = play.shop.engine.ledger.action(&play.action(wish)?).await?;
    if stored.is_none() && play.ledgers_lost > 0 {
        // The new ledger is told of it only where nothing was stopped; see `Actor::record`.
        return Ok(());
    }
    let stored = stored.context("a refund without an action")?;
    let sent = matches!(
        stored.state,
        ActionState::Sent | ActionState::Done | ActionState::Unknown | ActionState::Reconciled
    );
    ensure!(sent, "a refund of an action that is {:?}", stored.state);
    if play.ledgers_lost > 0 {
        // Whoever allowed it was forgotten with the ledger.
        return Ok(());
    }
    let Some(approval) = stored.approval else {
        ensure!(amount <= LIMIT, "{amount} without a person");
        return Ok(());
    };
    let approval = play.shop.engine.ledger.approval(&approval).await?.context("an approval")?;
    ensure!(approval.state == ApprovalState::Approved, "{approval:?}");
    let least = approval.votes.iter().filter_map(|vote| vote.amount).map(|money| money.minor).min();
    ensure!(amount <= least.unwrap_or(asked), "more than was approved: {amount}, {:?}", approval.votes);
    let (needed, votes) = (if asked > 12_000 { 2 } else { 1 }, approval.votes.len());
    ensure!(votes >= needed, "{votes} persons of {needed}");
    Ok(())
}

fn refund_is_told(last: Option<&DraftEvent>, made: &[&Value]) -> Result<()> {
    let Some(last) = last else {
        // It killed too many workers, and lies in the dead queue for a person.
        return Ok(());
    };
    let data = &last.data;
    let action = data.actions.first();
    let state = action.map(|action| action.state);
    let claims = state == Some(ReportedState::Done)
        || data.outcome == Outcome::ActionTaken
        || data.reply.text.contains("issued a refund");
    match made {
        [] => ensure!(!claims, "it says that money went back, and none did: {data:#?}"),
        [refund] => {
            ensure!(
                claims && state == Some(ReportedState::Done),
                "money went back, and it says {state:?}: {data:#?}"
            );
            let told = action.and_then(|action| action.amount).context("an amount")?;
            ensure!(told.minor == integer(refund, "amount"), "another amount: {refund}, {data:#?}");
            let id = action.and_then(|action| action.result.as_deref());
            ensure!(id == refund.get("id").and_then(Value::as_str), "another refund: {refund}, {data:#?}");
        }
        several => bail!("several refunds: {several:?}"),
    }
    Ok(())
}

fn cancellation_is_told(play: &Play<'_>, last: Option<&DraftEvent>, subscription: &Value) -> Result<()> {
    let Some(last) = last else { return Ok(()) };
    let ending = is_ending(subscription);
    let code = last.data.reasons.first().map(|reason| reason.code);
    let state = last.data.actions.first().map(|action| action.state);
    match code {
        Some(ReasonCode::CancellationSet | ReasonCode::AlreadyEnding) => {
            ensure!(ending, "it goes on: {last:#?}");
        }
        Some(ReasonCode::CancellationUndone) => ensure!(!ending, "it ends: {last:#?}"),
        _ => ensure!(!ending || state == Some(ReportedState::Done), "it ends, and nobody says so: {last:#?}"),
    }
    ensure!(play.undone || state != Some(ReportedState::Done) || ending, "it goes on: {last:#?}");
    Ok(())
}

fn is_ending(subscription: &Value) -> bool {
    subscription.get("cancel_at_period_end") == Some(&Value::Bool(true))
}

fn action_of(refund: &Value) -> Option<&str> {
    refund.pointer("/metadata/postill_action").and_then(Value::as_str)
}

fn integer(object: &Value, field: &str) -> i64 {
    object.get(field).and_then(Value::as_i64).unwrap_or_default()
}

//! A cancellation that postill made is taken back, while the period still runs.

use domain::action::StoredAction;
use domain::ids::SubscriptionId;
use domain::{ActionId, Outcome, Permit, Reason, ReasonCode, Timestamp};
use store::Clearance;
use stripe_client::WriteError;
use stripe_client::object::Subscription;

use super::{Job, Next};
use crate::act::Refusal;
use crate::action::{Frozen, Request};
use crate::conclude::ending;
use crate::finding::Finding;
use crate::functions::has_ended;
use crate::reply::Saying;
use crate::trouble::{Trouble, may_pass};
use crate::workspace::Workspace;

pub(super) async fn next(job: &Job<'_>) -> Result<Next, Trouble> {
    let Ok(id) = job.follow_up.subject.parse::<ActionId>() else { return Ok(Next::End) };
    let Some(stored) = job.engine.ledger.action(&id).await? else { return Ok(Next::End) };
    let Some(workspace) = &job.workspace else { return Ok(job.not_connected()) };
    let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
    let Request::CancelSubscription { subscription, period_end } = &frozen.request else {
        return Ok(Next::End);
    };
    let read = workspace.stripe.reader().subscription(subscription).await.map_err(Trouble::Stripe)?;
    match standing(&stored, &frozen, read.value.as_ref()) {
        Standing::Goes => Ok(Next::tell(undone(&frozen, *period_end))),
        Standing::InTheWay(refusal) => Ok(Next::tell(not_undone(&frozen, refusal))),
        Standing::Ends => take_back(job, workspace, &stored, &frozen, (subscription, *period_end)).await,
    }
}

/// How the subscription stands.
enum Standing {
    /// It ends by our cancellation.
    Ends,
    /// It does not end any more: taken back before a crash, or by somebody in the dashboard.
    Goes,
    /// It cannot be taken back.
    InTheWay(Refusal),
}

/// Only what this action set is taken back: a subscription that ends by a later mail's wish, or somebody else's, is left alone.
fn standing(stored: &StoredAction, frozen: &Frozen, subscription: Option<&Subscription>) -> Standing {
    let (code, text) = match subscription {
        None => (ReasonCode::ReferenceNotFound, "the subscription is not there any more"),
        Some(found) if found.customer.as_ref() != frozen.customer.id.customer() => {
            (ReasonCode::ReferenceNotFound, "the subscription is not the customer's any more")
        }
        Some(found) if has_ended(found) => {
            (ReasonCode::AlreadyCanceled, "the subscription has ended, and what has ended does not go on")
        }
        Some(found) if !found.is_ending() => return Standing::Goes,
        Some(found) if found.action.as_ref() != Some(&stored.id) => (
            ReasonCode::AlreadyEnding,
            "the subscription ends by another cancellation, which was left as it is",
        ),
        Some(_) => return Standing::Ends,
    };
    Standing::InTheWay(Refusal::new(code, text))
}

async fn take_back(
    job: &Job<'_>,
    workspace: &Workspace,
    stored: &StoredAction,
    frozen: &Frozen,
    (subscription, period_end): (&SubscriptionId, Option<Timestamp>),
) -> Result<Next, Trouble> {
    let Some(writable) = job.run().writable() else { return Ok(Next::End) };
    let Some(permit) = Permit::undo(stored, writable) else { return Ok(Next::End) };
    let Some(write) = workspace.stripe.write(permit) else { return Ok(job.not_connected()) };
    if job.engine.brake.is_on(&workspace.id) {
        return Ok(Next::halted());
    }
    match job.engine.ledger.mark_undo_sent(&stored.id, &job.follow_up.lease).await? {
        Clearance::Granted(_) => {}
        Clearance::Halted(_) => return Ok(Next::halted()),
        Clearance::LeaseLost => return Err(Trouble::LeaseLost),
    }
    match write.keep_subscription(&stored.id, subscription).await {
        Ok(_) => Ok(Next::tell(undone(frozen, period_end))),
        // Done twice it changes nothing, so the next try reads how it stands and goes on from there.
        Err(WriteError::Unknown(error)) => Err(Trouble::Stripe(error)),
        Err(WriteError::NotDone(error)) if may_pass(&error) => Err(Trouble::Stripe(error)),
        Err(WriteError::NotDone(error)) => Ok(Next::tell(not_undone(frozen, Refusal::from(&error)))),
        Err(error @ WriteError::WrongPermit { .. }) => Ok(job.later(error.to_string())),
    }
}

fn undone(frozen: &Frozen, period_end: Option<Timestamp>) -> Finding {
    let text = format!("the cancellation of {} was taken back: it goes on", frozen.request.target());
    ending(frozen.basis(), Outcome::ActionTaken, Reason::new(ReasonCode::CancellationUndone, text))
        .say([Saying::CancellationUndone { ends_no_more: period_end }])
}

fn not_undone(frozen: &Frozen, refusal: Refusal) -> Finding {
    let Reason { code, text } = refusal.reason;
    let text = format!("the cancellation was not taken back: {text}");
    ending(frozen.basis(), Outcome::Handoff, Reason::new(code, text)).say([Saying::PersonAnswers])
}

//! Nobody knows what came of an action: Stripe is asked again, in growing steps. Nothing is ever sent here.

use domain::action::{ActionState, StoredAction};
use domain::draft::ReportedState;
use domain::{ActionId, Outcome, Reason, ReasonCode};
use jiff::SignedDuration;
use store::{Settlement, next_look_after};

use super::{Job, Next};
use crate::act::read_back::{self, Trace};
use crate::act::{Acted, told};
use crate::action::{Effect, Frozen, Request};
use crate::conclude::{self, ending, report};
use crate::finding::Finding;
use crate::reply::Saying;
use crate::trouble::Trouble;
use crate::workspace::Workspace;

/// After this time nothing more can come of a request: Stripe has forgotten its key, and no connection lives so long.
const PROVES_ABSENCE: SignedDuration = SignedDuration::from_hours(25);

pub(super) async fn next(job: &Job<'_>) -> Result<Next, Trouble> {
    let Ok(id) = job.follow_up.subject.parse::<ActionId>() else { return Ok(Next::End) };
    let Some(stored) = job.engine.ledger.action(&id).await? else { return Ok(Next::End) };
    match stored.state {
        ActionState::Unknown => match &job.workspace {
            Some(workspace) => look(job, workspace, stored).await,
            None => Ok(job.not_connected()),
        },
        // Whoever works on it settles it or calls it unknown again.
        ActionState::Intended | ActionState::Sent => Ok(job.later("the action is under way again")),
        ActionState::Done | ActionState::Refused | ActionState::Reconciled => settled_since(job, &stored),
    }
}

/// A person settled it, or a worker did that crashed before it could tell. What the first draft told is not told again.
fn settled_since(job: &Job<'_>, stored: &StoredAction) -> Result<Next, Trouble> {
    if job.told_first(stored.function) == Some(ReportedState::Done) {
        return Ok(Next::End);
    }
    let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
    Ok(Next::tell(conclude::tell(&frozen, told(stored)?)))
}

async fn look(job: &Job<'_>, workspace: &Workspace, stored: StoredAction) -> Result<Next, Trouble> {
    let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
    match read_back::find(workspace.stripe.reader(), &stored.id, &frozen.request).await {
        Ok(Trace::Ours(effect)) => found(job, stored, frozen, effect).await,
        Ok(Trace::Nothing | Trace::AnothersMail) if is_past_hope(job, &stored) => {
            Ok(Next::tell(absent(stored.id, &frozen)))
        }
        Ok(Trace::Nothing | Trace::AnothersMail) => {
            Ok(again(job, stored.id, &frozen, "Stripe does not show it"))
        }
        Ok(Trace::CutShort) => Ok(again(job, stored.id, &frozen, "not all that would show it could be read")),
        Err(error) => Ok(again(job, stored.id, &frozen, &error.to_string())),
    }
}

async fn found(job: &Job<'_>, stored: StoredAction, frozen: Frozen, effect: Effect) -> Result<Next, Trouble> {
    let settlement = Settlement::Reconciled(serde_json::to_value(&effect)?);
    job.engine.ledger.settle(&stored.id, settlement).await?;
    let when = shown(&frozen.request, &effect);
    let mut finding = conclude::tell(&frozen, Acted::Done { id: stored.id, frozen: frozen.clone(), effect });
    if let Some(reason) = finding.reasons.first_mut() {
        reason.text = format!("{}; it was not known at first, and {when}", reason.text);
    }
    Ok(Next::tell(finding))
}

fn shown(request: &Request, effect: &Effect) -> String {
    match (request, effect) {
        (_, Effect::Refunded { refund, issued: Some(issued), .. }) => {
            format!("Stripe shows {refund}, issued at {issued}")
        }
        (_, Effect::Ending { subscription, on: Some(on), .. }) => {
            format!("Stripe shows that {subscription} ends at {on}")
        }
        (
            _,
            Effect::Refunded { .. }
            | Effect::Ending { .. }
            | Effect::LinkMade { .. }
            | Effect::SessionMade { .. }
            | Effect::FoundByHand { .. },
        ) => format!("Stripe shows {} on {}", effect.object(), request.target()),
    }
}

fn is_past_hope(job: &Job<'_>, stored: &StoredAction) -> bool {
    stored.sent_at.is_some_and(|sent| job.now.duration_since(sent) >= PROVES_ABSENCE)
}

/// Looks again by the ledger's schedule; at its end a person is told what is known.
fn again(job: &Job<'_>, id: ActionId, frozen: &Frozen, why: &str) -> Next {
    match next_look_after(job.follow_up.postponements) {
        Some(pause) => Next::Later { pause, why: why.to_owned() },
        None => Next::tell(unknown(
            id.clone(),
            frozen,
            format!(
                "it could not be found out whether Stripe did it ({why}): look at {} in the dashboard, then say so with `postill actions settle {id}`",
                frozen.request.target()
            ),
        )),
    }
}

/// It was not done, and will not be any more. Whether it still should be is a person's decision: it is never sent under another key.
fn absent(id: ActionId, frozen: &Frozen) -> Finding {
    let target = frozen.request.target();
    let text = format!(
        "Stripe shows nothing of it on {target} a day later, so it was not done: do it in the dashboard if it still should be, then say so with `postill actions settle {id}`"
    );
    unknown(id, frozen, text)
}

fn unknown(id: ActionId, frozen: &Frozen, text: String) -> Finding {
    ending(frozen.basis(), Outcome::Handoff, Reason::new(ReasonCode::OutcomeUnknown, text))
        .say([Saying::PersonAnswers])
        .action(report(frozen, Some(id), ReportedState::Unknown))
}

//! What waits for a person, why it waits, and their decision.

mod line;
mod plan;
mod reply;
mod verdict;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use domain::approval::{ApprovalState, person};
use domain::{ApprovalId, HaltKind, Money, Role, StoredApproval, TypedReason};
use serde::Deserialize;
use serde_json::json;
use store::{Decided, Decision};

use super::{REVEALED, go_to, page, refused, run};
use crate::Desk;
use crate::complaint::Complaint;
use crate::frame::{Frame, Place};
use crate::refusal::Refusal;
use crate::visitor::{At, Posted};
use crate::when::When;
use line::{Line, written};
use plan::Plan;
use reply::Revealed;
use verdict::{amount_of, told, typed_form};

/// The ledger lists no more at once.
const LISTED: usize = 1_000;

#[derive(Template)]
#[template(path = "approvals.html")]
struct List {
    frame: Frame,
    lines: Vec<Line>,
    /// Whether those that were decided are listed, too.
    all: bool,
    /// Whether there may be more.
    cut: bool,
}

/// Which are listed.
#[derive(Deserialize)]
pub(crate) struct Filter {
    #[serde(default)]
    show: String,
}

pub(crate) async fn list(
    State(desk): State<Arc<Desk>>,
    at: At,
    Query(filter): Query<Filter>,
) -> Result<Response, Complaint> {
    let all = filter.show == "all";
    let states: &[ApprovalState] = if all { &ApprovalState::ALL } else { &[ApprovalState::Waiting] };
    let approvals = desk.ledger.approvals(Some(&at.workspace), states).await?;
    let now = desk.engine.clock.now();
    let lines = approvals.iter().map(|approval| Line::of(approval, now)).collect();
    page(&List {
        frame: Frame::of(&desk, &at, Place::Approvals).await?,
        lines,
        all,
        cut: approvals.len() >= LISTED,
    })
}

#[derive(Template)]
#[template(path = "approval.html")]
struct One {
    frame: Frame,
    line: Line,
    plan: Plan,
    /// Whether what was asked for is not kept any more.
    is_forgotten: bool,
    asked: Option<Asked>,
    votes: Vec<GivenVote>,
    reason: Option<String>,
    rejected_by: Option<String>,
    approved: Option<String>,
    decided: Option<When>,
    /// What became of it, and what comes next.
    next: String,
    mail: String,
    /// The page of the mail's run.
    run: String,
    /// The mail and the reply, once somebody asked for them.
    revealed: Option<Revealed>,
    refusal: Option<Refusal>,
    /// Whether this person has allowed it before.
    voted: bool,
}

/// What was asked for, for the form.
struct Asked {
    currency: String,
    written: String,
    typed: String,
}

impl Asked {
    fn of(money: Money) -> Self {
        let currency = money.currency.as_str().to_uppercase();
        Self { currency, written: written(money), typed: typed_form(money) }
    }
}

struct GivenVote {
    by: String,
    amount: Option<String>,
    at: When,
}

/// What is shown beside the approval itself.
#[derive(Default)]
struct Beside {
    revealed: Option<Revealed>,
    refusal: Option<Refusal>,
}

pub(crate) async fn show(
    State(desk): State<Arc<Desk>>,
    at: At,
    Path((_workspace, id)): Path<(String, String)>,
) -> Result<Response, Complaint> {
    let approval = found(&desk, &at, &id).await?;
    page(&filled(&desk, &at, &approval, Beside::default()).await?)
}

/// Shows what the mail and the reply say of a person, and notes who looked.
pub(crate) async fn reveal(
    State(desk): State<Arc<Desk>>,
    at: At,
    Path((_workspace, id)): Path<(String, String)>,
    _: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Operator)?;
    let approval = found(&desk, &at, &id).await?;
    at.note(&desk, REVEALED, Some(approval.fingerprint.to_string()), json!({ "approval": approval.id }))
        .await?;
    let draft = desk.ledger.draft_of(&at.workspace, approval.run, &approval.fingerprint).await?;
    let revealed = Some(Revealed::of(draft.as_ref(), &approval));
    page(&filled(&desk, &at, &approval, Beside { revealed, refusal: None }).await?)
}

pub(crate) async fn approve(
    State(desk): State<Arc<Desk>>,
    at: At,
    Path((_workspace, id)): Path<(String, String)>,
    form: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Approver)?;
    let approval = found(&desk, &at, &id).await?;
    match amount_of(form.text("amount"), &approval) {
        Ok(amount) => decide(&desk, &at, &approval, &Decision::Approve { amount }).await,
        Err(refusal) => refuse(&desk, &at, &approval, refusal).await,
    }
}

pub(crate) async fn reject(
    State(desk): State<Arc<Desk>>,
    at: At,
    Path((_workspace, id)): Path<(String, String)>,
    form: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Approver)?;
    let approval = found(&desk, &at, &id).await?;
    let Ok(reason) = form.text("reason").parse::<TypedReason>() else {
        return refuse(&desk, &at, &approval, Refusal::no_reason()).await;
    };
    decide(&desk, &at, &approval, &Decision::Reject { reason: reason.as_str().to_owned() }).await
}

async fn decide(
    desk: &Desk,
    at: &At,
    approval: &StoredApproval,
    decision: &Decision,
) -> Result<Response, Complaint> {
    let decided = Box::pin(desk.ledger.decide(&approval.id, decision, at.name())).await?;
    let refusal = match decided {
        Decided::Approved(_) | Decided::Rejected(_) | Decided::Waits { .. } => None,
        // The same form sent twice.
        Decided::Before(stored) if is_theirs(&stored, decision, at.name()) => None,
        Decided::Before(stored) => Some(Refusal::too_late(&stored)),
        Decided::OwnRequest => Some(Refusal::own_request()),
        Decided::SamePerson => Some(Refusal::same_person()),
        Decided::AmountTooHigh { most } => Some(Refusal::too_much(most)),
        Decided::NotAnAmount => Some(Refusal::no_amount()),
        Decided::Unknown => return Err(Complaint::NoSuchPage),
    };
    match refusal {
        None => Ok(go_to(&at.path(&format!("approvals/{}", approval.id)))),
        // As it stands now: somebody else may have decided in between.
        Some(refusal) => {
            let approval = found(desk, at, approval.id.as_str()).await?;
            refuse(desk, at, &approval, refusal).await
        }
    }
}

async fn refuse(
    desk: &Desk,
    at: &At,
    approval: &StoredApproval,
    refusal: Refusal,
) -> Result<Response, Complaint> {
    let beside = Beside { revealed: None, refusal: Some(refusal) };
    refused(&filled(desk, at, approval, beside).await?)
}

/// Whether it stands as this person wants it, by their own decision.
fn is_theirs(stored: &StoredApproval, decision: &Decision, name: &str) -> bool {
    match decision {
        Decision::Approve { amount } => {
            let theirs =
                |vote: &domain::approval::Vote| person(&vote.actor) == person(name) && vote.amount == *amount;
            stored.state == ApprovalState::Approved && stored.votes.iter().any(theirs)
        }
        Decision::Reject { .. } => stored.rejected_by.as_deref().is_some_and(|by| person(by) == person(name)),
    }
}

/// One of this workspace.
async fn found(desk: &Desk, at: &At, id: &str) -> Result<StoredApproval, Complaint> {
    let id: ApprovalId = id.parse().map_err(|_no_id| Complaint::NoSuchPage)?;
    let approval = desk.ledger.approval(&id).await?;
    approval.filter(|approval| approval.workspace == at.workspace).ok_or(Complaint::NoSuchPage)
}

async fn filled(desk: &Desk, at: &At, approval: &StoredApproval, beside: Beside) -> Result<One, Complaint> {
    let (action, halts) =
        tokio::try_join!(desk.ledger.action_of(&approval.id), desk.ledger.halts_of(&at.workspace))?;
    let stopped = halts.iter().any(|halt| halt.kind == HaltKind::Stop);
    let now = desk.engine.clock.now();
    let when = |at| When { at, now };
    let vote = |vote: &domain::approval::Vote| GivenVote {
        by: vote.actor.clone(),
        amount: vote.amount.map(written),
        at: when(vote.at),
    };
    Ok(One {
        frame: Frame::of(desk, at, Place::Approvals).await?,
        line: Line::of(approval, now),
        plan: Plan::of(&approval.plan, now),
        is_forgotten: approval.is_forgotten(),
        asked: approval.amount.map(Asked::of),
        votes: approval.votes.iter().map(vote).collect(),
        reason: approval.reason.clone(),
        rejected_by: approval.rejected_by.clone(),
        approved: approval.decided_amount.map(written),
        decided: approval.decided_at.map(when),
        next: told(approval, action.as_ref(), stopped),
        mail: approval.fingerprint.to_string(),
        run: run::path(&at.workspace, approval.run, &approval.fingerprint),
        revealed: beside.revealed,
        refusal: beside.refusal,
        voted: approval.votes.iter().any(|vote| person(&vote.actor) == person(at.name())),
    })
}

//! An approval was decided, or nobody did in time.

use domain::draft::ReportedState;
use domain::policy::{PolicyLine, Verdict};
use domain::{ApprovalId, ApprovalState, Outcome, Permit, Reason, ReasonCode, StoredApproval};

use super::{Job, Next};
use crate::act::{Acted, AllowedBy};
use crate::action::Frozen;
use crate::approval;
use crate::conclude::{self, ending, refused_by_policy, report};
use crate::finding::Finding;
use crate::judge::judge;
use crate::reply::Saying;
use crate::trouble::Trouble;
use crate::workspace::Workspace;

/// How often what a person allowed waits for another mail's action on the same object before they are told: about a day.
const WAITS_FOR_ANOTHER: u32 = 8;

pub(super) async fn next(job: &Job<'_>) -> Result<Next, Trouble> {
    let Ok(id) = job.follow_up.subject.parse::<ApprovalId>() else { return Ok(Next::End) };
    let Some(approval) = job.engine.ledger.approval(&id).await? else { return Ok(Next::End) };
    let frozen: Frozen = serde_json::from_value(approval.plan.clone())?;
    match approval.state {
        ApprovalState::Waiting => Ok(job.later("the approval is not decided yet")),
        ApprovalState::Rejected => Ok(Next::tell(rejected(&approval, &frozen))),
        ApprovalState::Expired => Ok(Next::tell(expired(&approval, &frozen))),
        ApprovalState::Approved => approved(job, &approval, frozen).await,
    }
}

/// Does what was allowed, up to the amount that was allowed. A person's consent passes limits and the breaker; what the policy refuses
/// by now, it refuses.
async fn approved(job: &Job<'_>, approval: &StoredApproval, frozen: Frozen) -> Result<Next, Trouble> {
    let Some(workspace) = &job.workspace else { return Ok(job.not_connected()) };
    let Some(actor) = job.actor(workspace, AllowedBy::Person(&approval.id)) else { return Ok(Next::End) };
    let frozen = allowed(frozen, approval);
    let acted = if let Some(stored) = actor.stored(approval.function).await? {
        conclude::resume(stored, &workspace.policy, &actor).await?
    } else {
        if let Some(finding) = refused_by_now(job, workspace, &frozen) {
            return Ok(Next::tell(with_approval(finding, approval)));
        }
        let Some(permit) = Permit::approved(approval, actor.writable) else { return Ok(Next::End) };
        actor.carry_out(&frozen, permit).await?
    };
    match acted {
        Acted::Held(_) => Ok(Next::halted()),
        Acted::Busy if job.follow_up.postponements < WAITS_FOR_ANOTHER => {
            Ok(job.later("another mail's request for the same object is under way"))
        }
        Acted::Done { .. } | Acted::Refused { .. } | Acted::Unknown { .. } | Acted::Busy => {
            let mut finding = conclude::tell(&frozen, acted);
            finding.reasons.push(Reason::new(ReasonCode::Approved, consent(approval)));
            Ok(Next::tell(with_approval(finding, approval)))
        }
    }
}

/// The plan with the amount that was allowed, and who allowed it among what the policy said.
fn allowed(frozen: Frozen, approval: &StoredApproval) -> Frozen {
    let mut policy = frozen.policy;
    policy.push(PolicyLine {
        rule: "approval".to_owned(),
        verdict: Verdict::Passed,
        code: None,
        text: consent(approval),
    });
    Frozen { request: frozen.request.at_most(approval.decided_amount), policy, ..frozen }
}

/// `mila and jan allowed 30.00 EUR`
fn consent(approval: &StoredApproval) -> String {
    let persons: Vec<&str> = approval.votes.iter().map(|vote| vote.actor.as_str()).collect();
    let persons = persons.join(" and ");
    match approval.decided_amount {
        Some(amount) => format!("{persons} allowed {amount}"),
        None => format!("{persons} allowed it"),
    }
}

/// What the policy of today refuses outright, whoever allowed it: a function that was switched off since.
fn refused_by_now(job: &Job<'_>, workspace: &Workspace, frozen: &Frozen) -> Option<Finding> {
    let assurance = job.first.data.sender.assurance;
    let judgement = judge(&frozen.request, &workspace.policy, assurance, job.now, None);
    (judgement.verdict() == Verdict::Refused).then(|| refused_by_policy(&judgement, frozen, frozen.basis()))
}

fn rejected(approval: &StoredApproval, frozen: &Frozen) -> Finding {
    let actor = approval.rejected_by.as_deref().unwrap_or("a person");
    let text = format!("{actor} said no: {}", approval.reason.as_deref().unwrap_or("no reason was given"));
    let reason = Reason::new(ReasonCode::ApprovalRejected, text);
    declined(approval, frozen, Outcome::Answered, reason, frozen.request.declined())
}

fn expired(approval: &StoredApproval, frozen: &Frozen) -> Finding {
    let text = format!("nobody decided before {}", approval.expires_at);
    let reason = Reason::new(ReasonCode::ApprovalExpired, text);
    declined(approval, frozen, Outcome::Handoff, reason, Saying::RequestExpired)
}

fn declined(
    approval: &StoredApproval,
    frozen: &Frozen,
    outcome: Outcome,
    reason: Reason,
    saying: Saying,
) -> Finding {
    let action = report(frozen, None, ReportedState::Refused);
    with_approval(ending(frozen.basis(), outcome, reason).say([saying]).action(action), approval)
}

fn with_approval(mut finding: Finding, approval: &StoredApproval) -> Finding {
    for action in &mut finding.actions {
        action.approval = Some(approval::report(approval));
    }
    finding
}

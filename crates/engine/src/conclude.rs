//! From a plan, or from what went wrong, to a finding.

use domain::draft::{ActionReport, ReportedState};
use domain::policy::{Judgement, Verdict};
use domain::{ActionId, Mode, Outcome, Policy, Reason, ReasonCode, Run};
use stripe_client::CallError;

use crate::act::{Acted, Actor, LastTry};
use crate::action::{self, Request};
use crate::finding::Finding;
use crate::functions::Plan;
use crate::reply::Saying;
use crate::trouble::Trouble;

/// Carries out a plan when the policy permits it and the run may write; else says what it waits for. Without an actor nothing is
/// ever written.
pub(crate) async fn act(
    plan: Plan,
    policy: &Policy,
    run: Run,
    actor: Option<Actor<'_>>,
) -> Result<Finding, Trouble> {
    let Plan { request, judgement, basis } = plan;
    let report = Report { policy, judgement: &judgement };
    match judgement.verdict() {
        Verdict::Refused => Ok(refused_by_policy(&report, &request, basis)),
        Verdict::NeedsApproval => Ok(waits_for_approval(&report, &request, basis)),
        Verdict::Passed => {
            let Some(actor) = actor else { return Ok(would_do(&report, &request, basis, run)) };
            let Some(permit) = judgement.permit(actor.writable) else {
                return Ok(would_do(&report, &request, basis, run));
            };
            let acted = actor.carry_out(&request, permit).await?;
            Ok(tell(&report, &request, acted, basis))
        }
    }
}

/// What every report of an action holds.
struct Report<'a> {
    policy: &'a Policy,
    judgement: &'a Judgement,
}

impl Report<'_> {
    fn of(&self, request: &Request, id: Option<ActionId>, state: ReportedState) -> ActionReport {
        ActionReport {
            id,
            function: request.function(),
            target: request.target().to_owned(),
            amount: request.amount(),
            state,
            policy: self.judgement.lines().to_vec(),
            policy_version: self.policy.version(),
            result: None,
            request_id: None,
        }
    }

    fn objection(&self) -> (ReasonCode, String) {
        let line = self.judgement.objection();
        let code = line.and_then(|line| line.code).unwrap_or(ReasonCode::ApprovalRequired);
        (code, line.map(|line| line.text.clone()).unwrap_or_default())
    }
}

fn refused_by_policy(report: &Report<'_>, request: &Request, basis: Finding) -> Finding {
    let (code, text) = report.objection();
    let (outcome, saying) = match code {
        ReasonCode::SenderNotAuthenticated => (Outcome::NeedsVerification, Saying::Verify),
        _ => (Outcome::Handoff, Saying::PersonAnswers),
    };
    ending(basis, outcome, code, text).say([saying]).action(report.of(request, None, ReportedState::Refused))
}

fn waits_for_approval(report: &Report<'_>, request: &Request, basis: Finding) -> Finding {
    let (code, text) = report.objection();
    let action = report.of(request, None, ReportedState::NeedsApproval);
    ending(basis, Outcome::NeedsApproval, code, text).say([request.waiting()]).action(action)
}

/// A run without effects must not say that something was done. A portal link has an answer that needs no write.
fn would_do(report: &Report<'_>, request: &Request, basis: Finding, run: Run) -> Finding {
    let action = report.of(request, None, ReportedState::WouldDo);
    let text = format!("a {} run changes nothing; live, this would have been done", run.kind.as_str());
    if let Request::PortalSession { login_page: Some(url), .. } = request {
        let login = crate::functions::login(url.clone());
        let reasons = [Reason::new(ReasonCode::DryRun, text)].into_iter().chain(login.reasons).collect();
        return Finding {
            outcome: Outcome::Answered,
            reasons,
            links: login.links,
            sayings: login.sayings,
            ..basis
        }
        .action(action);
    }
    ending(basis, Outcome::NeedsApproval, ReasonCode::DryRun, text).say([request.waiting()]).action(action)
}

fn tell(report: &Report<'_>, asked: &Request, acted: Acted, basis: Finding) -> Finding {
    match acted {
        Acted::Done { id, request, effect } => {
            let mut action = report.of(&request, Some(id), ReportedState::Done);
            action.result = Some(effect.object().to_owned());
            action.request_id = effect.request_id().map(str::to_owned);
            action::tell(&request, &effect, basis).action(action)
        }
        Acted::Refused { id, request, why } => {
            let action = report.of(&request, Some(id), ReportedState::Refused);
            ending(basis, Outcome::Failed, ReasonCode::RefusedByStripe, why)
                .say([Saying::PersonAnswers])
                .action(action)
        }
        Acted::Unknown { id, request } => {
            let text = "it is not known whether Stripe did it: look at the object in the dashboard before doing anything";
            let action = report.of(&request, Some(id), ReportedState::Unknown);
            ending(basis, Outcome::Handoff, ReasonCode::OutcomeUnknown, text)
                .say([Saying::PersonAnswers])
                .action(action)
        }
        Acted::Busy => {
            let text = "another mail's request for the same object is under way";
            let action = report.of(asked, None, ReportedState::Refused);
            ending(basis, Outcome::Handoff, ReasonCode::ActionInProgress, text)
                .say([Saying::PersonAnswers])
                .action(action)
        }
    }
}

fn ending(basis: Finding, outcome: Outcome, code: ReasonCode, text: impl Into<String>) -> Finding {
    Finding { outcome, reasons: vec![Reason::new(code, text)], ..basis }
}

/// Nobody has the address in the data that the key opens.
pub(crate) fn no_customer(mode: Mode) -> Finding {
    let text = match mode {
        Mode::Test => "no customer has this address in the test data; a test key does not see live customers",
        Mode::Live => "no customer has this address in the live data; a live key does not see test customers",
    };
    Finding::new(Outcome::NoCustomer, ReasonCode::NoCustomer, text).say([Saying::NoCustomer])
}

/// An action needs to know for which of them.
pub(crate) fn several_customers(count: usize) -> Finding {
    Finding::question(ReasonCode::SeveralCustomers, format!("{count} customers have this address"))
        .say([Saying::WhichAccount])
}

/// Another mail came with this Message-ID.
pub(crate) fn message_id_reused() -> Finding {
    Finding::handoff(
        ReasonCode::MessageIdReused,
        "another mail came with the same Message-ID and other content",
    )
}

/// What trouble with Stripe means for the mail, when waiting does not help or has lasted too long.
pub(crate) fn stripe_failed(error: &CallError, last_try: LastTry) -> Option<Finding> {
    match error {
        CallError::PermissionMissing { missing, .. } => {
            let text =
                format!("{missing}; tick it for the restricted key in Stripe under Developers, API keys");
            Some(Finding::handoff(ReasonCode::PermissionMissing, text))
        }
        CallError::KeyRefused { .. } if last_try == LastTry::No => None,
        CallError::KeyRefused { .. } => {
            Some(failed(ReasonCode::KeyRefused, format!("{error}; connect another key")))
        }
        _ if error.is_transient() && last_try == LastTry::No => None,
        _ if error.is_transient() => Some(failed(ReasonCode::StripeUnavailable, error.to_string())),
        _ => Some(failed(ReasonCode::RefusedByStripe, error.to_string())),
    }
}

fn failed(code: ReasonCode, text: String) -> Finding {
    Finding::new(Outcome::Failed, code, text).say([Saying::PersonAnswers])
}

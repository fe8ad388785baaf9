//! From a plan, or from what went wrong, to a finding.

use domain::draft::{ActionReport, ReportedState};
use domain::policy::{Judgement, Verdict};
use domain::{ActionId, Function, Mode, Outcome, Policy, Reason, ReasonCode, Run};
use stripe_client::CallError;

use crate::act::{Acted, Actor, LastTry};
use crate::action::{self, Frozen, Request};
use crate::finding::Finding;
use crate::functions::Plan;
use crate::reply::Saying;
use crate::trouble::{Trouble, reason_code};

/// Carries out a plan when the policy permits it and the run may write; else says what it waits for. Without an actor nothing is
/// ever written.
pub(crate) async fn act(
    plan: Plan,
    policy: &Policy,
    run: Run,
    actor: Option<Actor<'_>>,
) -> Result<Finding, Trouble> {
    let Plan { request, judgement, basis } = plan;
    let frozen = Frozen {
        request,
        policy: judgement.lines().to_vec(),
        policy_version: policy.version(),
        facts: basis.facts.clone(),
        about: basis.about.clone(),
    };
    match judgement.verdict() {
        Verdict::Refused => Ok(refused_by_policy(&judgement, &frozen, basis)),
        Verdict::NeedsApproval => Ok(waits_for_approval(&judgement, &frozen, basis)),
        Verdict::Passed => {
            let Some(actor) = actor else { return Ok(would_do(&frozen, basis, run)) };
            let Some(permit) = judgement.permit(actor.writable) else {
                return Ok(would_do(&frozen, basis, run));
            };
            let acted = actor.carry_out(&frozen, permit).await?;
            Ok(tell(&frozen, acted))
        }
    }
}

/// What a mail comes to that did, or began to do, something before: the stored action is told, whatever Stripe shows by now.
pub(crate) async fn earlier(
    function: Function,
    actor: Option<&Actor<'_>>,
) -> Result<Option<Finding>, Trouble> {
    let Some(actor) = actor.filter(|_| function.writes()) else { return Ok(None) };
    let acted = actor.earlier(function).await?;
    Ok(acted.and_then(|acted| acted.frozen().cloned().map(|frozen| tell(&frozen, acted))))
}

/// The report of an action.
fn report(frozen: &Frozen, id: Option<ActionId>, state: ReportedState) -> ActionReport {
    ActionReport {
        id,
        function: frozen.request.function(),
        target: frozen.request.target().to_owned(),
        amount: frozen.request.amount(),
        state,
        policy: frozen.policy.clone(),
        policy_version: frozen.policy_version.clone(),
        result: None,
        request_id: None,
    }
}

fn objection(judgement: &Judgement) -> (ReasonCode, String) {
    let line = judgement.objection();
    let code = line.and_then(|line| line.code).unwrap_or(ReasonCode::ApprovalRequired);
    (code, line.map(|line| line.text.clone()).unwrap_or_default())
}

fn refused_by_policy(judgement: &Judgement, frozen: &Frozen, basis: Finding) -> Finding {
    let (code, text) = objection(judgement);
    let (outcome, saying) = if code == ReasonCode::SenderNotAuthenticated {
        (Outcome::NeedsVerification, Saying::Verify)
    } else {
        (Outcome::Handoff, Saying::PersonAnswers)
    };
    ending(basis, outcome, code, text).say([saying]).action(report(frozen, None, ReportedState::Refused))
}

fn waits_for_approval(judgement: &Judgement, frozen: &Frozen, basis: Finding) -> Finding {
    let (code, text) = objection(judgement);
    let action = report(frozen, None, ReportedState::NeedsApproval);
    ending(basis, Outcome::NeedsApproval, code, text).say([frozen.request.waiting()]).action(action)
}

/// A run without effects must not say that something was done. A portal link has an answer that needs no write.
fn would_do(frozen: &Frozen, basis: Finding, run: Run) -> Finding {
    let action = report(frozen, None, ReportedState::WouldDo);
    let text = format!("a {} run changes nothing; live, this would have been done", run.kind.as_str());
    if let Request::PortalSession { login_page: Some(url), .. } = &frozen.request {
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
    ending(basis, Outcome::NeedsApproval, ReasonCode::DryRun, text)
        .say([frozen.request.waiting()])
        .action(action)
}

/// What came of an action. The frozen facts are told: they were read before the change.
fn tell(asked: &Frozen, acted: Acted) -> Finding {
    let basis = |frozen: &Frozen| {
        let finding = Finding::answered("").facts(frozen.facts.clone());
        Finding { about: frozen.about.clone(), ..finding }
    };
    match acted {
        Acted::Done { id, frozen, effect } => {
            let mut action = report(&frozen, Some(id), ReportedState::Done);
            action.result = Some(effect.object().to_owned());
            action.request_id = effect.request_id().map(str::to_owned);
            action::tell(&frozen.request, &effect, basis(&frozen)).action(action)
        }
        Acted::Refused { id, frozen, reason } => {
            let action = report(&frozen, Some(id), ReportedState::Refused);
            let outcome =
                if reason.code == ReasonCode::PermissionMissing { Outcome::Handoff } else { Outcome::Failed };
            ending(basis(&frozen), outcome, reason.code, reason.text)
                .say([Saying::PersonAnswers])
                .action(action)
        }
        Acted::Unknown { id, frozen } => {
            let text = "it is not known whether Stripe did it: look at the object in the dashboard before doing anything";
            let action = report(&frozen, Some(id), ReportedState::Unknown);
            ending(basis(&frozen), Outcome::Handoff, ReasonCode::OutcomeUnknown, text)
                .say([Saying::PersonAnswers])
                .action(action)
        }
        Acted::Busy => {
            let text = "another mail's request for the same object is under way";
            let action = report(asked, None, ReportedState::Refused);
            ending(basis(asked), Outcome::Handoff, ReasonCode::ActionInProgress, text)
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
    let code = reason_code(error);
    if code == ReasonCode::PermissionMissing {
        let text = format!("{error}; tick it for the restricted key in Stripe under Developers, API keys");
        return Some(Finding::handoff(code, text));
    }
    let may_pass = matches!(code, ReasonCode::KeyRefused | ReasonCode::StripeUnavailable);
    let over = !may_pass || last_try == LastTry::Yes;
    over.then(|| Finding::new(Outcome::Failed, code, error.to_string()).say([Saying::PersonAnswers]))
}

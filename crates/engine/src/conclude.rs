//! From a plan, or from what went wrong, to a finding.

use domain::action::{ActionState, StoredAction};
use domain::draft::{ActionReport, ReportedState};
use domain::policy::{Judgement, PolicyLine, Switch, Verdict};
use domain::{ActionId, Function, Mode, Outcome, Policy, Reason, ReasonCode, Run, Timestamp};
use stripe_client::CallError;

use crate::act::{Acted, Actor, LastTry, Refusal};
use crate::action::{self, Frozen, Request};
use crate::customer::OnFile;
use crate::finding::Finding;
use crate::functions::{Conclusion, Found, Plan};
use crate::judge::judge;
use crate::reply::Saying;
use crate::trouble::{Trouble, explained, may_pass};

/// For whom, by which rules and in which run a plan is carried out, or waits.
pub(crate) struct Terms<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) run: Run,
    pub(crate) customer: &'a OnFile,
    pub(crate) now: Timestamp,
    /// Without one nothing is ever written.
    pub(crate) actor: Option<&'a Actor<'a>>,
}

impl Terms<'_> {
    /// From what a function came to, to what the draft holds.
    pub(crate) async fn conclude(&self, conclusion: Conclusion) -> Result<Finding, Trouble> {
        match conclusion {
            Conclusion::Answer(finding) => Ok(*finding),
            Conclusion::Wait(plan, reason) => Ok(self.wait(*plan, reason)),
            Conclusion::Act(plan) => self.act(*plan).await,
            Conclusion::Found(found) => self.found(*found).await,
        }
    }

    /// Carries out a plan when the policy permits it and the run may write; else says what it waits for.
    async fn act(&self, plan: Plan) -> Result<Finding, Trouble> {
        let (judgement, frozen, basis) = self.judged(plan);
        match judgement.verdict() {
            Verdict::Refused => Ok(refused_by_policy(&judgement, &frozen, basis)),
            Verdict::NeedsApproval => Ok(waits_for_approval(objection(&judgement), &frozen, basis)),
            Verdict::Passed => {
                let Some(actor) = self.actor else { return Ok(would_do(&frozen, basis, self.run)) };
                let Some(permit) = judgement.permit(actor.writable) else {
                    return Ok(would_do(&frozen, basis, self.run));
                };
                let acted = actor.carry_out(&frozen, permit).await?;
                Ok(tell(&frozen, acted))
            }
        }
    }

    /// A plan that a person has to allow for a reason of its own. What the policy refuses stays refused.
    fn wait(&self, plan: Plan, reason: Reason) -> Finding {
        let (judgement, frozen, basis) = self.judged(plan);
        match judgement.verdict() {
            Verdict::Refused => refused_by_policy(&judgement, &frozen, basis),
            Verdict::NeedsApproval => waits_for_approval(objection(&judgement), &frozen, basis),
            Verdict::Passed => waits_for_approval(reason, &frozen, basis),
        }
    }

    /// What was done for this mail before, as Stripe shows it: stored, and told.
    async fn found(&self, found: Found) -> Result<Finding, Trouble> {
        let Found { request, effect, basis } = found;
        let Some(actor) = self.actor else { return Ok(basis) };
        let frozen = self.freeze(request, &[], &basis);
        let acted = actor.record(&frozen, effect).await?;
        Ok(tell(&frozen, acted))
    }

    fn judged(&self, plan: Plan) -> (Judgement, Frozen, Finding) {
        let Plan { request, assurance, basis } = plan;
        let judgement = judge(&request, self.policy, assurance, self.now);
        let frozen = self.freeze(request, judgement.lines(), &basis);
        (judgement, frozen, basis)
    }

    fn freeze(&self, request: Request, lines: &[PolicyLine], basis: &Finding) -> Frozen {
        Frozen {
            request,
            policy: lines.to_vec(),
            policy_version: self.policy.version(),
            facts: basis.facts.clone(),
            customer: self.customer.clone(),
        }
    }
}

/// What a mail comes to that did, or began to do, something before: the stored action is told, whatever Stripe shows by now. What was
/// never sent is held back where the function has been switched off since.
pub(crate) async fn take_up(
    stored: StoredAction,
    policy: &Policy,
    actor: &Actor<'_>,
) -> Result<(Finding, OnFile), Trouble> {
    let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
    let function = stored.function;
    let acted = if stored.state == ActionState::Intended && policy.switch(function) == Switch::Off {
        let text = format!("{function} was switched off before anything was sent");
        actor.withdraw(stored, Refusal::new(ReasonCode::FunctionOff, text)).await?
    } else {
        actor.take_up(stored).await?
    };
    Ok((tell(&frozen, acted), frozen.customer))
}

/// Something was begun for a message that proved its sender, and it proves nothing any more. Whose it was is not told: there is nobody
/// to whom it may be.
pub(crate) fn proof_is_gone(function: Function) -> Finding {
    let text = format!(
        "{function} was begun for this mail, and its sender cannot be verified now: look at Stripe's dashboard before answering"
    );
    Finding::handoff(ReasonCode::SenderNotAuthenticated, text)
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
        approval: None,
    }
}

fn objection(judgement: &Judgement) -> Reason {
    let line = judgement.objection();
    let code = line.and_then(|line| line.code).unwrap_or(ReasonCode::ApprovalRequired);
    Reason::new(code, line.map(|line| line.text.clone()).unwrap_or_default())
}

fn refused_by_policy(judgement: &Judgement, frozen: &Frozen, basis: Finding) -> Finding {
    let reason = objection(judgement);
    let (outcome, saying) = if reason.code == ReasonCode::SenderNotAuthenticated {
        (Outcome::NeedsVerification, Saying::Verify)
    } else {
        (Outcome::Handoff, Saying::PersonAnswers)
    };
    ending(basis, outcome, reason).say([saying]).action(report(frozen, None, ReportedState::Refused))
}

fn waits_for_approval(reason: Reason, frozen: &Frozen, basis: Finding) -> Finding {
    let action = report(frozen, None, ReportedState::NeedsApproval);
    ending(basis, Outcome::NeedsApproval, reason).say([frozen.request.waiting()]).action(action)
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
    ending(basis, Outcome::NeedsApproval, Reason::new(ReasonCode::DryRun, text))
        .say([frozen.request.waiting()])
        .action(action)
}

/// What came of an action. The frozen facts are told: they were read before the change.
fn tell(asked: &Frozen, acted: Acted) -> Finding {
    let basis = |frozen: &Frozen| {
        let finding = Finding::answered("").facts(frozen.facts.clone());
        finding.about(&frozen.customer.id)
    };
    match acted {
        Acted::Done { id, frozen, effect } => {
            let mut action = report(&frozen, Some(id), effect.reported());
            action.result = Some(effect.object().to_owned());
            action.request_id = effect.request_id().map(str::to_owned);
            action::tell(&frozen.request, &effect, basis(&frozen)).action(action)
        }
        Acted::Refused { id, frozen, refusal } => {
            let action = report(&frozen, Some(id), ReportedState::Refused);
            let (outcome, saying) = refusal.told(&frozen.request);
            ending(basis(&frozen), outcome, refusal.reason).say([saying]).action(action)
        }
        Acted::Unknown { id, frozen } => {
            let text = "it is not known whether Stripe did it: look at the object in the dashboard before doing anything";
            let action = report(&frozen, Some(id), ReportedState::Unknown);
            ending(basis(&frozen), Outcome::Handoff, Reason::new(ReasonCode::OutcomeUnknown, text))
                .say([Saying::PersonAnswers])
                .action(action)
        }
        Acted::Busy => {
            let text = "another mail's request for the same object is under way";
            let action = report(asked, None, ReportedState::Refused);
            ending(basis(asked), Outcome::Handoff, Reason::new(ReasonCode::ActionInProgress, text))
                .say([Saying::PersonAnswers])
                .action(action)
        }
        Acted::Held(reason) => waits_for_approval(reason, asked, basis(asked)),
    }
}

fn ending(basis: Finding, outcome: Outcome, reason: Reason) -> Finding {
    Finding { outcome, reasons: vec![reason], ..basis }
}

/// Nobody has the address in the data that the key opens, as far as can be seen.
pub(crate) fn no_customer(mode: Mode, complete: bool) -> Finding {
    if !complete {
        let text = "not every customer that may have this address could be read";
        return Finding::handoff(ReasonCode::NoCustomer, text);
    }
    let text = match mode {
        Mode::Test => "no customer has this address in the test data; a test key does not see live customers",
        Mode::Live => "no customer has this address in the live data; a live key does not see test customers",
    };
    Finding::new(Outcome::NoCustomer, ReasonCode::NoCustomer, text).say([Saying::NoCustomer])
}

/// An action needs to know for which of them.
pub(crate) fn several_customers(count: usize, complete: bool) -> Finding {
    if !complete {
        let text = "not every customer that may have this address could be read";
        return Finding::handoff(ReasonCode::SeveralCustomers, text);
    }
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
    let reason = explained(error);
    if reason.code == ReasonCode::PermissionMissing {
        return Some(Finding::handoff(reason.code, reason.text));
    }
    let over = !may_pass(error) || last_try == LastTry::Yes;
    over.then(|| Finding::new(Outcome::Failed, reason.code, reason.text).say([Saying::PersonAnswers]))
}

//! From a plan, or from what went wrong, to a finding.

use domain::action::{ActionState, StoredAction};
use domain::draft::{ActionReport, ReportedState};
use domain::policy::{Judgement, PolicyLine, Switch, Verdict};
use domain::{ActionId, Function, Mail, Mode, Outcome, Policy, Reason, ReasonCode, Run, Timestamp};
use stripe_client::CallError;
use stripe_client::object::Charge;

use crate::act::{Acted, Actor, LastTry, Refusal};
use crate::action::{self, Frozen, Request};
use crate::approval;
use crate::customer::OnFile;
use crate::finding::Finding;
use crate::functions::{Conclusion, Found, Plan};
use crate::judge::{self, breaks_the_budget, judge};
use crate::reply::Saying;
use crate::trouble::{Trouble, explained, may_pass, waits_uncounted};
use crate::workspace::Workspace;

/// For whom, by which rules and in which run a plan is carried out, or waits.
pub(crate) struct Terms<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) mail: &'a Mail,
    pub(crate) run: Run,
    pub(crate) customer: &'a OnFile,
    pub(crate) now: Timestamp,
    /// Without one nothing is ever written, and nothing waits for a person.
    pub(crate) actor: Option<&'a Actor<'a>>,
}

impl Terms<'_> {
    /// From what a function came to, to what the draft holds. Whatever acts is in a box: few mails come to it, and every mail would hold and
    /// move its room.
    pub(crate) async fn conclude(&self, conclusion: Conclusion) -> Result<Finding, Trouble> {
        match conclusion {
            Conclusion::Answer(finding) => Ok(*finding),
            Conclusion::Wait(plan, reason) => self.wait(*plan, reason).await,
            Conclusion::Act(plan) => Box::pin(self.act(*plan)).await,
            Conclusion::Found(found) => Box::pin(self.found(*found)).await,
        }
    }

    /// Carries out a plan when the policy permits it and the run may write; else says what it waits for.
    async fn act(&self, plan: Plan) -> Result<Finding, Trouble> {
        let (judgement, frozen, basis) = self.judged(plan).await?;
        match judgement.verdict() {
            Verdict::Refused => Ok(refused_by_policy(&judgement, &frozen, basis)),
            Verdict::NeedsApproval => {
                if let Some(actor) = self.actor.filter(|_| breaks_the_budget(&judgement)) {
                    actor.ledger.trip_breaker(&self.workspace.id).await?;
                }
                self.waits(objection(&judgement), &judgement, &frozen, basis)
            }
            Verdict::Passed => {
                let Some(actor) = self.actor else { return Ok(would_do(&frozen, basis, self.run)) };
                let Some(permit) = judgement.permit(actor.writable) else {
                    return Ok(would_do(&frozen, basis, self.run));
                };
                match actor.carry_out(&frozen, permit).await? {
                    Acted::Held(reason) => self.held(reason, &judgement, &frozen, basis),
                    acted @ (Acted::Done { .. }
                    | Acted::Refused { .. }
                    | Acted::Unknown { .. }
                    | Acted::Busy) => Ok(tell(&frozen, acted)),
                }
            }
        }
    }

    /// A plan that a person has to allow for a reason of its own. What the policy refuses stays refused.
    async fn wait(&self, plan: Plan, reason: Reason) -> Result<Finding, Trouble> {
        let (judgement, frozen, basis) = self.judged(plan).await?;
        match judgement.verdict() {
            Verdict::Refused => Ok(refused_by_policy(&judgement, &frozen, basis)),
            Verdict::NeedsApproval => self.waits(objection(&judgement), &judgement, &frozen, basis),
            Verdict::Passed => self.waits(reason, &judgement, &frozen, basis),
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

    /// What may not be sent now waits for a person. A visit to the portal has an answer that needs no write.
    fn held(
        &self,
        reason: Reason,
        judgement: &Judgement,
        frozen: &Frozen,
        basis: Finding,
    ) -> Result<Finding, Trouble> {
        match login_instead(frozen, reason.clone(), basis.clone()) {
            Some(finding) => Ok(finding.action(report(frozen, None, ReportedState::Refused))),
            None => self.waits(reason, judgement, frozen, basis),
        }
    }

    /// The plan is stored with the end of the mail, for a person to decide on. A run without effects only says that it would be.
    fn waits(
        &self,
        reason: Reason,
        judgement: &Judgement,
        frozen: &Frozen,
        basis: Finding,
    ) -> Result<Finding, Trouble> {
        let finding = ending(basis, Outcome::NeedsApproval, reason).say([frozen.request.waiting()]);
        let mut action = report(frozen, None, ReportedState::NeedsApproval);
        let sender = self.mail.sender.as_ref().ok().filter(|_| self.actor.is_some());
        let Some(sender) = sender else { return Ok(finding.action(action)) };
        let request = approval::Request {
            workspace: &self.workspace.id,
            fingerprint: self.mail.identity(),
            sender,
            policy: &self.workspace.policy,
            persons: judgement.persons(),
            now: self.now,
        };
        action.approval = Some(request.report(frozen));
        Ok(finding.action(action).waits(request.of(frozen)?))
    }

    async fn judged(&self, plan: Plan) -> Result<(Judgement, Frozen, Finding), Trouble> {
        let Plan { request, assurance, basis } = plan;
        let policy = &self.workspace.policy;
        let spent = match self.actor {
            Some(actor) => {
                let about = (&self.workspace.id, self.customer);
                judge::spent(&request, policy, actor.ledger, about).await?
            }
            None => None,
        };
        let judgement = judge(&request, policy, assurance, self.now, spent);
        let frozen = self.freeze(request, judgement.lines(), &basis);
        Ok((judgement, frozen, basis))
    }

    fn freeze(&self, request: Request, lines: &[PolicyLine], basis: &Finding) -> Frozen {
        Frozen {
            request,
            policy: lines.to_vec(),
            policy_version: self.workspace.policy_version.clone(),
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
    let acted = Box::pin(resume(stored, policy, actor)).await?;
    Ok((tell(&frozen, acted), frozen.customer))
}

/// Goes on with a stored action, where its function may still run.
pub(crate) async fn resume(
    stored: StoredAction,
    policy: &Policy,
    actor: &Actor<'_>,
) -> Result<Acted, Trouble> {
    let function = stored.function;
    if stored.state == ActionState::Intended && policy.switch(function) == Switch::Off {
        let text = format!("{function} was switched off before anything was sent");
        return actor.withdraw(stored, Refusal::new(ReasonCode::FunctionOff, text)).await;
    }
    actor.take_up(stored).await
}

/// Something was begun for a message that proved its sender, and it proves nothing any more. Whose it was is not told: there is nobody
/// to whom it may be.
pub(crate) fn proof_is_gone(function: Function) -> Finding {
    let text = format!(
        "{function} was begun for this mail, and its sender cannot be verified now: look at Stripe's dashboard before answering"
    );
    Finding::handoff(ReasonCode::SenderNotAuthenticated, text)
}

/// Something was done for this mail, so nothing may be done again; and what it was, nobody can tell.
pub(crate) fn forgotten(function: Function) -> Finding {
    let text = format!(
        "{function} was dealt with for this mail before, and what came of it is not kept any more: look at Stripe's dashboard before answering"
    );
    Finding::handoff(ReasonCode::Forgotten, text)
}

/// The report of an action.
pub(crate) fn report(frozen: &Frozen, id: Option<ActionId>, state: ReportedState) -> ActionReport {
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

pub(crate) fn refused_by_policy(judgement: &Judgement, frozen: &Frozen, basis: Finding) -> Finding {
    let reason = objection(judgement);
    let (outcome, saying) = if reason.code == ReasonCode::SenderNotAuthenticated {
        (Outcome::NeedsVerification, Saying::Verify)
    } else {
        (Outcome::Handoff, Saying::PersonAnswers)
    };
    ending(basis, outcome, reason).say([saying]).action(report(frozen, None, ReportedState::Refused))
}

/// A run without effects must not say that something was done. A portal link has an answer that needs no write.
fn would_do(frozen: &Frozen, basis: Finding, run: Run) -> Finding {
    let action = report(frozen, None, ReportedState::WouldDo);
    let text = format!("a {} run changes nothing; live, this would have been done", run.kind.as_str());
    let reason = Reason::new(ReasonCode::DryRun, text);
    if let Some(finding) = login_instead(frozen, reason.clone(), basis.clone()) {
        return finding.action(action);
    }
    ending(basis, Outcome::NeedsApproval, reason).say([frozen.request.waiting()]).action(action)
}

/// The portal's login page in place of a session, and why.
fn login_instead(frozen: &Frozen, reason: Reason, basis: Finding) -> Option<Finding> {
    let Request::PortalSession { login_page: Some(url), .. } = &frozen.request else { return None };
    let login = crate::functions::login(url.clone());
    let reasons = [reason].into_iter().chain(login.reasons).collect();
    Some(Finding { outcome: Outcome::Answered, reasons, links: login.links, sayings: login.sayings, ..basis })
}

/// What came of an action. The frozen facts are told: they were read before the change.
pub(crate) fn tell(asked: &Frozen, acted: Acted) -> Finding {
    match acted {
        Acted::Done { id, frozen, effect } => {
            let frozen = frozen.told_as_done(&effect);
            let mut action = report(&frozen, Some(id), effect.reported());
            action.result = Some(effect.object().to_owned());
            action.request_id = effect.request_id().map(str::to_owned);
            action::tell(&frozen.request, &effect, frozen.basis()).action(action)
        }
        Acted::Refused { id, frozen, refusal } => {
            let action = report(&frozen, Some(id), ReportedState::Refused);
            let (outcome, saying) = refusal.told(&frozen.request);
            ending(frozen.basis(), outcome, refusal.reason).say([saying]).action(action)
        }
        Acted::Unknown { id, frozen } => {
            let text = "it is not known whether Stripe did it: look at the object in the dashboard before doing anything";
            let action = report(&frozen, Some(id), ReportedState::Unknown);
            ending(frozen.basis(), Outcome::Handoff, Reason::new(ReasonCode::OutcomeUnknown, text))
                .say([Saying::PersonAnswers])
                .action(action)
        }
        Acted::Busy => {
            let text = "another mail's request for the same object is under way";
            let action = report(asked, None, ReportedState::Refused);
            ending(asked.basis(), Outcome::Handoff, Reason::new(ReasonCode::ActionInProgress, text))
                .say([Saying::PersonAnswers])
                .action(action)
        }
        Acted::Held(reason) => {
            let action = report(asked, None, ReportedState::Refused);
            ending(asked.basis(), Outcome::Handoff, reason).say([Saying::PersonAnswers]).action(action)
        }
    }
}

pub(crate) fn ending(basis: Finding, outcome: Outcome, reason: Reason) -> Finding {
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

/// A payment without an account that was found by its amount only: whoever asks has to name what only the payer knows.
pub(crate) fn guest_unproven(charge: &Charge) -> Finding {
    let text = "the payment was made without an account, and the mail names neither its id nor the end of the card's number";
    let (amount, on) = (charge.amount(), charge.created);
    Finding::question(ReasonCode::GuestPayment, text)
        .say([Saying::GuestFound { amount, on, card: None }, Saying::WhichCard])
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
    let over = !may_pass(error) || (last_try == LastTry::Yes && !waits_uncounted(error));
    over.then(|| Finding::new(Outcome::Failed, reason.code, reason.text).say([Saying::PersonAnswers]))
}

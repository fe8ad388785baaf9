//! The way of one mail: from its text to its draft context, top to bottom.
//!
//! what it did before → the second reader, where the first is not sure → the gate → the customer → the function → the action → the draft context.

use domain::workspace::Writable;
use domain::{
    ActionId, Assurance, Digest, EmailAddress, Function, Label, Mail, ReasonCode, Run, RunKind, Understanding,
};
use language_model::ModelName;
use meters::Stage;
use store::{Lease, LedgerError, NewApproval, Right, StoredDraft};
use stripe_client::object::Charge;

use crate::act::{Actor, AllowedBy, LastTry};
use crate::conclude::{self, Terms};
use crate::customer::{self, Customers, OnFile, Thoroughness};
use crate::draft::{self, Frame};
use crate::finding::Finding;
use crate::functions::{self, Case, Conclusion};
use crate::gate::{self, Gate};
use crate::guest;
use crate::process::Engine;
use crate::second_proof;
use crate::second_reader::{self, SecondReading};
use crate::senders::Budget;
use crate::trouble::Trouble;
use crate::workspace::Workspace;

/// The way of one mail from its text to its draft context.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) workspace: &'a Workspace,
    pub(crate) mail: &'a Mail,
    pub(crate) understanding: &'a Understanding,
    pub(crate) run: Run,
    pub(crate) budget: Budget,
    /// The one whose reading `understanding` is, when it is not the classifier's.
    pub(crate) language_model: Option<&'a ModelName>,
}

/// Who the sender is at Stripe.
struct Known {
    /// At least one.
    customers: Vec<OnFile>,
    /// What a sender without an account paid.
    guest: Vec<(Charge, OnFile)>,
    assurance: Assurance,
}

/// A draft context, the label it was made for, and the plan that waits for a person.
pub(crate) struct Answer {
    pub(crate) context: domain::draft::DraftContext,
    pub(crate) label: Label,
    pub(crate) approval: Option<Box<NewApproval>>,
}

impl Path<'_> {
    pub(crate) async fn walk(&self, lease: Option<&Lease>) -> Result<Answer, Trouble> {
        if let Some(answer) = self.taken_up(lease).await? {
            return Ok(answer);
        }
        match &second_reader::read(self).await {
            Some(second) => self.as_read_by(second).go_on(lease).await,
            None => self.go_on(lease).await,
        }
    }

    /// The same path by what a language model understood.
    fn as_read_by<'p>(&'p self, second: &'p SecondReading<'p>) -> Path<'p> {
        Path { understanding: &second.understanding, language_model: Some(second.model), ..*self }
    }

    /// From what was understood to the draft context.
    async fn go_on(&self, lease: Option<&Lease>) -> Result<Answer, Trouble> {
        let policy = &self.workspace.policy;
        let function = match gate::decide(self.mail, self.understanding, policy, self.budget) {
            Gate::Run(function) => function,
            Gate::End(finding) => return Ok(self.answer(*finding, None)),
        };
        let Ok(sender) = &self.mail.sender else {
            let finding = Finding::handoff(ReasonCode::SenderRefused, "the mail names no sender");
            return Ok(self.answer(finding, None));
        };
        match Box::pin(self.look_up(function, sender, lease)).await {
            Ok((finding, on_file)) => Ok(self.answer(finding, on_file.as_ref())),
            Err(trouble) => self.give_up_or_wait(trouble, lease),
        }
    }

    /// Finds out who the sender is at Stripe, and runs the function for that.
    async fn look_up(
        &self,
        function: Function,
        sender: &EmailAddress,
        lease: Option<&Lease>,
    ) -> Result<(Finding, Option<OnFile>), Trouble> {
        let reader = self.workspace.stripe.reader();
        let thoroughness =
            if function.moves_money() { Thoroughness::Everyone } else { Thoroughness::FirstMatch };
        let found = self.engine.in_stage(Stage::Customer, customer::find(reader, sender, thoroughness)).await;
        let customers = found.map_err(Trouble::Stripe)?;
        let Customers { found: customers, complete } = customers;
        let Some(first) = customers.first().cloned() else {
            return Box::pin(self.look_up_guest(function, sender, complete, lease)).await;
        };
        if let Some(finding) = gate::needs_verification(function, self.mail.assurance) {
            return Ok((finding, Some(first)));
        }
        let mut known = Known { customers, guest: Vec::new(), assurance: self.mail.assurance };
        if function.moves_money() {
            let several = conclude::several_customers(known.customers.len(), complete);
            match Box::pin(self.proven(function, &known.customers)).await? {
                Some((customer, assurance)) if complete => {
                    known = Known { customers: vec![customer], assurance, ..known };
                }
                Some(_) | None => return Ok((several, Some(first))),
            }
            if self.message_id_was_used(lease).await? {
                return Ok((conclude::message_id_reused(), Some(first)));
            }
        }
        self.run_function(function, &known, lease).await
    }

    /// The one customer that is meant, and how far the sender is believed to be that: one that has the address alone, or the one that
    /// what the mail names belongs to. A second proof is read only where it makes a difference.
    async fn proven(
        &self,
        function: Function,
        customers: &[OnFile],
    ) -> Result<Option<(OnFile, Assurance)>, Trouble> {
        let (slots, assurance) = (&self.understanding.slots, self.mail.assurance);
        let only = match customers {
            [only] => Some((only.clone(), assurance)),
            _ => None,
        };
        let wanted = only.is_none() || !self.workspace.policy.is_content_with(function, assurance);
        if !wanted || !second_proof::names_something(slots) {
            return Ok(only);
        }
        let reader = self.workspace.stripe.reader();
        let proof = second_proof::look(reader, customers, slots).await.map_err(Trouble::Stripe)?;
        let customer = proof.and_then(|proof| {
            let believed = second_proof::believed(assurance, &proof);
            Some((proof.customer?, believed))
        });
        Ok(customer.or(only))
    }

    /// A sender without an account may have paid all the same. Whoever names nobody's payment, or somebody else's, has no account.
    async fn look_up_guest(
        &self,
        function: Function,
        sender: &EmailAddress,
        complete: bool,
        lease: Option<&Lease>,
    ) -> Result<(Finding, Option<OnFile>), Trouble> {
        let nobody = |complete| Ok((conclude::no_customer(self.workspace.stripe.mode(), complete), None));
        let about_payments = matches!(function, Function::Refund | Function::PaymentStatus);
        let unproven = function.moves_money() && !self.mail.assurance.proves_sender();
        if !complete || !about_payments || unproven {
            return nobody(complete);
        }
        let slots = &self.understanding.slots;
        let reader = self.workspace.stripe.reader();
        let guest = guest::find(reader, sender, slots).await.map_err(Trouble::Stripe)?;
        let Some((charge, first)) = guest.charges.first() else { return nobody(guest.complete) };
        if function.moves_money() {
            if !(guest.proven && guest.complete) {
                return Ok((conclude::guest_unproven(charge), Some(first.clone())));
            }
            if self.message_id_was_used(lease).await? {
                return Ok((conclude::message_id_reused(), Some(first.clone())));
            }
        }
        let known = Known {
            assurance: guest.believed(self.mail.assurance, slots),
            customers: guest.charges.iter().map(|(_, payer)| payer.clone()).collect(),
            guest: guest.charges,
        };
        self.run_function(function, &known, lease).await
    }

    /// Runs the function for who is known, and acts when that is what follows.
    async fn run_function(
        &self,
        function: Function,
        known: &Known,
        lease: Option<&Lease>,
    ) -> Result<(Finding, Option<OnFile>), Trouble> {
        let policy = &self.workspace.policy;
        let case = Case {
            mail: self.mail,
            understanding: self.understanding,
            policy,
            now: self.engine.clock.now(),
            assurance: known.assurance,
            customers: &known.customers,
            guest: &known.guest,
            reader: self.workspace.stripe.reader(),
            action: self.writable().map(|_| self.action_id(function)),
        };
        let concluded = self.engine.in_stage(Stage::Function, functions::run(function, &case)).await;
        let conclusion = concluded.map_err(Trouble::Stripe)?;
        let conclusion = match self.language_model {
            Some(_) => second_reader::without_writes(conclusion),
            None => conclusion,
        };
        let about = conclusion.basis().about_one_of(&known.customers);
        let Some(customer) = about.or_else(|| known.customers.first().cloned()) else {
            return Ok((conclude::no_customer(self.workspace.stripe.mode(), true), None));
        };
        let actor = self.actor(lease);
        let terms = Terms {
            workspace: self.workspace,
            mail: self.mail,
            run: self.run,
            customer: &customer,
            now: case.now,
            actor: actor.as_ref(),
        };
        let finding = if let Conclusion::Answer(finding) = conclusion {
            *finding
        } else {
            self.engine.in_stage(Stage::Act, terms.conclude(conclusion)).await?
        };
        Ok((finding, Some(customer)))
    }

    fn action_id(&self, function: Function) -> ActionId {
        ActionId::derive(&self.workspace.id, &self.mail.fingerprint, function)
    }

    /// What this mail did, or began to do, before a crash or a wait. It is told as it is stored, whatever the classifier, the policy
    /// and Stripe say by now; to a copy that proves less, only what would be done for it too. A message that was worked on before and
    /// proves less now, as when DNS does not answer, goes to a person: asking it for a proof would deny what may have been done for it.
    async fn taken_up(&self, lease: Option<&Lease>) -> Result<Option<Answer>, Trouble> {
        let (Some(lease), Some(actor)) = (lease, self.actor(lease)) else { return Ok(None) };
        let worked_on_before = lease.attempts > 1 || lease.postponements > 0 || lease.turns_waited > 0;
        let asked_for = self.understanding.intent.label.function();
        let perhaps = |function: &Function| {
            let asked = self.may_be_told(*function) && Some(*function) == asked_for;
            function.writes() && (worked_on_before || asked)
        };
        for function in Function::ALL.into_iter().filter(perhaps) {
            if let Some(stored) = actor.stored(function).await? {
                if !self.may_be_told(function) {
                    return Ok(Some(self.answer(conclude::proof_is_gone(function), None)));
                }
                if stored.is_forgotten() {
                    return Ok(Some(self.answer(conclude::forgotten(function), None)));
                }
                let policy = &self.workspace.policy;
                let (finding, customer) = conclude::take_up(stored, policy, &actor).await?;
                return Ok(Some(self.answer(finding, Some(&customer))));
            }
        }
        Ok(None)
    }

    fn may_be_told(&self, function: Function) -> bool {
        self.mail.assurance.proves_sender() || !function.acts_for_proven_only()
    }

    /// The draft that a copy of this mail in other bytes led to. Looked for where something might be done: nothing may be done that
    /// the draft that counts does not tell.
    pub(crate) async fn drafted_before(&self) -> Result<Option<StoredDraft>, LedgerError> {
        if !self.understanding.intent.label.function().is_some_and(Function::writes) {
            return Ok(None);
        }
        let (workspace, run) = (&self.workspace.id, self.run.kind);
        self.engine.ledger.draft_of(workspace, run, &self.mail.identity()).await
    }

    /// Whoever sends a known Message-ID with other content may want to stand in for the real mail: no money for it. A mail that proves
    /// nothing does not count here: it would hold up the real one. A run without a lease leaves nothing in the ledger and asks it nothing.
    async fn message_id_was_used(&self, lease: Option<&Lease>) -> Result<bool, Trouble> {
        if lease.is_none() {
            return Ok(false);
        }
        let Some(message_id) = message_id_digest(self.mail) else { return Ok(false) };
        let (workspace, kind) = (&self.workspace.id, self.run.kind);
        Ok(self
            .engine
            .ledger
            .message_id_was_used(workspace, kind, &message_id, &self.mail.identity())
            .await?)
    }

    fn actor<'a>(&'a self, lease: Option<&'a Lease>) -> Option<Actor<'a>> {
        let lease = lease?;
        Some(Actor {
            ledger: &self.engine.ledger,
            meters: self.engine.meters.as_deref(),
            brake: &self.engine.brake,
            right: Right::Mail(lease),
            allowed_by: AllowedBy::Policy(&self.workspace.policy),
            workspace: &self.workspace.id,
            fingerprint: self.mail.fingerprint,
            stripe: &self.workspace.stripe,
            writable: self.writable()?,
            now: self.engine.clock.now(),
            last_try: self.last_try(lease),
        })
    }

    /// The right to change something at Stripe. What a language model read has none, whatever the run.
    const fn writable(&self) -> Option<Writable> {
        match self.language_model {
            Some(_) => None,
            None => self.run.writable(),
        }
    }

    fn last_try(&self, lease: &Lease) -> LastTry {
        if lease.postponements >= self.engine.limits.patience { LastTry::Yes } else { LastTry::No }
    }

    /// Trouble with Stripe that will not pass by itself, or that has lasted too long, is an outcome: a person gets the mail. The
    /// simulator's person is there already, and is told the trouble itself.
    fn give_up_or_wait(&self, trouble: Trouble, lease: Option<&Lease>) -> Result<Answer, Trouble> {
        let Trouble::Stripe(error) = &trouble else { return Err(trouble) };
        let last_try = match (lease, self.run.kind) {
            (Some(lease), _) => self.last_try(lease),
            (None, RunKind::Replay) => LastTry::No,
            (None, RunKind::Live | RunKind::Load | RunKind::Simulator) => return Err(trouble),
        };
        match conclude::stripe_failed(error, last_try) {
            Some(finding) => Ok(self.answer(finding, None)),
            None => Err(trouble),
        }
    }

    fn answer(&self, mut finding: Finding, on_file: Option<&OnFile>) -> Answer {
        let approval = finding.approval.take();
        let frame = Frame {
            workspace: &self.workspace.id,
            mode: self.workspace.stripe.mode(),
            run: self.run,
            mail: self.mail,
            understanding: self.understanding,
            policy_version: &self.workspace.policy_version,
            classifier_version: self.engine.classifier.version(),
            language_model: self.language_model,
        };
        let label = self.understanding.intent.label;
        Answer { context: draft::compose(&frame, finding, on_file), label, approval }
    }
}

/// Keeps apart in a digest what is proven and what anybody could have written.
pub(crate) const fn standing(assurance: Assurance) -> &'static [u8] {
    if assurance.proves_sender() { b"proven" } else { b"unproven" }
}

/// What the Message-ID is known by, apart for mails that are authenticated and those that are not.
pub(crate) fn message_id_digest(mail: &Mail) -> Option<Digest> {
    let id = mail.message_id.as_ref()?;
    Some(Digest::of(&[b"postill.message_id.v1", standing(mail.assurance), id.as_bytes()]))
}

//! The path of one mail, top to bottom.
//!
//! claim → read → understand → find the customer → run the function → act → compose → store the outcome. Claiming and storing are done
//! for many mails at once; everything between is done for each mail alone, and nothing is held across a call to Stripe.

use std::sync::Arc;
use std::time::Duration;

use domain::draft::DraftEvent;
use domain::{
    ActionId, Clock, Digest, EmailAddress, Function, Label, Mail, Outcome, Policy, ReasonCode, Run, RunKind,
    Understanding,
};
use mail::{Envelope, Unreadable};
use store::{
    Arrival, Burial, Claim, Finished, Lease, LeaseTerms, Ledger, LedgerError, NewDraft, StoredDraft,
};

use crate::act::{Actor, LastTry};
use crate::arrival::Delivered;
use crate::conclude;
use crate::customer::{self, Customers, OnFile, Thoroughness};
use crate::draft::{self, Frame};
use crate::finding::Finding;
use crate::functions::{self, Case, Conclusion};
use crate::gate::{self, Gate};
use crate::trouble::Trouble;
use crate::workspace::{Workspace, Workspaces};

/// What the engine works with.
#[derive(Debug, Clone)]
pub struct Engine {
    /// Reads mail, trusting whom it was told to trust.
    pub reader: mail::Reader,
    /// The ledger.
    pub ledger: Ledger,
    /// The connected workspaces.
    pub workspaces: Workspaces,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The bounds.
    pub limits: Limits,
}

/// Bounds of the path.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a mail may be held before another worker takes it over.
    pub lease: Duration,
    /// How often a mail may be claimed and never settled: it is suspected of killing the worker.
    pub crash_limit: u32,
    /// How often a mail waits for Stripe before a person gets it; the steps of the retry ladder.
    pub patience: u32,
}

/// What became of a claim.
#[derive(Debug)]
pub enum Taken {
    /// It is ours: process it.
    Work(Work),
    /// It has its end already, from before or just now.
    Ended(Ended),
}

/// One claimed mail.
#[derive(Debug)]
pub struct Work {
    delivered: Delivered,
    lease: Lease,
}

impl Work {
    /// How often it was claimed, this time included. More than once means that a worker did not settle it.
    pub fn attempts(&self) -> u32 {
        self.lease.attempts
    }

    /// The right to the mail.
    pub const fn lease(&self) -> &Lease {
        &self.lease
    }

    /// The message and the right to it, to give it back and claim it anew.
    pub fn into_parts(self) -> (Delivered, Lease) {
        (self.delivered, self.lease)
    }
}

/// A mail that was worked on, before its end is stored.
#[derive(Debug)]
pub enum Processed {
    /// It has an outcome.
    Drafted(Box<Finished>),
    /// It cannot be read, or belongs to nobody.
    Hopeless(Burial),
    /// It has to wait.
    Waits {
        /// The right to it.
        lease: Lease,
        /// What for.
        trouble: Trouble,
    },
}

/// What the caller does with a mail, in the end.
#[derive(Debug)]
pub enum Ended {
    /// Publish this draft.
    Draft(Draft),
    /// Put it into the dead queue.
    Dead {
        /// A stable code.
        code: String,
        /// A sentence for a person.
        sentence: String,
    },
    /// Deliver it again after the delay of this step of the ladder.
    Later {
        /// From 0.
        step: u32,
    },
    /// The ledger refused it, which waiting does not change: give the mail back.
    NotStored,
}

/// A draft as it is published: the same bytes under the same id, however often.
#[derive(Clone)]
pub struct Draft {
    /// The id of the event, and of the message.
    pub id: String,
    /// Whose it is.
    pub workspace: domain::WorkspaceId,
    /// The outcome.
    pub outcome: Outcome,
    /// The bytes.
    pub body: Vec<u8>,
}

/// Hides what the draft says.
impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft").field("id", &self.id).field("outcome", &self.outcome).finish_non_exhaustive()
    }
}

impl Processed {
    /// The end of a mail on which the program panicked: trying it again would do the same.
    pub fn panicked(lease: Lease) -> Self {
        Self::Hopeless(Burial {
            lease,
            code: "panicked".to_owned(),
            sentence: "the worker panicked on it; its log says where".to_owned(),
        })
    }
}

impl Engine {
    /// Claims a batch, before anything of it is parsed: so a mail that kills the process is counted. A mail that the broker delivers
    /// again is taken over at once: its holder lost the connection, if not its life.
    pub async fn claim(&self, batch: Vec<Delivered>) -> Result<Vec<Taken>, LedgerError> {
        let redelivered: Vec<Arrival> =
            batch.iter().filter(|mail| mail.redelivered).map(Delivered::arrival).collect();
        if !redelivered.is_empty() {
            self.ledger.end_leases(&redelivered).await?;
        }
        let arrivals: Vec<Arrival> = batch.iter().map(Delivered::arrival).collect();
        let claims = self.ledger.claim(&arrivals, LeaseTerms { lasts: self.limits.lease }).await?;
        Ok(batch.into_iter().zip(claims).map(|(delivered, claim)| taken(delivered, claim)).collect())
    }

    /// Brings one mail to its end, or says what it waits for.
    pub async fn process(&self, work: Work) -> Processed {
        let Work { delivered, lease } = work;
        if lease.attempts > self.limits.crash_limit {
            let sentence = format!(
                "claimed {} times and never settled: it may have killed the worker",
                lease.attempts - 1
            );
            return Processed::Hopeless(Burial { lease, code: "crash_suspect".to_owned(), sentence });
        }
        let Some(workspace) = self.workspaces.get(&delivered.workspace) else {
            let sentence = format!("no Stripe key is connected to the workspace {}", delivered.workspace);
            return Processed::Hopeless(Burial { lease, code: "not_connected".to_owned(), sentence });
        };
        let mail = match self.read(&delivered) {
            Ok(mail) => mail,
            Err(unreadable) => {
                let (code, sentence) = (unreadable.code().to_owned(), unreadable.to_string());
                return Processed::Hopeless(Burial { lease, code, sentence });
            }
        };
        let understanding = intent::classify((&mail).into());
        let run = run_of(delivered.run);
        let path =
            Path { engine: self, workspace: &workspace, mail: &mail, understanding: &understanding, run };
        match path.drafted_before().await {
            Ok(None) => {}
            Ok(Some(stored)) => return copied(lease, &mail, stored, understanding.intent.label),
            Err(error) => return Processed::Waits { lease, trouble: error.into() },
        }
        match path.walk(Some(&lease)).await {
            Ok(answer) => {
                let event = DraftEvent::new(
                    mail.fingerprint,
                    1,
                    self.clock.now(),
                    delivered.traceparent,
                    answer.context,
                );
                drafted(lease, &mail, event, answer.label)
            }
            Err(trouble) => Processed::Waits { lease, trouble },
        }
    }

    /// The same path without ledger and without effects: what would be found, said and done.
    pub async fn simulate(&self, workspace: &Workspace, mail: &Mail) -> Result<DraftEvent, Trouble> {
        let understanding = intent::classify(mail.into());
        let path = Path { engine: self, workspace, mail, understanding: &understanding, run: Run::SIMULATOR };
        let answer = path.walk(None).await?;
        Ok(DraftEvent::new(mail.fingerprint, 1, self.clock.now(), None, answer.context))
    }

    /// Reads a message as mail.
    pub fn read(&self, delivered: &Delivered) -> Result<Mail, Unreadable> {
        let Delivered { format, body, workspace, run, .. } = delivered;
        self.reader
            .read(&Envelope { format: *format, body, workspace, run: Some(*run) })
            .map(|arrived| arrived.mail)
    }
}

/// The way of one mail from its text to its draft context.
struct Path<'a> {
    engine: &'a Engine,
    workspace: &'a Workspace,
    mail: &'a Mail,
    understanding: &'a Understanding,
    run: Run,
}

/// A draft context, and the label it was made for.
struct Answer {
    context: domain::draft::DraftContext,
    label: Label,
}

impl Path<'_> {
    async fn walk(&self, lease: Option<&Lease>) -> Result<Answer, Trouble> {
        if let Some(answer) = self.taken_up(lease).await? {
            return Ok(answer);
        }
        let policy = &self.workspace.policy;
        let function = match gate::decide(self.mail, self.understanding, policy) {
            Gate::Run(function) => function,
            Gate::End(finding) => return Ok(self.answer(*finding, None)),
        };
        let Ok(sender) = &self.mail.sender else {
            let finding = Finding::handoff(ReasonCode::SenderRefused, "the mail names no sender");
            return Ok(self.answer(finding, None));
        };
        match self.look_up(function, sender, policy, lease).await {
            Ok((finding, on_file)) => Ok(self.answer(finding, on_file.as_ref())),
            Err(trouble) => self.give_up_or_wait(trouble, lease),
        }
    }

    /// Finds the customer, runs the function, and acts when that is what follows.
    async fn look_up(
        &self,
        function: Function,
        sender: &EmailAddress,
        policy: &Policy,
        lease: Option<&Lease>,
    ) -> Result<(Finding, Option<OnFile>), Trouble> {
        let reader = self.workspace.stripe.reader();
        let thoroughness =
            if function.moves_money() { Thoroughness::Everyone } else { Thoroughness::FirstMatch };
        let customers = customer::find(reader, sender, thoroughness).await.map_err(Trouble::Stripe)?;
        let Customers { found: customers, complete } = customers;
        let Some(first) = customers.first().cloned() else {
            return Ok((conclude::no_customer(self.workspace.stripe.mode(), complete), None));
        };
        if let Some(finding) = gate::needs_verification(function, self.mail.assurance) {
            return Ok((finding, Some(first)));
        }
        if function.moves_money() {
            if customers.len() > 1 || !complete {
                return Ok((conclude::several_customers(customers.len(), complete), Some(first)));
            }
            if self.message_id_was_used().await? {
                return Ok((conclude::message_id_reused(), Some(first)));
            }
        }
        let case = Case {
            mail: self.mail,
            understanding: self.understanding,
            policy,
            now: self.engine.clock.now(),
            customers: &customers,
            reader,
            action: self.run.writable().map(|_| self.action_id(function)),
        };
        let conclusion = functions::run(function, &case).await.map_err(Trouble::Stripe)?;
        let customer = conclusion.basis().about_one_of(&customers).unwrap_or(first);
        let finding = self.conclude(conclusion, policy, lease, &customer).await?;
        Ok((finding, Some(customer)))
    }

    /// From what a function came to, to what the draft holds.
    async fn conclude(
        &self,
        conclusion: Conclusion,
        policy: &Policy,
        lease: Option<&Lease>,
        customer: &OnFile,
    ) -> Result<Finding, Trouble> {
        let actor = self.actor(lease);
        match (conclusion, &actor) {
            (Conclusion::Answer(finding), _) => Ok(*finding),
            (Conclusion::Wait(plan, reason), _) => Ok(conclude::wait(*plan, reason, policy, customer)),
            (Conclusion::Act(plan), actor) => {
                conclude::act(*plan, policy, self.run, actor.as_ref(), customer).await
            }
            (Conclusion::Found(found), Some(actor)) => conclude::found(*found, policy, actor, customer).await,
            (Conclusion::Found(found), None) => Ok(found.basis),
        }
    }

    fn action_id(&self, function: Function) -> ActionId {
        ActionId::derive(&self.workspace.id, &self.mail.fingerprint, function)
    }

    /// What this mail did, or began to do, before a crash or a wait. It is told as it is stored, whatever the classifier, the policy
    /// and Stripe say by now.
    async fn taken_up(&self, lease: Option<&Lease>) -> Result<Option<Answer>, Trouble> {
        let (Some(lease), Some(actor)) = (lease, self.actor(lease)) else { return Ok(None) };
        let worked_on_before = lease.attempts > 1 || lease.postponements > 0;
        let asked_for = self.understanding.intent.label.function();
        let perhaps =
            |function: &Function| function.writes() && (worked_on_before || Some(*function) == asked_for);
        for function in Function::ALL.into_iter().filter(perhaps) {
            if let Some(stored) = actor.stored(function).await? {
                let policy = &self.workspace.policy;
                let (finding, customer) = conclude::take_up(stored, policy, &actor).await?;
                return Ok(Some(self.answer(finding, Some(&customer))));
            }
        }
        Ok(None)
    }

    /// The draft that a copy of this mail in other bytes led to. Looked for where something might be done: nothing may be done that
    /// the draft that counts does not tell.
    async fn drafted_before(&self) -> Result<Option<StoredDraft>, LedgerError> {
        if !self.understanding.intent.label.function().is_some_and(Function::writes) {
            return Ok(None);
        }
        let (workspace, run) = (&self.workspace.id, self.run.kind);
        self.engine.ledger.draft_of(workspace, run, &self.mail.fingerprint).await
    }

    /// Whoever sends a known Message-ID with other content may want to stand in for the real mail: no money for it.
    async fn message_id_was_used(&self) -> Result<bool, Trouble> {
        let Some(message_id) = message_id_digest(self.mail) else { return Ok(false) };
        let (workspace, kind) = (&self.workspace.id, self.run.kind);
        Ok(self
            .engine
            .ledger
            .message_id_was_used(workspace, kind, &message_id, &self.mail.fingerprint)
            .await?)
    }

    fn actor<'a>(&'a self, lease: Option<&'a Lease>) -> Option<Actor<'a>> {
        let lease = lease?;
        Some(Actor {
            ledger: &self.engine.ledger,
            lease,
            workspace: &self.workspace.id,
            fingerprint: self.mail.fingerprint,
            stripe: &self.workspace.stripe,
            writable: self.run.writable()?,
            now: self.engine.clock.now(),
            last_try: self.last_try(lease),
        })
    }

    fn last_try(&self, lease: &Lease) -> LastTry {
        if lease.postponements >= self.engine.limits.patience { LastTry::Yes } else { LastTry::No }
    }

    /// Trouble with Stripe that will not pass by itself, or that has lasted too long, is an outcome: a person gets the mail.
    fn give_up_or_wait(&self, trouble: Trouble, lease: Option<&Lease>) -> Result<Answer, Trouble> {
        let Trouble::Stripe(error) = &trouble else { return Err(trouble) };
        let Some(lease) = lease else { return Err(trouble) };
        match conclude::stripe_failed(error, self.last_try(lease)) {
            Some(finding) => Ok(self.answer(finding, None)),
            None => Err(trouble),
        }
    }

    fn answer(&self, finding: Finding, on_file: Option<&OnFile>) -> Answer {
        let policy_version = self.workspace.policy.version();
        let frame = Frame {
            workspace: &self.workspace.id,
            mode: self.workspace.stripe.mode(),
            run: self.run,
            mail: self.mail,
            understanding: self.understanding,
            policy_version: &policy_version,
        };
        let label = self.understanding.intent.label;
        Answer { context: draft::compose(&frame, finding, on_file), label }
    }
}

const fn run_of(kind: RunKind) -> Run {
    match kind {
        RunKind::Live | RunKind::Load => Run { kind, dry_run: false },
        RunKind::Replay | RunKind::Simulator => Run { kind, dry_run: true },
    }
}

fn taken(delivered: Delivered, claim: Claim) -> Taken {
    match claim {
        Claim::Taken(lease) => Taken::Work(Work { delivered, lease }),
        Claim::Finished(stored) => Taken::Ended(Ended::Draft(Draft {
            id: stored.id,
            workspace: delivered.workspace,
            outcome: stored.outcome,
            body: stored.body,
        })),
        Claim::Dead(death) => Taken::Ended(Ended::Dead { code: death.code, sentence: death.sentence }),
        Claim::Busy { .. } => Taken::Ended(Ended::Later { step: 0 }),
    }
}

fn drafted(lease: Lease, mail: &Mail, event: DraftEvent, label: Label) -> Processed {
    let body = match serde_json::to_vec(&event) {
        Ok(body) => body,
        Err(error) => return Processed::Waits { lease, trouble: Trouble::Action(error) },
    };
    Processed::Drafted(Box::new(Finished {
        lease,
        fingerprint: mail.fingerprint,
        message_id: message_id_digest(mail),
        outcome: event.data.outcome,
        label,
        customer: event.data.customer.map(|customer| customer.id),
        draft: NewDraft { id: event.id, body },
    }))
}

/// The end of a copy: the draft of the mail that came first.
fn copied(lease: Lease, mail: &Mail, stored: StoredDraft, label: Label) -> Processed {
    Processed::Drafted(Box::new(Finished {
        lease,
        fingerprint: mail.fingerprint,
        message_id: message_id_digest(mail),
        outcome: stored.outcome,
        label,
        customer: None,
        draft: NewDraft { id: stored.id, body: stored.body },
    }))
}

fn message_id_digest(mail: &Mail) -> Option<Digest> {
    mail.message_id.as_ref().map(|id| Digest::of(&[b"postill.message_id.v1", id.as_bytes()]))
}

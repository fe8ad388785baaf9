//! The life of one mail: claim → read → understand → its path (`path.rs`) → store the outcome.
//!
//! Claiming and storing are done for many mails at once; everything between is done for each mail alone, and nothing is held across a
//! call to Stripe.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::draft::DraftEvent;
use domain::{Clock, Label, Mail, Outcome, Run, RunKind};
use intent::Classifier;
use mail::{Unreadable, Verifiable};
use meters::{Meters, Stage};
use store::{
    Arrival, Burial, Claim, Finished, Lease, LeaseTerms, Ledger, LedgerError, NewApproval, NewDraft,
    SenderCount, StoredDraft,
};
use verifier::Verifier;

use crate::arrival::Delivered;
use crate::brake::Brake;
use crate::path::{Path, message_id_digest};
use crate::second_reader::SecondReader;
use crate::senders::{self, Budget, Over, Senders};
use crate::trouble::Trouble;
use crate::workspace::{Workspace, Workspaces};

/// What the engine works with.
#[derive(Debug, Clone)]
pub struct Engine {
    /// Reads mail, trusting whom it was told to trust.
    pub reader: mail::Reader,
    /// Verifies signatures, where the installation does that itself.
    pub verifier: Option<Verifier>,
    /// Tells what a mail asks for.
    pub classifier: Classifier,
    /// Asked where the classifier is not sure, where there is one.
    pub second_reader: Option<SecondReader>,
    /// The ledger.
    pub ledger: Ledger,
    /// The connected workspaces.
    pub workspaces: Workspaces,
    /// The kill switch that is a file.
    pub brake: Brake,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The bounds.
    pub limits: Limits,
    /// Who has written how many mails of late.
    pub senders: Senders,
    /// Counts what is done, where somebody watches.
    pub meters: Option<Arc<Meters>>,
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

/// A run that only looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookingRun {
    /// Somebody tries a message.
    Simulator,
    /// Archived mail is read again.
    Replay,
}

impl LookingRun {
    const fn run(self) -> Run {
        match self {
            Self::Simulator => Run::SIMULATOR,
            Self::Replay => Run::REPLAY,
        }
    }
}

/// One claimed mail.
#[derive(Debug)]
pub struct Work {
    delivered: Delivered,
    lease: Lease,
    over: Over,
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
    /// It was answered once, and what was said is not kept any more: acknowledge it, and publish nothing.
    Forgotten,
}

impl Ended {
    /// The end of a mail that has its draft already.
    pub(crate) fn again(stored: StoredDraft, workspace: domain::WorkspaceId) -> Self {
        if stored.is_forgotten() {
            return Self::Forgotten;
        }
        Self::Draft(Draft { id: stored.id, workspace, outcome: stored.outcome, body: stored.body })
    }
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
    /// What the mail was taken to ask for, as its draft tells.
    pub fn label(&self) -> Label {
        match self {
            Self::Drafted(finished) => finished.label,
            Self::Hopeless(_) | Self::Waits { .. } => Label::None,
        }
    }

    /// Why the mail comes again, if it does, in a word for who counts.
    pub const fn waits_for(&self) -> &'static str {
        match self {
            Self::Waits { trouble, .. } => trouble.word(),
            // Should its end not be stored, another worker has it.
            Self::Drafted(_) | Self::Hopeless(_) => "held",
        }
    }

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
        self.let_go(&batch).await?;
        let arrivals: Vec<Arrival> = batch.iter().map(Delivered::arrival).collect();
        let terms = LeaseTerms { lasts: self.limits.lease };
        // Once for the batch, and while the claims are on their way.
        let began = Instant::now();
        let (claims, over) =
            tokio::join!(self.ledger.claim(&arrivals, terms), self.senders.over(&self.ledger));
        let over = over?;
        self.passed(Stage::Claim, began, arrivals.len());
        let taken = |(delivered, claim)| taken(delivered, claim, &over);
        Ok(batch.into_iter().zip(claims?).map(taken).collect())
    }

    /// Ends what is left of earlier claims on those of the mails that the broker delivers again: their holder is gone. Also for mails that
    /// are put aside unclaimed, since nobody could tell that from the copy that is put aside.
    pub async fn let_go(&self, mails: impl IntoIterator<Item = &Delivered>) -> Result<(), LedgerError> {
        let redelivered = mails.into_iter().filter(|mail| mail.redelivered);
        let arrivals: Vec<Arrival> = redelivered.map(Delivered::arrival).collect();
        if !arrivals.is_empty() {
            self.ledger.end_leases(&arrivals).await?;
        }
        Ok(())
    }

    /// Brings one mail to its end, or says what it waits for.
    pub async fn process(&self, work: Work) -> Processed {
        let Work { delivered, lease, over } = work;
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
        let mail = match self.in_stage(Stage::Read, self.read_verified(&delivered)).await {
            Ok(mail) => mail,
            Err(unreadable) => {
                let (code, sentence) = (unreadable.code().to_owned(), unreadable.to_string());
                return Processed::Hopeless(Burial { lease, code, sentence });
            }
        };
        let understanding = self.understand(&mail);
        let run = run_of(delivered.run);
        let count = senders::count_of(&mail, &workspace, run.kind);
        let budget = count.map_or(Budget::Left, |count| {
            self.senders.begin(count, mail.identity(), &over, self.clock.now())
        });
        let path = Path {
            engine: self,
            workspace: &workspace,
            mail: &mail,
            understanding: &understanding,
            run,
            budget,
            language_model: None,
        };
        match path.drafted_before().await {
            Ok(None) => {}
            Ok(Some(stored)) => return copied(lease, &mail, stored, understanding.intent.label),
            Err(error) => return Processed::Waits { lease, trouble: error.into() },
        }
        match Box::pin(path.walk(Some(&lease))).await {
            Ok(answer) => {
                let event = DraftEvent::new(
                    mail.fingerprint,
                    1,
                    self.clock.now(),
                    delivered.traceparent,
                    answer.context,
                );
                let ending = Ending {
                    label: answer.label,
                    correlation: delivered.correlation,
                    approval: answer.approval.map(|approval| *approval),
                    counts_for: count,
                };
                drafted(lease, &mail, event, ending)
            }
            Err(trouble) => Processed::Waits { lease, trouble },
        }
    }

    /// The same path without ledger and without effects: what would be found, said and done.
    pub async fn simulate(&self, workspace: &Workspace, mail: &Mail) -> Result<DraftEvent, Trouble> {
        self.look(workspace, mail, LookingRun::Simulator).await
    }

    /// The way of one mail for looking only: no ledger is asked or told, and nothing is changed at Stripe.
    pub async fn look(
        &self,
        workspace: &Workspace,
        mail: &Mail,
        run: LookingRun,
    ) -> Result<DraftEvent, Trouble> {
        let understanding = self.understand(mail);
        let path = Path {
            engine: self,
            workspace,
            mail,
            understanding: &understanding,
            run: run.run(),
            budget: Budget::Left,
            language_model: None,
        };
        let answer = path.walk(None).await?;
        Ok(DraftEvent::new(mail.fingerprint, 1, self.clock.now(), None, answer.context))
    }

    /// Reads a message as mail, believing those whom the reader trusts. Asks nobody.
    pub fn read(&self, delivered: &Delivered) -> Result<Mail, Unreadable> {
        self.reader.read(&delivered.envelope()).map(|arrived| arrived.mail)
    }

    /// Reads a message as mail, with its signatures verified where that is our part. Not in history and in the simulator: signatures
    /// expire and keys are changed, so an old mail's would say nothing, and nothing is done there that would need a proof.
    async fn read_verified(&self, delivered: &Delivered) -> Result<Mail, Unreadable> {
        let verifier = self.verifier.as_ref().filter(|_| run_of(delivered.run).writable().is_some());
        let Some(verifier) = verifier else { return self.read(delivered) };
        let own = match self.reader.verifiable(&delivered.envelope()) {
            Some(Verifiable { message, sender }) => {
                Some(verifier.verify(message, &sender, self.clock.now()).await)
            }
            None => None,
        };
        self.reader.read_verified(&delivered.envelope(), own.as_ref()).map(|arrived| arrived.mail)
    }
}

const fn run_of(kind: RunKind) -> Run {
    match kind {
        RunKind::Live | RunKind::Load => Run { kind, dry_run: false },
        RunKind::Replay | RunKind::Simulator => Run { kind, dry_run: true },
    }
}

fn taken(delivered: Delivered, claim: Claim, over: &Over) -> Taken {
    match claim {
        Claim::Taken(lease) => Taken::Work(Work { delivered, lease, over: Over::clone(over) }),
        Claim::Finished(stored) => Taken::Ended(Ended::again(stored, delivered.workspace)),
        Claim::Dead(death) => Taken::Ended(Ended::Dead { code: death.code, sentence: death.sentence }),
        Claim::Busy { .. } => Taken::Ended(Ended::Later { step: 0 }),
    }
}

/// What the ledger is told of a mail besides its draft.
struct Ending {
    label: Label,
    correlation: Option<String>,
    approval: Option<NewApproval>,
    counts_for: Option<SenderCount>,
}

/// Most drafts are shorter, in bytes, and so written without moving what is written already.
const ROOM_FOR_DRAFT: usize = 4_096;

fn drafted(lease: Lease, mail: &Mail, event: DraftEvent, ending: Ending) -> Processed {
    let mut body = Vec::with_capacity(ROOM_FOR_DRAFT);
    if let Err(error) = serde_json::to_writer(&mut body, &event) {
        return Processed::Waits { lease, trouble: Trouble::Action(error) };
    }
    Processed::Drafted(Box::new(Finished {
        lease,
        fingerprint: mail.identity(),
        message_id: message_id_digest(mail),
        outcome: event.data.outcome,
        label: ending.label,
        customer: event.data.customer.map(|customer| customer.id),
        draft: NewDraft { id: event.id, body },
        correlation: ending.correlation,
        traceparent: event.traceparent,
        approval: ending.approval,
        counts_for: ending.counts_for,
    }))
}

/// The end of a copy: the draft of the mail that came first.
fn copied(lease: Lease, mail: &Mail, stored: StoredDraft, label: Label) -> Processed {
    Processed::Drafted(Box::new(Finished {
        lease,
        fingerprint: mail.identity(),
        message_id: message_id_digest(mail),
        outcome: stored.outcome,
        label,
        customer: None,
        draft: NewDraft { id: stored.id, body: stored.body },
        correlation: None,
        traceparent: None,
        approval: None,
        counts_for: None,
    }))
}

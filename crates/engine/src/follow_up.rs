//! What is done on a mail after its first draft: an approval was decided, an unknown outcome is looked up, a cancellation is taken back.
//!
//! Each follow-up ends with at most one more draft, which replaces the one before, and each may be repeated from its beginning after a
//! crash at any point: what it does at Stripe goes by the one action of its mail, under the one key, and a draft is stored once.

mod decided;
mod reconcile;
mod undo;

use std::sync::Arc;
use std::time::Duration;

use domain::action::{ActionState, StoredAction};
use domain::draft::{ActionReport, DraftEvent, ReportedState};
use domain::{Function, Outcome, ReasonCode, Run, Timestamp};
use jiff::SignedDuration;
use serde_json::json;
use store::{
    FollowUp, FollowUpEnd, FollowUpKind, Followed, LedgerError, NewDraft, Postponed, Right, Settlement,
};

use crate::act::read_back::{self, Trace};
use crate::act::{Actor, AllowedBy, LastTry, Refusal, note_money};
use crate::action::Frozen;
use crate::draft;
use crate::finding::Finding;
use crate::process::Engine;
use crate::trouble::{Trouble, waits_uncounted};
use crate::workspace::Workspace;

/// What became of a follow-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowedUp {
    /// It has ended with a draft, which is stored and waits among [`store::Ledger::unpublished`].
    Drafted(Outcome),
    /// It has ended, and there was nothing to tell.
    Quiet,
    /// It comes again after this time.
    Postponed(Duration),
    /// Somebody else has it, or will have when its lease has ended.
    GivenBack,
}

/// The pauses before a follow-up that Stripe or something else holds up is tried again; the last one for ever.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(10),
    Duration::from_mins(1),
    Duration::from_mins(10),
    Duration::from_hours(1),
    Duration::from_hours(6),
];

/// The pause of what cannot go on until somebody looks into it: its draft or its action cannot be read, or it kills the worker.
const LONG_PAUSE: Duration = Duration::from_hours(6);

/// How soon a follow-up is tried again while changes are halted: it goes on soon after they are resumed.
const WHILE_HALTED: Duration = Duration::from_mins(1);

/// How long an action without an outcome is left to its mail. Past the time in which it may be sent again, and past the longest wait on
/// the retry ladder after that.
const LEFT_TO_ITS_MAIL: SignedDuration = SignedDuration::from_hours(28);

/// What follows from a follow-up.
enum Next {
    /// It ends with a draft.
    Tell(Box<Finding>),
    /// It ends without.
    End,
    /// It is tried again after a while.
    Later { pause: Duration, why: String },
}

impl Next {
    /// Who halted it and why is in the ledger; logs name nobody.
    fn halted() -> Self {
        Self::Later { pause: WHILE_HALTED, why: "changes at Stripe are halted".to_owned() }
    }

    fn tell(finding: Finding) -> Self {
        Self::Tell(Box::new(finding))
    }
}

/// One follow-up at work.
struct Job<'a> {
    engine: &'a Engine,
    follow_up: &'a FollowUp,
    /// The mail's first draft.
    first: DraftEvent,
    /// None while no key is connected.
    workspace: Option<Arc<Workspace>>,
    now: Timestamp,
}

impl Engine {
    /// Does one follow-up, up to its stored draft. Safe to repeat, also when it was dropped midway.
    pub async fn follow_up(&self, follow_up: FollowUp) -> FollowedUp {
        let next = match Box::pin(self.next_of(&follow_up)).await {
            Ok(next) => self.end_or_postpone(&follow_up, next).await,
            Err(trouble) => self.after_trouble(&follow_up, trouble).await,
        };
        next.unwrap_or_else(|error| {
            tracing::error!(follow_up.id = %follow_up.id, error = &error as &dyn std::error::Error, "the ledger did not take what became of a follow-up; it comes again");
            FollowedUp::GivenBack
        })
    }

    async fn next_of(&self, follow_up: &FollowUp) -> Result<Next, Trouble> {
        if follow_up.attempts > self.limits.crash_limit {
            let why = format!(
                "begun {} times and never ended: it may have killed the worker",
                follow_up.attempts - 1
            );
            return Ok(Next::Later { pause: LONG_PAUSE, why });
        }
        if follow_up.first_draft.is_forgotten() {
            tracing::warn!(follow_up.id = %follow_up.id, "follow-up ends untold: its mail was forgotten");
            return Ok(Next::End);
        }
        let job = Job {
            engine: self,
            follow_up,
            first: serde_json::from_slice(&follow_up.first_draft.body)?,
            workspace: self.workspaces.get(&follow_up.workspace),
            now: self.clock.now(),
        };
        match follow_up.kind {
            FollowUpKind::Decided => decided::next(&job).await,
            FollowUpKind::Reconcile => reconcile::next(&job).await,
            FollowUpKind::Undo => undo::next(&job).await,
        }
    }

    async fn end_or_postpone(&self, follow_up: &FollowUp, next: Next) -> Result<FollowedUp, Trouble> {
        let end = match next {
            Next::Tell(finding) => Some(self.end(follow_up, *finding)?),
            Next::End => None,
            Next::Later { pause, why } => {
                tracing::warn!(follow_up.id = %follow_up.id, follow_up.kind = follow_up.kind.as_str(), why, "follow-up waits");
                return self.postpone_follow_up(follow_up, pause).await;
            }
        };
        Ok(match self.ledger.finish_follow_up(&follow_up.lease, end.as_ref()).await? {
            Followed::Stored => end.map_or(FollowedUp::Quiet, |end| FollowedUp::Drafted(end.outcome)),
            Followed::LeaseLost => FollowedUp::GivenBack,
        })
    }

    /// Trouble never ends a follow-up: what a person allowed is not given up in silence.
    async fn after_trouble(&self, follow_up: &FollowUp, trouble: Trouble) -> Result<FollowedUp, Trouble> {
        let pause = match &trouble {
            Trouble::LeaseLost => return Ok(FollowedUp::GivenBack),
            Trouble::Stripe(error) if waits_uncounted(error) => pause_after(follow_up.postponements.min(1)),
            Trouble::Stripe(_) => pause_after(follow_up.postponements),
            Trouble::Ledger(error) if error.is_transient() => pause_after(0),
            // Another worker has gone on with the action, for a copy of the mail: the next try finds how it stands.
            Trouble::Ledger(LedgerError::IllegalTransition { .. }) => pause_after(follow_up.postponements),
            Trouble::Ledger(_) | Trouble::Action(_) => LONG_PAUSE,
        };
        if pause == LONG_PAUSE {
            tracing::error!(follow_up.id = %follow_up.id, error = &trouble as &dyn std::error::Error, "follow-up cannot go on");
        } else {
            tracing::warn!(follow_up.id = %follow_up.id, error = &trouble as &dyn std::error::Error, "follow-up waits");
        }
        self.postpone_follow_up(follow_up, pause).await
    }

    async fn postpone_follow_up(&self, follow_up: &FollowUp, pause: Duration) -> Result<FollowedUp, Trouble> {
        Ok(match self.ledger.postpone_follow_up(&follow_up.lease, pause).await? {
            Postponed::Counted { .. } => FollowedUp::Postponed(pause),
            Postponed::LeaseLost => FollowedUp::GivenBack,
        })
    }

    /// The draft of a follow-up: the first one's, with what is new.
    fn end(&self, follow_up: &FollowUp, finding: Finding) -> Result<FollowUpEnd, Trouble> {
        let first: DraftEvent = serde_json::from_slice(&follow_up.first_draft.body)?;
        let policy_version =
            self.workspaces.get(&follow_up.workspace).map(|workspace| workspace.policy_version.clone());
        let data = draft::follow(first.data, finding, policy_version);
        let trace = follow_up.traceparent.clone();
        let event = DraftEvent::new(first.subject, follow_up.sequence, self.clock.now(), trace, data);
        let body = serde_json::to_vec(&event)?;
        Ok(FollowUpEnd { draft: NewDraft { id: event.id, body }, outcome: event.data.outcome })
    }

    /// Looks after actions whose mail has ended, or never comes again. What was never sent is given up, so that it is in nobody's way; of
    /// what was sent the outcome is read back, or noted as unknown, which has it looked up by follow-ups. Says how many there were.
    pub async fn take_up_lost(&self) -> Result<usize, LedgerError> {
        let mut lost = self.ledger.actions_in(&[ActionState::Intended, ActionState::Sent]).await?;
        lost.retain(|action| is_lost(action, self.clock.now()));
        for action in &lost {
            let settlement = match action.state {
                ActionState::Intended => Settlement::Withdrawn(never_sent()),
                ActionState::Sent
                | ActionState::Done
                | ActionState::Refused
                | ActionState::Unknown
                | ActionState::Reconciled => self.settlement_of_lost(action).await,
            };
            match self.ledger.settle(&action.id, settlement).await {
                Ok(settled) => note_money(self.meters.as_deref(), &settled),
                Err(LedgerError::IllegalTransition { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(lost.len())
    }

    /// What Stripe shows of an action that was lost; unknown, where it shows or says nothing.
    async fn settlement_of_lost(&self, action: &StoredAction) -> Settlement {
        let unknown = |why: &str| Settlement::Unknown(json!({ "why": why }));
        let Ok(frozen) = serde_json::from_value::<Frozen>(action.parameters.clone()) else {
            return unknown("what was sent cannot be read");
        };
        let Some(workspace) = self.workspaces.get(&action.workspace) else {
            return unknown("no Stripe key is connected to the workspace");
        };
        match read_back::find(workspace.stripe.reader(), &action.id, &frozen.request).await {
            Ok(Trace::Ours(effect)) => match serde_json::to_value(&effect) {
                Ok(effect) => Settlement::Done(effect),
                Err(_) => unknown("what Stripe did cannot be stored"),
            },
            Ok(Trace::Nothing | Trace::AnothersMail | Trace::CutShort) => {
                unknown("too old to send again, and Stripe does not show it")
            }
            Err(_) => unknown("too old to send again, and Stripe could not be asked"),
        }
    }
}

impl Job<'_> {
    /// Who acts here, in the name of whoever allowed it; none in a run that must not write.
    fn actor<'b>(&'b self, workspace: &'b Workspace, allowed_by: AllowedBy<'b>) -> Option<Actor<'b>> {
        Some(Actor {
            ledger: &self.engine.ledger,
            meters: self.engine.meters.as_deref(),
            brake: &self.engine.brake,
            right: Right::FollowUp(&self.follow_up.lease),
            allowed_by,
            workspace: &workspace.id,
            fingerprint: self.first.subject,
            stripe: &workspace.stripe,
            writable: self.run().writable()?,
            now: self.now,
            last_try: LastTry::No,
        })
    }

    const fn run(&self) -> Run {
        Run { kind: self.follow_up.run, dry_run: self.first.data.run.dry_run }
    }

    /// How the first draft told of an action.
    fn told_first(&self, function: Function) -> Option<ReportedState> {
        let told = |action: &&ActionReport| action.function == function;
        self.first.data.actions.iter().find(told).map(|action| action.state)
    }

    /// The pause before the next try.
    fn later(&self, why: impl Into<String>) -> Next {
        Next::Later { pause: pause_after(self.follow_up.postponements), why: why.into() }
    }

    fn not_connected(&self) -> Next {
        self.later("no Stripe key is connected to the workspace")
    }
}

/// What a person allowed is not lost before it was sent: its follow-up comes again for as long as it takes.
fn is_lost(action: &StoredAction, now: Timestamp) -> bool {
    let waits_for_follow_up = action.state == ActionState::Intended && action.approval.is_some();
    let since = action.sent_at.unwrap_or(action.intended_at);
    !waits_for_follow_up && now.duration_since(since) > LEFT_TO_ITS_MAIL
}

fn never_sent() -> serde_json::Value {
    let text = "it was never sent to Stripe, and its mail did not come again";
    json!(Refusal::new(ReasonCode::OutcomeUnknown, text))
}

fn pause_after(postponements: u32) -> Duration {
    let step = usize::try_from(postponements).unwrap_or(usize::MAX);
    PAUSES.get(step).copied().unwrap_or(LONG_PAUSE)
}

//! One change at Stripe: stored first, looked at once more, sent with the stored key, read back where the answer was lost.
//!
//! The rules, in the order of the code: where changes are halted nothing is stored and nothing is sent · an action that was settled is
//! not sent again · its frozen parameters are sent, whatever was decided now · Stripe's own memory of a key ends after 24 hours, so an
//! action older than [`RESEND_WITHIN`] is only read back · there is never a second key.

mod preflight;
pub(crate) mod read_back;
mod refusal;
mod write;

use domain::action::{ActionState, StoredAction};
use domain::workspace::Writable;
use domain::{
    ActionId, Fingerprint, Function, Halt, HaltKind, Permit, Reason, ReasonCode, Timestamp, WorkspaceId,
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::{Clearance, Consent, DayLimit, DayLimits, Intended, Lease, Ledger, NewAction, Right, Settlement};
use stripe_client::{CallError, WriteError};

use self::preflight::Preflight;
use self::read_back::Trace;
pub(crate) use self::refusal::Refusal;
use crate::action::{Effect, Frozen};
use crate::brake::Brake;
use crate::trouble::{Trouble, may_pass};
use crate::workspace::Access;

/// How long the same key may be sent again. Stripe may forget keys after 24 hours; four hours are kept for clocks and slow queues.
const RESEND_WITHIN: SignedDuration = SignedDuration::from_hours(20);

/// Who acts, for which mail.
pub(crate) struct Actor<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) brake: &'a Brake,
    pub(crate) lease: &'a Lease,
    pub(crate) workspace: &'a WorkspaceId,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) stripe: &'a Access,
    pub(crate) writable: Writable,
    pub(crate) now: Timestamp,
    /// Nobody will try again after this: what is not known now goes to a person.
    pub(crate) last_try: LastTry,
}

/// Whether the mail can be postponed once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastTry {
    Yes,
    No,
}

/// What came of an action.
#[derive(Debug)]
pub(crate) enum Acted {
    Done {
        id: ActionId,
        frozen: Frozen,
        effect: Effect,
    },
    /// Stripe said no for good, or a person was told so before.
    Refused {
        id: ActionId,
        frozen: Frozen,
        refusal: Refusal,
    },
    /// Nobody knows, and reading back did not tell.
    Unknown {
        id: ActionId,
        frozen: Frozen,
    },
    /// Another mail's action is under way on the same object.
    Busy,
    /// It may not be done now, and nothing was stored: a person decides.
    Held(Reason),
}

impl Actor<'_> {
    /// The action that this mail has of `function` already.
    pub(crate) async fn stored(&self, function: Function) -> Result<Option<StoredAction>, Trouble> {
        let id = ActionId::derive(self.workspace, &self.fingerprint, function);
        Ok(self.ledger.action(&id).await?)
    }

    /// Carries out what is frozen, under `permit`.
    pub(crate) async fn carry_out(&self, frozen: &Frozen, permit: Permit) -> Result<Acted, Trouble> {
        if let Some(reason) = self.braked() {
            return Ok(Acted::Held(reason));
        }
        match self.intend(frozen).await? {
            Intended::New(stored) => self.send(stored, permit).await,
            Intended::Existing(stored) => self.take_up(stored).await,
            Intended::TargetBusy(_) => Ok(Acted::Busy),
            Intended::Halted(halt) => Ok(Acted::Held(halted(&halt))),
            Intended::OverLimit(limit) => Ok(Acted::Held(over_limit(limit))),
            Intended::LeaseLost => Err(Trouble::LeaseLost),
        }
    }

    /// Stores what Stripe shows to have been done for this mail, of which the ledger does not know. Nothing is sent.
    pub(crate) async fn record(&self, frozen: &Frozen, effect: Effect) -> Result<Acted, Trouble> {
        match self.intend(frozen).await? {
            Intended::New(stored) => {
                self.mark_sent(&stored).await?;
                self.done(&stored, frozen.clone(), effect).await
            }
            Intended::Existing(stored) => self.take_up(stored).await,
            Intended::TargetBusy(_) => Ok(Acted::Busy),
            Intended::Halted(halt) => Ok(Acted::Held(halted(&halt))),
            Intended::OverLimit(limit) => Ok(Acted::Held(over_limit(limit))),
            Intended::LeaseLost => Err(Trouble::LeaseLost),
        }
    }

    async fn intend(&self, frozen: &Frozen) -> Result<Intended, Trouble> {
        let function = frozen.request.function();
        let new = NewAction {
            id: ActionId::derive(self.workspace, &self.fingerprint, function),
            workspace: self.workspace.clone(),
            fingerprint: self.fingerprint,
            function,
            target: frozen.request.target().to_owned(),
            parameters: serde_json::to_value(frozen)?,
            spends: None,
            consent: Consent::Policy { limits: DayLimits::default() },
        };
        Ok(self.ledger.intend(&new, Right::Mail(self.lease)).await?)
    }

    /// Notes that the request leaves for Stripe; only then may it.
    async fn mark_sent(&self, stored: &StoredAction) -> Result<(), Trouble> {
        match self.ledger.mark_sent(&stored.id, Right::Mail(self.lease)).await? {
            Clearance::Granted(_) => Ok(()),
            Clearance::Halted(_) => Err(Trouble::Halted),
            Clearance::LeaseLost => Err(Trouble::LeaseLost),
        }
    }

    /// Whether the mail comes again for this error. The last time it does not: what is not known then goes to a person.
    fn waits_for(&self, error: &CallError) -> bool {
        may_pass(error) && self.last_try == LastTry::No
    }

    /// Goes on with an action that a mail has already: nothing is decided anew.
    pub(crate) async fn take_up(&self, stored: StoredAction) -> Result<Acted, Trouble> {
        match stored.state {
            ActionState::Done | ActionState::Refused | ActionState::Reconciled => told(&stored),
            ActionState::Unknown => self.read_back(stored).await,
            ActionState::Sent
                if stored.sent_at.is_none_or(|sent| self.now.duration_since(sent) > RESEND_WITHIN) =>
            {
                self.settle(&stored, Settlement::Unknown(json!({ "why": "too old to send again" }))).await?;
                self.read_back(stored).await
            }
            ActionState::Intended | ActionState::Sent => {
                let permit = Permit::resumed(&stored, self.writable);
                self.send(stored, permit).await
            }
        }
    }

    /// Gives up what was never sent.
    pub(crate) async fn withdraw(&self, stored: StoredAction, refusal: Refusal) -> Result<Acted, Trouble> {
        let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
        self.refused(stored, frozen, refusal).await
    }

    async fn send(&self, stored: StoredAction, permit: Permit) -> Result<Acted, Trouble> {
        let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
        let reader = self.stripe.reader();
        match preflight::look(reader, &stored.id, &frozen).await {
            Ok(Preflight::Clear) => self.send_now(stored, frozen, permit).await,
            Ok(Preflight::Done(effect)) => {
                self.mark_sent(&stored).await?;
                self.done(&stored, frozen, effect).await
            }
            Ok(Preflight::InTheWay(refusal)) => self.give_up(stored, frozen, refusal).await,
            Err(error) if self.waits_for(&error) => Err(Trouble::Stripe(error)),
            Err(error) => self.give_up(stored, frozen, Refusal::from(&error)).await,
        }
    }

    async fn send_now(&self, stored: StoredAction, frozen: Frozen, permit: Permit) -> Result<Acted, Trouble> {
        if let Some(reason) = self.braked() {
            return self.give_up(stored, frozen, Refusal::from(reason)).await;
        }
        self.mark_sent(&stored).await?;
        match write::write(self.stripe, &stored.id, &frozen.request, permit).await {
            Ok(effect) => self.done(&stored, frozen, effect).await,
            Err(error) => self.failed(stored, frozen, error).await,
        }
    }

    /// Why nothing may be changed now, when somebody has pulled the brake.
    fn braked(&self) -> Option<Reason> {
        let text = "changes at Stripe are halted by a file on the worker's machine";
        self.brake.is_on(self.workspace).then(|| Reason::new(ReasonCode::Halted, text))
    }

    async fn done(&self, stored: &StoredAction, frozen: Frozen, effect: Effect) -> Result<Acted, Trouble> {
        self.settle(stored, Settlement::Done(serde_json::to_value(&effect)?)).await?;
        Ok(Acted::Done { id: stored.id.clone(), frozen, effect })
    }

    async fn refused(
        &self,
        stored: StoredAction,
        frozen: Frozen,
        refusal: Refusal,
    ) -> Result<Acted, Trouble> {
        self.settle(&stored, Settlement::Refused(serde_json::to_value(&refusal)?)).await?;
        Ok(Acted::Refused { id: stored.id, frozen, refusal })
    }

    /// Nobody will try again: what was never sent is given up, what was sent stays unknown.
    async fn give_up(
        &self,
        stored: StoredAction,
        frozen: Frozen,
        refusal: Refusal,
    ) -> Result<Acted, Trouble> {
        if stored.state == ActionState::Intended {
            return self.refused(stored, frozen, refusal).await;
        }
        self.settle(&stored, Settlement::Unknown(serde_json::to_value(&refusal)?)).await?;
        Ok(Acted::Unknown { id: stored.id, frozen })
    }

    /// A refusal is believed when nothing was sent before: else the first request may have done it.
    async fn failed(
        &self,
        stored: StoredAction,
        frozen: Frozen,
        error: WriteError,
    ) -> Result<Acted, Trouble> {
        let sent_before = stored.state == ActionState::Sent;
        match error {
            WriteError::NotDone(error) | WriteError::Unknown(error) if self.waits_for(&error) => {
                Err(Trouble::Stripe(error))
            }
            WriteError::NotDone(error) if !sent_before => {
                self.refused(stored, frozen, Refusal::from(&error)).await
            }
            WriteError::NotDone(_) | WriteError::Unknown(_) | WriteError::WrongPermit { .. } => {
                self.settle(&stored, Settlement::Unknown(json!({ "why": error.to_string() }))).await?;
                self.read_back(stored).await
            }
        }
    }

    /// Asks Stripe whether an action of unknown outcome was done. What cannot be found stays unknown: a person has to look.
    async fn read_back(&self, stored: StoredAction) -> Result<Acted, Trouble> {
        let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
        match read_back::find(self.stripe.reader(), &stored.id, &frozen.request).await {
            Ok(Trace::Ours(effect)) => {
                self.settle(&stored, Settlement::Reconciled(serde_json::to_value(&effect)?)).await?;
                Ok(Acted::Done { id: stored.id, frozen, effect })
            }
            Err(error) if self.waits_for(&error) => Err(Trouble::Stripe(error)),
            Ok(Trace::Nothing | Trace::AnothersMail | Trace::CutShort) | Err(_) => {
                Ok(Acted::Unknown { id: stored.id, frozen })
            }
        }
    }

    async fn settle(&self, stored: &StoredAction, settlement: Settlement) -> Result<(), Trouble> {
        self.ledger.settle(&stored.id, settlement).await?;
        Ok(())
    }
}

/// Why a halt holds an action up.
fn halted(halt: &Halt) -> Reason {
    let code = match halt.kind {
        HaltKind::Stop => ReasonCode::Halted,
        HaltKind::Breaker => ReasonCode::BreakerTripped,
    };
    Reason::new(code, format!("{} is halted: {}", halt.scope, halt.reason))
}

fn over_limit(limit: DayLimit) -> Reason {
    let text = match limit {
        DayLimit::Customer => "the customer would be given more within a day than the policy allows",
        DayLimit::Workspace => "more would be given away within a day than the policy allows",
    };
    Reason::new(ReasonCode::DayLimit, text)
}

/// What the ledger says of a settled action.
fn told(stored: &StoredAction) -> Result<Acted, Trouble> {
    let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
    let result = stored.result.clone().unwrap_or(Value::Null);
    if stored.state == ActionState::Refused {
        return Ok(Acted::Refused {
            id: stored.id.clone(),
            frozen,
            refusal: serde_json::from_value(result)?,
        });
    }
    Ok(Acted::Done { id: stored.id.clone(), frozen, effect: serde_json::from_value(result)? })
}

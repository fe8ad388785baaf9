//! One change at Stripe: stored first, looked at once more, sent with the stored key, read back where the answer was lost.
//!
//! The rules, in the order of the code: where changes are halted nothing is stored and nothing is sent · an action that was settled is
//! not sent again · its frozen parameters are sent, whatever was decided now · Stripe's own memory of a key ends after 24 hours, so an
//! action older than [`RESEND_WITHIN`] is only read back · there is never a second key · what nobody knows is read back before it is
//! called unknown, and again by a follow-up.

mod preflight;
pub(crate) mod read_back;
mod refusal;
mod write;

use domain::action::{ActionState, StoredAction};
use domain::workspace::Writable;
use domain::{
    ActionId, ApprovalId, Currency, Fingerprint, Function, Halt, HaltKind, Permit, Policy, Reason,
    ReasonCode, Timestamp, WorkspaceId,
};
use jiff::SignedDuration;
use meters::Meters;
use serde_json::{Value, json};
use store::{
    Clearance, Consent, DayLimit, DayLimits, Intended, Ledger, NewAction, Right, Settled, Settlement, Spends,
};
use stripe_client::{CallError, WriteError};

use self::preflight::{EarlierRefunds, Preflight};
use self::read_back::Trace;
pub(crate) use self::refusal::Refusal;
use crate::action::{Effect, Frozen, Request};
use crate::brake::Brake;
use crate::trouble::{Trouble, may_pass, waits_uncounted};
use crate::workspace::Access;

/// How long the same key may be sent again. Stripe may forget keys after 24 hours; four hours are kept for clocks and slow queues.
const RESEND_WITHIN: SignedDuration = SignedDuration::from_hours(20);

/// Who acts, for which mail.
pub(crate) struct Actor<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) meters: Option<&'a Meters>,
    pub(crate) brake: &'a Brake,
    pub(crate) right: Right<'a>,
    pub(crate) allowed_by: AllowedBy<'a>,
    pub(crate) workspace: &'a WorkspaceId,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) stripe: &'a Access,
    pub(crate) writable: Writable,
    pub(crate) now: Timestamp,
    /// Nobody will try again after this: what is not known now goes to a person.
    pub(crate) last_try: LastTry,
}

/// Who allows what is done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AllowedBy<'a> {
    /// The policy, within a day's limits.
    Policy(&'a Policy),
    /// A person.
    Person(&'a ApprovalId),
}

/// Whether it can be tried once more later.
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
    /// It may not be sent now, and was not: a person decides, or it is tried again where a person has decided.
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
        match self.intend(frozen, self.consent(&frozen.request)).await? {
            Intended::New(stored) => self.send(stored, permit).await,
            Intended::Existing(stored) => self.take_up(stored).await,
            Intended::TargetBusy(_) => Ok(Acted::Busy),
            Intended::OverLimit(limit) => Ok(Acted::Held(over_limit(limit))),
            Intended::Halted(halt) => Ok(Acted::Held(halted(&halt))),
            Intended::LeaseLost => Err(Trouble::LeaseLost),
        }
    }

    /// Stores what Stripe shows to have been done for this mail, of which the ledger does not know. Nothing is sent, so no limit counts;
    /// while changes are halted it is told without being stored.
    pub(crate) async fn record(&self, frozen: &Frozen, effect: Effect) -> Result<Acted, Trouble> {
        let frozen = frozen.clone();
        match self.intend(&frozen, Consent::Policy { limits: DayLimits::default() }).await? {
            Intended::New(stored) => self.found(stored, frozen, effect).await,
            Intended::Existing(stored) => self.take_up(stored).await,
            Intended::TargetBusy(_) => Ok(Acted::Busy),
            Intended::OverLimit(_) | Intended::Halted(_) => {
                let id = ActionId::derive(self.workspace, &self.fingerprint, frozen.request.function());
                Ok(Acted::Done { id, frozen, effect })
            }
            Intended::LeaseLost => Err(Trouble::LeaseLost),
        }
    }

    async fn intend(&self, frozen: &Frozen, consent: Consent) -> Result<Intended, Trouble> {
        let function = frozen.request.function();
        let new = NewAction {
            id: ActionId::derive(self.workspace, &self.fingerprint, function),
            workspace: self.workspace.clone(),
            fingerprint: self.fingerprint,
            function,
            target: frozen.request.target().to_owned(),
            parameters: serde_json::to_value(frozen)?,
            spends: spends(frozen),
            consent,
        };
        Ok(Box::pin(self.ledger.intend(&new, self.right)).await?)
    }

    fn consent(&self, request: &Request) -> Consent {
        match (self.allowed_by, request) {
            (AllowedBy::Person(approval), _) => Consent::Person(approval.clone()),
            (AllowedBy::Policy(policy), Request::Refund { amount, .. }) => {
                Consent::Policy { limits: day_limits(policy, amount.currency) }
            }
            (
                AllowedBy::Policy(_),
                Request::CancelSubscription { .. }
                | Request::PaymentLink { .. }
                | Request::PortalSession { .. },
            ) => Consent::Policy { limits: DayLimits::default() },
        }
    }

    /// Notes that the request leaves for Stripe; only then may it. Else why it may not.
    async fn held_up(&self, stored: &StoredAction) -> Result<Option<Reason>, Trouble> {
        if let Some(reason) = self.braked() {
            return Ok(Some(reason));
        }
        match Box::pin(self.ledger.mark_sent(&stored.id, self.right)).await? {
            // A busy ledger may have taken its time: the file is looked at once more. What is then not sent is known not to be.
            Clearance::Granted(_) => Ok(self.braked()),
            Clearance::Halted(halt) => Ok(Some(halted(&halt))),
            Clearance::LeaseLost => Err(Trouble::LeaseLost),
        }
    }

    /// Why nothing may be changed now, when somebody has pulled the brake.
    fn braked(&self) -> Option<Reason> {
        self.brake.is_on(self.workspace).then(braked)
    }

    /// Whether the mail comes again for this error. The last time it does not: what is not known then goes to a person. Waiting for a
    /// turn or for a key is not counted, so it is never the last time.
    fn waits_for(&self, error: &CallError) -> bool {
        may_pass(error) && (self.last_try == LastTry::No || waits_uncounted(error))
    }

    /// Goes on with an action that a mail has already: nothing is decided anew.
    pub(crate) async fn take_up(&self, stored: StoredAction) -> Result<Acted, Trouble> {
        match stored.state {
            ActionState::Done | ActionState::Refused | ActionState::Reconciled => told(&stored),
            ActionState::Unknown => self.read_back(stored, "it was unknown before").await,
            ActionState::Sent
                if stored.sent_at.is_none_or(|sent| self.now.duration_since(sent) > RESEND_WITHIN) =>
            {
                self.read_back(stored, "too old to send again").await
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
        self.withdrawn(stored, frozen, refusal).await
    }

    /// Where another worker has sent it meanwhile, for a copy of the mail, that is an error: the mail waits, and is told what came of it.
    async fn withdrawn(
        &self,
        stored: StoredAction,
        frozen: Frozen,
        refusal: Refusal,
    ) -> Result<Acted, Trouble> {
        self.settle(&stored, Settlement::Withdrawn(serde_json::to_value(&refusal)?)).await?;
        Ok(Acted::Refused { id: stored.id, frozen, refusal })
    }

    async fn send(&self, stored: StoredAction, permit: Permit) -> Result<Acted, Trouble> {
        let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
        let earlier = EarlierRefunds::for_action(&stored);
        match preflight::look(self.stripe.reader(), &stored.id, &frozen, earlier).await {
            Ok(Preflight::Clear) => self.send_now(stored, frozen, permit).await,
            Ok(Preflight::Done(effect)) => self.found(stored, frozen, effect).await,
            Ok(Preflight::InTheWay(refusal)) => self.give_up(stored, frozen, refusal).await,
            Err(error) if self.waits_for(&error) => Err(Trouble::Stripe(error)),
            Err(error) => self.give_up(stored, frozen, Refusal::from(&error)).await,
        }
    }

    async fn send_now(&self, stored: StoredAction, frozen: Frozen, permit: Permit) -> Result<Acted, Trouble> {
        if let Some(reason) = self.held_up(&stored).await? {
            return match self.right {
                Right::Mail(_) => self.give_up(stored, frozen, Refusal::from(reason)).await,
                Right::FollowUp(_) => Ok(Acted::Held(reason)),
            };
        }
        match write::write(self.stripe, &stored.id, &frozen.request, permit).await {
            Ok(effect) => self.done(&stored, frozen, effect).await,
            Err(error) => self.failed(stored, frozen, error).await,
        }
    }

    /// Stripe shows that it was done. Nothing is sent, so no halt holds it up.
    async fn found(&self, stored: StoredAction, frozen: Frozen, effect: Effect) -> Result<Acted, Trouble> {
        self.settle(&stored, Settlement::Found(serde_json::to_value(&effect)?)).await?;
        Ok(Acted::Done { id: stored.id, frozen, effect })
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
            return self.withdrawn(stored, frozen, refusal).await;
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
                self.read_back(stored, &error.to_string()).await
            }
        }
    }

    /// Asks Stripe whether an action that was sent was done. What cannot be found is unknown: a follow-up looks again, and a person.
    async fn read_back(&self, stored: StoredAction, why: &str) -> Result<Acted, Trouble> {
        let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
        let was_unknown = stored.state == ActionState::Unknown;
        match read_back::find(self.stripe.reader(), &stored.id, &frozen.request).await {
            Ok(Trace::Ours(effect)) => {
                let result = serde_json::to_value(&effect)?;
                let settlement =
                    if was_unknown { Settlement::Reconciled(result) } else { Settlement::Done(result) };
                self.settle(&stored, settlement).await?;
                Ok(Acted::Done { id: stored.id, frozen, effect })
            }
            Err(error) if self.waits_for(&error) => Err(Trouble::Stripe(error)),
            Ok(Trace::Nothing | Trace::AnothersMail | Trace::CutShort) | Err(_) => {
                if !was_unknown {
                    self.settle(&stored, Settlement::Unknown(json!({ "why": why }))).await?;
                }
                Ok(Acted::Unknown { id: stored.id, frozen })
            }
        }
    }

    async fn settle(&self, stored: &StoredAction, settlement: Settlement) -> Result<(), Trouble> {
        let settled = Box::pin(self.ledger.settle(&stored.id, settlement)).await?;
        note_money(self.meters, &settled);
        Ok(())
    }
}

/// Counts money that was given back, once: when the ledger learns that it was.
pub(crate) fn note_money(meters: Option<&Meters>, settled: &Settled) {
    let (Some(meters), Settled::Stored(action)) = (meters, settled) else { return };
    let is_done = matches!(action.state, ActionState::Done | ActionState::Reconciled);
    if let Some(amount) = action.amount.filter(|_| is_done) {
        meters.of(&action.workspace).gave_back(action.function, amount);
    }
}

/// The money that leaves by it, for the day's limits.
fn spends(frozen: &Frozen) -> Option<Spends> {
    match &frozen.request {
        Request::Refund { amount, .. } => {
            frozen.customer.spender().map(|customer| Spends { customer, amount: *amount })
        }
        Request::CancelSubscription { .. } | Request::PaymentLink { .. } | Request::PortalSession { .. } => {
            None
        }
    }
}

fn day_limits(policy: &Policy, currency: Currency) -> DayLimits {
    let rules = &policy.refund;
    DayLimits {
        customer: rules.day_limit_customer_minor.get(&currency).copied(),
        workspace: rules.day_limit_workspace_minor.get(&currency).copied(),
    }
}

fn braked() -> Reason {
    Reason::new(ReasonCode::Halted, "changes at Stripe are halted by a file on the worker's machine")
}

/// Why a halt holds something up, for a person.
fn halted(halt: &Halt) -> Reason {
    let Halt { kind, actor, reason, .. } = halt;
    match kind {
        HaltKind::Stop => {
            let text = format!("changes at Stripe are halted by {actor}: {reason}");
            Reason::new(ReasonCode::Halted, text)
        }
        HaltKind::Breaker => {
            let text = format!("refunds wait for a person until the workspace is resumed: {reason}");
            Reason::new(ReasonCode::BreakerTripped, text)
        }
    }
}

/// The judgement passed, and by the time it was to be stored another worker had given away what was left of the day.
fn over_limit(limit: DayLimit) -> Reason {
    let text = match limit {
        DayLimit::Customer => {
            "another refund of this moment used up what the customer may get within 24 hours"
        }
        DayLimit::Workspace => "another refund of this moment used up what may be given away within 24 hours",
    };
    Reason::new(ReasonCode::DayLimit, text)
}

/// What the ledger says of a settled action.
pub(crate) fn told(stored: &StoredAction) -> Result<Acted, Trouble> {
    let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
    let result = stored.result.clone().unwrap_or(Value::Null);
    if stored.state == ActionState::Refused {
        return Ok(Acted::Refused {
            id: stored.id.clone(),
            frozen,
            refusal: serde_json::from_value(result)?,
        });
    }
    let effect = Effect::read(result)?;
    Ok(Acted::Done { id: stored.id.clone(), frozen, effect })
}

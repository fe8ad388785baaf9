//! One change at Stripe: stored first, then sent with the stored key, then read back where the answer was lost.
//!
//! The rules, in the order of the code: an action that was settled is not sent again · its frozen parameters are sent, whatever was
//! decided now · Stripe's own memory of a key ends after 24 hours, so an action older than [`RESEND_WITHIN`] is only read back · there
//! is never a second key.

use domain::action::{ActionState, StoredAction};
use domain::workspace::Writable;
use domain::{ActionId, Fingerprint, Function, Permit, Reason, ReasonCode, Timestamp, WorkspaceId};
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::{Clearance, Intended, Lease, Ledger, NewAction, Settlement};
use stripe_client::{CallError, NewPaymentLink, NewPortalSession, NewRefund, RefundOf, WriteError};

use crate::action::{Effect, Frozen, Request};
use crate::functions::{progress_of, stands};
use crate::trouble::{Trouble, may_pass, reason_code};
use crate::workspace::Access;

/// How long the same key may be sent again. Stripe may forget keys after 24 hours; four hours are kept for clocks and slow queues.
const RESEND_WITHIN: SignedDuration = SignedDuration::from_hours(20);

/// Who acts, for which mail.
pub(crate) struct Actor<'a> {
    pub(crate) ledger: &'a Ledger,
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
        reason: Reason,
    },
    /// Nobody knows, and reading back did not tell.
    Unknown {
        id: ActionId,
        frozen: Frozen,
    },
    /// Another mail's action is under way on the same object.
    Busy,
}

impl Actor<'_> {
    /// The action that this mail has of `function` already.
    pub(crate) async fn stored(&self, function: Function) -> Result<Option<StoredAction>, Trouble> {
        let id = ActionId::derive(self.workspace, &self.fingerprint, function);
        Ok(self.ledger.action(&id).await?)
    }

    /// Carries out what is frozen, under `permit`.
    pub(crate) async fn carry_out(&self, frozen: &Frozen, permit: Permit) -> Result<Acted, Trouble> {
        match self.intend(frozen).await? {
            Intended::New(stored) => self.send(stored, permit).await,
            Intended::Existing(stored) => self.take_up(stored).await,
            Intended::TargetBusy(_) => Ok(Acted::Busy),
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
        };
        Ok(self.ledger.intend(&new, self.lease).await?)
    }

    /// Notes that the request leaves for Stripe; only then may it.
    async fn mark_sent(&self, stored: &StoredAction) -> Result<(), Trouble> {
        match self.ledger.mark_sent(&stored.id, self.lease).await? {
            Clearance::Granted(_) => Ok(()),
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
    pub(crate) async fn withdraw(&self, stored: StoredAction, reason: Reason) -> Result<Acted, Trouble> {
        let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
        self.refused(stored, frozen, reason).await
    }

    async fn send(&self, stored: StoredAction, permit: Permit) -> Result<Acted, Trouble> {
        let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
        // A ledger that was lost or restored from a backup does not know what Stripe knows.
        let trace = match self.find(&stored.id, &frozen.request).await {
            Ok(trace) => trace,
            Err(error) if self.waits_for(&error) => return Err(Trouble::Stripe(error)),
            Err(error) => return self.give_up(stored, frozen, refusal(&error)).await,
        };
        match trace {
            Trace::Ours(effect) => {
                self.mark_sent(&stored).await?;
                self.done(&stored, frozen, effect).await
            }
            // Between the look at the charge and this one: only now does nobody else have an action on it.
            Trace::AnothersMail => {
                let text = "a refund of this payment was issued for another mail";
                self.give_up(stored, frozen, Reason::new(ReasonCode::ApprovalRequired, text)).await
            }
            Trace::CutShort => {
                let text = "not everything could be read that shows whether it was done before";
                self.give_up(stored, frozen, Reason::new(ReasonCode::OutcomeUnknown, text)).await
            }
            Trace::Nothing => {
                self.mark_sent(&stored).await?;
                match self.write(&stored.id, &frozen.request, permit).await {
                    Ok(effect) => self.done(&stored, frozen, effect).await,
                    Err(error) => self.failed(stored, frozen, error).await,
                }
            }
        }
    }

    async fn done(&self, stored: &StoredAction, frozen: Frozen, effect: Effect) -> Result<Acted, Trouble> {
        self.settle(stored, Settlement::Done(serde_json::to_value(&effect)?)).await?;
        Ok(Acted::Done { id: stored.id.clone(), frozen, effect })
    }

    async fn refused(&self, stored: StoredAction, frozen: Frozen, reason: Reason) -> Result<Acted, Trouble> {
        self.settle(&stored, Settlement::Refused(serde_json::to_value(&reason)?)).await?;
        Ok(Acted::Refused { id: stored.id, frozen, reason })
    }

    /// Nobody will try again: what was never sent is given up, what was sent stays unknown.
    async fn give_up(&self, stored: StoredAction, frozen: Frozen, reason: Reason) -> Result<Acted, Trouble> {
        if stored.state == ActionState::Intended {
            return self.refused(stored, frozen, reason).await;
        }
        self.settle(&stored, Settlement::Unknown(serde_json::to_value(&reason)?)).await?;
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
            WriteError::NotDone(error) if !sent_before => self.refused(stored, frozen, refusal(&error)).await,
            WriteError::NotDone(_) | WriteError::Unknown(_) | WriteError::WrongPermit { .. } => {
                self.settle(&stored, Settlement::Unknown(json!({ "why": error.to_string() }))).await?;
                self.read_back(stored).await
            }
        }
    }

    /// Asks Stripe whether an action of unknown outcome was done. What cannot be found stays unknown: a person has to look.
    async fn read_back(&self, stored: StoredAction) -> Result<Acted, Trouble> {
        let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
        match self.find(&stored.id, &frozen.request).await {
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

    /// What Stripe holds of the action already. Links carry no trace that can be listed with the key's permissions; one made twice
    /// harms nobody, and the same key makes the same one.
    async fn find(&self, id: &ActionId, request: &Request) -> Result<Trace, CallError> {
        match request {
            Request::Refund { charge, .. } => {
                let refunds = self.stripe.reader().refunds_of_charge(charge).await?;
                let request_id = refunds.request_id.as_ref().map(ToString::to_string);
                let made = refunds.value.items.iter().filter(|refund| refund.action.is_some());
                let (ours, others): (Vec<_>, Vec<_>) =
                    made.partition(|refund| refund.action.as_ref() == Some(id));
                let effect = ours.first().map(|refund| Effect::Refunded {
                    refund: refund.id.clone(),
                    progress: progress_of(refund),
                    request_id,
                });
                Ok(match effect {
                    None if others.into_iter().any(stands) => Trace::AnothersMail,
                    None if !refunds.value.complete => Trace::CutShort,
                    effect => effect.into(),
                })
            }
            Request::CancelSubscription { subscription, period_end } => {
                let got = self.stripe.reader().subscription(subscription).await?;
                let request_id = got.request_id.map(|id| id.to_string());
                let ours = got.value.filter(|subscription| {
                    subscription.action.as_ref() == Some(id) && subscription.is_ending()
                });
                let effect = ours.map(|subscription| Effect::Ending {
                    on: subscription.cancel_at.or(*period_end),
                    subscription: subscription.id,
                    request_id,
                });
                Ok(effect.into())
            }
            Request::PaymentLink { .. } | Request::PortalSession { .. } => Ok(Trace::Nothing),
        }
    }

    async fn write(&self, id: &ActionId, request: &Request, permit: Permit) -> Result<Effect, WriteError> {
        let permitted = permit.function();
        let Some(write) = self.stripe.write(permit) else {
            return Err(WriteError::WrongPermit { permitted, asked: request.function() });
        };
        match request {
            Request::Refund { charge, amount, .. } => {
                let refund = NewRefund { of: RefundOf::Charge(charge.clone()), amount: *amount };
                let written = write.refund(id, &refund).await?;
                let request_id = written.request_id.map(|id| id.to_string());
                Ok(Effect::Refunded {
                    progress: progress_of(&written.value),
                    refund: written.value.id,
                    request_id,
                })
            }
            Request::CancelSubscription { subscription, period_end } => {
                let written = write.end_subscription_with_period(id, subscription).await?;
                let request_id = written.request_id.map(|id| id.to_string());
                let on = written.value.cancel_at.or(*period_end);
                Ok(Effect::Ending { subscription: written.value.id, on, request_id })
            }
            Request::PaymentLink { amount, .. } => {
                let link = NewPaymentLink { amount: *amount, title: "Payment".to_owned(), invoice: None };
                let written = write.payment_link(id, &link).await?;
                let request_id = written.request_id.map(|id| id.to_string());
                Ok(Effect::LinkMade {
                    link: written.value.id,
                    url: written.value.url.as_str().to_owned(),
                    request_id,
                })
            }
            Request::PortalSession { customer, .. } => {
                let session =
                    NewPortalSession { customer: customer.clone(), configuration: None, return_url: None };
                let written = write.portal_session(id, &session).await?;
                let request_id = written.request_id.map(|id| id.to_string());
                Ok(Effect::SessionMade {
                    session: written.value.id,
                    url: written.value.url.as_str().to_owned(),
                    request_id,
                })
            }
        }
    }

    async fn settle(&self, stored: &StoredAction, settlement: Settlement) -> Result<(), Trouble> {
        self.ledger.settle(&stored.id, settlement).await?;
        Ok(())
    }
}

/// What Stripe shows of an action.
enum Trace {
    /// It was done.
    Ours(Effect),
    /// It was not done.
    Nothing,
    /// It was not done, but postill did the same on this object for another mail.
    AnothersMail,
    /// It is not among what could be read, and that is not all there is.
    CutShort,
}

impl From<Option<Effect>> for Trace {
    fn from(effect: Option<Effect>) -> Self {
        effect.map_or(Self::Nothing, Self::Ours)
    }
}

/// Why nothing was done, for a person.
fn refusal(error: &CallError) -> Reason {
    Reason::new(reason_code(error), error.to_string())
}

/// What the ledger says of a settled action.
fn told(stored: &StoredAction) -> Result<Acted, Trouble> {
    let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
    let result = stored.result.clone().unwrap_or(Value::Null);
    if stored.state == ActionState::Refused {
        return Ok(Acted::Refused { id: stored.id.clone(), frozen, reason: serde_json::from_value(result)? });
    }
    Ok(Acted::Done { id: stored.id.clone(), frozen, effect: serde_json::from_value(result)? })
}

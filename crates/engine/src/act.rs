//! One change at Stripe: stored first, then sent with the stored key, then read back where the answer was lost.
//!
//! The rules, in the order of the code: an action that was settled is not sent again · its frozen parameters are sent, whatever was
//! decided now · Stripe's own memory of a key ends after 24 hours, so an action older than [`RESEND_WITHIN`] is only read back · there
//! is never a second key.

use domain::action::{ActionState, StoredAction};
use domain::workspace::Writable;
use domain::{ActionId, Fingerprint, Function, Permit, Reason, Timestamp, WorkspaceId};
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::{Clearance, Intended, Lease, Ledger, NewAction, Settlement};
use stripe_client::{CallError, NewPaymentLink, NewPortalSession, NewRefund, RefundOf, WriteError};

use crate::action::{Effect, Frozen, Request};
use crate::functions::progress_of;
use crate::trouble::{Trouble, reason_code};
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

impl Acted {
    /// What was stored; nothing when another mail's action stood in the way.
    pub(crate) const fn frozen(&self) -> Option<&Frozen> {
        match self {
            Self::Done { frozen, .. } | Self::Refused { frozen, .. } | Self::Unknown { frozen, .. } => {
                Some(frozen)
            }
            Self::Busy => None,
        }
    }
}

impl Actor<'_> {
    /// What this mail did, or began to do, of `function` before.
    pub(crate) async fn earlier(&self, function: Function) -> Result<Option<Acted>, Trouble> {
        let id = ActionId::derive(self.workspace, &self.fingerprint, function);
        match self.ledger.action(&id).await? {
            Some(stored) => self.take_up(stored).await.map(Some),
            None => Ok(None),
        }
    }

    /// Carries out what is frozen, under `permit`.
    pub(crate) async fn carry_out(&self, frozen: &Frozen, permit: Permit) -> Result<Acted, Trouble> {
        let function = frozen.request.function();
        let new = NewAction {
            id: ActionId::derive(self.workspace, &self.fingerprint, function),
            workspace: self.workspace.clone(),
            fingerprint: self.fingerprint,
            function,
            target: frozen.request.target().to_owned(),
            parameters: serde_json::to_value(frozen)?,
        };
        match self.ledger.intend(&new, self.lease).await? {
            Intended::New(stored) => self.send(stored, permit).await,
            Intended::Existing(stored) => self.take_up(stored).await,
            Intended::TargetBusy(_) => Ok(Acted::Busy),
            Intended::LeaseLost => Err(Trouble::LeaseLost),
        }
    }

    /// Goes on with an action that a mail has already: nothing is decided anew.
    async fn take_up(&self, stored: StoredAction) -> Result<Acted, Trouble> {
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

    async fn send(&self, stored: StoredAction, permit: Permit) -> Result<Acted, Trouble> {
        let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
        let sent_before = stored.state == ActionState::Sent;
        // A ledger that was lost or restored from a backup does not know what Stripe knows.
        let found = match self.find(&stored.id, &frozen.request).await {
            Ok(found) => found,
            Err(error) if self.last_try == LastTry::No => return Err(Trouble::Stripe(error)),
            Err(error) => return self.give_up(stored, frozen, error).await,
        };
        match self.ledger.mark_sent(&stored.id, self.lease).await? {
            Clearance::Granted(_) => {}
            Clearance::LeaseLost => return Err(Trouble::LeaseLost),
        }
        if let Some(effect) = found {
            return self.done(&stored, frozen, effect).await;
        }
        match self.write(&stored.id, &frozen.request, permit).await {
            Ok(effect) => self.done(&stored, frozen, effect).await,
            Err(error) => self.failed(stored, frozen, error, sent_before).await,
        }
    }

    async fn done(&self, stored: &StoredAction, frozen: Frozen, effect: Effect) -> Result<Acted, Trouble> {
        self.settle(stored, Settlement::Done(serde_json::to_value(&effect)?)).await?;
        Ok(Acted::Done { id: stored.id.clone(), frozen, effect })
    }

    async fn refused(
        &self,
        stored: StoredAction,
        frozen: Frozen,
        error: &CallError,
    ) -> Result<Acted, Trouble> {
        let reason = Reason::new(reason_code(error), error.to_string());
        self.settle(&stored, Settlement::Refused(serde_json::to_value(&reason)?)).await?;
        Ok(Acted::Refused { id: stored.id, frozen, reason })
    }

    /// Nobody will try again: what was never sent is given up, what was sent stays unknown.
    async fn give_up(
        &self,
        stored: StoredAction,
        frozen: Frozen,
        error: CallError,
    ) -> Result<Acted, Trouble> {
        if stored.state == ActionState::Intended {
            return self.refused(stored, frozen, &error).await;
        }
        self.settle(&stored, Settlement::Unknown(json!({ "why": error.to_string() }))).await?;
        Ok(Acted::Unknown { id: stored.id, frozen })
    }

    /// A refusal is believed only when nothing was sent before: else the first request may have done it.
    async fn failed(
        &self,
        stored: StoredAction,
        frozen: Frozen,
        error: WriteError,
        sent_before: bool,
    ) -> Result<Acted, Trouble> {
        match error {
            WriteError::NotDone(error) if error.is_transient() && self.last_try == LastTry::No => {
                Err(Trouble::Stripe(error))
            }
            WriteError::NotDone(error @ CallError::KeyRefused { .. }) if self.last_try == LastTry::No => {
                Err(Trouble::Stripe(error))
            }
            WriteError::NotDone(error) if !sent_before => self.refused(stored, frozen, &error).await,
            WriteError::Unknown(error) if error.is_transient() && self.last_try == LastTry::No => {
                Err(Trouble::Stripe(error))
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
        match self.find(&stored.id, &frozen.request).await {
            Ok(Some(effect)) => {
                self.settle(&stored, Settlement::Reconciled(serde_json::to_value(&effect)?)).await?;
                Ok(Acted::Done { id: stored.id, frozen, effect })
            }
            Ok(None) => Ok(Acted::Unknown { id: stored.id, frozen }),
            Err(error) if self.last_try == LastTry::No => Err(Trouble::Stripe(error)),
            Err(_unreadable) => Ok(Acted::Unknown { id: stored.id, frozen }),
        }
    }

    /// What Stripe holds of the action already. Links carry no trace that can be listed with the key's permissions; one made twice
    /// harms nobody, and the same key makes the same one.
    async fn find(&self, id: &ActionId, request: &Request) -> Result<Option<Effect>, CallError> {
        match request {
            Request::Refund { charge, .. } => {
                let refunds = self.stripe.reader().refunds_of_charge(charge).await?;
                let request_id = refunds.request_id.as_ref().map(ToString::to_string);
                let ours = refunds.value.items.iter().find(|refund| refund.action.as_ref() == Some(id));
                Ok(ours.map(|refund| Effect::Refunded {
                    refund: refund.id.clone(),
                    progress: progress_of(refund),
                    request_id,
                }))
            }
            Request::CancelSubscription { subscription, period_end } => {
                let got = self.stripe.reader().subscription(subscription).await?;
                let request_id = got.request_id.map(|id| id.to_string());
                let ours = got.value.filter(|subscription| {
                    subscription.action.as_ref() == Some(id) && subscription.is_ending()
                });
                Ok(ours.map(|subscription| Effect::Ending {
                    on: subscription.cancel_at.or(*period_end),
                    subscription: subscription.id,
                    request_id,
                }))
            }
            Request::PaymentLink { .. } | Request::PortalSession { .. } => Ok(None),
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

/// What the ledger says of a settled action.
fn told(stored: &StoredAction) -> Result<Acted, Trouble> {
    let frozen: Frozen = serde_json::from_value(stored.parameters.clone())?;
    let result = stored.result.clone().unwrap_or(Value::Null);
    if stored.state == ActionState::Refused {
        return Ok(Acted::Refused { id: stored.id.clone(), frozen, reason: serde_json::from_value(result)? });
    }
    Ok(Acted::Done { id: stored.id.clone(), frozen, effect: serde_json::from_value(result)? })
}

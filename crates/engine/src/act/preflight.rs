//! The last look before a change is sent. What was decided rests on what Stripe showed a moment ago, or, where a person had to decide,
//! days ago; so it is read again, and what has changed since is told instead of done.

use domain::action::StoredAction;
use domain::ids::{ChargeId, SubscriptionId};
use domain::{ActionId, Money, ReasonCode, Timestamp};
use stripe_client::object::{Charge, ChargeStatus, Subscription};
use stripe_client::{CallError, StripeReader};

use super::read_back::{self, Trace, ending_by};
use super::refusal::{Refusal, Seen};
use crate::action::{Effect, Frozen, Request};
use crate::customer::OnFile;
use crate::functions::has_ended;

/// What stands before the sending.
pub(super) enum Preflight {
    /// Nothing.
    Clear,
    /// It was done before: by a worker that crashed, or before the ledger was lost or restored from a backup.
    Done(Effect),
    /// Something that makes it wrong to send it.
    InTheWay(Refusal),
}

/// How far a look at the other refunds of a payment goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EarlierRefunds {
    /// One that postill made for another mail is in the way.
    Stop,
    /// A person knows of them and allowed another.
    Allowed,
}

impl EarlierRefunds {
    pub(super) const fn for_action(stored: &StoredAction) -> Self {
        if stored.approval.is_some() { Self::Allowed } else { Self::Stop }
    }
}

/// Reads what `frozen` is aimed at once more, as the action `id` is about to change it.
pub(super) async fn look(
    reader: &StripeReader,
    id: &ActionId,
    frozen: &Frozen,
    earlier: EarlierRefunds,
) -> Result<Preflight, CallError> {
    match &frozen.request {
        Request::Refund { charge, amount, .. } => {
            let trace = read_back::find(reader, id, &frozen.request).await?;
            match (trace, earlier) {
                (Trace::Ours(effect), _) => Ok(Preflight::Done(effect)),
                (Trace::CutShort, _) => Ok(Preflight::InTheWay(cut_short())),
                (Trace::AnothersMail, EarlierRefunds::Stop) => Ok(Preflight::InTheWay(anothers_mail())),
                (Trace::Nothing, _) | (Trace::AnothersMail, EarlierRefunds::Allowed) => {
                    look_at_charge(reader, charge, *amount, &frozen.customer).await
                }
            }
        }
        Request::CancelSubscription { subscription, period_end } => {
            look_at_subscription(reader, id, subscription, *period_end, &frozen.customer).await
        }
        Request::PaymentLink { .. } | Request::PortalSession { .. } => Ok(Preflight::Clear),
    }
}

async fn look_at_charge(
    reader: &StripeReader,
    charge: &ChargeId,
    amount: Money,
    customer: &OnFile,
) -> Result<Preflight, CallError> {
    let Some(charge) = reader.charge(charge).await?.value else {
        return Ok(in_the_way(ReasonCode::ReferenceNotFound, "the payment is not there any more"));
    };
    Ok(objection_to_refund(&charge, amount, customer).map_or(Preflight::Clear, Preflight::InTheWay))
}

/// Why `amount` of `charge` is not given back to `customer`. A refund always goes to whoever paid, so a charge that changed hands is
/// none of the sender's.
fn objection_to_refund(charge: &Charge, amount: Money, customer: &OnFile) -> Option<Refusal> {
    let left = charge.refundable();
    let (code, text) = if !customer.paid(charge) {
        (ReasonCode::ReferenceNotFound, "the payment is not the customer's any more".to_owned())
    } else if charge.status == ChargeStatus::Pending {
        (ReasonCode::Pending, "the payment is still being processed by the bank".to_owned())
    } else if charge.status != ChargeStatus::Succeeded {
        (ReasonCode::NothingRefundable, "the payment did not succeed".to_owned())
    } else if !charge.captured {
        (ReasonCode::Uncaptured, "the payment is reserved and was not taken".to_owned())
    } else if charge.disputed {
        (ReasonCode::Disputed, "the payment is disputed at the bank by now".to_owned())
    } else if left.minor <= 0 {
        let text = "the payment was refunded in full by somebody else in the meantime";
        let seen = Seen::Refunded { amount: charge.refunded_amount() };
        return Some(Refusal::new(ReasonCode::AlreadyRefunded, text).seen(seen));
    } else if left.currency != amount.currency || left.minor < amount.minor {
        (ReasonCode::AmountTooHigh, format!("{amount} was to be refunded, and only {left} is left by now"))
    } else {
        return None;
    };
    Some(Refusal::new(code, text))
}

async fn look_at_subscription(
    reader: &StripeReader,
    id: &ActionId,
    subscription: &SubscriptionId,
    period_end: Option<Timestamp>,
    customer: &OnFile,
) -> Result<Preflight, CallError> {
    let got = reader.subscription(subscription).await?;
    let request_id = got.request_id.map(|id| id.to_string());
    let Some(subscription) = got.value else {
        return Ok(in_the_way(ReasonCode::ReferenceNotFound, "the subscription is not there any more"));
    };
    if let Some(effect) = ending_by(id, &subscription, period_end, request_id) {
        return Ok(Preflight::Done(effect));
    }
    Ok(objection_to_cancellation(&subscription, customer).map_or(Preflight::Clear, Preflight::InTheWay))
}

fn objection_to_cancellation(subscription: &Subscription, customer: &OnFile) -> Option<Refusal> {
    if subscription.customer.as_ref() != customer.id.customer() {
        let text = "the subscription is not the customer's any more";
        return Some(Refusal::new(ReasonCode::ReferenceNotFound, text));
    }
    if has_ended(subscription) {
        let seen = Seen::Ended { on: subscription.ended_at };
        let text = "the subscription has ended in the meantime";
        return Some(Refusal::new(ReasonCode::AlreadyCanceled, text).seen(seen));
    }
    if subscription.is_ending() {
        let seen = Seen::Ending { on: subscription.cancel_at.or_else(|| subscription.period_end()) };
        let text = "the subscription was set to end by somebody else in the meantime";
        return Some(Refusal::new(ReasonCode::AlreadyEnding, text).seen(seen));
    }
    subscription.is_scheduled.then(|| {
        let text = "a schedule manages the subscription by now, and would undo the cancellation";
        Refusal::new(ReasonCode::ScheduleManaged, text)
    })
}

/// Between the look at the charge and this one: only now does nobody else have an action on it.
fn anothers_mail() -> Refusal {
    Refusal::new(ReasonCode::ApprovalRequired, "a refund of this payment was issued for another mail")
}

fn cut_short() -> Refusal {
    let text = "not everything could be read that shows whether it was done before";
    Refusal::new(ReasonCode::OutcomeUnknown, text)
}

fn in_the_way(code: ReasonCode, text: &str) -> Preflight {
    Preflight::InTheWay(Refusal::new(code, text))
}

#[cfg(test)]
mod tests {
    use domain::Currency;
    use serde_json::{Value, json};

    use super::*;

    fn customer() -> OnFile {
        let stored = json!({"id": "cus_1", "address": null, "matched_by": "address", "candidates": 1});
        serde_json::from_value(stored).unwrap()
    }

    /// What is said of a refund of 10.00 on a charge of 49.00 that is special in some way.
    #[track_caller]
    fn check_refund(special: Value, expected: Option<ReasonCode>) {
        let mut charge = json!({"id": "ch_1", "amount": 4_900, "amount_captured": 4_900, "amount_refunded": 0,
            "currency": "eur", "status": "succeeded", "captured": true, "refunded": false, "created": 1, "customer": "cus_1"});
        charge.as_object_mut().unwrap().extend(special.as_object().unwrap().clone());
        let charge: Charge = serde_json::from_value(charge).unwrap();
        let objection = objection_to_refund(&charge, Money::new(1_000, Currency::EUR), &customer());
        assert_eq!(objection.map(|refusal| refusal.reason.code), expected, "{special}");
    }

    #[test]
    fn only_what_is_the_customers_and_still_there_is_given_back() {
        check_refund(json!({}), None);
        check_refund(json!({"amount_refunded": 3_900}), None);
        check_refund(json!({"customer": "cus_2"}), Some(ReasonCode::ReferenceNotFound));
        check_refund(json!({"customer": null}), Some(ReasonCode::ReferenceNotFound));
        check_refund(json!({"status": "pending"}), Some(ReasonCode::Pending));
        check_refund(json!({"status": "failed"}), Some(ReasonCode::NothingRefundable));
        check_refund(json!({"captured": false}), Some(ReasonCode::Uncaptured));
        check_refund(json!({"disputed": true}), Some(ReasonCode::Disputed));
        check_refund(json!({"amount_refunded": 4_900, "refunded": true}), Some(ReasonCode::AlreadyRefunded));
        check_refund(json!({"amount_refunded": 3_901}), Some(ReasonCode::AmountTooHigh));
        check_refund(json!({"currency": "usd"}), Some(ReasonCode::AmountTooHigh));
    }

    #[track_caller]
    fn check_cancellation(special: Value, expected: Option<ReasonCode>) {
        let mut subscription = json!({"id": "sub_1", "status": "active", "customer": "cus_1", "items": {"data": []},
            "cancel_at_period_end": false, "created": 1});
        subscription.as_object_mut().unwrap().extend(special.as_object().unwrap().clone());
        let subscription: Subscription = serde_json::from_value(subscription).unwrap();
        let objection = objection_to_cancellation(&subscription, &customer());
        assert_eq!(objection.map(|refusal| refusal.reason.code), expected, "{special}");
    }

    #[test]
    fn only_what_is_the_customers_and_runs_on_is_let_end() {
        check_cancellation(json!({}), None);
        check_cancellation(json!({"customer": "cus_2"}), Some(ReasonCode::ReferenceNotFound));
        check_cancellation(json!({"status": "canceled"}), Some(ReasonCode::AlreadyCanceled));
        check_cancellation(json!({"cancel_at_period_end": true}), Some(ReasonCode::AlreadyEnding));
        check_cancellation(json!({"cancel_at": 9}), Some(ReasonCode::AlreadyEnding));
        check_cancellation(json!({"schedule": "sub_sched_1"}), Some(ReasonCode::ScheduleManaged));
    }
}

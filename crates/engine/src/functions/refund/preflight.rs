//! Why a payment cannot be refunded, told from the charge alone: what was never taken, what went back before, and what the bank is
//! asking about. `act.rs` looks at the charge once more before anything is sent.
//!
//! Stripe's dispute objects are not read. A charge says that its bank has asked, but not whether it is an inquiry, which could still be
//! refunded, or a chargeback, which takes the money by itself: refunding the latter pays twice. So every dispute is a person's.

use domain::{Outcome, ReasonCode};
use stripe_client::object::{Charge, ChargeStatus};

use super::super::gather::Owned;
use super::super::{Case, payment_status};
use crate::facts::FactSheet;
use crate::finding::Finding;
use crate::reply::Saying;

/// What stands in the way of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Obstacle {
    /// The bank has asked for it back, or about it.
    Disputed,
    /// All that was taken has gone back.
    Refunded,
    /// The bank has not answered yet.
    Pending,
    /// Authorised and not taken: it is let go, not refunded.
    Uncaptured,
    /// It failed: nothing was taken.
    Failed,
    /// It is in a state that Stripe invented since.
    Unknown,
}

impl Obstacle {
    /// The first thing that stands in the way of any refund of `charge`.
    pub(super) fn of(charge: &Charge) -> Option<Self> {
        match &charge.status {
            _ if charge.disputed => Some(Self::Disputed),
            ChargeStatus::Failed => Some(Self::Failed),
            ChargeStatus::Pending => Some(Self::Pending),
            ChargeStatus::Other(_) => Some(Self::Unknown),
            ChargeStatus::Succeeded if charge.refunded => Some(Self::Refunded),
            ChargeStatus::Succeeded if !charge.captured => Some(Self::Uncaptured),
            ChargeStatus::Succeeded if charge.refundable().minor == 0 => Some(Self::Refunded),
            ChargeStatus::Succeeded => None,
        }
    }

    fn reason(self) -> (Outcome, ReasonCode, String) {
        let (outcome, code, text) = match self {
            Self::Disputed => (
                Outcome::Handoff,
                ReasonCode::Disputed,
                "the payment is disputed at the bank: a chargeback must not be refunded, an inquiry may be; the dashboard tells which",
            ),
            Self::Refunded => {
                (Outcome::Answered, ReasonCode::AlreadyRefunded, "all of the payment was refunded before")
            }
            Self::Pending => (
                Outcome::Answered,
                ReasonCode::Pending,
                "the bank has not confirmed the payment yet, so there is nothing to refund",
            ),
            Self::Uncaptured => (
                Outcome::Handoff,
                ReasonCode::Uncaptured,
                "the payment is authorised and was not taken: release it in the dashboard instead of a refund",
            ),
            Self::Failed => (
                Outcome::Answered,
                ReasonCode::NothingRefundable,
                "the payment failed, and nothing was taken for it",
            ),
            Self::Unknown => (
                Outcome::Handoff,
                ReasonCode::NothingRefundable,
                "the payment is in a state that this version does not know",
            ),
        };
        (outcome, code, text.to_owned())
    }

    fn saying(self, charge: &Charge) -> Saying {
        match self {
            Self::Refunded if charge.captured => {
                Saying::RefundedBefore { amount: charge.refunded_amount(), charged: charge.created }
            }
            Self::Pending => Saying::PaymentPendingNoRefund { amount: charge.amount(), on: charge.created },
            Self::Uncaptured => Saying::PaymentUncaptured { amount: charge.amount(), on: charge.created },
            Self::Unknown => Saying::PersonAnswers,
            Self::Disputed | Self::Refunded | Self::Failed => payment_status::saying(charge),
        }
    }
}

/// Why none of the candidates can be refunded: the gravest of what stands in the way.
pub(super) fn nothing_refundable(case: &Case<'_>, candidates: &[&Owned<Charge>]) -> Finding {
    let gravest = candidates
        .iter()
        .filter_map(|owned| Some((Obstacle::of(&owned.object)?, *owned)))
        .min_by_key(|(obstacle, _)| *obstacle);
    let Some((obstacle, owned)) = gravest else {
        let text = "no payment of the customer can be refunded";
        let finding = Finding::new(Outcome::Answered, ReasonCode::NothingRefundable, text);
        return finding.say([Saying::NothingRefundable]);
    };
    let mut sheet = FactSheet::new(case.language(), case.now);
    payment_status::state(&mut sheet, &owned.object, owned.request_id.as_deref());
    let (outcome, code, text) = obstacle.reason();
    Finding::new(outcome, code, text)
        .about(&owned.owner.id)
        .facts(sheet.into_facts())
        .say([obstacle.saying(&owned.object)])
}

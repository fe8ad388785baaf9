//! Why an action was not done: stored with it, and told.

use domain::{Money, Outcome, Reason, ReasonCode, Timestamp};
use serde::{Deserialize, Serialize};
use stripe_client::CallError;

use crate::action::Request;
use crate::reply::Saying;
use crate::trouble::explained;

/// Why an action was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refusal {
    #[serde(flatten)]
    pub(crate) reason: Reason,
    /// What Stripe showed in place of what was expected, where that answers the mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen: Option<Seen>,
}

/// What Stripe showed, where a customer may be told so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Seen {
    /// The payment was refunded, so much in all.
    Refunded { amount: Money },
    /// The subscription ends already.
    Ending { on: Option<Timestamp> },
    /// The subscription has ended.
    Ended { on: Option<Timestamp> },
}

impl Refusal {
    pub(crate) fn new(code: ReasonCode, text: impl Into<String>) -> Self {
        Self { reason: Reason::new(code, text), seen: None }
    }

    pub(super) fn seen(self, seen: Seen) -> Self {
        Self { seen: Some(seen), ..self }
    }

    /// How the mail ends, and what its sender is told. What answers it is an answer; what somebody at the business can settle goes to
    /// a person; the rest has failed.
    pub(crate) fn told(&self, request: &Request) -> (Outcome, Saying) {
        match (&self.seen, request) {
            (Some(Seen::Refunded { amount }), Request::Refund { charged_at, .. }) => {
                (Outcome::Answered, Saying::RefundedBefore { amount: *amount, charged: *charged_at })
            }
            (Some(Seen::Ending { on }), _) => (Outcome::Answered, Saying::CancellationSetBefore { on: *on }),
            (Some(Seen::Ended { on }), _) => (Outcome::Answered, Saying::SubscriptionEnded { on: *on }),
            (Some(Seen::Refunded { .. }) | None, _) if is_failure(self.reason.code) => {
                (Outcome::Failed, Saying::PersonAnswers)
            }
            (Some(Seen::Refunded { .. }) | None, _) => (Outcome::Handoff, Saying::PersonAnswers),
        }
    }
}

impl From<&CallError> for Refusal {
    fn from(error: &CallError) -> Self {
        Self { reason: explained(error), seen: None }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, seen: None }
    }
}

/// Nobody at the business can do more about it than what was tried.
const fn is_failure(code: ReasonCode) -> bool {
    matches!(code, ReasonCode::RefusedByStripe | ReasonCode::KeyRefused | ReasonCode::StripeUnavailable)
}

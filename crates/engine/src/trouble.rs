//! What can keep a mail from its outcome for the time being.

use domain::{Reason, ReasonCode};
use store::LedgerError;
use stripe_client::{CallError, RefusalReason};

/// Why a mail could not be brought to an end now. None of these is an outcome: the mail comes again.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Stripe did not give an answer that can be used.
    #[error("Stripe gave no answer that could be used")]
    Stripe(#[source] CallError),
    /// The ledger did not take or give what it should.
    #[error("the ledger failed")]
    Ledger(#[from] LedgerError),
    /// Another worker has taken the mail over.
    #[error("another worker has taken the mail over")]
    LeaseLost,
    /// An action in the ledger is not in a form this version reads.
    #[error("a stored action cannot be read")]
    Action(#[from] serde_json::Error),
}

impl Trouble {
    /// A word for who counts.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Stripe(CallError::KeyRefused { .. }) => "key_refused",
            Self::Stripe(error) if error.is_rate_limit() => "turn",
            Self::Stripe(_) => "stripe",
            Self::Ledger(_) => "ledger",
            Self::LeaseLost => "held",
            Self::Action(_) => "unreadable_action",
        }
    }

    /// Whether waiting does not count, however often: nothing is wrong with the mail, and trying it tells nothing.
    pub(crate) const fn is_uncounted(&self) -> bool {
        match self {
            Self::Stripe(error) => waits_uncounted(error),
            Self::Ledger(_) | Self::LeaseLost | Self::Action(_) => false,
        }
    }
}

/// Whether a mail may wait for this as long as it takes: for its turn, where the account is asked too often, or for a key that Stripe
/// accepts. Neither is a try.
pub(crate) const fn waits_uncounted(error: &CallError) -> bool {
    error.is_rate_limit() || matches!(error, CallError::KeyRefused { .. })
}

/// The reason a draft gives when this is what a mail ended with: for a person at the business.
pub(crate) fn explained(error: &CallError) -> Reason {
    let code = reason_code(error);
    if code == ReasonCode::PermissionMissing {
        let advice = "tick it for the restricted key in Stripe under Developers, API keys";
        return Reason::new(code, format!("{error}; {advice}"));
    }
    Reason::new(code, error.to_string())
}

const fn reason_code(error: &CallError) -> ReasonCode {
    match error {
        CallError::KeyRefused { .. } => ReasonCode::KeyRefused,
        CallError::PermissionMissing { .. } => ReasonCode::PermissionMissing,
        CallError::Congested { .. }
        | CallError::Unreachable { .. }
        | CallError::TimedOut { .. }
        | CallError::Broken { .. }
        | CallError::ServerFailed { .. }
        | CallError::RateLimited { .. }
        | CallError::ObjectInUse { .. }
        | CallError::KeyInUse { .. }
        | CallError::Conflict { .. }
        | CallError::Foreign { .. } => ReasonCode::StripeUnavailable,
        CallError::Refused { refusal, .. } => refused(refusal.reason),
        CallError::KeyMismatch { .. }
        | CallError::TooLarge { .. }
        | CallError::Unreadable { .. }
        | CallError::WrongMode { .. } => ReasonCode::RefusedByStripe,
    }
}

/// What Stripe's own refusal says of the object, where it says something: it is the last to know, also when somebody was faster.
const fn refused(reason: RefusalReason) -> ReasonCode {
    match reason {
        RefusalReason::AlreadyRefunded => ReasonCode::AlreadyRefunded,
        RefusalReason::AboveRefundable => ReasonCode::AmountTooHigh,
        RefusalReason::Disputed => ReasonCode::Disputed,
        RefusalReason::BalanceTooLow => ReasonCode::BalanceTooLow,
        RefusalReason::AlreadyCanceled => ReasonCode::AlreadyCanceled,
        RefusalReason::PortalNotConfigured => ReasonCode::PortalNotConfigured,
        RefusalReason::NoSuchObject | RefusalReason::Declined | RefusalReason::Invalid => {
            ReasonCode::RefusedByStripe
        }
    }
}

/// Whether it may pass without the mail or its answer being changed: Stripe is back, or another key is connected.
pub(crate) const fn may_pass(error: &CallError) -> bool {
    matches!(reason_code(error), ReasonCode::KeyRefused | ReasonCode::StripeUnavailable)
}

//! How a mail ends, and why: closed words that dashboards and drafters may rely on.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The one terminal outcome of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The question was answered from Stripe; nothing was changed but perhaps a link made.
    Answered,
    /// A refund was issued, or a subscription set to end.
    ActionTaken,
    /// The action is possible, but a person has to allow it.
    NeedsApproval,
    /// Something has to be asked first: which charge, which amount, which subscription.
    NeedsClarification,
    /// The action needs more proof of who wrote.
    NeedsVerification,
    /// No Stripe customer has the sender's address.
    NoCustomer,
    /// A person should answer.
    Handoff,
    /// Nothing to answer.
    Ignored,
    /// It could not be answered, and trying again will not help.
    Failed,
}

impl Outcome {
    /// All nine.
    pub const ALL: [Self; 9] = [
        Self::Answered,
        Self::ActionTaken,
        Self::NeedsApproval,
        Self::NeedsClarification,
        Self::NeedsVerification,
        Self::NoCustomer,
        Self::Handoff,
        Self::Ignored,
        Self::Failed,
    ];

    /// The name on the wire and in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::ActionTaken => "action_taken",
            Self::NeedsApproval => "needs_approval",
            Self::NeedsClarification => "needs_clarification",
            Self::NeedsVerification => "needs_verification",
            Self::NoCustomer => "no_customer",
            Self::Handoff => "handoff",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for Outcome {
    type Err = OutcomeError;

    fn from_str(text: &str) -> Result<Self, OutcomeError> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text).ok_or(OutcomeError)
    }
}

/// The text names no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an outcome of a mail")]
pub struct OutcomeError;

/// Why a mail ended as it did: a stable code, and a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The stable code.
    pub code: ReasonCode,
    /// One sentence.
    pub text: String,
}

impl Reason {
    /// A reason of `code`, said as `text`.
    pub fn new(code: ReasonCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

/// The stable codes of reasons. Codes are only ever added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// Facts were found.
    FactsFound,
    /// The customer exists, but there is nothing of what was asked.
    NothingFound,
    /// A link was made.
    LinkCreated,
    /// A durable link was given in place of a session.
    LoginPageGiven,
    /// A refund was issued.
    RefundIssued,
    /// A cancellation was set.
    CancellationSet,
    /// The subscription was ending already.
    AlreadyEnding,
    /// The subscription has ended already.
    AlreadyCanceled,
    /// The charge was refunded before.
    AlreadyRefunded,
    /// The run makes no changes; this is what would have been done.
    DryRun,
    /// The amount is above the limit.
    AboveLimit,
    /// The policy has no limit for this currency.
    CurrencyNotAllowed,
    /// The charge is older than the refund window.
    OutsideWindow,
    /// The policy asks for approval of this function.
    ApprovalRequired,
    /// The function is switched off.
    FunctionOff,
    /// More than one charge could be meant.
    SeveralCharges,
    /// More than one subscription could be meant.
    SeveralSubscriptions,
    /// More than one customer has this address.
    SeveralCustomers,
    /// The amount is not clear.
    AmountUnclear,
    /// More is asked for than can be refunded.
    AmountTooHigh,
    /// The mail names something that is not among the customer's.
    ReferenceNotFound,
    /// There is no charge that could be refunded.
    NothingRefundable,
    /// There is nothing to pay.
    NothingToPay,
    /// The sender is not authenticated.
    SenderNotAuthenticated,
    /// The mail names no sender that can be acted for.
    SenderRefused,
    /// No customer has this address.
    NoCustomer,
    /// The key is for test data, but the address belongs to a live customer, or the reverse.
    OtherMode,
    /// The charge is disputed.
    Disputed,
    /// A schedule manages the subscription.
    ScheduleManaged,
    /// Refund and cancellation in one mail.
    RefundAndCancel,
    /// The mail gives orders to a program.
    InjectionSuspected,
    /// The tone asks for a person.
    Escalation,
    /// No label is sure enough.
    Unsure,
    /// No sentence plainly asks for it.
    NoEvidence,
    /// Another mail came with the same Message-ID and other content.
    MessageIdReused,
    /// The same request is being handled for another mail.
    ActionInProgress,
    /// It is not known whether Stripe did it; it is being read back.
    OutcomeUnknown,
    /// Stripe refused it for good.
    RefusedByStripe,
    /// The Stripe key lacks a permission.
    PermissionMissing,
    /// The Stripe key is not accepted.
    KeyRefused,
    /// No Stripe key is connected to the workspace.
    NotConnected,
    /// No customer-portal configuration is saved in Stripe.
    PortalNotConfigured,
    /// The mail was written by a program.
    AutomaticMail,
    /// The mail asks for nothing postill does.
    NothingAsked,
    /// Stripe could not be reached often enough.
    StripeUnavailable,
    /// The sender has written more mails within the hour than are answered.
    TooManyMails,
    /// A kill switch is set: nothing is written at Stripe until somebody lifts it.
    Halted,
    /// More would be refunded within a day than the policy allows without a person.
    DayLimit,
    /// The day's budget of the workspace is used up: refunds wait for a person until somebody lifts it.
    BreakerTripped,
    /// A person said no.
    ApprovalRejected,
    /// Nobody decided in time.
    ApprovalExpired,
    /// A person allowed it.
    Approved,
    /// What nobody knew was settled by a person who looked.
    SettledByPerson,
    /// A cancellation was taken back.
    CancellationUndone,
    /// The payment is not through yet.
    Pending,
    /// The payment is authorized and not captured.
    Uncaptured,
    /// The payment was made without a customer account.
    GuestPayment,
    /// Stripe's balance does not cover the refund yet.
    BalanceTooLow,
    /// When the subscription would end cannot be said for certain.
    EndUnclear,
    /// Something was done for this mail before, and what it was is not kept any more.
    Forgotten,
}

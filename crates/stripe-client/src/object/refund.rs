//! Refunds.

use domain::ids::{BalanceTransactionId, ChargeId, PaymentIntentId, RefundId};
use domain::{ActionId, Currency, Money, Timestamp};
use jiff::fmt::serde::timestamp::second;
use serde::Deserialize;

use super::decode::{open_enum, our_action, reference};
use super::destination::Destination;

/// Money on its way back. Even one that succeeded can still fail, days later.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    amount: i64,
    /// The currency of its amount: the charge's.
    pub currency: Currency,
    /// How far it got; older ones may have none.
    pub status: Option<RefundStatus>,
    /// When it was issued.
    #[serde(with = "second::required")]
    pub created: Timestamp,
    /// The charge it gives back.
    #[serde(default, deserialize_with = "reference")]
    pub charge: Option<ChargeId>,
    /// The payment it gives back.
    #[serde(default, deserialize_with = "reference")]
    pub payment_intent: Option<PaymentIntentId>,
    /// Where it stands in the account's balance.
    #[serde(default, deserialize_with = "reference")]
    pub balance_transaction: Option<BalanceTransactionId>,
    /// Why it was issued: `requested_by_customer`, `duplicate`, …
    pub reason: Option<String>,
    /// Why it failed, in a word.
    pub failure_reason: Option<String>,
    /// Why it is still pending.
    pub pending_reason: Option<PendingReason>,
    /// Where the money goes, and what a bank can find it by.
    #[serde(rename = "destination_details")]
    pub destination: Option<Destination>,
    /// The action of ours that issued it; how a write whose answer was lost is found again.
    #[serde(default, rename = "metadata", deserialize_with = "our_action")]
    pub action: Option<ActionId>,
}

impl Refund {
    /// What goes back.
    pub const fn amount(&self) -> Money {
        Money::new(self.amount, self.currency)
    }
}

open_enum! {
    /// How far a refund got.
    RefundStatus {
        /// Under way.
        Pending = "pending",
        /// The customer has to do something.
        RequiresAction = "requires_action",
        /// Handed to the bank. It can still fail.
        Succeeded = "succeeded",
        /// The bank sent it back.
        Failed = "failed",
        /// Taken back before it left.
        Canceled = "canceled",
    }
}

open_enum! {
    /// Why a refund is still pending.
    PendingReason {
        /// It is under way.
        Processing = "processing",
        /// The account's balance does not cover it: it leaves once it does.
        InsufficientFunds = "insufficient_funds",
        /// The charge itself has not settled yet.
        ChargePending = "charge_pending",
    }
}

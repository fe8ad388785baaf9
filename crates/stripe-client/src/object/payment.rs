//! Payments, and where they stand in the account's balance.

use domain::ids::{BalanceTransactionId, ChargeId, CustomerId, PaymentIntentId, PaymentMethodId};
use domain::{Currency, Money, Timestamp};
use jiff::fmt::serde::timestamp::second;
use serde::Deserialize;

use super::decode::{FreeText, open_enum, reference};

/// One payment, with all its attempts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PaymentIntent {
    /// Its id.
    pub id: PaymentIntentId,
    amount: i64,
    #[serde(default)]
    amount_received: i64,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// How far it got.
    pub status: PaymentIntentStatus,
    /// When it was made.
    #[serde(with = "second::required")]
    pub created: Timestamp,
    /// When it was given up.
    #[serde(default, with = "second::optional")]
    pub canceled_at: Option<Timestamp>,
    /// Whose it is.
    #[serde(default, deserialize_with = "reference")]
    pub customer: Option<CustomerId>,
    /// The last attempt; one that failed holds nothing to refund.
    #[serde(default, deserialize_with = "reference")]
    pub latest_charge: Option<ChargeId>,
    /// What is paid with.
    #[serde(default, deserialize_with = "reference")]
    pub payment_method: Option<PaymentMethodId>,
    /// Why the last attempt failed.
    pub last_payment_error: Option<PaymentError>,
    /// What the merchant calls it.
    pub description: Option<FreeText>,
}

impl PaymentIntent {
    /// What is to be paid.
    pub const fn amount(&self) -> Money {
        Money::new(self.amount, self.currency)
    }

    /// What has been paid.
    pub const fn received(&self) -> Money {
        Money::new(self.amount_received, self.currency)
    }
}

open_enum! {
    /// How far a payment got.
    PaymentIntentStatus {
        /// Nothing to pay with was given, or what was given failed.
        RequiresPaymentMethod = "requires_payment_method",
        /// It was not started.
        RequiresConfirmation = "requires_confirmation",
        /// The customer has to do something, such as confirm it with the bank.
        RequiresAction = "requires_action",
        /// Under way.
        Processing = "processing",
        /// Authorised; the merchant has not taken it yet.
        RequiresCapture = "requires_capture",
        /// Given up.
        Canceled = "canceled",
        /// Paid.
        Succeeded = "succeeded",
    }
}

/// Why an attempt failed, in words of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PaymentError {
    /// Stripe's word.
    pub code: Option<String>,
    /// The bank's word. Never for the customer: it may say that fraud was suspected.
    pub decline_code: Option<String>,
}

/// A line of the account's balance.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BalanceTransaction {
    /// Its id.
    pub id: BalanceTransactionId,
    amount: i64,
    #[serde(default)]
    fee: i64,
    net: i64,
    /// The currency of all its amounts: the account's, not always the customer's.
    pub currency: Currency,
    /// `charge`, `refund`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it can be paid out.
    pub status: BalanceTransactionStatus,
    /// When it came about.
    #[serde(with = "second::required")]
    pub created: Timestamp,
    /// From when on it can be paid out.
    #[serde(with = "second::required")]
    pub available_on: Timestamp,
}

impl BalanceTransaction {
    /// What came in; negative for what went out.
    pub const fn amount(&self) -> Money {
        Money::new(self.amount, self.currency)
    }

    /// What Stripe kept.
    pub const fn fee(&self) -> Money {
        Money::new(self.fee, self.currency)
    }

    /// What is left.
    pub const fn net(&self) -> Money {
        Money::new(self.net, self.currency)
    }
}

open_enum! {
    /// Whether a line of the balance can be paid out.
    BalanceTransactionStatus {
        /// It can.
        Available = "available",
        /// Not yet.
        Pending = "pending",
    }
}

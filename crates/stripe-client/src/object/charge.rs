//! Charges.

use domain::ids::{BalanceTransactionId, ChargeId, CustomerId, PaymentIntentId, PaymentMethodId};
use domain::{Currency, EmailAddress, Money, Timestamp};
use jiff::fmt::serde::timestamp::second;
use serde::Deserialize;

use super::customer::Card;
use super::decode::{FreeText, Link, open_enum, reference};

/// One attempt to move money from a customer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Charge {
    /// Its id.
    pub id: ChargeId,
    amount: i64,
    amount_captured: i64,
    amount_refunded: i64,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// How far it got.
    pub status: ChargeStatus,
    /// The money was taken, not only authorised.
    pub captured: bool,
    /// Refunded in full. A part refunded leaves this false.
    pub refunded: bool,
    /// The customer's bank has been asked for it back, at some time: a dispute may also be a mere inquiry, or over.
    #[serde(default)]
    pub disputed: bool,
    /// When it was tried.
    #[serde(with = "second::required")]
    pub created: Timestamp,
    /// Whose it is.
    #[serde(default, deserialize_with = "reference")]
    pub customer: Option<CustomerId>,
    /// The payment it was an attempt at.
    #[serde(default, deserialize_with = "reference")]
    pub payment_intent: Option<PaymentIntentId>,
    /// Where it stands in the account's balance; absent for one that failed.
    #[serde(default, deserialize_with = "reference")]
    pub balance_transaction: Option<BalanceTransactionId>,
    /// What was paid with.
    #[serde(default, deserialize_with = "reference")]
    pub payment_method: Option<PaymentMethodId>,
    /// What may be told of what was paid with.
    pub payment_method_details: Option<PaymentMethodDetails>,
    /// What the merchant calls it.
    pub description: Option<FreeText>,
    /// What stands on the customer's statement.
    pub calculated_statement_descriptor: Option<FreeText>,
    /// Why it failed, in a word.
    pub failure_code: Option<String>,
    /// What the bank and Stripe's own rules said.
    pub outcome: Option<ChargeOutcome>,
    /// Stripe's receipt.
    pub receipt_url: Option<Link>,
    /// The number of the receipt, once one was sent.
    pub receipt_number: Option<String>,
    /// Who paid, in the payer's own words.
    #[serde(default)]
    pub billing_details: BillingDetails,
    /// Where the receipt was sent, as it was typed there.
    pub receipt_email: Option<FreeText>,
}

/// Who paid, in the payer's own words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct BillingDetails {
    /// The payer's address as it was typed: any case, perhaps not an address at all.
    pub email: Option<FreeText>,
}

impl Charge {
    /// What was asked for.
    pub const fn amount(&self) -> Money {
        Money::new(self.amount, self.currency)
    }

    /// What was taken; less than the amount when only a part of an authorisation was.
    pub const fn captured_amount(&self) -> Money {
        Money::new(self.amount_captured, self.currency)
    }

    /// What has gone back, in all refunds.
    pub const fn refunded_amount(&self) -> Money {
        Money::new(self.amount_refunded, self.currency)
    }

    /// The most that can still be refunded: nothing unless the charge succeeded.
    pub fn refundable(&self) -> Money {
        let left = self.amount.saturating_sub(self.amount_refunded).max(0);
        let succeeded = self.captured && self.status == ChargeStatus::Succeeded;
        Money::new(if succeeded { left } else { 0 }, self.currency)
    }

    /// The addresses that a payer without an account left with it: the one of billing, then the one of the receipt.
    pub fn addresses(&self) -> impl Iterator<Item = EmailAddress> {
        let written = [&self.billing_details.email, &self.receipt_email];
        written.into_iter().flatten().filter_map(|text| text.as_str().trim().parse().ok())
    }
}

open_enum! {
    /// How far a charge got.
    ChargeStatus {
        /// The money moved.
        Succeeded = "succeeded",
        /// The bank has not answered yet.
        Pending = "pending",
        /// The money did not move.
        Failed = "failed",
    }
}

/// What was paid with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PaymentMethodDetails {
    /// `card`, `sepa_debit`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The card, when it was one.
    pub card: Option<Card>,
}

/// What the bank and Stripe's own rules said of a charge.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ChargeOutcome {
    /// `authorized`, `issuer_declined`, `blocked`, `invalid`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// More than that, in a word. Never for the customer: it may say that fraud was suspected.
    pub reason: Option<String>,
}

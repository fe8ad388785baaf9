//! Invoices, and the payments made to them.

use domain::ids::{ChargeId, CustomerId, InvoiceId, PaymentIntentId, SubscriptionId};
use domain::{Currency, Money, Timestamp};
use jiff::fmt::serde::timestamp::second;
use serde::Deserialize;

use super::decode::{FreeText, Link, open_enum, reference};

/// An invoice. Since 2025-03-31 it names neither its charge nor its payment: see [`InvoicePayment`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Invoice {
    /// Its id.
    pub id: InvoiceId,
    /// The number on the paper; a draft has none.
    pub number: Option<String>,
    /// How far it got.
    pub status: Option<InvoiceStatus>,
    total: i64,
    amount_due: i64,
    amount_paid: i64,
    amount_remaining: i64,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// Whose it is.
    #[serde(default, deserialize_with = "reference")]
    pub customer: Option<CustomerId>,
    /// When it was made.
    #[serde(with = "second::required")]
    pub created: Timestamp,
    /// When it has to be paid, where it is sent and not charged.
    #[serde(default, with = "second::optional")]
    pub due_date: Option<Timestamp>,
    /// When Stripe will try to charge it next.
    #[serde(default, with = "second::optional")]
    pub next_payment_attempt: Option<Timestamp>,
    /// How often Stripe tried to charge it.
    #[serde(default)]
    pub attempt_count: u32,
    /// When it reached each state.
    #[serde(default)]
    pub status_transitions: InvoiceDates,
    /// Why it was made: `subscription_cycle`, `manual`, …
    pub billing_reason: Option<String>,
    /// What the merchant calls it.
    pub description: Option<FreeText>,
    /// Where it can be seen and paid.
    pub hosted_invoice_url: Option<Link>,
    /// The paper.
    pub invoice_pdf: Option<Link>,
    #[serde(default)]
    parent: Option<Parent>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Parent {
    subscription_details: Option<SubscriptionDetails>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct SubscriptionDetails {
    #[serde(default, deserialize_with = "reference")]
    subscription: Option<SubscriptionId>,
}

impl Invoice {
    /// What it comes to.
    pub const fn total(&self) -> Money {
        Money::new(self.total, self.currency)
    }

    /// What is to be paid of it, the customer's balance taken into account.
    pub const fn due(&self) -> Money {
        Money::new(self.amount_due, self.currency)
    }

    /// What has been paid of it.
    pub const fn paid(&self) -> Money {
        Money::new(self.amount_paid, self.currency)
    }

    /// What is still open.
    pub const fn remaining(&self) -> Money {
        Money::new(self.amount_remaining, self.currency)
    }

    /// The subscription it is for.
    pub fn subscription(&self) -> Option<&SubscriptionId> {
        self.parent.as_ref()?.subscription_details.as_ref()?.subscription.as_ref()
    }
}

open_enum! {
    /// How far an invoice got.
    InvoiceStatus {
        /// Not yet issued: nobody has seen it.
        Draft = "draft",
        /// Issued and not paid.
        Open = "open",
        /// Paid.
        Paid = "paid",
        /// The merchant does not expect to be paid any more.
        Uncollectible = "uncollectible",
        /// Taken back.
        Void = "void",
    }
}

/// When an invoice reached each state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct InvoiceDates {
    /// Issued.
    #[serde(default, with = "second::optional")]
    pub finalized_at: Option<Timestamp>,
    /// Paid.
    #[serde(default, with = "second::optional")]
    pub paid_at: Option<Timestamp>,
    /// Taken back.
    #[serde(default, with = "second::optional")]
    pub voided_at: Option<Timestamp>,
}

/// A payment to an invoice: what ties an invoice to its charges.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct InvoicePayment {
    /// The invoice.
    #[serde(default, deserialize_with = "reference")]
    pub invoice: Option<InvoiceId>,
    amount_requested: i64,
    amount_paid: Option<i64>,
    /// The currency of its amounts.
    pub currency: Currency,
    /// How far it got.
    pub status: InvoicePaymentStatus,
    /// Stripe made it for the invoice's full amount.
    #[serde(default)]
    pub is_default: bool,
    /// What paid it.
    pub payment: PaidBy,
    /// When it was made.
    #[serde(with = "second::required")]
    pub created: Timestamp,
    /// When it reached each state.
    #[serde(default)]
    pub status_transitions: InvoicePaymentDates,
}

impl InvoicePayment {
    /// What was to be paid.
    pub const fn requested(&self) -> Money {
        Money::new(self.amount_requested, self.currency)
    }

    /// What was paid; `None` until it was.
    pub fn paid(&self) -> Option<Money> {
        self.amount_paid.map(|minor| Money::new(minor, self.currency))
    }
}

/// When a payment to an invoice reached each state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct InvoicePaymentDates {
    /// Paid.
    #[serde(default, with = "second::optional")]
    pub paid_at: Option<Timestamp>,
    /// Given up.
    #[serde(default, with = "second::optional")]
    pub canceled_at: Option<Timestamp>,
}

open_enum! {
    /// How far a payment to an invoice got.
    InvoicePaymentStatus {
        /// Not yet paid.
        Open = "open",
        /// Paid.
        Paid = "paid",
        /// Given up.
        Canceled = "canceled",
    }
}

/// What paid an invoice: one of the two, or something that is not ours to look at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PaidBy {
    /// A payment.
    #[serde(default, deserialize_with = "reference")]
    pub payment_intent: Option<PaymentIntentId>,
    /// A charge without a payment.
    #[serde(default, deserialize_with = "reference")]
    pub charge: Option<ChargeId>,
}

//! The seven things postill can do, and what a Stripe key must be allowed for each.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One of the seven Stripe functions; each is switched on or off per workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// Look up invoices and payment history.
    InvoiceLookup,
    /// Check the state of a subscription.
    SubscriptionStatus,
    /// Check the state of a payment, a charge or a refund.
    PaymentStatus,
    /// Refund a charge, wholly or in part.
    Refund,
    /// Create a link to pay what is open.
    PaymentLink,
    /// Create a link to the customer portal.
    PortalLink,
    /// Let a subscription end with its current period.
    CancelSubscription,
}

impl Function {
    /// All seven, in the order they are shown.
    pub const ALL: [Self; 7] = [
        Self::InvoiceLookup,
        Self::SubscriptionStatus,
        Self::PaymentStatus,
        Self::Refund,
        Self::PaymentLink,
        Self::PortalLink,
        Self::CancelSubscription,
    ];

    /// The name on the wire, in the ledger and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvoiceLookup => "invoice_lookup",
            Self::SubscriptionStatus => "subscription_status",
            Self::PaymentStatus => "payment_status",
            Self::Refund => "refund",
            Self::PaymentLink => "payment_link",
            Self::PortalLink => "portal_link",
            Self::CancelSubscription => "cancel_subscription",
        }
    }

    /// What it does, in a few words for a person.
    pub const fn title(self) -> &'static str {
        match self {
            Self::InvoiceLookup => "Look up invoices and payment history",
            Self::SubscriptionStatus => "Check subscription status",
            Self::PaymentStatus => "Check payment or charge status",
            Self::Refund => "Refund, full or partial",
            Self::PaymentLink => "Create a payment link",
            Self::PortalLink => "Create a customer-portal link",
            Self::CancelSubscription => "Cancel a subscription at period end",
        }
    }

    /// Whether it moves money or ends a contract: off until switched on, and only for an authenticated sender.
    pub const fn moves_money(self) -> bool {
        match self {
            Self::Refund | Self::CancelSubscription => true,
            Self::InvoiceLookup
            | Self::SubscriptionStatus
            | Self::PaymentStatus
            | Self::PaymentLink
            | Self::PortalLink => false,
        }
    }

    /// Whether it may change or create anything at Stripe.
    pub const fn writes(self) -> bool {
        match self {
            Self::Refund | Self::PaymentLink | Self::PortalLink | Self::CancelSubscription => true,
            Self::InvoiceLookup | Self::SubscriptionStatus | Self::PaymentStatus => false,
        }
    }

    /// Whether what it does at Stripe is done, and told, for an authenticated sender only: money, and links that let their bearer in.
    pub const fn acts_for_proven_only(self) -> bool {
        match self {
            Self::Refund | Self::CancelSubscription | Self::PortalLink => true,
            Self::PaymentLink | Self::InvoiceLookup | Self::SubscriptionStatus | Self::PaymentStatus => false,
        }
    }

    /// What the Stripe key must be allowed, besides [`Permission::CUSTOMERS`], which every function needs.
    pub const fn permissions(self) -> &'static [Permission] {
        match self {
            Self::InvoiceLookup => &[Permission::INVOICES, Permission::CHARGES],
            Self::SubscriptionStatus => &[Permission::SUBSCRIPTIONS],
            Self::PaymentStatus => {
                &[Permission::PAYMENT_INTENTS, Permission::CHARGES, Permission::BALANCE_TRANSACTIONS]
            }
            Self::Refund => &[Permission::CHARGES, Permission::REFUNDS],
            Self::PaymentLink => &[Permission::INVOICES, Permission::PRICES, Permission::PAYMENT_LINKS],
            Self::PortalLink => &[Permission::PORTAL],
            Self::CancelSubscription => &[Permission::SUBSCRIPTIONS_WRITE],
        }
    }
}

/// The text names none of the seven functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a function is one of invoice_lookup, subscription_status, payment_status, refund, payment_link, portal_link, \
     cancel_subscription"
)]
pub struct FunctionError;

impl FromStr for Function {
    type Err = FunctionError;

    fn from_str(text: &str) -> Result<Self, FunctionError> {
        let name = text.replace('-', "_");
        Self::ALL.into_iter().find(|function| function.as_str() == name).ok_or(FunctionError)
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Test or live data: told by a key's prefix, and by `livemode` on every object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Test data; no money moves.
    Test,
    /// Live data; real money.
    Live,
}

impl Mode {
    /// The name on the wire and in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

/// Read, or write (which implies read).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Access {
    /// Look at objects.
    Read,
    /// Create and change objects.
    Write,
}

/// One row of Stripe's form for restricted keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Permission {
    /// The row as Stripe's form names it.
    pub row: &'static str,
    /// Which column to tick.
    pub access: Access,
    /// The name Stripe uses in the text of a 403.
    pub slug: &'static str,
}

impl Permission {
    /// Find the sender's customer; needed by every function.
    pub const CUSTOMERS: Self = Self::read("Customers", "rak_customer_read");
    /// Read invoices and their payments.
    pub const INVOICES: Self = Self::read("Invoices", "rak_invoice_read");
    /// Read charges and list refunds.
    pub const CHARGES: Self = Self::read("Charges and Refunds", "rak_charge_read");
    /// Read subscriptions.
    pub const SUBSCRIPTIONS: Self = Self::read("Subscriptions", "rak_subscription_read");
    /// Read payment intents.
    pub const PAYMENT_INTENTS: Self = Self::read("PaymentIntents", "rak_payment_intent_read");
    /// Read when money arrives or leaves.
    pub const BALANCE_TRANSACTIONS: Self =
        Self::read("Balance transaction sources", "rak_balance_transaction_source_read");
    /// Create refunds.
    pub const REFUNDS: Self = Self::write("Refunds", "rak_refund_write");
    /// Create the price a payment link sells.
    pub const PRICES: Self = Self::write("Prices", "rak_plan_write");
    /// Create payment links.
    pub const PAYMENT_LINKS: Self = Self::write("Payment Links", "rak_payment_links_write");
    /// Create customer-portal sessions.
    pub const PORTAL: Self = Self::write("Customer portal", "rak_customer_portal_write");
    /// Change subscriptions.
    pub const SUBSCRIPTIONS_WRITE: Self = Self::write("Subscriptions", "rak_subscription_write");

    const fn read(row: &'static str, slug: &'static str) -> Self {
        Self { row, access: Access::Read, slug }
    }

    const fn write(row: &'static str, slug: &'static str) -> Self {
        Self { row, access: Access::Write, slug }
    }

    /// Every permission that some function needs.
    pub fn all() -> impl Iterator<Item = Self> {
        let mut every = vec![Self::CUSTOMERS];
        every.extend(Function::ALL.iter().flat_map(|function| function.permissions()));
        every.sort_unstable();
        every.dedup();
        every.into_iter()
    }

    /// The row that a slug in a 403 stands for. A key that lacks `…_write` of an object may be told so by another of its names.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::all().find(|permission| permission.slug == slug)
    }
}

/// `Refunds: Write`, the words of Stripe's form.
impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = match self.access {
            Access::Read => "Read",
            Access::Write => "Write",
        };
        write!(f, "{}: {column}", self.row)
    }
}

//! The kinds of object, and what is different about each.

use crate::auth::Permission;
use crate::document::Document;
use crate::fields::Field;
use crate::resources::{
    balance_transactions, billing_portal, charges, customers, disputes, invoice_payments, invoices,
    payment_intents, payment_links, payment_methods, prices, products, refunds, subscriptions,
};

/// A kind of object. The order is the order of loading: an object that is embedded in another comes before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Product,
    Price,
    Customer,
    PaymentMethod,
    Subscription,
    PaymentIntent,
    Charge,
    Dispute,
    Refund,
    Invoice,
    InvoicePayment,
    BalanceTransaction,
    PaymentLink,
    PortalConfiguration,
    PortalSession,
}

impl Kind {
    pub(crate) const ALL: [Self; 15] = [
        Self::Product,
        Self::Price,
        Self::Customer,
        Self::PaymentMethod,
        Self::Subscription,
        Self::PaymentIntent,
        Self::Charge,
        Self::Dispute,
        Self::Refund,
        Self::Invoice,
        Self::InvoicePayment,
        Self::BalanceTransaction,
        Self::PaymentLink,
        Self::PortalConfiguration,
        Self::PortalSession,
    ];

    pub(crate) fn shape(self) -> &'static Shape {
        match self {
            Self::Product => &products::SHAPE,
            Self::Price => &prices::SHAPE,
            Self::Customer => &customers::SHAPE,
            Self::PaymentMethod => &payment_methods::SHAPE,
            Self::Subscription => &subscriptions::SHAPE,
            Self::PaymentIntent => &payment_intents::SHAPE,
            Self::Charge => &charges::SHAPE,
            Self::Dispute => &disputes::SHAPE,
            Self::Refund => &refunds::SHAPE,
            Self::Invoice => &invoices::SHAPE,
            Self::InvoicePayment => &invoice_payments::SHAPE,
            Self::BalanceTransaction => &balance_transactions::SHAPE,
            Self::PaymentLink => &payment_links::SHAPE,
            Self::PortalConfiguration => &billing_portal::CONFIGURATION,
            Self::PortalSession => &billing_portal::SESSION,
        }
    }

    pub(crate) fn of_section(section: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.shape().section == section)
    }
}

/// What is different about a kind.
pub(crate) struct Shape {
    /// Its list in the seed and its name in `/_sandbox/objects/{kind}`.
    pub(crate) section: &'static str,
    /// The value of `object`.
    pub(crate) object: &'static str,
    /// How error messages call it: "No such charge".
    pub(crate) spoken: &'static str,
    /// What `param` says when the id in the path does not exist.
    pub(crate) path_parameter: &'static str,
    /// What its ids may start with; new ones start with the first.
    pub(crate) prefixes: &'static [&'static str],
    /// What reading and expanding it asks of a restricted key.
    pub(crate) read: Permission,
    pub(crate) fields: &'static [Field],
    /// Fields that lists and searches look up rather than scan. Their values must not change after creation.
    pub(crate) indexed: &'static [&'static str],
    /// Fields that only an expansion shows.
    pub(crate) hidden: &'static [&'static str],
    /// Derives what was left open from what was given.
    pub(crate) complete: fn(&mut Document),
}

/// For kinds that derive nothing.
pub(crate) fn nothing_derived(_: &mut Document) {}

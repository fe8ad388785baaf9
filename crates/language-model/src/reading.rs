//! What a language model may conclude.

use domain::intent::Span;
use domain::{Function, Label};

/// What the model takes a mail for. Money and whatever else is made at Stripe cannot be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// The mail asks for something that can be answered by looking.
    Asks {
        /// What for.
        function: Readable,
        /// The words that ask for it.
        evidence: Span,
    },
    /// The mail asks for nothing postill does.
    Nothing {
        /// The words that show it.
        evidence: Span,
    },
    /// A person should read it: the model cannot tell, or it named a function that is not its to allow.
    Person {
        /// That function.
        named: Option<Function>,
    },
}

impl Reading {
    /// Its name in logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Asks { function, .. } => function.function().as_str(),
            Self::Nothing { .. } => Label::None.as_str(),
            Self::Person { .. } => "person",
        }
    }
}

/// The functions that a language model may choose: they look, and what they find goes to the address on file.
///
/// A payment link is none of them: it is made at Stripe, for an amount, and can be paid. A portal link is one, since the portal's login
/// page answers it without anything being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readable {
    /// Look up invoices and payment history.
    InvoiceLookup,
    /// Check the state of a subscription.
    SubscriptionStatus,
    /// Check the state of a payment, a charge or a refund.
    PaymentStatus,
    /// Tell where the customer portal is.
    PortalLink,
}

impl Readable {
    /// The function, where it is one that a language model may choose.
    pub const fn of(function: Function) -> Option<Self> {
        match function {
            Function::InvoiceLookup => Some(Self::InvoiceLookup),
            Function::SubscriptionStatus => Some(Self::SubscriptionStatus),
            Function::PaymentStatus => Some(Self::PaymentStatus),
            Function::PortalLink => Some(Self::PortalLink),
            Function::Refund | Function::PaymentLink | Function::CancelSubscription => None,
        }
    }

    /// The function.
    pub const fn function(self) -> Function {
        match self {
            Self::InvoiceLookup => Function::InvoiceLookup,
            Self::SubscriptionStatus => Function::SubscriptionStatus,
            Self::PaymentStatus => Function::PaymentStatus,
            Self::PortalLink => Function::PortalLink,
        }
    }
}

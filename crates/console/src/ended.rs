//! What was asked and done, in the few words that a table has room for.

use domain::{Function, Label, Outcome};

/// What a mail asked for, in few words.
pub(crate) const fn intent(label: Label) -> &'static str {
    match label {
        Label::Ask(Function::InvoiceLookup) => "Invoices",
        Label::Ask(Function::SubscriptionStatus) => "Subscription status",
        Label::Ask(Function::PaymentStatus) => "Payment status",
        Label::Ask(Function::Refund) => "Refund",
        Label::Ask(Function::PaymentLink) => "Payment link",
        Label::Ask(Function::PortalLink) => "Portal link",
        Label::Ask(Function::CancelSubscription) => "Cancellation",
        Label::None => "None of them",
    }
}

/// What was done for it at Stripe. None: nothing.
pub(crate) const fn done(outcome: Outcome, label: Label) -> Option<&'static str> {
    match (outcome, label) {
        (Outcome::ActionTaken, Label::Ask(Function::Refund)) => Some("refunded"),
        (Outcome::ActionTaken, Label::Ask(Function::CancelSubscription)) => Some("set to end"),
        (Outcome::ActionTaken, Label::Ask(_) | Label::None) => Some("acted"),
        (Outcome::Answered, Label::Ask(Function::PaymentLink)) => Some("link to pay"),
        (Outcome::Answered, Label::Ask(Function::PortalLink)) => Some("portal link"),
        (Outcome::Answered, Label::Ask(_) | Label::None) => Some("looked up"),
        (
            Outcome::NeedsApproval
            | Outcome::NeedsClarification
            | Outcome::NeedsVerification
            | Outcome::NoCustomer
            | Outcome::Handoff
            | Outcome::Ignored
            | Outcome::Failed,
            Label::Ask(_) | Label::None,
        ) => None,
    }
}

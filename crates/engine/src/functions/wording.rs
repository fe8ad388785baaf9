//! From Stripe's objects to lines and words that replies are made of.

use domain::Money;
use stripe_client::object::{Charge, Invoice, Refund, RefundStatus, Subscription};

use crate::reply::{Interval, InvoiceLine, PaymentLine, Price, RefundProgress, SubscriptionLine};

pub(crate) fn card_of(charge: &Charge) -> Option<String> {
    charge.payment_method_details.as_ref()?.card.as_ref()?.last4.clone()
}

pub(super) fn payment_line(charge: &Charge) -> PaymentLine {
    PaymentLine { amount: charge.amount(), on: charge.created, card: card_of(charge) }
}

/// What people call the invoice: its number, or its id while it has none.
pub(super) fn number_of(invoice: &Invoice) -> String {
    invoice.number.clone().unwrap_or_else(|| invoice.id.to_string())
}

pub(super) fn invoice_line(invoice: &Invoice) -> InvoiceLine {
    let open = Some(invoice.remaining()).filter(|remaining| remaining.minor > 0);
    InvoiceLine { number: number_of(invoice), issued: invoice.created, total: invoice.total(), open }
}

pub(super) fn subscription_line(subscription: &Subscription) -> SubscriptionLine {
    SubscriptionLine { price: price_of(subscription), next: subscription.period_end() }
}

/// What is charged for a period: the sum over the items, when all are paid equally often in one currency. `None` where taxes, discounts
/// or metered use make it another amount than the prices say.
pub(super) fn price_of(subscription: &Subscription) -> Option<Price> {
    let items = &subscription.items.data;
    let first = items.first()?.price.recurring.as_ref()?;
    let (interval, count) = (&first.interval, first.interval_count);
    let alike = |item: &stripe_client::object::SubscriptionItem| {
        item.price
            .recurring
            .as_ref()
            .is_some_and(|recurring| recurring.interval == *interval && recurring.interval_count == count)
    };
    if subscription.items.has_more || !items.iter().all(alike) || !subscription.charges_its_prices() {
        return None;
    }
    let amount = items.iter().map(item_amount).reduce(|sum, amount| sum?.checked_add(amount?))??;
    Some(Price { amount, every: interval_of(interval, count) })
}

fn item_amount(item: &stripe_client::object::SubscriptionItem) -> Option<Money> {
    let unit = item.price.unit_amount()?;
    let quantity = i64::try_from(item.quantity.unwrap_or(1)).ok()?;
    Some(Money::new(unit.minor.checked_mul(quantity)?, unit.currency))
}

fn interval_of(interval: &stripe_client::object::Interval, count: u32) -> Interval {
    use stripe_client::object::Interval as Stripe;
    match (interval, count) {
        (Stripe::Day, 1) => Interval::Day,
        (Stripe::Week, 1) => Interval::Week,
        (Stripe::Month, 1) => Interval::Month,
        (Stripe::Year, 1) => Interval::Year,
        (Stripe::Day | Stripe::Week | Stripe::Month | Stripe::Year | Stripe::Other(_), _) => Interval::Longer,
    }
}

/// What a bank finds the refund by; for cards the acquirer reference number (ARN).
pub(super) fn reference_of(refund: &Refund) -> Option<&str> {
    refund.destination.as_ref()?.reference.as_deref()
}

/// Whether the money of a refund is gone, or may go.
pub(crate) const fn stands(refund: &Refund) -> bool {
    match refund.status {
        Some(RefundStatus::Failed | RefundStatus::Canceled) => false,
        Some(
            RefundStatus::Pending
            | RefundStatus::RequiresAction
            | RefundStatus::Succeeded
            | RefundStatus::Other(_),
        )
        | None => true,
    }
}

pub(crate) fn progress_of(refund: &Refund) -> RefundProgress {
    match &refund.status {
        Some(RefundStatus::Succeeded) => RefundProgress::Issued,
        Some(RefundStatus::Pending | RefundStatus::Other(_)) | None => RefundProgress::Pending,
        Some(RefundStatus::RequiresAction) => RefundProgress::NeedsAction,
        Some(RefundStatus::Failed) => RefundProgress::Failed,
        Some(RefundStatus::Canceled) => RefundProgress::Canceled,
    }
}

//! What each saying names: the closed lists a drafted reply is held against.

use domain::draft::Guard;
use domain::{Language, Money, Timestamp};

use super::{Saying, render_date};

impl Saying {
    /// Adds every amount, date, link and number that this saying names: a drafted reply may name these and no others.
    pub(crate) fn mention(&self, guard: &mut Guard, language: Language) {
        let mut mention = Mention { guard, language };
        match self {
            Self::InvoicePaid { number, total, issued } => mention.id(number).amount(*total).date(*issued),
            Self::InvoiceOpen { number, remaining, due } => {
                mention.id(number).amount(*remaining).dates(due.iter())
            }
            Self::InvoiceVoid { number } => mention.id(number),
            Self::InvoiceUncollectible { number, remaining } => mention.id(number).amount(*remaining),
            Self::EarlierInvoices(lines) => lines.iter().fold(&mut mention, |mention, line| {
                mention.id(&line.number).date(line.issued).amount(line.total).amounts(line.open.iter())
            }),
            Self::PaymentSucceeded { amount, on, card }
            | Self::GuestFound { amount, on, card }
            | Self::RefundIssued { amount, charged: on, card } => {
                mention.amount(*amount).date(*on).ids(card.iter())
            }
            Self::PaymentPending { amount, on }
            | Self::PaymentPendingNoRefund { amount, on }
            | Self::PaymentUncaptured { amount, on }
            | Self::PaymentReserved { amount, on }
            | Self::PaymentCalledOff { amount, on }
            | Self::PaymentFailed { amount, on, why: _ }
            | Self::RefundState { amount, on, state: _ }
            | Self::PaymentDisputed { amount, on }
            | Self::RefundedBefore { amount, charged: on } => mention.amount(*amount).date(*on),
            Self::PaymentNeedsConfirmation { amount }
            | Self::PaymentNotMade { amount }
            | Self::RefundWaits { amount }
            | Self::RefundDeclined { amount }
            | Self::WhichAmount { most: amount }
            | Self::AmountTooHigh { most: amount } => mention.amount(*amount),
            Self::SubscriptionRuns { price, next } => {
                mention.amounts(price.iter().map(|price| &price.amount)).dates(next.iter())
            }
            Self::SubscriptionEnds { on } | Self::InvoiceRetry { on } | Self::InvoiceChargedOn { on } => {
                mention.date(*on)
            }
            Self::RefundReference { reference } => mention.id(reference),
            Self::SubscriptionTrial { until, price } => {
                mention.date(*until).amounts(price.iter().map(|price| &price.amount))
            }
            Self::SubscriptionPastDue { price } | Self::SubscriptionUnpaid { price } => {
                mention.amounts(price.iter().map(|price| &price.amount))
            }
            Self::SubscriptionEnded { on }
            | Self::CancellationSet { on }
            | Self::CancellationUndone { ends_no_more: on }
            | Self::CancellationSetBefore { on } => mention.dates(on.iter()),
            Self::WhichPayment(lines) | Self::LikelyDuplicate(lines) => {
                lines.iter().fold(&mut mention, |mention, line| {
                    mention.amount(line.amount).date(line.on).ids(line.card.iter())
                })
            }
            Self::WhichSubscription(lines) => lines.iter().fold(&mut mention, |mention, line| {
                mention.amounts(line.price.iter().map(|price| &price.amount)).dates(line.next.iter())
            }),
            Self::PaymentLink { amount, url } => mention.amount(*amount).url(url),
            Self::InvoiceLink { url }
            | Self::ReceiptLink { url }
            | Self::PortalSession { url }
            | Self::PortalLogin { url } => mention.url(url),
            Self::NoInvoices
            | Self::NoPayments
            | Self::SubscriptionPaused
            | Self::SubscriptionIncomplete
            | Self::NoSubscription
            | Self::NothingRefundable
            | Self::ReferenceNotFound
            | Self::NothingToPay
            | Self::CancellationWaits
            | Self::CancellationDeclined
            | Self::RequestExpired
            | Self::WhichAccount
            | Self::WhichCard
            | Self::Verify
            | Self::NoCustomer
            | Self::PersonAnswers
            | Self::RestByPerson => &mut mention,
        };
    }
}

/// Collects what a reply names, each once.
struct Mention<'a> {
    guard: &'a mut Guard,
    language: Language,
}

impl Mention<'_> {
    fn amount(&mut self, amount: Money) -> &mut Self {
        add_once(&mut self.guard.amounts, amount.render(self.language));
        self
    }

    fn amounts<'m>(&mut self, amounts: impl Iterator<Item = &'m Money>) -> &mut Self {
        amounts.fold(self, |mention, amount| mention.amount(*amount))
    }

    fn date(&mut self, date: Timestamp) -> &mut Self {
        add_once(&mut self.guard.dates, render_date(date, self.language));
        self
    }

    fn dates<'m>(&mut self, dates: impl Iterator<Item = &'m Timestamp>) -> &mut Self {
        dates.fold(self, |mention, date| mention.date(*date))
    }

    fn id(&mut self, id: &str) -> &mut Self {
        add_once(&mut self.guard.ids, id.to_owned());
        self
    }

    fn ids<'m>(&mut self, ids: impl Iterator<Item = &'m String>) -> &mut Self {
        ids.fold(self, |mention, id| mention.id(id))
    }

    fn url(&mut self, url: &str) -> &mut Self {
        add_once(&mut self.guard.urls, url.to_owned());
        self
    }
}

pub(crate) fn add_once(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}

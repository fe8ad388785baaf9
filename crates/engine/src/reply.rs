//! Everything postill says to customers: a closed list of sayings, rendered in seven languages.
//!
//! A reply is a few sayings in a row. Each saying states what Stripe states and promises nothing: a refund was *issued*, it has not
//! *arrived*. The languages stand side by side in `reply/`, one file each, so that a change of words is one line there.

mod date;
mod de;
mod decline;
mod en;
mod es;
mod fr;
mod it;
mod mentions;
mod nl;
mod pt;

use domain::{Language, Money, Timestamp};
use serde::{Deserialize, Serialize};

pub(crate) use date::render as render_date;
pub(crate) use decline::Decline;
pub(crate) use mentions::add_once;

/// The version of the wording; raised when a saying changes its meaning.
pub(crate) const TEMPLATES_VERSION: &str = "2026-11";

/// One thing to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Saying {
    /// An invoice was paid.
    InvoicePaid { number: String, total: Money, issued: Timestamp },
    /// An invoice is open.
    InvoiceOpen { number: String, remaining: Money, due: Option<Timestamp> },
    /// An invoice was voided: nothing is owed on it.
    InvoiceVoid { number: String },
    /// An invoice was given up as uncollectible.
    InvoiceUncollectible { number: String, remaining: Money },
    /// Charging the invoice failed, and will be tried again.
    InvoiceRetry { on: Timestamp },
    /// The invoice will be charged.
    InvoiceChargedOn { on: Timestamp },
    /// Where the invoice can be seen.
    InvoiceLink { url: String },
    /// Earlier invoices follow.
    EarlierInvoices(Vec<InvoiceLine>),
    /// There are no invoices.
    NoInvoices,
    /// A payment went through.
    PaymentSucceeded { amount: Money, on: Timestamp, card: Option<String> },
    /// A payment is on its way.
    PaymentPending { amount: Money, on: Timestamp },
    /// A payment is authorised, and not taken.
    PaymentReserved { amount: Money, on: Timestamp },
    /// A payment was given up: nothing was taken.
    PaymentCalledOff { amount: Money, on: Timestamp },
    /// A payment was not begun.
    PaymentNotMade { amount: Money },
    /// A payment failed.
    PaymentFailed { amount: Money, on: Timestamp, why: Decline },
    /// A payment waits for the customer's confirmation.
    PaymentNeedsConfirmation { amount: Money },
    /// Where the receipt can be seen.
    ReceiptLink { url: String },
    /// There are no payments.
    NoPayments,
    /// A refund and how far it is.
    RefundState { amount: Money, on: Timestamp, state: RefundProgress },
    /// What a bank finds the refund by.
    RefundReference { reference: String },
    /// Two payments that look like one made twice.
    LikelyDuplicate(Vec<PaymentLine>),
    /// The payment is disputed, or was asked about: a charge does not tell the two apart.
    PaymentDisputed { amount: Money, on: Timestamp },
    /// A subscription runs.
    SubscriptionRuns { price: Option<Price>, next: Option<Timestamp> },
    /// A subscription runs out.
    SubscriptionEnds { on: Timestamp },
    /// A trial runs.
    SubscriptionTrial { until: Timestamp, price: Option<Price> },
    /// The last payment of a subscription failed.
    SubscriptionPastDue { price: Option<Price> },
    /// The invoices of a subscription are not paid, and not charged any more.
    SubscriptionUnpaid { price: Option<Price> },
    /// A subscription is paused.
    SubscriptionPaused,
    /// A subscription has ended.
    SubscriptionEnded { on: Option<Timestamp> },
    /// The first payment of a subscription is missing.
    SubscriptionIncomplete,
    /// There is no subscription.
    NoSubscription,
    /// A refund was issued just now.
    RefundIssued { amount: Money, charged: Timestamp, card: Option<String> },
    /// Everything was refunded before.
    RefundedBefore { amount: Money, charged: Timestamp },
    /// A person decides on the refund.
    RefundWaits { amount: Money },
    /// A person has decided against the refund.
    RefundDeclined { amount: Money },
    /// Nobody decided on what was asked for in time.
    RequestExpired,
    /// The payment is still under way: it cannot be refunded yet.
    PaymentPendingNoRefund { amount: Money, on: Timestamp },
    /// The payment is authorised and not taken: there is nothing to refund.
    PaymentUncaptured { amount: Money, on: Timestamp },
    /// A payment that was made without an account.
    GuestFound { amount: Money, on: Timestamp, card: Option<String> },
    /// Which payment is meant?
    WhichPayment(Vec<PaymentLine>),
    /// How much is meant?
    WhichAmount { most: Money },
    /// More is asked for than can be refunded.
    AmountTooHigh { most: Money },
    /// No payment can be refunded.
    NothingRefundable,
    /// What the mail names was not found.
    ReferenceNotFound,
    /// A link to pay.
    PaymentLink { amount: Money, url: String },
    /// Nothing is open, and no amount was named.
    NothingToPay,
    /// A link into the portal.
    PortalSession { url: String },
    /// The portal's login page.
    PortalLogin { url: String },
    /// The subscription was set to end.
    CancellationSet { on: Option<Timestamp> },
    /// The subscription was set to end before.
    CancellationSetBefore { on: Option<Timestamp> },
    /// A person decides on the cancellation.
    CancellationWaits,
    /// A person has decided against the cancellation.
    CancellationDeclined,
    /// The subscription no longer ends on the day it was to end.
    CancellationUndone { ends_no_more: Option<Timestamp> },
    /// Which subscription is meant?
    WhichSubscription(Vec<SubscriptionLine>),
    /// Several accounts have this address.
    WhichAccount,
    /// Which card was paid with?
    WhichCard,
    /// The sender has to prove who it is.
    Verify,
    /// No account has this address.
    NoCustomer,
    /// A person will answer.
    PersonAnswers,
    /// What else was asked will be answered by a person.
    RestByPerson,
}

/// A line of a list of invoices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvoiceLine {
    pub(crate) number: String,
    pub(crate) issued: Timestamp,
    pub(crate) total: Money,
    pub(crate) open: Option<Money>,
}

/// A line of a list of payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PaymentLine {
    pub(crate) amount: Money,
    pub(crate) on: Timestamp,
    pub(crate) card: Option<String>,
}

/// A line of a list of subscriptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SubscriptionLine {
    pub(crate) price: Option<Price>,
    pub(crate) next: Option<Timestamp>,
}

/// What a subscription costs each period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) amount: Money,
    pub(crate) every: Interval,
}

/// How often a subscription is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interval {
    Day,
    Week,
    Month,
    Year,
    /// Several of them, such as three months.
    Longer,
}

/// How far a refund is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundProgress {
    /// Issued; the bank needs its days.
    Issued,
    /// Stripe has not sent it yet.
    Pending,
    /// The customer has to do something.
    NeedsAction,
    /// It failed: a person has to look.
    Failed,
    /// It was called off.
    Canceled,
}

/// The whole reply: greeting, one paragraph a saying, closing.
pub(crate) fn compose(sayings: &[Saying], language: Language) -> String {
    if sayings.is_empty() {
        return String::new();
    }
    let (greeting, closing) = frame(language);
    let paragraphs = sayings.iter().map(|saying| say(saying, language));
    std::iter::once(greeting.to_owned())
        .chain(paragraphs)
        .chain([closing.to_owned()])
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// One saying in one language.
pub(crate) fn say(saying: &Saying, language: Language) -> String {
    match language {
        Language::En => en::say(saying),
        Language::De => de::say(saying),
        Language::Fr => fr::say(saying),
        Language::Es => es::say(saying),
        Language::It => it::say(saying),
        Language::Pt => pt::say(saying),
        Language::Nl => nl::say(saying),
    }
}

/// What every reply must not say, whoever words it.
pub(crate) fn never_say() -> Vec<String> {
    [
        "Do not say that money has arrived: a refund is issued, and the bank takes its time.",
        "Do not name an amount, date, link or id that is not in `guard`.",
        "Do not say whether another person or address has an account.",
    ]
    .map(str::to_owned)
    .into()
}

const fn frame(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::En => ("Hello,", "Kind regards"),
        Language::De => ("Guten Tag,", "Freundliche Grüße"),
        Language::Fr => ("Bonjour,", "Cordialement"),
        Language::Es => ("Hola:", "Un cordial saludo"),
        Language::It => ("Buongiorno,", "Cordiali saluti"),
        Language::Pt => ("Olá,", "Com os melhores cumprimentos"),
        Language::Nl => ("Beste klant,", "Met vriendelijke groet"),
    }
}

/// A list under its heading, one dash a line.
fn list<T>(heading: &str, lines: &[T], line: impl Fn(&T) -> String) -> String {
    std::iter::once(heading.to_owned())
        .chain(lines.iter().map(|item| format!("- {}", line(item))))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Currency;

    fn every_saying() -> Vec<Saying> {
        let (amount, on) =
            (Money::new(123_450, Currency::EUR), Timestamp::from_second(1_795_000_000).unwrap());
        let price = Some(Price { amount, every: Interval::Month });
        let (number, url, card) =
            ("LARK0001-0003".to_owned(), "https://pay.example/x".to_owned(), Some("4242".to_owned()));
        vec![
            Saying::InvoicePaid { number: number.clone(), total: amount, issued: on },
            Saying::InvoiceOpen { number: number.clone(), remaining: amount, due: Some(on) },
            Saying::InvoiceVoid { number: number.clone() },
            Saying::InvoiceUncollectible { number: number.clone(), remaining: amount },
            Saying::InvoiceRetry { on },
            Saying::InvoiceChargedOn { on },
            Saying::InvoiceLink { url: url.clone() },
            Saying::EarlierInvoices(vec![InvoiceLine {
                number,
                issued: on,
                total: amount,
                open: Some(amount),
            }]),
            Saying::NoInvoices,
            Saying::PaymentSucceeded { amount, on, card: card.clone() },
            Saying::PaymentPending { amount, on },
            Saying::PaymentReserved { amount, on },
            Saying::PaymentCalledOff { amount, on },
            Saying::PaymentNotMade { amount },
            Saying::PaymentFailed { amount, on, why: Decline::ExpiredCard },
            Saying::PaymentNeedsConfirmation { amount },
            Saying::ReceiptLink { url: url.clone() },
            Saying::NoPayments,
            Saying::RefundState { amount, on, state: RefundProgress::Issued },
            Saying::RefundReference { reference: "74208516012345678901234".to_owned() },
            Saying::LikelyDuplicate(vec![PaymentLine { amount, on, card: card.clone() }]),
            Saying::PaymentDisputed { amount, on },
            Saying::SubscriptionRuns { price: price.clone(), next: Some(on) },
            Saying::SubscriptionEnds { on },
            Saying::SubscriptionTrial { until: on, price: price.clone() },
            Saying::SubscriptionPastDue { price: price.clone() },
            Saying::SubscriptionUnpaid { price: price.clone() },
            Saying::SubscriptionPaused,
            Saying::SubscriptionEnded { on: Some(on) },
            Saying::SubscriptionIncomplete,
            Saying::NoSubscription,
            Saying::RefundIssued { amount, charged: on, card: card.clone() },
            Saying::RefundedBefore { amount, charged: on },
            Saying::RefundWaits { amount },
            Saying::RefundDeclined { amount },
            Saying::RequestExpired,
            Saying::PaymentPendingNoRefund { amount, on },
            Saying::PaymentUncaptured { amount, on },
            Saying::GuestFound { amount, on, card: card.clone() },
            Saying::WhichPayment(vec![PaymentLine { amount, on, card }]),
            Saying::WhichAmount { most: amount },
            Saying::AmountTooHigh { most: amount },
            Saying::NothingRefundable,
            Saying::ReferenceNotFound,
            Saying::PaymentLink { amount, url: url.clone() },
            Saying::NothingToPay,
            Saying::PortalSession { url: url.clone() },
            Saying::PortalLogin { url },
            Saying::CancellationSet { on: Some(on) },
            Saying::CancellationSetBefore { on: Some(on) },
            Saying::CancellationWaits,
            Saying::CancellationDeclined,
            Saying::CancellationUndone { ends_no_more: Some(on) },
            Saying::CancellationUndone { ends_no_more: None },
            Saying::WhichSubscription(vec![SubscriptionLine { price, next: Some(on) }]),
            Saying::WhichAccount,
            Saying::WhichCard,
            Saying::Verify,
            Saying::NoCustomer,
            Saying::PersonAnswers,
            Saying::RestByPerson,
        ]
    }

    #[test]
    fn every_language_says_everything_in_words_of_its_own() {
        for saying in every_saying() {
            let mut texts: Vec<String> =
                Language::ALL.iter().map(|language| say(&saying, *language)).collect();
            assert!(texts.iter().all(|text| text.len() > 10 && !text.contains("  ")), "{saying:?}");
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), Language::ALL.len(), "two languages say the same of {saying:?}");
        }
    }

    #[test]
    fn amounts_dates_and_links_of_a_saying_stand_in_its_text() {
        let amount = Money::new(4_900, Currency::EUR);
        let on = Timestamp::from_second(1_795_000_000).unwrap();
        for language in Language::ALL {
            let text = say(&Saying::PaymentSucceeded { amount, on, card: Some("4242".into()) }, language);
            assert!(text.contains(&amount.render(language)), "{text}");
            assert!(text.contains(&render_date(on, language)), "{text}");
            assert!(text.contains("4242"), "{text}");
            let url = "https://pay.example/x".to_owned();
            assert!(say(&Saying::PortalLogin { url: url.clone() }, language).contains(&url));
        }
    }

    /// Figures that belong to the wording: how long banks take.
    const WORDED: [&str; 4] = ["5–10", "5 à 10", "entre 5 y 10", "5 a 10"];

    #[test]
    fn whatever_a_saying_names_is_in_its_guard() {
        let cases =
            every_saying().into_iter().flat_map(|saying| Language::ALL.map(|of| (saying.clone(), of)));
        for (saying, language) in cases {
            let mut guard = domain::draft::Guard::default();
            saying.mention(&mut guard, language);
            let domain::draft::Guard { amounts, dates, urls, ids } = &guard;
            let listed = [urls, amounts, dates, ids].into_iter().flatten().map(String::as_str).chain(WORDED);
            let left = listed.fold(say(&saying, language), |text, item| text.replace(item, "…"));
            let invented =
                left.contains("://") || left.contains('€') || left.contains(|c: char| c.is_ascii_digit());
            assert!(!invented, "{left}");
        }
    }

    #[test]
    fn italian_elides_the_article_before_the_eighth_and_the_eleventh() {
        let on = |day: u8| format!("2026-11-{day:02}T12:00:00Z").parse::<Timestamp>().unwrap();
        let ended = |day| say(&Saying::SubscriptionEnded { on: Some(on(day)) }, Language::It);
        assert_eq!(ended(8), "Il Suo abbonamento è terminato l'8 novembre 2026.");
        assert_eq!(ended(18), "Il Suo abbonamento è terminato il 18 novembre 2026.");
        let ends = say(&Saying::SubscriptionEnds { on: on(11) }, Language::It);
        assert!(ends.contains("fino all'11 novembre 2026"), "{ends}");
        let amount = Money::new(900, Currency::EUR);
        let pending = say(&Saying::PaymentPending { amount, on: on(11) }, Language::It);
        assert!(pending.contains("dell'11 novembre 2026"), "{pending}");
    }
}

//! Look up invoices and payment history.

use domain::draft::{Link, LinkKind};
use domain::{Outcome, ReasonCode, Reference, Timestamp};
use stripe_client::CallError;
use stripe_client::object::{Charge, ChargeStatus, Invoice, InvoiceStatus};

use super::gather::{Gathered, Owned, gather};
use super::wording::{invoice_line, number_of};
use super::{Case, Conclusion, payment_status};
use crate::facts::{FactSheet, Source};
use crate::finding::Finding;
use crate::reply::Saying;

/// How many earlier invoices are listed beside the one that was asked for.
const EARLIER: usize = 3;

pub(super) async fn run(case: &Case<'_>) -> Result<Conclusion, CallError> {
    let invoices = read(case).await?;
    let finalized = Finalized::of(&invoices);
    if finalized.0.is_empty() && invoices.complete && !names_invoice(case) {
        return payments_without_invoice(case).await;
    }
    Ok(conclude(case, &finalized, &invoices).into())
}

/// Every invoice of the sender's customers, drafts too.
pub(super) async fn read(case: &Case<'_>) -> Result<Gathered<Invoice>, CallError> {
    gather(case, |invoice: &Invoice| invoice.created, |id| case.reader.invoices(id)).await
}

/// The invoices that were ever sent, newest first: drafts were never sent to anybody.
struct Finalized<'a>(Vec<&'a Owned<Invoice>>);

impl<'a> Finalized<'a> {
    fn of(invoices: &'a Gathered<Invoice>) -> Self {
        let sent = |owned: &&Owned<Invoice>| owned.object.status != Some(InvoiceStatus::Draft);
        Self(invoices.items.iter().filter(sent).collect())
    }

    /// The latest that still means something: a voided invoice only when there is no other.
    fn latest(&self) -> Option<&'a Owned<Invoice>> {
        let counts = |owned: &&&Owned<Invoice>| owned.object.status != Some(InvoiceStatus::Void);
        self.0.iter().find(counts).or(self.0.first()).copied()
    }

    fn named(&self, references: &[Reference]) -> Option<&'a Owned<Invoice>> {
        let is_named = |invoice: &Invoice| references.iter().any(|reference| names(reference, invoice));
        self.0.iter().find(|owned| is_named(&owned.object)).copied()
    }

    fn before(&self, chosen: &Owned<Invoice>) -> Vec<&'a Owned<Invoice>> {
        let older = |owned: &&&Owned<Invoice>| {
            owned.object.id != chosen.object.id
                && owned.object.created <= chosen.object.created
                && owned.object.status != Some(InvoiceStatus::Void)
        };
        self.0.iter().filter(older).take(EARLIER).copied().collect()
    }
}

/// Whether the mail names an invoice, by id or number.
pub(super) fn names_invoice(case: &Case<'_>) -> bool {
    let references = &case.understanding.slots.references;
    references
        .iter()
        .any(|reference| matches!(reference, Reference::Invoice(_) | Reference::InvoiceNumber(_)))
}

pub(crate) fn names(reference: &Reference, invoice: &Invoice) -> bool {
    match reference {
        Reference::Invoice(id) => *id == invoice.id,
        Reference::InvoiceNumber(number) => {
            invoice.number.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(number))
        }
        Reference::Charge(_)
        | Reference::PaymentIntent(_)
        | Reference::Subscription(_)
        | Reference::Refund(_)
        | Reference::CheckoutSession(_)
        | Reference::Customer(_)
        | Reference::ReceiptNumber(_) => false,
    }
}

fn conclude(case: &Case<'_>, finalized: &Finalized<'_>, invoices: &Gathered<Invoice>) -> Finding {
    let by_name = names_invoice(case);
    let chosen =
        if by_name { finalized.named(&case.understanding.slots.references) } else { finalized.latest() };
    match chosen {
        Some(chosen) if by_name => tell(case, chosen, &[]),
        Some(latest) => tell(case, latest, &finalized.before(latest)),
        None => not_found(by_name, invoices),
    }
}

fn not_found(by_name: bool, invoices: &Gathered<Invoice>) -> Finding {
    if !invoices.complete {
        let code = if by_name { ReasonCode::ReferenceNotFound } else { ReasonCode::NothingFound };
        return Finding::cut_short(code, "invoices");
    }
    Finding::question(ReasonCode::ReferenceNotFound, "the invoice named is not among the customer's")
        .say([Saying::ReferenceNotFound])
}

fn tell(case: &Case<'_>, chosen: &Owned<Invoice>, earlier: &[&Owned<Invoice>]) -> Finding {
    let mut sheet = FactSheet::new(case.language(), case.now);
    for owned in std::iter::once(&chosen).chain(earlier) {
        state(&mut sheet, &owned.object, owned.request_id.as_deref());
    }
    let invoice = &chosen.object;
    let hosted = invoice.hosted_invoice_url.as_ref().map(|url| url.as_str().to_owned());
    let pdf = invoice.invoice_pdf.as_ref().map(|url| url.as_str().to_owned());
    let lines: Vec<_> = earlier.iter().map(|owned| invoice_line(&owned.object)).collect();
    Finding::answered(format!("invoice {} was found", invoice.id))
        .about(&chosen.owner.id)
        .facts(sheet.into_facts())
        .say([saying(invoice)])
        .say(next_attempt(invoice, case.now))
        .say(hosted.clone().map(|url| Saying::InvoiceLink { url }))
        .say((!lines.is_empty()).then_some(Saying::EarlierInvoices(lines)))
        .link(hosted.map(|url| Link { kind: LinkKind::HostedInvoice, url, bearer: true, expires_at: None }))
        .link(pdf.map(|url| Link { kind: LinkKind::InvoicePdf, url, bearer: true, expires_at: None }))
}

pub(super) fn saying(invoice: &Invoice) -> Saying {
    let number = number_of(invoice);
    match &invoice.status {
        Some(InvoiceStatus::Paid) => {
            Saying::InvoicePaid { number, total: invoice.total(), issued: invoice.created }
        }
        Some(InvoiceStatus::Void) => Saying::InvoiceVoid { number },
        Some(InvoiceStatus::Uncollectible) => {
            Saying::InvoiceUncollectible { number, remaining: invoice.remaining() }
        }
        Some(InvoiceStatus::Open) => {
            Saying::InvoiceOpen { number, remaining: invoice.remaining(), due: invoice.due_date }
        }
        // Not sent yet, or in a state that Stripe invents tomorrow: nothing is told of it in words of today.
        Some(InvoiceStatus::Draft | InvoiceStatus::Other(_)) | None => Saying::PersonAnswers,
    }
}

/// When an open invoice is charged next. Stripe plans none while one is under way, and none after the last.
fn next_attempt(invoice: &Invoice, now: Timestamp) -> Option<Saying> {
    let is_owed = invoice.status == Some(InvoiceStatus::Open) && invoice.remaining().minor > 0;
    let on = invoice.next_payment_attempt.filter(|next| is_owed && *next > now)?;
    Some(if invoice.attempt_count > 0 {
        Saying::InvoiceRetry { on }
    } else {
        Saying::InvoiceChargedOn { on }
    })
}

/// What an invoice says.
pub(super) fn state(sheet: &mut FactSheet, invoice: &Invoice, request_id: Option<&str>) {
    let source = Source { object: invoice.id.as_str(), request_id };
    sheet.number("invoice.number", source, &number_of(invoice));
    sheet.state("invoice.status", source, invoice.status.as_ref().map_or("none", InvoiceStatus::as_str));
    sheet.money("invoice.total", source, invoice.total());
    sheet.money("invoice.amount_remaining", source, invoice.remaining());
    sheet.time("invoice.created", source, invoice.created);
    if let Some(due) = invoice.due_date {
        sheet.time("invoice.due_date", source, due);
    }
    if let Some(paid) = invoice.status_transitions.paid_at {
        sheet.time("invoice.status_transitions.paid_at", source, paid);
    }
    if let Some(next) = invoice.next_payment_attempt {
        sheet.time("invoice.next_payment_attempt", source, next);
    }
    if let Some(subscription) = invoice.subscription() {
        sheet.id("invoice.parent.subscription_details.subscription", source, subscription.as_str());
    }
}

/// A customer who only ever paid without invoices still has receipts.
async fn payments_without_invoice(case: &Case<'_>) -> Result<Conclusion, CallError> {
    let charges = payment_status::charges(case).await?;
    let paid = |owned: &&Owned<Charge>| owned.object.status == ChargeStatus::Succeeded;
    let Some(latest) = charges.items.iter().find(paid) else {
        return Ok(nothing_at_all(&charges).into());
    };
    let mut sheet = FactSheet::new(case.language(), case.now);
    payment_status::state(&mut sheet, &latest.object, latest.request_id.as_deref());
    let receipt = latest.object.receipt_url.as_ref().map(|url| url.as_str().to_owned());
    let finding = Finding::answered("the customer has payments, but no invoices")
        .about(&latest.owner.id)
        .facts(sheet.into_facts())
        .say([Saying::NoInvoices, payment_status::saying(&latest.object)])
        .say(receipt.clone().map(|url| Saying::ReceiptLink { url }))
        .link(receipt.map(|url| Link { kind: LinkKind::Receipt, url, bearer: true, expires_at: None }));
    Ok(finding.into())
}

fn nothing_at_all(charges: &Gathered<Charge>) -> Finding {
    if !charges.complete {
        return Finding::cut_short(ReasonCode::NothingFound, "payments");
    }
    let text = "the customer has no invoices and no payments";
    Finding::new(Outcome::Answered, ReasonCode::NothingFound, text).say([Saying::NoInvoices])
}

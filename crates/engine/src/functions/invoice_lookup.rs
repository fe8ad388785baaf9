//! Look up invoices and payment history.

use domain::draft::{Link, LinkKind};
use domain::{ReasonCode, Reference};
use futures_util::future::try_join_all;
use stripe_client::object::{Charge, ChargeStatus, Invoice, InvoiceStatus};
use stripe_client::{CallError, Got, Listing};

use super::wording::{card_of, invoice_line, number_of};
use super::{Case, Conclusion};
use crate::customer::OnFile;
use crate::facts::{FactSheet, Source};
use crate::finding::Finding;
use crate::reply::Saying;

/// How many earlier invoices are listed beside the one that was asked for.
const EARLIER: usize = 3;

pub(super) async fn run(case: &Case<'_>) -> Result<Conclusion, CallError> {
    let lists =
        try_join_all(case.customers.iter().map(|customer| case.reader.invoices(&customer.id))).await?;
    let invoices = Invoices::of(case.customers, &lists);
    if invoices.finalized.is_empty() {
        return payments_without_invoice(case).await;
    }
    Ok(conclude(case, &invoices).into())
}

/// The customers' invoices that were ever sent, newest first.
struct Invoices<'a> {
    finalized: Vec<Owned<'a>>,
}

#[derive(Clone, Copy)]
struct Owned<'a> {
    invoice: &'a Invoice,
    owner: &'a OnFile,
    request_id: Option<&'a str>,
}

impl<'a> Invoices<'a> {
    /// Drafts were never sent to anybody. Stripe lists newest first, but several customers' lists have to be merged.
    fn of(customers: &'a [OnFile], lists: &'a [Got<Listing<Invoice>>]) -> Self {
        let mut finalized: Vec<Owned<'_>> = customers
            .iter()
            .zip(lists)
            .flat_map(|(owner, got)| {
                let request_id = got.request_id.as_ref().map(stripe_client::RequestId::as_str);
                got.value.items.iter().map(move |invoice| Owned { invoice, owner, request_id })
            })
            .filter(|owned| owned.invoice.status != Some(InvoiceStatus::Draft))
            .collect();
        finalized.sort_by_key(|owned| std::cmp::Reverse(owned.invoice.created));
        Self { finalized }
    }

    /// The latest that still means something: a voided invoice only when there is no other.
    fn latest(&self) -> Option<Owned<'a>> {
        let counts = |owned: &&Owned<'_>| owned.invoice.status != Some(InvoiceStatus::Void);
        self.finalized.iter().find(counts).or(self.finalized.first()).copied()
    }

    fn named(&self, references: &[Reference]) -> Option<Owned<'a>> {
        let is_named = |invoice: &Invoice| references.iter().any(|reference| names(reference, invoice));
        self.finalized.iter().find(|owned| is_named(owned.invoice)).copied()
    }
}

pub(super) fn names(reference: &Reference, invoice: &Invoice) -> bool {
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

fn conclude(case: &Case<'_>, invoices: &Invoices<'_>) -> Finding {
    let asked: Vec<Reference> = case
        .understanding
        .slots
        .references
        .iter()
        .filter(|reference| is_of_invoices(reference))
        .cloned()
        .collect();
    let chosen = if asked.is_empty() { invoices.latest() } else { invoices.named(&asked) };
    let Some(chosen) = chosen else {
        return Finding::question(
            ReasonCode::ReferenceNotFound,
            "the invoice named is not among the customer's",
        )
        .say([Saying::ReferenceNotFound]);
    };
    let earlier: Vec<Owned<'_>> = if asked.is_empty() {
        let older = invoices.finalized.iter().filter(|owned| {
            owned.invoice.id != chosen.invoice.id && owned.invoice.created <= chosen.invoice.created
        });
        older
            .filter(|owned| owned.invoice.status != Some(InvoiceStatus::Void))
            .take(EARLIER)
            .copied()
            .collect()
    } else {
        Vec::new()
    };
    tell(case, chosen, &earlier)
}

const fn is_of_invoices(reference: &Reference) -> bool {
    matches!(reference, Reference::Invoice(_) | Reference::InvoiceNumber(_))
}

fn tell(case: &Case<'_>, chosen: Owned<'_>, earlier: &[Owned<'_>]) -> Finding {
    let mut sheet = FactSheet::new(case.language(), case.now);
    for owned in std::iter::once(&chosen).chain(earlier) {
        state(&mut sheet, owned.invoice, owned.request_id);
    }
    let hosted = chosen.invoice.hosted_invoice_url.as_ref().map(|url| url.as_str().to_owned());
    let pdf = chosen.invoice.invoice_pdf.as_ref().map(|url| url.as_str().to_owned());
    let lines: Vec<_> = earlier.iter().map(|owned| invoice_line(owned.invoice)).collect();
    Finding::answered(format!("invoice {} was found", chosen.invoice.id))
        .about(&chosen.owner.id)
        .facts(sheet.into_facts())
        .say([saying(chosen.invoice)])
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
        Some(InvoiceStatus::Open | InvoiceStatus::Draft | InvoiceStatus::Other(_)) | None => {
            Saying::InvoiceOpen { number, remaining: invoice.remaining(), due: invoice.due_date }
        }
    }
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
    let lists = try_join_all(case.customers.iter().map(|customer| case.reader.charges(&customer.id))).await?;
    let mut paid: Vec<(&OnFile, &Charge, Option<&str>)> = Vec::new();
    for (owner, got) in case.customers.iter().zip(&lists) {
        let request_id = got.request_id.as_ref().map(stripe_client::RequestId::as_str);
        paid.extend(
            got.value
                .items
                .iter()
                .filter(|charge| charge.status == ChargeStatus::Succeeded)
                .map(|charge| (owner, charge, request_id)),
        );
    }
    let Some((owner, charge, request_id)) = paid.into_iter().max_by_key(|(_, charge, _)| charge.created)
    else {
        let finding = Finding::new(
            domain::Outcome::Answered,
            ReasonCode::NothingFound,
            "the customer has no invoices and no payments",
        );
        return Ok(finding.say([Saying::NoInvoices]).into());
    };
    let mut sheet = FactSheet::new(case.language(), case.now);
    super::payment_status::state(&mut sheet, charge, request_id);
    let receipt = charge.receipt_url.as_ref().map(|url| url.as_str().to_owned());
    let finding = Finding::answered("the customer has payments, but no invoices")
        .about(&owner.id)
        .facts(sheet.into_facts())
        .say([
            Saying::NoInvoices,
            Saying::PaymentSucceeded { amount: charge.amount(), on: charge.created, card: card_of(charge) },
        ])
        .say(receipt.clone().map(|url| Saying::ReceiptLink { url }))
        .link(receipt.map(|url| Link { kind: LinkKind::Receipt, url, bearer: true, expires_at: None }));
    Ok(finding.into())
}

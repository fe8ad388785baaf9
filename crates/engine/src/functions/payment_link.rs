//! Create a link to pay what is open.
//!
//! An open invoice has a page of its own: paying there closes the invoice, which a payment link for the same amount would not. So a
//! link is made only for an amount that the mail names and no open invoice covers.

use domain::draft::{Link, LinkKind};
use domain::{Function, Money, ReasonCode, Reference};
use futures_util::future::try_join_all;
use stripe_client::CallError;
use stripe_client::object::{Invoice, InvoiceStatus};

use super::{Case, Conclusion, Plan, invoice_lookup};
use crate::action::Request;
use crate::customer::OnFile;
use crate::facts::FactSheet;
use crate::finding::Finding;
use crate::reply::Saying;

pub(super) async fn run(case: &Case<'_>) -> Result<Conclusion, CallError> {
    let lists =
        try_join_all(case.customers.iter().map(|customer| case.reader.invoices(&customer.id))).await?;
    let mut invoices: Vec<Open> = Vec::new();
    for (owner, got) in case.customers.iter().zip(lists) {
        let request_id = got.request_id.map(|id| id.to_string());
        let open =
            got.value.items.into_iter().filter(|invoice| {
                invoice.status == Some(InvoiceStatus::Open) && invoice.remaining().minor > 0
            });
        invoices.extend(open.map(|invoice| Open {
            invoice,
            owner: owner.clone(),
            request_id: request_id.clone(),
        }));
    }
    Ok(conclude(case, &invoices))
}

struct Open {
    invoice: Invoice,
    owner: OnFile,
    request_id: Option<String>,
}

fn conclude(case: &Case<'_>, open: &[Open]) -> Conclusion {
    let references = &case.understanding.slots.references;
    let named =
        |open: &&Open| references.iter().any(|reference| invoice_lookup::names(reference, &open.invoice));
    let names_invoice = references
        .iter()
        .any(|reference| matches!(reference, Reference::Invoice(_) | Reference::InvoiceNumber(_)));
    let payable: Vec<&Open> =
        if names_invoice { open.iter().filter(named).collect() } else { open.iter().collect() };
    if !payable.is_empty() {
        return pay_invoices(case, &payable).into();
    }
    if names_invoice {
        let text = "the invoice named is not among the customer's open ones";
        return Finding::question(ReasonCode::ReferenceNotFound, text)
            .say([Saying::ReferenceNotFound])
            .into();
    }
    match (asked(case), case.customers) {
        (Some(amount), [customer]) => Conclusion::Act(Box::new(plan(case, customer, amount))),
        (Some(_), _) => {
            let text = "more than one customer has this address";
            Finding::question(ReasonCode::SeveralCustomers, text).say([Saying::WhichAccount]).into()
        }
        (None, _) => {
            Finding::question(ReasonCode::NothingToPay, "nothing is open, and the mail names no amount")
                .say([Saying::NothingToPay])
                .into()
        }
    }
}

/// The amount named, in the currency named. A bare number is no amount to make a price of.
fn asked(case: &Case<'_>) -> Option<Money> {
    let amount = case.understanding.slots.amount.as_ref()?;
    match amount.currency {
        domain::intent::CurrencyAsked::Known(currency) => amount.in_currency(currency),
        domain::intent::CurrencyAsked::Dollar | domain::intent::CurrencyAsked::Unsaid => None,
    }
}

fn pay_invoices(case: &Case<'_>, payable: &[&Open]) -> Finding {
    let mut sheet = FactSheet::new(case.language(), case.now);
    let mut finding = Finding::answered(format!("{} open invoices were found", payable.len()));
    for open in payable {
        invoice_lookup::state(&mut sheet, &open.invoice, open.request_id.as_deref());
        let hosted = open.invoice.hosted_invoice_url.as_ref().map(|url| url.as_str().to_owned());
        finding = finding
            .about(&open.owner.id)
            .say([invoice_lookup::saying(&open.invoice)])
            .say(hosted.clone().map(|url| Saying::PaymentLink { amount: open.invoice.remaining(), url }))
            .link(hosted.map(|url| Link {
                kind: LinkKind::HostedInvoice,
                url,
                bearer: true,
                expires_at: None,
            }));
    }
    finding.facts(sheet.into_facts())
}

fn plan(case: &Case<'_>, customer: &OnFile, amount: Money) -> Plan {
    Plan {
        request: Request::PaymentLink { customer: customer.id.clone(), amount },
        judgement: case.policy.judge_link(Function::PaymentLink),
        basis: Finding::answered("").about(&customer.id),
    }
}

//! Create a link to pay what is open.
//!
//! An open invoice has a page of its own: paying there closes the invoice, which a payment link for the same amount would not. So a
//! link is made only for an amount that the mail names and no open invoice covers.

use domain::draft::{Link, LinkKind};
use domain::ids::CustomerId;
use domain::{Money, ReasonCode};
use stripe_client::CallError;
use stripe_client::object::{Invoice, InvoiceStatus};

use super::gather::{Gathered, Owned};
use super::{Case, Conclusion, Plan, invoice_lookup};
use crate::action::Request;
use crate::customer::{OnFile, Payer};
use crate::facts::FactSheet;
use crate::finding::Finding;
use crate::reply::Saying;

/// How many open invoices a reply lists; more are a matter for the portal.
const LISTED: usize = 5;

pub(super) async fn run(case: &Case<'_>) -> Result<Conclusion, CallError> {
    let invoices = invoice_lookup::read(case).await?;
    Ok(conclude(case, &invoices))
}

fn conclude(case: &Case<'_>, invoices: &Gathered<Invoice>) -> Conclusion {
    let open = |owned: &&Owned<Invoice>| {
        owned.object.status == Some(InvoiceStatus::Open) && owned.object.remaining().minor > 0
    };
    let names_invoice = invoice_lookup::names_invoice(case);
    let references = &case.understanding.slots.references;
    let meant = |owned: &&Owned<Invoice>| {
        !names_invoice || references.iter().any(|reference| invoice_lookup::names(reference, &owned.object))
    };
    let payable: Vec<&Owned<Invoice>> = invoices.items.iter().filter(open).filter(meant).collect();
    if !payable.is_empty() {
        return pay_invoices(case, &payable).into();
    }
    if !invoices.complete {
        return Finding::cut_short(ReasonCode::NothingToPay, "invoices").into();
    }
    if names_invoice {
        let text = "the invoice named is not among the customer's open ones";
        let question = Finding::question(ReasonCode::ReferenceNotFound, text);
        return question.say([Saying::ReferenceNotFound]).into();
    }
    match (asked(case), case.customers) {
        (Some(amount), [OnFile { id: payer @ Payer::Customer(customer), .. }]) => {
            Conclusion::Act(Box::new(plan(case, payer, customer, amount)))
        }
        (Some(_), _) => {
            let text = "more than one customer has this address";
            Finding::question(ReasonCode::SeveralCustomers, text).say([Saying::WhichAccount]).into()
        }
        (None, _) => which_amount(case).into(),
    }
}

fn which_amount(case: &Case<'_>) -> Finding {
    let (code, text) = if case.understanding.slots.unclear_amount.is_some() {
        (ReasonCode::AmountUnclear, "nothing is open, and the amount the mail names is not clear")
    } else {
        (ReasonCode::NothingToPay, "nothing is open, and the mail names no amount")
    };
    Finding::question(code, text).say([Saying::NothingToPay])
}

/// The amount named, in the currency named. A bare number is no amount to make a price of.
fn asked(case: &Case<'_>) -> Option<Money> {
    let amount = case.understanding.slots.amount.as_ref()?;
    match amount.currency {
        domain::intent::CurrencyAsked::Known(currency) => amount.in_currency(currency),
        domain::intent::CurrencyAsked::Dollar | domain::intent::CurrencyAsked::Unsaid => None,
    }
}

fn pay_invoices(case: &Case<'_>, payable: &[&Owned<Invoice>]) -> Finding {
    let mut sheet = FactSheet::new(case.language(), case.now);
    let mut finding = Finding::answered(format!("{} open invoices were found", payable.len()));
    for owned in payable.iter().take(LISTED) {
        let invoice = &owned.object;
        invoice_lookup::state(&mut sheet, invoice, owned.request_id.as_deref());
        let hosted = invoice.hosted_invoice_url.as_ref().map(|url| url.as_str().to_owned());
        finding = finding
            .about(&owned.owner.id)
            .say([invoice_lookup::saying(invoice)])
            .say(hosted.clone().map(|url| Saying::PaymentLink { amount: invoice.remaining(), url }))
            .link(hosted.map(|url| Link {
                kind: LinkKind::HostedInvoice,
                url,
                bearer: true,
                expires_at: None,
            }));
    }
    finding.facts(sheet.into_facts())
}

fn plan(case: &Case<'_>, payer: &Payer, customer: &CustomerId, amount: Money) -> Plan {
    Plan {
        request: Request::PaymentLink { customer: customer.clone(), amount },
        assurance: case.assurance,
        basis: Finding::answered("").about(payer),
    }
}

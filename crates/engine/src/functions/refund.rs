//! Refund a charge, wholly or in part.
//!
//! Which charge: the one the mail names by its id, its payment, its receipt, the invoice it paid or the card; else the one of the amount
//! and the day that the mail names, of the amount, or of the day; else the last one, where the mail says so; else the only one that can
//! be refunded, where those within the policy's window go before older ones. In every other case, and where what is said does not fit
//! together, it asks (`which.rs`).
//!
//! How much: the amount named, in whatever way it is written, else all of a payment of which nothing was refunded yet. What can be read
//! in two ways, what is no figure and what is more than is left is asked about (`amount.rs`).
//!
//! What stands in the way is told in words of its own (`preflight.rs`). What postill refunded on the charge for another mail makes it a
//! person's decision: whoever asks twice, or in small parts, or of a worker that lost its ledger, is not paid twice.

mod amount;
mod earlier;
mod preflight;
pub(super) mod which;

use domain::ids::ChargeId;
use domain::{Money, Outcome, Reason, ReasonCode, Reference};
use futures_util::future::try_join_all;
use stripe_client::CallError;
use stripe_client::object::{Charge, Invoice};

use super::gather::{Gathered, Owned};
use super::payment_status;
use super::wording::{card_of, payment_line};
use super::{Case, Conclusion, Plan, invoice_lookup};
use crate::action::Request;
use crate::facts::{FactSheet, Source};
use crate::finding::Finding;
use crate::reply::Saying;
use amount::{Question, Wanted};
use earlier::Earlier;
use preflight::{Obstacle, nothing_refundable};
use which::Meant;

/// How many payments a question lists.
const LISTED: usize = 5;

pub(super) async fn run(case: &Case<'_>) -> Result<Conclusion, CallError> {
    let charges = payment_status::charges(case).await?;
    let earlier = Earlier::read(case, &charges).await?;
    if let Some(found) = earlier.of_this_mail(case) {
        return Ok(Conclusion::Found(Box::new(found)));
    }
    let invoices = if invoice_lookup::names_invoice(case) {
        Some(NamedInvoices::read(case, &charges).await?)
    } else {
        None
    };
    Ok(conclude(case, &charges, invoices.as_ref(), &earlier))
}

/// The invoices the mail names, and the charges that paid them. An invoice no longer tells its charge, so its payments are read;
/// only invoices of these customers are looked at.
struct NamedInvoices {
    invoices: Vec<Owned<Invoice>>,
    paid_by: Vec<ChargeId>,
    complete: bool,
}

impl NamedInvoices {
    async fn read(case: &Case<'_>, charges: &Gathered<Charge>) -> Result<Self, CallError> {
        let references = &case.understanding.slots.references;
        let is_named = |owned: &Owned<Invoice>| {
            references.iter().any(|reference| invoice_lookup::names(reference, &owned.object))
        };
        let read = invoice_lookup::read(case).await?;
        let invoices: Vec<Owned<Invoice>> = read.items.into_iter().filter(is_named).collect();
        let payments = invoices.iter().map(|owned| case.reader.payments_of_invoice(&owned.object.id));
        let payments = try_join_all(payments).await?;
        let complete = read.complete && payments.iter().all(|got| got.value.complete);
        let paid = |charge: &&Charge| {
            payments.iter().flat_map(|got| &got.value.items).map(|paid| &paid.payment).any(|by| {
                by.charge.as_ref() == Some(&charge.id)
                    || (by.payment_intent.is_some() && by.payment_intent == charge.payment_intent)
            })
        };
        let charges = charges.items.iter().map(|owned| &owned.object);
        let paid_by = charges.filter(paid).map(|charge| charge.id.clone()).collect();
        Ok(Self { invoices, paid_by, complete })
    }
}

fn conclude(
    case: &Case<'_>,
    charges: &Gathered<Charge>,
    invoices: Option<&NamedInvoices>,
    earlier: &Earlier<'_>,
) -> Conclusion {
    let named = named(case, charges, invoices);
    let pointed_at = named.is_some();
    let candidates = match named {
        Some(named) if named.is_empty() => return not_found(case, charges, invoices).into(),
        Some(named) => named,
        None => charges.items.iter().collect(),
    };
    let cut_short = !(pointed_at || charges.complete);
    let meant = match meant(case, pointed_at, &candidates) {
        Meant::Any => candidates,
        Meant::These(these) => these,
        Meant::None { .. } if cut_short => {
            return Finding::cut_short(ReasonCode::SeveralCharges, "payments").into();
        }
        Meant::None { because, perhaps } => return unfit(case, because, &perhaps, &candidates).into(),
    };
    let chosen = match worth_asking(case, &meant).as_slice() {
        // One that was not read may be the one that is meant.
        [] | [_] if cut_short => {
            return Finding::cut_short(ReasonCode::SeveralCharges, "payments").into();
        }
        [] => return nothing_refundable(case, &meant).into(),
        [only] => *only,
        several => return which(case, several).into(),
    };
    match amount(case, chosen) {
        Ok(amount) => decide(case, plan(case, chosen, amount), chosen, earlier),
        Err(question) => question.about(&chosen.owner.id).into(),
    }
}

/// One payment that is named by itself is meant, whatever else is said of it.
fn meant<'a>(
    case: &Case<'_>,
    pointed_at: bool,
    candidates: &[&'a Owned<Charge>],
) -> Meant<'a, Owned<Charge>> {
    if pointed_at && candidates.len() == 1 {
        return Meant::Any;
    }
    which::narrow(case.particulars(), candidates, |owned| &owned.object)
}

/// What the mail says of its payment does not fit together.
fn unfit(
    case: &Case<'_>,
    because: &str,
    perhaps: &[&Owned<Charge>],
    candidates: &[&Owned<Charge>],
) -> Finding {
    let listed = match worth_asking(case, perhaps) {
        none if none.is_empty() => worth_asking(case, candidates),
        perhaps => perhaps,
    };
    if listed.is_empty() {
        return nothing_refundable(case, if perhaps.is_empty() { candidates } else { perhaps });
    }
    Finding { reasons: vec![Reason::new(ReasonCode::SeveralCharges, because)], ..which(case, &listed) }
}

/// The first refund of a charge is the policy's to judge; the next needs a person.
fn decide(case: &Case<'_>, mut plan: Plan, chosen: &Owned<Charge>, earlier: &Earlier<'_>) -> Conclusion {
    let before = earlier.on(&chosen.object.id);
    let text = match before.as_slice() {
        [] if earlier.complete => return Conclusion::Act(Box::new(plan)),
        [] => "not every refund of the customer's payments could be read",
        _ => "a refund of this payment was issued for another mail",
    };
    let mut sheet = FactSheet::new(case.language(), case.now);
    for refund in &before {
        payment_status::state_refund(&mut sheet, refund, None);
    }
    plan.basis = plan
        .basis
        .facts(sheet.into_facts())
        .say(before.iter().map(|refund| payment_status::refund_saying(refund)));
    Conclusion::Wait(Box::new(plan), Reason::new(ReasonCode::ApprovalRequired, text))
}

/// Those that have something left to refund. Where some are within the window, the older ones are not meant.
fn worth_asking<'a>(case: &Case<'_>, meant: &[&'a Owned<Charge>]) -> Vec<&'a Owned<Charge>> {
    let refundable = |owned: &&&Owned<Charge>| Obstacle::of(&owned.object).is_none();
    let all: Vec<&Owned<Charge>> = meant.iter().filter(refundable).copied().collect();
    let is_recent = |owned: &&&Owned<Charge>| case.policy.is_within_window(owned.object.created, case.now);
    let recent: Vec<&Owned<Charge>> = all.iter().filter(is_recent).copied().collect();
    if recent.is_empty() { all } else { recent }
}

/// The charges that the mail points at by id, invoice or card; `None` when it points at none.
fn named<'a>(
    case: &Case<'_>,
    charges: &'a Gathered<Charge>,
    invoices: Option<&NamedInvoices>,
) -> Option<Vec<&'a Owned<Charge>>> {
    let slots = &case.understanding.slots;
    let by_id = slots
        .references
        .iter()
        .any(|reference| matches!(reference, Reference::Charge(_) | Reference::PaymentIntent(_)));
    let by_receipt = charges.items.iter().any(|owned| names_receipt(&slots.references, &owned.object));
    if by_id || by_receipt || invoices.is_some() {
        let is_named = |owned: &&Owned<Charge>| {
            slots.references.iter().any(|reference| payment_status::names(reference, &owned.object))
                || invoices.is_some_and(|invoices| invoices.paid_by.contains(&owned.object.id))
        };
        return Some(charges.items.iter().filter(is_named).collect());
    }
    let last4 = slots.card_last4.as_ref()?;
    Some(charges.items.iter().filter(|owned| card_of(&owned.object).as_ref() == Some(last4)).collect())
}

/// Stripe numbers a receipt when it is sent, so a number that fits nothing may be of anything.
fn names_receipt(references: &[Reference], charge: &Charge) -> bool {
    let receipts = references.iter().filter(|reference| matches!(reference, Reference::ReceiptNumber(_)));
    receipts.into_iter().any(|reference| payment_status::names(reference, charge))
}

/// What the mail points at is no payment of the customer's, as far as can be seen.
fn not_found(case: &Case<'_>, charges: &Gathered<Charge>, invoices: Option<&NamedInvoices>) -> Finding {
    if !charges.complete || invoices.is_some_and(|invoices| !invoices.complete) {
        return Finding::cut_short(ReasonCode::ReferenceNotFound, "payments");
    }
    let Some(unpaid) = invoices.and_then(|invoices| invoices.invoices.first()) else {
        let text = "what the mail names is not among the customer's payments";
        return Finding::question(ReasonCode::ReferenceNotFound, text).say([Saying::ReferenceNotFound]);
    };
    let mut sheet = FactSheet::new(case.language(), case.now);
    invoice_lookup::state(&mut sheet, &unpaid.object, unpaid.request_id.as_deref());
    let text = "no payment was made on the invoice named";
    Finding::new(Outcome::Answered, ReasonCode::NothingRefundable, text)
        .about(&unpaid.owner.id)
        .facts(sheet.into_facts())
        .say([invoice_lookup::saying(&unpaid.object)])
}

/// The amount to refund, or the question that has to be asked first.
fn amount(case: &Case<'_>, chosen: &Owned<Charge>) -> Result<Money, Box<Finding>> {
    let (slots, charge) = (&case.understanding.slots, &chosen.object);
    let wanted =
        Wanted { amount: slots.amount.as_ref(), unclear: slots.unclear_amount.is_some(), full: slots.full };
    let most = charge.refundable();
    let finding = match amount::of(wanted, charge) {
        Ok(amount) => return Ok(amount),
        Err(Question::Unclear(text)) => {
            Finding::question(ReasonCode::AmountUnclear, text).say([Saying::WhichAmount { most }])
        }
        Err(Question::TooHigh(asked)) => {
            let text = format!("{asked} is asked for, and {most} can be refunded");
            Finding::question(ReasonCode::AmountTooHigh, text).say([Saying::AmountTooHigh { most }])
        }
    };
    let mut sheet = FactSheet::new(case.language(), case.now);
    payment_status::state(&mut sheet, charge, chosen.request_id.as_deref());
    Err(Box::new(finding.facts(sheet.into_facts())))
}

fn plan(case: &Case<'_>, chosen: &Owned<Charge>, amount: Money) -> Plan {
    let charge = &chosen.object;
    let mut sheet = FactSheet::new(case.language(), case.now);
    payment_status::state(&mut sheet, charge, chosen.request_id.as_deref());
    sheet.money(
        "refund.asked",
        Source { object: charge.id.as_str(), request_id: chosen.request_id.as_deref() },
        amount,
    );
    Plan {
        request: Request::Refund {
            charge: charge.id.clone(),
            amount,
            charged_at: charge.created,
            card: card_of(charge),
        },
        assurance: case.assurance,
        basis: Finding::answered("").about(&chosen.owner.id).facts(sheet.into_facts()),
    }
}

fn which(case: &Case<'_>, several: &[&Owned<Charge>]) -> Finding {
    let mut sheet = FactSheet::new(case.language(), case.now);
    for owned in several.iter().take(LISTED) {
        payment_status::state(&mut sheet, &owned.object, owned.request_id.as_deref());
    }
    let lines = several.iter().take(LISTED).map(|owned| payment_line(&owned.object)).collect();
    Finding::question(ReasonCode::SeveralCharges, format!("{} payments could be meant", several.len()))
        .facts(sheet.into_facts())
        .say([Saying::WhichPayment(lines)])
}

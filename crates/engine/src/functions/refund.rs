//! Refund a charge, wholly or in part.
//!
//! The charge is the one the mail names, else the one whose amount it names, else the only one that can be refunded; in every other
//! case it asks. The amount is the one named, else all that is left. What postill refunded on the charge for another mail makes it a
//! person's decision: whoever asks twice, or in small parts, or of a worker that lost its ledger, is not paid twice.

mod earlier;

use domain::ids::ChargeId;
use domain::{Money, Outcome, Reason, ReasonCode, Reference};
use futures_util::future::try_join_all;
use stripe_client::CallError;
use stripe_client::object::{Charge, ChargeStatus, Invoice};

use super::gather::{Gathered, Owned};
use super::payment_status;
use super::wording::{card_of, payment_line};
use super::{Case, Conclusion, Plan, invoice_lookup};
use crate::action::Request;
use crate::facts::{FactSheet, Source};
use crate::finding::Finding;
use crate::reply::Saying;
use earlier::Earlier;

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
    let meant = of_the_amount(case, candidates);
    let chosen = match worth_asking(case, &meant).as_slice() {
        // One that was not read may be the one that is meant.
        [] | [_] if !(pointed_at || charges.complete) => {
            return Finding::cut_short(ReasonCode::SeveralCharges, "payments").into();
        }
        [] => return nothing_refundable(case, &meant).into(),
        [only] => *only,
        several => return which(case, several).into(),
    };
    match amount(case, &chosen.object) {
        Ok(amount) => decide(case, plan(case, chosen, amount), chosen, earlier),
        Err(question) => question.about(&chosen.owner.id).into(),
    }
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
    let refundable = |owned: &&&Owned<Charge>| owned.object.refundable().minor > 0 && !owned.object.disputed;
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
    if by_id || invoices.is_some() {
        let is_named = |owned: &&Owned<Charge>| {
            slots.references.iter().any(|reference| payment_status::names(reference, &owned.object))
                || invoices.is_some_and(|invoices| invoices.paid_by.contains(&owned.object.id))
        };
        return Some(charges.items.iter().filter(is_named).collect());
    }
    let last4 = slots.card_last4.as_ref()?;
    Some(charges.items.iter().filter(|owned| card_of(&owned.object).as_ref() == Some(last4)).collect())
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

/// Those among the candidates that were charged exactly the amount the mail names, whatever became of them; all where there are none,
/// for then it is a part that is named. So the amount of a payment that was refunded long ago is not taken out of another.
fn of_the_amount<'a>(case: &Case<'_>, candidates: Vec<&'a Owned<Charge>>) -> Vec<&'a Owned<Charge>> {
    let asked = case.understanding.slots.amount.as_ref();
    let matches = |owned: &&&Owned<Charge>| {
        let charge = &owned.object;
        charge.status != ChargeStatus::Failed
            && asked.and_then(|asked| asked.in_currency(charge.currency)) == Some(charge.amount())
    };
    let exact: Vec<&Owned<Charge>> = candidates.iter().filter(matches).copied().collect();
    if exact.is_empty() { candidates } else { exact }
}

/// The amount to refund on `charge`, or the question that has to be asked first.
fn amount(case: &Case<'_>, charge: &Charge) -> Result<Money, Box<Finding>> {
    let (slots, most) = (&case.understanding.slots, charge.refundable());
    let facts = || {
        let mut sheet = FactSheet::new(case.language(), case.now);
        payment_status::state(&mut sheet, charge, None);
        sheet.into_facts()
    };
    let unclear = |text: &str| {
        Finding::question(ReasonCode::AmountUnclear, text).facts(facts()).say([Saying::WhichAmount { most }])
    };
    if slots.unclear_amount.is_some() {
        return Err(Box::new(unclear("the mail does not say the amount in figures that are clear")));
    }
    let Some(asked) = &slots.amount else { return Ok(most) };
    let Some(asked) = asked.in_currency(charge.currency) else {
        return Err(Box::new(unclear("the mail names an amount in another currency than the payment's")));
    };
    if asked.minor > most.minor {
        let text = format!("{asked} is asked for, and {most} can be refunded");
        let question = Finding::question(ReasonCode::AmountTooHigh, text);
        return Err(Box::new(question.facts(facts()).say([Saying::AmountTooHigh { most }])));
    }
    Ok(asked)
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
        assurance: case.mail.assurance,
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

/// Why none of the candidates can be refunded: disputed, refunded before, or never paid.
fn nothing_refundable(case: &Case<'_>, candidates: &[&Owned<Charge>]) -> Finding {
    let mut sheet = FactSheet::new(case.language(), case.now);
    let find = |wanted: fn(&Charge) -> bool| candidates.iter().find(|owned| wanted(&owned.object)).copied();
    if let Some(disputed) = find(|charge| charge.disputed) {
        payment_status::state(&mut sheet, &disputed.object, disputed.request_id.as_deref());
        let finding =
            Finding::new(Outcome::Handoff, ReasonCode::Disputed, "the payment is disputed at the bank");
        return finding
            .about(&disputed.owner.id)
            .facts(sheet.into_facts())
            .say([payment_status::saying(&disputed.object)]);
    }
    if let Some(refunded) = find(|charge| charge.refunded_amount().minor > 0) {
        payment_status::state(&mut sheet, &refunded.object, refunded.request_id.as_deref());
        let (amount, charged) = (refunded.object.refunded_amount(), refunded.object.created);
        let finding =
            Finding::new(Outcome::Answered, ReasonCode::AlreadyRefunded, "the payment was refunded before");
        return finding
            .about(&refunded.owner.id)
            .facts(sheet.into_facts())
            .say([Saying::RefundedBefore { amount, charged }]);
    }
    Finding::new(
        Outcome::Answered,
        ReasonCode::NothingRefundable,
        "no payment of the customer can be refunded",
    )
    .say([Saying::NothingRefundable])
}

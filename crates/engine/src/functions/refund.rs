//! Refund a charge, wholly or in part.
//!
//! The charge is the one the mail names, else the one whose amount it names, else the only one that can be refunded; in every other
//! case it asks. The amount is the one named, else all that is left.

use domain::{Money, Outcome, ReasonCode, Reference};
use futures_util::future::try_join_all;
use stripe_client::CallError;
use stripe_client::object::{Charge, Invoice};

use super::payment_status::{self, OwnedCharge};
use super::wording::{card_of, payment_line};
use super::{Case, Conclusion, Plan, invoice_lookup};
use crate::action::Request;
use crate::facts::{FactSheet, Source};
use crate::finding::Finding;
use crate::reply::Saying;

/// How many payments a question lists.
const LISTED: usize = 5;

pub(super) async fn run(case: &Case<'_>) -> Result<Conclusion, CallError> {
    let charges = payment_status::charges(case).await?;
    let paid_by = charges_of_named_invoices(case, &charges).await?;
    Ok(conclude(case, &charges, paid_by.as_deref()))
}

/// The charges that paid the invoices the mail names; `None` when it names no invoice. An invoice no longer tells its charge, so
/// its payments are read; only invoices of these customers are looked at.
async fn charges_of_named_invoices(
    case: &Case<'_>,
    charges: &[OwnedCharge],
) -> Result<Option<Vec<domain::ids::ChargeId>>, CallError> {
    let references = &case.understanding.slots.references;
    if !references
        .iter()
        .any(|reference| matches!(reference, Reference::Invoice(_) | Reference::InvoiceNumber(_)))
    {
        return Ok(None);
    }
    let lists =
        try_join_all(case.customers.iter().map(|customer| case.reader.invoices(&customer.id))).await?;
    let is_named =
        |invoice: &&Invoice| references.iter().any(|reference| invoice_lookup::names(reference, invoice));
    let named: Vec<&Invoice> = lists.iter().flat_map(|got| &got.value.items).filter(is_named).collect();
    let payments =
        try_join_all(named.iter().map(|invoice| case.reader.payments_of_invoice(&invoice.id))).await?;
    let paid_by: Vec<_> =
        payments.iter().flat_map(|got| &got.value.items).map(|payment| &payment.payment).collect();
    let paid = |charge: &Charge| {
        paid_by.iter().any(|by| {
            by.charge.as_ref() == Some(&charge.id)
                || (by.payment_intent.is_some() && by.payment_intent == charge.payment_intent)
        })
    };
    Ok(Some(
        charges
            .iter()
            .map(|owned| &owned.charge)
            .filter(|charge| paid(charge))
            .map(|charge| charge.id.clone())
            .collect(),
    ))
}

fn conclude(
    case: &Case<'_>,
    charges: &[OwnedCharge],
    paid_by: Option<&[domain::ids::ChargeId]>,
) -> Conclusion {
    let candidates = match named(case, charges, paid_by) {
        Some(named) if named.is_empty() => {
            let text = "what the mail names is not among the customer's payments";
            return Finding::question(ReasonCode::ReferenceNotFound, text)
                .say([Saying::ReferenceNotFound])
                .into();
        }
        Some(named) => named,
        None => charges.iter().collect(),
    };
    let refundable = worth_asking(case, &candidates);
    let chosen = match (refundable.as_slice(), of_the_amount(case, &refundable).as_slice()) {
        ([], _) => return nothing_refundable(case, &candidates).into(),
        ([only], _) | (_, [only]) => *only,
        (several, _) => return which(case, several).into(),
    };
    match amount(case, &chosen.charge) {
        Ok(amount) => Conclusion::Act(Box::new(plan(case, chosen, amount))),
        Err(question) => question.about(&chosen.owner.id).into(),
    }
}

/// Those that have something left to refund. Where some are within the window, the older ones are not meant.
fn worth_asking<'a>(case: &Case<'_>, candidates: &[&'a OwnedCharge]) -> Vec<&'a OwnedCharge> {
    let refundable = |owned: &&&OwnedCharge| owned.charge.refundable().minor > 0 && !owned.charge.disputed;
    let all: Vec<&OwnedCharge> = candidates.iter().filter(refundable).copied().collect();
    let recent: Vec<&OwnedCharge> = all
        .iter()
        .filter(|owned| case.policy.is_within_window(owned.charge.created, case.now))
        .copied()
        .collect();
    if recent.is_empty() { all } else { recent }
}

/// The charges that the mail points at by id, invoice or card; `None` when it points at none.
fn named<'a>(
    case: &Case<'_>,
    charges: &'a [OwnedCharge],
    paid_by: Option<&[domain::ids::ChargeId]>,
) -> Option<Vec<&'a OwnedCharge>> {
    let slots = &case.understanding.slots;
    let by_id = slots
        .references
        .iter()
        .any(|reference| matches!(reference, Reference::Charge(_) | Reference::PaymentIntent(_)));
    if by_id || paid_by.is_some() {
        let is_named = |owned: &&OwnedCharge| {
            slots.references.iter().any(|reference| payment_status::names(reference, &owned.charge))
                || paid_by.is_some_and(|ids| ids.contains(&owned.charge.id))
        };
        return Some(charges.iter().filter(is_named).collect());
    }
    let last4 = slots.card_last4.as_ref()?;
    Some(charges.iter().filter(|owned| card_of(&owned.charge).as_ref() == Some(last4)).collect())
}

/// Those among `several` that were charged exactly the amount the mail names.
fn of_the_amount<'a>(case: &Case<'_>, several: &[&'a OwnedCharge]) -> Vec<&'a OwnedCharge> {
    let asked = case.understanding.slots.amount.as_ref();
    several
        .iter()
        .filter(|owned| {
            asked.and_then(|asked| asked.in_currency(owned.charge.currency)) == Some(owned.charge.amount())
        })
        .copied()
        .collect()
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

fn plan(case: &Case<'_>, chosen: &OwnedCharge, amount: Money) -> Plan {
    let charge = &chosen.charge;
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
        judgement: case.policy.judge_refund(amount, charge.created, case.mail.assurance, case.now),
        basis: Finding::answered("").about(&chosen.owner.id).facts(sheet.into_facts()),
    }
}

fn which(case: &Case<'_>, several: &[&OwnedCharge]) -> Finding {
    let mut sheet = FactSheet::new(case.language(), case.now);
    for owned in several.iter().take(LISTED) {
        payment_status::state(&mut sheet, &owned.charge, owned.request_id.as_deref());
    }
    let lines = several.iter().take(LISTED).map(|owned| payment_line(&owned.charge)).collect();
    Finding::question(ReasonCode::SeveralCharges, format!("{} payments could be meant", several.len()))
        .facts(sheet.into_facts())
        .say([Saying::WhichPayment(lines)])
}

/// Why none of the candidates can be refunded: disputed, refunded before, or never paid.
fn nothing_refundable(case: &Case<'_>, candidates: &[&OwnedCharge]) -> Finding {
    let mut sheet = FactSheet::new(case.language(), case.now);
    let find = |wanted: fn(&Charge) -> bool| candidates.iter().find(|owned| wanted(&owned.charge)).copied();
    if let Some(disputed) = find(|charge| charge.disputed) {
        payment_status::state(&mut sheet, &disputed.charge, disputed.request_id.as_deref());
        let finding =
            Finding::new(Outcome::Handoff, ReasonCode::Disputed, "the payment is disputed at the bank");
        return finding
            .about(&disputed.owner.id)
            .facts(sheet.into_facts())
            .say([payment_status::saying(&disputed.charge)]);
    }
    if let Some(refunded) = find(|charge| charge.refunded_amount().minor > 0) {
        payment_status::state(&mut sheet, &refunded.charge, refunded.request_id.as_deref());
        let (amount, charged) = (refunded.charge.refunded_amount(), refunded.charge.created);
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

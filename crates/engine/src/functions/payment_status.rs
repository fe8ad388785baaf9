//! Check the state of a payment, a charge or a refund.

use domain::draft::{Link, LinkKind};
use domain::{Outcome, ReasonCode, Reference};
use futures_util::future::try_join;
use stripe_client::CallError;
use stripe_client::object::{
    BalanceTransaction, Charge, ChargeStatus, PaymentIntent, PaymentIntentStatus, Refund,
};

use super::duplicate::twin;
use super::gather::{Gathered, Owned, gather};
use super::refund::which::{Meant, Particulars, narrow};
use super::wording::{card_of, payment_line, progress_of, reference_of, stands};
use super::{Case, Conclusion};
use crate::customer::OnFile;
use crate::facts::{FactSheet, Source};
use crate::finding::Finding;
use crate::reply::{Decline, RefundProgress, Saying};

pub(super) async fn run(case: &Case<'_>) -> Result<Conclusion, CallError> {
    let (charges, intents) = try_join(charges(case), intents(case)).await?;
    let Some(payment) = choose(case, &charges, &intents) else {
        return Ok(nothing(case, &charges, &intents).into());
    };
    let details = match payment {
        Payment::Charge(owned) => details(case, &owned.object).await?,
        Payment::Intent(_) => Details::default(),
    };
    Ok(match payment {
        Payment::Intent(owned) => tell_intent(case, owned),
        Payment::Charge(owned) => tell_charge(case, owned, twin(owned, &charges), &details),
    }
    .into())
}

/// How many refunds of one payment a reply tells of; facts hold them all.
const REFUNDS_TOLD: usize = 3;

/// What is read besides the charge that was chosen.
#[derive(Default)]
struct Details {
    refunds: Vec<Refund>,
    refunds_request: Option<String>,
    /// When the business has the money: for staff.
    balance: Option<BalanceTransaction>,
    balance_request: Option<String>,
}

/// A refund that failed no longer counts on its charge, so the refunds of every charge that was taken are read.
async fn details(case: &Case<'_>, charge: &Charge) -> Result<Details, CallError> {
    let was_taken = charge.status == ChargeStatus::Succeeded && charge.captured;
    let refunds = async {
        if was_taken { case.reader.refunds_of_charge(&charge.id).await.map(Some) } else { Ok(None) }
    };
    let balance = async {
        match &charge.balance_transaction {
            Some(id) => case.reader.balance_transaction(id).await.map(Some),
            None => Ok(None),
        }
    };
    let mut details = Details::default();
    let (refunds, balance) = try_join(refunds, balance).await?;
    if let Some(got) = refunds {
        (details.refunds, details.refunds_request) =
            (got.value.items, got.request_id.map(|id| id.to_string()));
    }
    if let Some(got) = balance {
        (details.balance, details.balance_request) = (got.value, got.request_id.map(|id| id.to_string()));
    }
    Ok(details)
}

/// What the mail is about: a charge, or a payment that has not come to one.
#[derive(Clone, Copy)]
enum Payment<'a> {
    Charge(&'a Owned<Charge>),
    Intent(&'a Owned<PaymentIntent>),
}

/// Every charge of the sender's customers, or of the sender who paid without being one.
pub(super) async fn charges(case: &Case<'_>) -> Result<Gathered<Charge>, CallError> {
    let mut charges = gather(case, |charge: &Charge| charge.created, |id| case.reader.charges(id)).await?;
    let owned = |(object, owner): &(Charge, OnFile)| Owned {
        object: object.clone(),
        owner: owner.clone(),
        request_id: None,
    };
    charges.items.extend(case.guest.iter().map(owned));
    Ok(charges)
}

async fn intents(case: &Case<'_>) -> Result<Gathered<PaymentIntent>, CallError> {
    gather(case, |intent: &PaymentIntent| intent.created, |id| case.reader.payment_intents(id)).await
}

/// The payment named; else the one of the amount and the day named; else the latest thing that happened, be it charged or still under way.
fn choose<'a>(
    case: &Case<'_>,
    charges: &'a Gathered<Charge>,
    intents: &'a Gathered<PaymentIntent>,
) -> Option<Payment<'a>> {
    let slots = &case.understanding.slots;
    if slots.references.iter().any(is_of_payments) {
        return named(&slots.references, charges, intents);
    }
    let all: Vec<&Owned<Charge>> = charges.items.iter().collect();
    // The last payment may be one that has not come to a charge.
    let particulars = Particulars { last_payment: false, ..case.particulars() };
    if let Meant::These(these) = narrow(particulars, &all, |owned| &owned.object)
        && let Some(charge) = these.first()
    {
        return Some(Payment::Charge(charge));
    }
    let amount_matches = |owned: &&Owned<Charge>| {
        let charge = &owned.object;
        let asked = slots.amount.as_ref().and_then(|amount| amount.in_currency(charge.currency));
        asked.is_some_and(|asked| asked == charge.amount() || asked == charge.refunded_amount())
    };
    if let Some(charge) = charges.items.iter().find(amount_matches) {
        return Some(Payment::Charge(charge));
    }
    let under_way = intents.items.iter().find(|owned| is_under_way(&owned.object));
    match (charges.items.first(), under_way) {
        (Some(charge), Some(intent)) if intent.object.created > charge.object.created => {
            Some(Payment::Intent(intent))
        }
        (Some(charge), _) => Some(Payment::Charge(charge)),
        (None, intent) => intent.map(Payment::Intent),
    }
}

/// A charge tells more than the payment it was an attempt at, where there is one.
fn named<'a>(
    references: &[Reference],
    charges: &'a Gathered<Charge>,
    intents: &'a Gathered<PaymentIntent>,
) -> Option<Payment<'a>> {
    let names_charge =
        |owned: &&Owned<Charge>| references.iter().any(|reference| names(reference, &owned.object));
    let names_intent = |owned: &&Owned<PaymentIntent>| {
        references.contains(&Reference::PaymentIntent(owned.object.id.clone()))
    };
    let charge = charges.items.iter().find(names_charge).map(Payment::Charge);
    charge.or_else(|| intents.items.iter().find(names_intent).map(Payment::Intent))
}

/// A payment that has no charge of its own that would tell the same.
fn is_under_way(intent: &PaymentIntent) -> bool {
    match intent.status {
        PaymentIntentStatus::RequiresAction
        | PaymentIntentStatus::RequiresConfirmation
        | PaymentIntentStatus::Processing => true,
        PaymentIntentStatus::RequiresPaymentMethod => {
            intent.latest_charge.is_none() && intent.last_payment_error.is_some()
        }
        PaymentIntentStatus::RequiresCapture
        | PaymentIntentStatus::Canceled
        | PaymentIntentStatus::Succeeded
        | PaymentIntentStatus::Other(_) => false,
    }
}

const fn is_of_payments(reference: &Reference) -> bool {
    matches!(reference, Reference::Charge(_) | Reference::PaymentIntent(_))
}

pub(crate) fn names(reference: &Reference, charge: &Charge) -> bool {
    match reference {
        Reference::Charge(id) => *id == charge.id,
        Reference::PaymentIntent(id) => charge.payment_intent.as_ref() == Some(id),
        Reference::ReceiptNumber(number) => charge.receipt_number.as_ref() == Some(number),
        Reference::Invoice(_)
        | Reference::Subscription(_)
        | Reference::Refund(_)
        | Reference::CheckoutSession(_)
        | Reference::Customer(_)
        | Reference::InvoiceNumber(_) => false,
    }
}

fn nothing(case: &Case<'_>, charges: &Gathered<Charge>, intents: &Gathered<PaymentIntent>) -> Finding {
    let by_name = case.understanding.slots.references.iter().any(is_of_payments);
    if !(charges.complete && intents.complete) {
        let code = if by_name { ReasonCode::ReferenceNotFound } else { ReasonCode::NothingFound };
        return Finding::cut_short(code, "payments");
    }
    if charges.items.is_empty() && intents.items.is_empty() || !by_name {
        let text = "the customer has no payments";
        let finding = Finding::new(Outcome::Answered, ReasonCode::NothingFound, text);
        return finding.say([Saying::NoPayments]);
    }
    Finding::question(ReasonCode::ReferenceNotFound, "the payment named is not among the customer's")
        .say([Saying::ReferenceNotFound])
}

fn tell_intent(case: &Case<'_>, owned: &Owned<PaymentIntent>) -> Finding {
    let mut sheet = FactSheet::new(case.language(), case.now);
    state_intent(&mut sheet, &owned.object, owned.request_id.as_deref());
    Finding::answered(format!("payment {} was found", owned.object.id))
        .about(&owned.owner.id)
        .facts(sheet.into_facts())
        .say([saying_of_intent(&owned.object)])
}

fn tell_charge(
    case: &Case<'_>,
    owned: &Owned<Charge>,
    twin: Option<&Owned<Charge>>,
    details: &Details,
) -> Finding {
    let charge = &owned.object;
    let receipt = charge.receipt_url.as_ref().map(|url| url.as_str().to_owned());
    ending(charge, details)
        .about(&owned.owner.id)
        .facts(facts(case, owned, twin, details))
        .say([saying(charge)])
        .say(details.refunds.iter().take(REFUNDS_TOLD).flat_map(refund_sayings))
        .say(twin.map(|twin| Saying::LikelyDuplicate([charge, &twin.object].map(payment_line).into())))
        .link(receipt.map(|url| Link { kind: LinkKind::Receipt, url, bearer: true, expires_at: None }))
}

/// A dispute, and a refund that came back, are for a person: the reply says so.
fn ending(charge: &Charge, details: &Details) -> Finding {
    if charge.disputed {
        let text = "the bank disputes the payment, or has asked about it";
        return Finding::new(Outcome::Handoff, ReasonCode::Disputed, text);
    }
    if details.refunds.iter().any(|refund| came_back(refund, &details.refunds)) {
        let text = "a refund of the payment came back from the bank";
        return Finding::new(Outcome::Handoff, ReasonCode::RefusedByStripe, text);
    }
    Finding::answered(format!("charge {} was found", charge.id))
}

/// Whether the bank sent the refund back, and nobody has made it again since.
fn came_back(refund: &Refund, all: &[Refund]) -> bool {
    let made_again =
        |later: &Refund| later.created > refund.created && later.amount() == refund.amount() && stands(later);
    progress_of(refund) == RefundProgress::Failed && !all.iter().any(made_again)
}

fn facts(
    case: &Case<'_>,
    owned: &Owned<Charge>,
    twin: Option<&Owned<Charge>>,
    details: &Details,
) -> Vec<domain::draft::Fact> {
    let mut sheet = FactSheet::new(case.language(), case.now);
    for charge in std::iter::once(owned).chain(twin) {
        state(&mut sheet, &charge.object, charge.request_id.as_deref());
    }
    for refund in &details.refunds {
        state_refund(&mut sheet, refund, details.refunds_request.as_deref());
    }
    if let Some(balance) = &details.balance {
        let source = Source { object: balance.id.as_str(), request_id: details.balance_request.as_deref() };
        sheet.staff_time("balance_transaction.available_on", source, balance.available_on);
    }
    sheet.into_facts()
}

/// How far a refund is, and what a bank finds it by.
fn refund_sayings(refund: &Refund) -> Vec<Saying> {
    let reference = if stands(refund) { reference_of(refund) } else { None };
    let reference = reference.map(|reference| Saying::RefundReference { reference: reference.to_owned() });
    std::iter::once(refund_saying(refund)).chain(reference).collect()
}

pub(super) fn refund_saying(refund: &Refund) -> Saying {
    Saying::RefundState { amount: refund.amount(), on: refund.created, state: progress_of(refund) }
}

pub(super) fn saying(charge: &Charge) -> Saying {
    let (amount, on) = (charge.amount(), charge.created);
    match &charge.status {
        _ if charge.disputed => Saying::PaymentDisputed { amount, on },
        // An authorisation that was let go again counts as refunded, although nothing was ever taken.
        ChargeStatus::Succeeded if !charge.captured && charge.refunded => {
            Saying::PaymentCalledOff { amount, on }
        }
        ChargeStatus::Succeeded if !charge.captured => Saying::PaymentReserved { amount, on },
        ChargeStatus::Succeeded => Saying::PaymentSucceeded { amount, on, card: card_of(charge) },
        ChargeStatus::Pending => Saying::PaymentPending { amount, on },
        // A state that Stripe invents tomorrow is not told in words of today.
        ChargeStatus::Other(_) => Saying::PersonAnswers,
        ChargeStatus::Failed => {
            let kind = charge.outcome.as_ref().map(|outcome| outcome.kind.as_str());
            let declined = charge.outcome.as_ref().and_then(|outcome| outcome.reason.as_deref());
            Saying::PaymentFailed {
                amount,
                on,
                why: Decline::of_outcome(kind, declined.or(charge.failure_code.as_deref())),
            }
        }
    }
}

fn saying_of_intent(intent: &PaymentIntent) -> Saying {
    let (amount, on) = (intent.amount(), intent.created);
    match intent.status {
        PaymentIntentStatus::RequiresAction => Saying::PaymentNeedsConfirmation { amount },
        PaymentIntentStatus::RequiresConfirmation => Saying::PaymentNotMade { amount },
        PaymentIntentStatus::RequiresPaymentMethod => match &intent.last_payment_error {
            Some(error) => {
                let code = error.decline_code.as_deref().or(error.code.as_deref());
                Saying::PaymentFailed { amount, on, why: Decline::from_code(code) }
            }
            None => Saying::PaymentNotMade { amount },
        },
        PaymentIntentStatus::Succeeded => Saying::PaymentSucceeded { amount, on, card: None },
        PaymentIntentStatus::Processing => Saying::PaymentPending { amount, on },
        PaymentIntentStatus::RequiresCapture => Saying::PaymentReserved { amount, on },
        PaymentIntentStatus::Canceled => Saying::PaymentCalledOff { amount, on },
        // A state that Stripe invents tomorrow is not told in words of today.
        PaymentIntentStatus::Other(_) => Saying::PersonAnswers,
    }
}

/// What a charge says.
pub(super) fn state(sheet: &mut FactSheet, charge: &Charge, request_id: Option<&str>) {
    let source = Source { object: charge.id.as_str(), request_id };
    sheet.money("charge.amount", source, charge.amount());
    sheet.time("charge.created", source, charge.created);
    sheet.state("charge.status", source, charge.status.as_str());
    if charge.refunded_amount().minor > 0 {
        sheet.money("charge.amount_refunded", source, charge.refunded_amount());
    }
    if charge.disputed {
        sheet.state("charge.disputed", source, "true");
    }
    if let Some(code) = &charge.failure_code {
        sheet.state("charge.failure_code", source, code);
    }
    if let Some(last4) = card_of(charge) {
        sheet.number("charge.payment_method_details.card.last4", source, &last4);
    }
}

fn state_intent(sheet: &mut FactSheet, intent: &PaymentIntent, request_id: Option<&str>) {
    let source = Source { object: intent.id.as_str(), request_id };
    sheet.money("payment_intent.amount", source, intent.amount());
    sheet.time("payment_intent.created", source, intent.created);
    sheet.state("payment_intent.status", source, intent.status.as_str());
}

pub(super) fn state_refund(sheet: &mut FactSheet, refund: &Refund, request_id: Option<&str>) {
    let source = Source { object: refund.id.as_str(), request_id };
    sheet.money("refund.amount", source, refund.amount());
    sheet.time("refund.created", source, refund.created);
    sheet.state(
        "refund.status",
        source,
        refund.status.as_ref().map_or("none", stripe_client::object::RefundStatus::as_str),
    );
    if let Some(reference) = reference_of(refund) {
        sheet.number("refund.destination_details.reference", source, reference);
    }
    if let Some(reason) = &refund.failure_reason {
        sheet.state("refund.failure_reason", source, reason);
    }
    if let Some(reason) = &refund.pending_reason {
        sheet.state("refund.pending_reason", source, reason.as_str());
    }
}

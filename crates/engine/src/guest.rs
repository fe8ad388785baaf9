//! Payments that were made without a customer account. Whose such a payment is only the address on it tells: that of billing or that of
//! the receipt. It is found where the mail names it: by its id, its payment's id, the end of the card's number or its amount.
//!
//! Somebody else's payment and one that does not exist give the same answer: what is not the sender's is dropped before anything else
//! looks at it.

use domain::ids::ChargeId;
use domain::intent::CurrencyAsked;
use domain::{AmountAsked, Assurance, Currency, EmailAddress, Reference, Slots};
use stripe_client::object::Charge;
use stripe_client::{CallError, ChargeSearch, StripeReader};

use crate::customer::{OnFile, of_guest};
use crate::functions::card_of;

/// More ids than these are not looked up: each costs a request.
const MOST_IDS: usize = 3;

/// The payments of a sender who is no customer.
pub(crate) struct Guest {
    /// Each with who paid it, newest first.
    pub(crate) charges: Vec<(Charge, OnFile)>,
    /// Whether a search showed everything that it found.
    pub(crate) complete: bool,
    /// The mail names a payment of the sender's own by what a stranger does not know: its id, or the end of the card's number.
    pub(crate) proven: bool,
}

impl Guest {
    /// How far the sender is believed to be the payer.
    pub(crate) fn believed(&self, assurance: Assurance, slots: &Slots) -> Assurance {
        let confirmed = assurance == Assurance::Authenticated && self.proven && slots.card_last4.is_some();
        if confirmed { Assurance::Confirmed } else { assurance }
    }
}

/// The payments without a customer that the mail names and that carry the sender's own address.
pub(crate) async fn find(
    reader: &StripeReader,
    sender: &EmailAddress,
    slots: &Slots,
) -> Result<Guest, CallError> {
    let mut found: Vec<Charge> = Vec::new();
    let mut complete = true;
    let ids = slots.references.iter().filter(|reference| names_payment(reference)).take(MOST_IDS);
    let mut named = false;
    for reference in ids {
        named = true;
        found.extend(read(reader, reference).await?);
    }
    if !named && let Some(search) = search(slots) {
        let got = reader.search_charges(&search).await?.value;
        complete = got.complete;
        found.extend(got.items);
    }
    let proven = named || slots.card_last4.is_some();
    let mut charges: Vec<(Charge, OnFile)> = found
        .into_iter()
        .filter(|charge| fits(charge, slots))
        .filter_map(|charge| of_guest(&charge, sender).map(|payer| (charge, payer)))
        .collect();
    charges.sort_by(|(one, _), (other, _)| (other.created, &other.id).cmp(&(one.created, &one.id)));
    charges.dedup_by(|(one, _), (other, _)| one.id == other.id);
    Ok(Guest { proven: proven && !charges.is_empty(), charges, complete })
}

fn names_payment(reference: &Reference) -> bool {
    matches!(reference, Reference::Charge(_) | Reference::PaymentIntent(_))
}

async fn read(reader: &StripeReader, reference: &Reference) -> Result<Option<Charge>, CallError> {
    let id: Option<ChargeId> = match reference {
        Reference::Charge(id) => Some(id.clone()),
        Reference::PaymentIntent(id) => {
            reader.payment_intent(id).await?.value.and_then(|intent| intent.latest_charge)
        }
        Reference::Invoice(_)
        | Reference::Subscription(_)
        | Reference::Refund(_)
        | Reference::CheckoutSession(_)
        | Reference::Customer(_)
        | Reference::InvoiceNumber(_)
        | Reference::ReceiptNumber(_) => None,
    };
    match id {
        Some(id) => Ok(reader.charge(&id).await?.value),
        None => Ok(None),
    }
}

/// By the end of the card's number, else by the amount. An amount beside a card may be a part of what was paid.
fn search(slots: &Slots) -> Option<ChargeSearch> {
    let card = slots.card_last4.as_ref().and_then(|last4| last4.parse().ok()).map(ChargeSearch::card);
    card.or_else(|| by_amount(slots.amount.as_ref()?))
}

fn by_amount(asked: &AmountAsked) -> Option<ChargeSearch> {
    let (currency, said) = match asked.currency {
        CurrencyAsked::Known(currency) => (currency, Some(currency)),
        // Minor units are hundredths in most currencies; the others are found when they are named.
        CurrencyAsked::Dollar => (Currency::USD, None),
        CurrencyAsked::Unsaid => (Currency::EUR, None),
    };
    match asked.readings(currency).as_slice() {
        [only] => Some(ChargeSearch::amount(only.minor, said)),
        _ => None,
    }
}

/// What a search finds is compared again.
fn fits(charge: &Charge, slots: &Slots) -> bool {
    let by_id = slots.references.iter().any(names_payment);
    let card = slots.card_last4.as_ref().is_none_or(|last4| card_of(charge).as_ref() == Some(last4));
    by_id || card
}

//! Two payments that look like one made twice. Likely is not certain: both are named, and nothing is done about it.

use domain::Timestamp;
use stripe_client::object::{Card, Charge, ChargeStatus};

use super::gather::{Gathered, Owned};

/// Two payments further apart than this are two purchases.
const APART_SECONDS: i64 = 24 * 60 * 60;

/// The payment that looks like `charge` made twice: of the same customer, amount and card within a day, both taken and neither given
/// back in any part. The nearest in time, where there are several.
pub(super) fn twin<'a>(charge: &Owned<Charge>, charges: &'a Gathered<Charge>) -> Option<&'a Owned<Charge>> {
    let is_twin = |other: &&Owned<Charge>| {
        other.object.id != charge.object.id
            && other.owner.id == charge.owner.id
            && is_whole(&other.object)
            && is_whole(&charge.object)
            && look_alike(&other.object, &charge.object)
    };
    let apart = |other: &&Owned<Charge>| seconds_between(other.object.created, charge.object.created);
    charges.items.iter().filter(is_twin).min_by_key(apart)
}

fn is_whole(charge: &Charge) -> bool {
    let taken = charge.status == ChargeStatus::Succeeded && charge.captured;
    taken && !charge.disputed && charge.refunded_amount().minor == 0
}

fn look_alike(one: &Charge, other: &Charge) -> bool {
    one.amount() == other.amount()
        && seconds_between(one.created, other.created) <= APART_SECONDS
        && card(one).zip(card(other)).is_some_and(|(one, other)| is_same(one, other))
}

fn card(charge: &Charge) -> Option<&Card> {
    charge.payment_method_details.as_ref()?.card.as_ref()
}

/// By Stripe's fingerprint of the number where there is one, else by all that is told of a card.
fn is_same(one: &Card, other: &Card) -> bool {
    match (&one.fingerprint, &other.fingerprint) {
        (Some(one), Some(other)) => one == other,
        (Some(_) | None, _) => one.last4.is_some() && told(one) == told(other),
    }
}

fn told(card: &Card) -> (Option<&str>, Option<&str>, Option<u8>, Option<u16>) {
    (card.brand.as_deref(), card.last4.as_deref(), card.exp_month, card.exp_year)
}

fn seconds_between(one: Timestamp, other: Timestamp) -> i64 {
    one.as_second().saturating_sub(other.as_second()).saturating_abs()
}

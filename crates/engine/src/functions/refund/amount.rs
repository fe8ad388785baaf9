//! How much of a payment is meant: read exactly, or asked about.

use domain::{AmountAsked, Money};
use stripe_client::object::Charge;

/// What the mail says of an amount.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) amount: Option<&'a AmountAsked>,
    /// It says an amount that is no figure.
    pub(super) unclear: bool,
    /// It says all of it.
    pub(super) full: bool,
}

/// Why an amount has to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// It is no figure, or one of another currency.
    Unclear(&'static str),
    /// More is asked for than is left. What is asked for, when that is known.
    TooHigh(Money),
}

/// The amount to refund on `charge`: what is asked for, else all of a payment of which nothing was refunded yet.
pub(super) fn of(wanted: Wanted<'_>, charge: &Charge) -> Result<Money, Question> {
    let most = charge.refundable();
    if wanted.unclear {
        return Err(Question::Unclear("the mail does not say the amount in figures that are clear"));
    }
    let Some(asked) = wanted.amount else {
        let untouched = most == charge.amount();
        return if untouched { Ok(most) } else { Err(Question::TooHigh(charge.amount())) };
    };
    let readings = asked.readings(charge.currency);
    let Some(least) = readings.iter().copied().min_by_key(|money| money.minor) else {
        return Err(Question::Unclear("the mail names an amount that the payment's currency does not have"));
    };
    if wanted.full && !readings.contains(&charge.amount()) {
        return Err(Question::Unclear("the mail asks for all of the payment, and names another amount"));
    }
    let possible: Vec<Money> = readings.into_iter().filter(|money| money.minor <= most.minor).collect();
    match possible.as_slice() {
        [] => Err(Question::TooHigh(least)),
        [only] => Ok(*only),
        _ => Err(Question::Unclear("the amount that the mail names can be read in two ways")),
    }
}

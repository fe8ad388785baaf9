//! Which payment is meant, by what the mail says of it: pure, and never a guess.
//!
//! 1. what it names: a charge, a payment, a receipt, an invoice, a card;
//! 2. among those an amount and a day together, an amount, or a day. A payment counts as of the day when it was made on it by some
//!    clock on earth; where day and month may stand in either order, either will do;
//! 3. the last payment, where the mail speaks of one.
//!
//! What contradicts itself means nothing: a day on which nothing was paid, an amount of one payment and the day of another, a last
//! payment of an amount that it did not have. Then the customer is asked.

use domain::intent::DateAsked;
use domain::{AmountAsked, Timestamp};
use stripe_client::object::{Charge, ChargeStatus};

/// What a mail says of the payment it means, besides naming it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Particulars<'a> {
    pub(crate) amount: Option<&'a AmountAsked>,
    pub(crate) dates: &'a [DateAsked],
    pub(crate) last_payment: bool,
    /// When the mail was written.
    pub(crate) written_at: Timestamp,
}

/// What the particulars leave of the candidates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meant<'a, T> {
    /// The mail says nothing more: each may be meant.
    Any,
    /// Exactly these fit.
    These(Vec<&'a T>),
    /// Nothing fits all that is said. These fit some of it, and may be asked about.
    None { because: &'static str, perhaps: Vec<&'a T> },
}

/// The candidates that fit what the mail says; `charge` is what a candidate is about.
pub(crate) fn narrow<'a, T>(
    particulars: Particulars<'_>,
    candidates: &[&'a T],
    charge: impl Fn(&T) -> &Charge,
) -> Meant<'a, T> {
    let fits = |is_meant: &dyn Fn(&Charge) -> bool| -> Vec<&'a T> {
        let all: Vec<&'a T> = candidates.iter().filter(|item| is_meant(charge(item))).copied().collect();
        let tried = |item: &&'a T| charge(item).status != ChargeStatus::Failed;
        let paid: Vec<&'a T> = all.iter().filter(|item| tried(item)).copied().collect();
        if paid.is_empty() { all } else { paid }
    };
    let narrowed = match (particulars.amount, particulars.dates) {
        (None, []) => Meant::Any,
        (Some(amount), []) => match fits(&|charge| is_amount(charge, amount)) {
            // It is a part that is named.
            none if none.is_empty() => Meant::Any,
            these => Meant::These(these),
        },
        (amount, dates) => {
            let on_a_day = fits(&|charge| particulars.is_of_a_day(charge));
            let paid = on_a_day.iter().any(|item| charge(item).status != ChargeStatus::Failed);
            if paid && particulars.may_mean_a_failed_one(candidates.iter().map(|item| charge(item))) {
                let because = "the payment of the day that the mail names failed";
                return Meant::None { because, perhaps: on_a_day };
            }
            let of_the_amount =
                amount.map(|amount| fits(&|charge| is_amount(charge, amount))).unwrap_or_default();
            let every_day = dates.iter().all(|date| {
                candidates.iter().any(|item| date.holds(charge(item).created, particulars.written_at))
            });
            day_and_amount(on_a_day, of_the_amount, every_day, |item| charge(item))
        }
    };
    if particulars.last_payment { last(narrowed, &fits(&|_| true), charge) } else { narrowed }
}

impl Particulars<'_> {
    fn is_of_a_day(&self, charge: &Charge) -> bool {
        self.dates.iter().any(|date| date.holds(charge.created, self.written_at))
    }

    /// Whether by the plainest clock only a failed attempt is of the day, while by another clock a payment is.
    fn may_mean_a_failed_one<'c>(&self, charges: impl Iterator<Item = &'c Charge>) -> bool {
        let mut plain = charges
            .filter(|charge| self.dates.iter().any(|date| date.holds_by_utc(charge.created, self.written_at)))
            .peekable();
        plain.peek().is_some() && plain.all(|charge| charge.status == ChargeStatus::Failed)
    }
}

fn is_amount(charge: &Charge, asked: &AmountAsked) -> bool {
    asked.readings(charge.currency).contains(&charge.amount())
}

fn day_and_amount<'a, T>(
    on_a_day: Vec<&'a T>,
    of_the_amount: Vec<&'a T>,
    every_day: bool,
    charge: impl Fn(&T) -> &Charge,
) -> Meant<'a, T> {
    let same = |one: &&'a T, other: &&'a T| charge(one).id == charge(other).id;
    let both: Vec<&'a T> =
        on_a_day.iter().filter(|item| of_the_amount.iter().any(|other| same(item, other))).copied().collect();
    // The only payment of the amount, made on a day that is named: the other days are of other things.
    if let ([_], [_]) = (both.as_slice(), of_the_amount.as_slice()) {
        return Meant::These(both);
    }
    if !every_day {
        let perhaps = if of_the_amount.is_empty() { on_a_day } else { of_the_amount };
        return Meant::None { because: "no payment was made on a day that the mail names", perhaps };
    }
    match (both.is_empty(), of_the_amount.is_empty()) {
        (false, _) => Meant::These(both),
        // It is a part of a payment of that day that is named, or no amount at all.
        (true, true) => Meant::These(on_a_day),
        (true, false) => {
            let perhaps = on_a_day.into_iter().chain(of_the_amount).collect();
            Meant::None {
                because: "the amount and the day that the mail names are of different payments",
                perhaps,
            }
        }
    }
}

/// The newest of `paid`, which are all that were paid, unless more is said that does not fit it.
fn last<'a, T>(narrowed: Meant<'a, T>, paid: &[&'a T], charge: impl Fn(&T) -> &Charge) -> Meant<'a, T> {
    let Some(time) = paid.iter().map(|item| charge(item).created).max() else { return narrowed };
    let newest = |item: &&'a T| charge(item).created == time;
    match narrowed {
        Meant::Any => Meant::These(paid.iter().filter(|item| newest(item)).copied().collect()),
        Meant::These(these) if these.iter().any(&newest) => {
            Meant::These(these.into_iter().filter(|item| newest(item)).collect())
        }
        Meant::These(these) => {
            let last = paid.iter().filter(|item| newest(item)).copied();
            let perhaps = these.into_iter().chain(last).collect();
            Meant::None { because: "what the mail says of its payment does not fit the last one", perhaps }
        }
        none @ Meant::None { .. } => none,
    }
}

#[cfg(test)]
mod tests;

//! How much of what: intents and sizes with weights, as they are typed.

use std::str::FromStr;

use domain::Function;
use domain::intent::Label;

use crate::dice::Dice;

/// Intents with weights, as in `invoice_lookup=3,refund=1,none=1`. A weight is any number above 0; one that is left out is 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Mix(Weighted<Label>);

/// Sizes of whole mails with weights, as in `1k=8,4k=2,100k=0.1`. `k` is 1,000 bytes and `m` a million.
#[derive(Debug, Clone, PartialEq)]
pub struct Sizes(Weighted<usize>);

/// Why a mix cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MixError {
    /// Nothing is named.
    #[error("nothing is named")]
    Empty,
    /// The name is no intent.
    #[error("{0:?} is no intent: expected none or one of {names}", names = names())]
    Intent(String),
    /// The text is no size.
    #[error("{0:?} is no size: expected a number of bytes from 300 to 20m, as 4k")]
    Size(String),
    /// The weight is no number above 0.
    #[error("the weight {0:?} is no number above 0")]
    Weight(String),
}

/// The smallest mail: its header alone takes most of that.
const SMALLEST: usize = 300;
/// The largest: what postill reads at most takes up less.
const LARGEST: usize = 20_000_000;

impl Mix {
    /// The three functions that only look something up.
    pub fn lookups() -> Self {
        let lookups = [Function::InvoiceLookup, Function::SubscriptionStatus, Function::PaymentStatus];
        Self(Weighted::evenly(lookups.map(Label::Ask)))
    }

    pub(crate) fn pick(&self, dice: &mut Dice) -> Label {
        self.0.pick(dice).unwrap_or(Label::None)
    }
}

impl Sizes {
    /// All mails of one size.
    pub fn all(bytes: usize) -> Self {
        Self(Weighted::evenly([bytes.clamp(SMALLEST, LARGEST)]))
    }

    pub(crate) fn pick(&self, dice: &mut Dice) -> usize {
        self.0.pick(dice).unwrap_or(SMALLEST)
    }
}

/// What each intent weighs when nothing is said: mostly lookups, as in a real mailbox.
impl Default for Mix {
    fn default() -> Self {
        let ask = |function, weight| (Label::Ask(function), weight);
        Self(Weighted(vec![
            ask(Function::InvoiceLookup, 4.0),
            ask(Function::SubscriptionStatus, 2.0),
            ask(Function::PaymentStatus, 2.0),
            ask(Function::Refund, 1.0),
            ask(Function::PaymentLink, 0.5),
            ask(Function::PortalLink, 1.0),
            ask(Function::CancelSubscription, 0.5),
            (Label::None, 2.0),
        ]))
    }
}

impl FromStr for Mix {
    type Err = MixError;

    fn from_str(text: &str) -> Result<Self, MixError> {
        let label = |name: &str| name.parse().map_err(|_unknown| MixError::Intent(name.to_owned()));
        Weighted::read(text, label).map(Self)
    }
}

impl FromStr for Sizes {
    type Err = MixError;

    fn from_str(text: &str) -> Result<Self, MixError> {
        Weighted::read(text, size).map(Self)
    }
}

fn names() -> String {
    Function::ALL.map(Function::as_str).join(", ")
}

fn size(text: &str) -> Result<usize, MixError> {
    let lower = text.to_ascii_lowercase();
    let (digits, unit) = match lower.strip_suffix('k') {
        Some(digits) => (digits, 1_000),
        None => lower.strip_suffix('m').map_or((lower.as_str(), 1), |digits| (digits, 1_000_000)),
    };
    let bytes = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(unit));
    bytes.filter(|bytes| (SMALLEST..=LARGEST).contains(bytes)).ok_or_else(|| MixError::Size(text.to_owned()))
}

/// Things and how often each is picked.
#[derive(Debug, Clone, PartialEq)]
struct Weighted<T>(Vec<(T, f64)>);

impl<T: Copy> Weighted<T> {
    fn evenly(things: impl IntoIterator<Item = T>) -> Self {
        Self(things.into_iter().map(|thing| (thing, 1.0)).collect())
    }

    fn read(text: &str, thing: impl Fn(&str) -> Result<T, MixError>) -> Result<Self, MixError> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let weighted = parts.map(|part| {
            let (name, weight) = part.split_once('=').unwrap_or((part, "1"));
            let read = weight.trim().parse::<f64>().ok().filter(|weight| weight.is_finite() && *weight > 0.0);
            Ok((thing(name.trim())?, read.ok_or_else(|| MixError::Weight(weight.to_owned()))?))
        });
        let weighted: Vec<(T, f64)> = weighted.collect::<Result<_, _>>()?;
        if weighted.is_empty() { Err(MixError::Empty) } else { Ok(Self(weighted)) }
    }

    fn pick(&self, dice: &mut Dice) -> Option<T> {
        let sum: f64 = self.0.iter().map(|(_, weight)| weight).sum();
        let mut left = dice.share() * sum;
        let picked = self.0.iter().find(|(_, weight)| {
            left -= weight;
            left < 0.0
        });
        picked.or(self.0.last()).map(|(thing, _)| *thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_is_picked_by_its_weights() {
        let mix: Mix = "invoice_lookup=3, refund".parse().unwrap();
        let mut dice = Dice::new(7);
        let refunds = (0..10_000).filter(|_| mix.pick(&mut dice) == Label::Ask(Function::Refund)).count();
        assert!((2_300..2_700).contains(&refunds), "{refunds} of 10,000");
    }

    #[test]
    fn sizes_are_bytes_thousands_and_millions() {
        let sizes: Sizes = "300=1,4k=1,1M=0.5".parse().unwrap();
        assert_eq!(sizes.0.0, [(300, 1.0), (4_000, 1.0), (1_000_000, 0.5)]);
        assert_eq!("299".parse::<Sizes>(), Err(MixError::Size("299".to_owned())));
        assert_eq!(
            "99999999999999999999k".parse::<Sizes>().unwrap_err(),
            MixError::Size("99999999999999999999k".to_owned())
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert_eq!("".parse::<Mix>(), Err(MixError::Empty));
        assert_eq!("invoices=1".parse::<Mix>(), Err(MixError::Intent("invoices".to_owned())));
        for weight in ["0", "-1", "NaN", "inf", "x"] {
            assert_eq!(format!("refund={weight}").parse::<Mix>(), Err(MixError::Weight(weight.to_owned())));
        }
    }
}

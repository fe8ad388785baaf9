//! What people type, on the command line and into forms.

use std::str::FromStr;

use crate::{Currency, Money};

/// An amount as a person types it: `20.00`, `20`, or `20.00 eur`. Which currency it is in is known only where it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypedAmount {
    digits: i64,
    decimals: u8,
    currency: Option<Currency>,
}

impl TypedAmount {
    /// In minor units. `None` when another currency was typed, or more decimals than the currency has.
    pub fn in_currency(self, currency: Currency) -> Option<Money> {
        let is_another = self.currency.is_some_and(|typed| typed != currency);
        // `1.000` is a thousand euros to some, and one to others.
        let is_ambiguous = self.decimals > currency.decimals();
        if is_another || is_ambiguous {
            None
        } else {
            Money::from_digits(self.digits, self.decimals, currency)
        }
    }
}

impl FromStr for TypedAmount {
    type Err = TypedError;

    /// A comma is refused: `1,000` is a thousand to some and one to others.
    fn from_str(text: &str) -> Result<Self, TypedError> {
        const EXPECTED: TypedError =
            TypedError("an amount with a point before the decimals, such as 20.00 or \"20.00 eur\"");
        let (number, currency) = match text.trim().split_once(' ') {
            Some((number, code)) => (number, Some(code.trim().parse().map_err(|_not_a_code| EXPECTED)?)),
            None => (text.trim(), None),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let is_number = !whole.is_empty()
            && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
            && (!fraction.is_empty() || !number.contains('.'));
        if !is_number {
            return Err(EXPECTED);
        }
        let digits = format!("{whole}{fraction}").parse().map_err(|_too_long| EXPECTED)?;
        if digits == 0 {
            return Err(TypedError("an amount above zero"));
        }
        let decimals = u8::try_from(fraction.len()).map_err(|_too_long| EXPECTED)?;
        Ok(Self { digits, decimals, currency })
    }
}

/// Why something is done or not: 1–500 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedReason(String);

impl TypedReason {
    /// In characters.
    pub const LONGEST: usize = 500;

    /// The reason as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TypedReason {
    type Err = TypedError;

    fn from_str(text: &str) -> Result<Self, TypedError> {
        let text = text.trim();
        let is_reason =
            !text.is_empty() && text.chars().count() <= Self::LONGEST && !text.chars().any(char::is_control);
        is_reason.then(|| Self(text.to_owned())).ok_or(TypedError("1 to 500 characters on one line"))
    }
}

/// What should have been typed instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct TypedError(pub &'static str);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, currency: Currency, expected: Option<i64>) {
        let money = text.parse::<TypedAmount>().ok().and_then(|amount| amount.in_currency(currency));
        assert_eq!(money.map(|money| money.minor), expected, "{text}");
    }

    #[test]
    fn amounts_are_read_in_the_currency_of_the_request_or_not_at_all() {
        check("20.00", Currency::EUR, Some(2_000));
        check("20", Currency::EUR, Some(2_000));
        check("20.5", Currency::EUR, Some(2_050));
        check("20.00 EUR", Currency::EUR, Some(2_000));
        check("500", Currency::JPY, Some(500));
        check("500.00", Currency::JPY, None);
        check("1.000", Currency::EUR, None);
        check("20.00 usd", Currency::EUR, None);
        check("20.001", Currency::EUR, None);
        for wrong in
            ["", "0", "0.00", "-5", "+5", "1,000", "1.000,00", "20.", ".5", "1e3", "20.00 euros", "€20", "٢٠"]
        {
            check(wrong, Currency::EUR, None);
        }
        check("99999999999999999999", Currency::EUR, None);
    }

    #[test]
    fn a_reason_is_one_line_that_says_something() {
        assert_eq!("out of the window".parse::<TypedReason>().unwrap().as_str(), "out of the window");
        for wrong in ["", "  ", "two\nlines", &"x".repeat(TypedReason::LONGEST + 1)] {
            assert!(wrong.parse::<TypedReason>().is_err());
        }
    }
}

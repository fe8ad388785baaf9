//! Arguments with a format of their own.

use std::str::FromStr;

use domain::{Currency, Money};
use store::AuditMark;

use crate::settings::Expected;

/// An amount as a person types it: `20.00`, `20`, or `20.00 eur`. Which currency it is in is known only where it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TypedAmount {
    digits: i64,
    decimals: u8,
    currency: Option<Currency>,
}

impl TypedAmount {
    /// In minor units. `None` when another currency was typed, or more decimals than the currency has.
    pub(crate) fn in_currency(self, currency: Currency) -> Option<Money> {
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
    type Err = Expected;

    /// A comma is refused: `1,000` is a thousand to some and one to others.
    fn from_str(text: &str) -> Result<Self, Expected> {
        const EXPECTED: Expected =
            Expected("an amount with a point before the decimals, such as 20.00 or \"20.00 eur\"");
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
            return Err(Expected("an amount above zero"));
        }
        let decimals = u8::try_from(fraction.len()).map_err(|_too_long| EXPECTED)?;
        Ok(Self { digits, decimals, currency })
    }
}

/// An action id, or its beginning as tables show it: `act_` and at least 8 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActionStart(String);

impl ActionStart {
    const FEWEST_DIGITS: usize = 8;
    const DIGITS: usize = 40;

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ActionStart {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        let is_start = text.strip_prefix("act_").is_some_and(|digits| {
            (Self::FEWEST_DIGITS..=Self::DIGITS).contains(&digits.len())
                && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        });
        is_start.then(|| Self(text.to_owned())).ok_or(Expected("act_ and 8 to 40 hexadecimal digits"))
    }
}

/// Why something is done or not: 1–500 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypedReason(String);

impl TypedReason {
    pub(crate) const LONGEST: usize = 500;

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TypedReason {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        let text = text.trim();
        let is_reason =
            !text.is_empty() && text.chars().count() <= Self::LONGEST && !text.chars().any(char::is_control);
        is_reason.then(|| Self(text.to_owned())).ok_or(Expected("1 to 500 characters on one line"))
    }
}

/// The head of an audit trail as `audit verify` prints it: `N:HASH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AuditHead(pub(crate) AuditMark);

impl FromStr for AuditHead {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        const EXPECTED: Expected =
            Expected("a head as `postill audit verify` prints it, such as 120:9f86d0…");
        let (number, hash) = text.split_once(':').ok_or(EXPECTED)?;
        let number = number.parse().map_err(|_not_a_number| EXPECTED)?;
        let hash = hash.parse().map_err(|_not_a_digest| EXPECTED)?;
        Ok(Self(AuditMark { number, hash }))
    }
}

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
    fn an_action_is_named_by_its_beginning() {
        assert!("act_0123abcd".parse::<ActionStart>().is_ok());
        for wrong in ["act_0123abc", "apr_0123abcd", "act_0123abcG", "act_%%%%%%%%", "0123abcd"] {
            assert!(wrong.parse::<ActionStart>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_reason_is_one_line_that_says_something() {
        assert!("out of the window".parse::<TypedReason>().is_ok());
        for wrong in ["", "  ", "two\nlines", &"x".repeat(TypedReason::LONGEST + 1)] {
            assert!(wrong.parse::<TypedReason>().is_err());
        }
    }
}

//! Money: whole minor units of a currency, never a float.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Language;
use crate::text::serialized_as_text;

/// Stripe's zero-decimal currencies: the minor unit is the unit (Stripe docs, "Zero-decimal currencies").
const ZERO_DECIMAL: [&str; 15] =
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"];
/// Stripe's three-decimal currencies.
const THREE_DECIMAL: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];
/// Currencies that Stripe counts in hundredths although nobody writes them so: the hundredths are always zero.
const WRITTEN_WITHOUT_DECIMALS: [&str; 2] = ["isk", "ugx"];

/// An ISO 4217 code in lower case, as Stripe writes it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^[a-z]{3}$"))]
pub struct Currency([u8; 3]);

/// The text is not three letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a currency is three letters, such as eur")]
pub struct CurrencyError;

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(*b"eur");
    /// The United States dollar.
    pub const USD: Self = Self(*b"usd");
    /// The pound sterling.
    pub const GBP: Self = Self(*b"gbp");
    /// The yen.
    pub const JPY: Self = Self(*b"jpy");

    /// The code in lower case.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many decimal digits Stripe's minor unit has: 0, 2 or 3.
    pub fn decimals(self) -> u8 {
        if ZERO_DECIMAL.contains(&self.as_str()) {
            0
        } else if THREE_DECIMAL.contains(&self.as_str()) {
            3
        } else {
            2
        }
    }

    /// How people write it: a sign where everybody knows it, else the code.
    fn sign(self) -> Option<&'static str> {
        Some(match self.as_str() {
            "eur" => "€",
            "usd" => "$",
            "gbp" => "£",
            "jpy" => "¥",
            "brl" => "R$",
            "cad" => "CA$",
            "aud" => "A$",
            "inr" => "₹",
            _ => return None,
        })
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        let code: [u8; 3] = text.as_bytes().try_into().map_err(|_wrong_length| CurrencyError)?;
        if code.iter().all(u8::is_ascii_alphabetic) {
            Ok(Self(code.map(|b| b.to_ascii_lowercase())))
        } else {
            Err(CurrencyError)
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;

    fn try_from(text: String) -> Result<Self, CurrencyError> {
        text.parse()
    }
}

serialized_as_text!(Currency);

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Currency({})", self.as_str())
    }
}

/// An amount in minor units (cents; yen; thousandths of a dinar) of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    /// Minor units; negative for money that flows back.
    pub minor: i64,
    /// The currency the minor units belong to.
    pub currency: Currency,
}

impl Money {
    /// From digits of which the last `decimals` stand behind the point, such as 1250 with two for `12.50`. `None` when the currency
    /// has fewer decimals than that, or the amount does not fit.
    pub fn from_digits(mut digits: i64, mut decimals: u8, currency: Currency) -> Option<Self> {
        while decimals > currency.decimals() && digits % 10 == 0 {
            digits /= 10;
            decimals -= 1;
        }
        let missing = currency.decimals().checked_sub(decimals)?;
        let minor = digits.checked_mul(10_i64.checked_pow(u32::from(missing))?)?;
        Some(Self { minor, currency })
    }

    /// `minor` units of `currency`.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The sum, or `None` when the currencies differ or it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.same_currency(other)?;
        Some(Self::new(self.minor.checked_add(other.minor)?, self.currency))
    }

    /// The difference, or `None` when the currencies differ or it does not fit.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.same_currency(other)?;
        Some(Self::new(self.minor.checked_sub(other.minor)?, self.currency))
    }

    fn same_currency(self, other: Self) -> Option<()> {
        (self.currency == other.currency).then_some(())
    }

    /// The amount as people of that language write it: `€1,234.50`, `1.234,50 €`, `1 234,50 €`, `¥5,000`.
    pub fn render(self, language: Language) -> String {
        let number = self.number(language);
        let sign = self.currency.sign();
        match (language, sign) {
            (Language::En, Some(sign)) => match number.strip_prefix('-') {
                Some(positive) => format!("-{sign}{positive}"),
                None => format!("{sign}{number}"),
            },
            (Language::Pt, Some(sign @ "R$")) | (Language::Nl, Some(sign)) => format!("{sign}\u{a0}{number}"),
            (_, Some(sign)) => format!("{number}\u{a0}{sign}"),
            (_, None) => format!("{number}\u{a0}{}", self.currency.as_str().to_uppercase()),
        }
    }

    fn number(self, language: Language) -> String {
        let (group, point) = match language {
            Language::En => (",", "."),
            Language::Fr => ("\u{202f}", ","),
            Language::De | Language::Es | Language::It | Language::Pt | Language::Nl => (".", ","),
        };
        let decimals = u32::from(self.currency.decimals());
        let unit = 10_u64.pow(decimals);
        let (whole, fraction) = (self.minor.unsigned_abs() / unit, self.minor.unsigned_abs() % unit);
        let mut text = if self.minor < 0 { "-".to_owned() } else { String::new() };
        text.push_str(&grouped(whole, group));
        if decimals > 0 && !(fraction == 0 && WRITTEN_WITHOUT_DECIMALS.contains(&self.currency.as_str())) {
            text.push_str(point);
            let padded = format!("{fraction:0width$}", width = decimals as usize);
            text.push_str(&padded);
        }
        text
    }
}

fn grouped(whole: u64, separator: &str) -> String {
    let digits = whole.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push_str(separator);
        }
        text.push(digit);
    }
    text
}

/// `12.50 eur`: for logs and operators, not for customers.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number(Language::En).replace(',', "");
        write!(f, "{number} {}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, currency: &str) -> Money {
        Money::new(minor, currency.parse().unwrap())
    }

    #[track_caller]
    fn check(minor: i64, currency: &str, language: Language, expected: &str) {
        assert_eq!(money(minor, currency).render(language), expected.replace('_', "\u{a0}"));
    }

    #[test]
    fn amounts_are_written_as_the_reader_writes_them() {
        check(123_450, "eur", Language::En, "€1,234.50");
        check(123_450, "eur", Language::De, "1.234,50_€");
        check(123_450, "eur", Language::Fr, "1\u{202f}234,50_€");
        check(123_450, "eur", Language::Nl, "€_1.234,50");
        check(5_000, "jpy", Language::En, "¥5,000");
        check(1_500, "kwd", Language::De, "1,500_KWD");
        check(9_900, "brl", Language::Pt, "R$_99,00");
        check(50_000, "isk", Language::En, "500_ISK");
        check(-4_900, "usd", Language::En, "-$49.00");
        check(5, "eur", Language::En, "€0.05");
        check(i64::MIN, "jpy", Language::En, "-¥9,223,372,036,854,775,808");
    }

    #[test]
    fn sums_do_not_mix_currencies_or_overflow() {
        assert_eq!(money(1, "eur").checked_add(money(2, "eur")), Some(money(3, "eur")));
        assert_eq!(money(1, "eur").checked_add(money(2, "usd")), None);
        assert_eq!(money(i64::MAX, "eur").checked_add(money(1, "eur")), None);
        assert_eq!(money(i64::MIN, "eur").checked_sub(money(1, "eur")), None);
    }
}

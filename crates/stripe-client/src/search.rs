//! What charges can be searched for. Stripe's search knows no address: whose a charge is has to be compared afterwards.

use std::fmt;
use std::str::FromStr;

use domain::Currency;
use thiserror::Error;

/// A search for charges. It always asks for something: all charges of an account are never searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeSearch {
    card: Option<LastFour>,
    amount: Option<SoughtAmount>,
}

/// What was charged, in minor units; in any currency when none is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SoughtAmount {
    minor: i64,
    currency: Option<Currency>,
}

impl ChargeSearch {
    /// Charges of cards whose number ends so.
    pub const fn card(last_four: LastFour) -> Self {
        Self { card: Some(last_four), amount: None }
    }

    /// Charges of exactly `minor` minor units.
    pub const fn amount(minor: i64, currency: Option<Currency>) -> Self {
        Self { card: None, amount: Some(SoughtAmount { minor, currency }) }
    }

    /// The same, of exactly `minor` minor units.
    #[must_use]
    pub const fn and_amount(self, minor: i64, currency: Option<Currency>) -> Self {
        Self { amount: Some(SoughtAmount { minor, currency }), ..self }
    }
}

/// `payment_method_details.card.last4:"4242" AND amount:2500 AND currency:"eur"`
impl fmt::Display for ChargeSearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let card = self.card.as_ref().map(|card| format!("payment_method_details.card.last4:\"{card}\""));
        let minor = self.amount.map(|amount| format!("amount:{}", amount.minor));
        let currency = self.amount.and_then(|amount| amount.currency);
        let currency = currency.map(|currency| format!("currency:\"{currency}\""));
        let clauses: Vec<String> = [card, minor, currency].into_iter().flatten().collect();
        f.write_str(&clauses.join(" AND "))
    }
}

/// The last four digits of a card's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LastFour([u8; 4]);

/// The text is not four digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the end of a card's number is four digits")]
pub struct LastFourError;

impl FromStr for LastFour {
    type Err = LastFourError;

    fn from_str(text: &str) -> Result<Self, LastFourError> {
        let digits: [u8; 4] = text.as_bytes().try_into().map_err(|_of_another_length| LastFourError)?;
        if digits.iter().all(u8::is_ascii_digit) { Ok(Self(digits)) } else { Err(LastFourError) }
    }
}

impl fmt::Display for LastFour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_asks_for_the_card_the_amount_or_both() {
        let card: LastFour = "0042".parse().unwrap();
        let asked = ChargeSearch::card(card).and_amount(2500, Some(Currency::EUR)).to_string();
        assert_eq!(asked, r#"payment_method_details.card.last4:"0042" AND amount:2500 AND currency:"eur""#);
        assert_eq!(ChargeSearch::amount(100, None).to_string(), "amount:100");
        assert_eq!(ChargeSearch::card(card).to_string(), r#"payment_method_details.card.last4:"0042""#);
    }

    #[test]
    fn the_end_of_a_card_is_four_digits_and_nothing_else() {
        for text in ["", "424", "42424", "42 4", "424\"", "４２４２"] {
            assert_eq!(text.parse::<LastFour>(), Err(LastFourError), "{text}");
        }
    }
}

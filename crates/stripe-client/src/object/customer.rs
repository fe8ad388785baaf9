//! Customers, and how they pay.

use domain::ids::{CustomerId, PaymentMethodId};
use domain::{Currency, EmailAddress, Timestamp};
use jiff::fmt::serde::timestamp::second;
use serde::Deserialize;

use super::decode::{FreeText, reference};

/// A customer on file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// The address on file as it was typed there: any case, perhaps not an address at all.
    pub email: Option<FreeText>,
    /// The name on file.
    pub name: Option<FreeText>,
    /// The currency its invoices are in, once it had one.
    pub currency: Option<Currency>,
    /// The languages it prefers, as language tags.
    #[serde(default)]
    pub preferred_locales: Vec<String>,
    /// When it was put on file.
    #[serde(with = "second::required")]
    pub created: Timestamp,
}

impl Customer {
    /// The address on file, where it is one that mail can be sent to.
    pub fn address(&self) -> Option<EmailAddress> {
        self.email.as_ref()?.as_str().trim().parse().ok()
    }
}

/// A saved way to pay.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PaymentMethod {
    /// Its id.
    pub id: PaymentMethodId,
    /// Whose it is.
    #[serde(default, deserialize_with = "reference")]
    pub customer: Option<CustomerId>,
    /// `card`, `sepa_debit`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The card, when it is one.
    pub card: Option<Card>,
    /// When it was saved.
    #[serde(with = "second::required")]
    pub created: Timestamp,
}

/// What may be told of a card.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Card {
    /// `visa`, `mastercard`, …
    pub brand: Option<String>,
    /// The last four digits.
    pub last4: Option<String>,
    /// The month it runs out, 1 to 12.
    pub exp_month: Option<u8>,
    /// The year it runs out.
    pub exp_year: Option<u16>,
    /// The same for the same card number, in one account. For comparing, never shown.
    pub fingerprint: Option<String>,
}

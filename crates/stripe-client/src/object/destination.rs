//! Where a refund goes, and by what number a bank finds it.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::decode::open_enum;

/// Where a refund goes. Stripe puts the particulars under the name of the kind: `{"type": "card", "card": {…}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// `card`, `sepa_bank_transfer`, …
    pub kind: String,
    /// Whether it goes back as a refund of its own, or the payment was taken back before it was booked. Cards only.
    pub way: Option<RefundWay>,
    /// Whether there is a reference yet.
    pub reference_status: Option<ReferenceStatus>,
    /// The number a bank finds the refund by: for cards the acquirer reference number (ARN).
    pub reference: Option<String>,
}

open_enum! {
    /// How money goes back to a card.
    RefundWay {
        /// As a booking of its own.
        Refund = "refund",
        /// The payment disappears from the statement.
        Reversal = "reversal",
        /// Not decided yet.
        Pending = "pending",
    }
}

open_enum! {
    /// Whether a refund has a reference.
    ReferenceStatus {
        /// It has.
        Available = "available",
        /// It may get one, which takes up to a week.
        Pending = "pending",
        /// The bank gives none.
        Unavailable = "unavailable",
    }
}

/// The longest reference that is believed to be one, in bytes. An ARN has 23 digits.
const MAX_REFERENCE_BYTES: usize = 40;

impl<'de> Deserialize<'de> for Destination {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let details = Value::deserialize(deserializer)?;
        let kind = details.get("type").and_then(Value::as_str).unwrap_or_default();
        let own = details.get(kind);
        let word = |name: &str| own.and_then(|own| own.get(name)).and_then(Value::as_str).map(Cow::from);
        Ok(Self {
            way: word("type").map(RefundWay::from),
            reference_status: word("reference_status").map(ReferenceStatus::from),
            reference: word("reference").filter(|reference| is_reference(reference)).map(Cow::into_owned),
            kind: kind.to_owned(),
        })
    }
}

/// It is told to customers, so nothing but letters, digits and signs between them passes.
fn is_reference(text: &str) -> bool {
    let fine = |b: u8| b.is_ascii_alphanumeric() || b"-_/.".contains(&b);
    (1..=MAX_REFERENCE_BYTES).contains(&text.len()) && text.bytes().all(fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn destination(json: &str) -> Destination {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_card_has_a_reference_once_the_bank_gave_one() {
        let card = destination(
            r#"{"type":"card","card":{"type":"refund","reference":"74208516012345678901234","reference_status":"available",
                "reference_type":"acquirer_reference_number"}}"#,
        );
        assert_eq!(card.reference.as_deref(), Some("74208516012345678901234"));
        assert_eq!(
            (card.way, card.reference_status),
            (Some(RefundWay::Refund), Some(ReferenceStatus::Available))
        );
        let waiting =
            destination(r#"{"type":"card","card":{"type":"pending","reference_status":"pending"}}"#);
        assert_eq!((waiting.reference, waiting.way), (None, Some(RefundWay::Pending)));
    }

    #[test]
    fn other_kinds_keep_their_particulars_under_their_name_or_have_none() {
        let bank = destination(
            r#"{"type":"eu_bank_transfer","eu_bank_transfer":{"reference":"RF-12/3","reference_status":"available"}}"#,
        );
        assert_eq!((bank.kind.as_str(), bank.reference.as_deref()), ("eu_bank_transfer", Some("RF-12/3")));
        assert_eq!(destination(r#"{"type":"klarna","klarna":{}}"#).reference, None);
        assert_eq!(destination("{}").kind, "");
    }

    #[test]
    fn what_cannot_be_a_reference_is_dropped() {
        let odd = destination(
            r#"{"type":"card","card":{"reference":"call +1 900 now","reference_status":"available"}}"#,
        );
        assert_eq!(odd.reference, None);
    }
}

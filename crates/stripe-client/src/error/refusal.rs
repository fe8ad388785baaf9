//! Stripe's `{"error": …}` object, and what it means.

use std::fmt;

use serde::Deserialize;

/// What Stripe said when it refused for good. Only the machine's words are shown; the sentence is in `message`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What it means for the caller.
    pub reason: RefusalReason,
    /// Stripe's `type`, the one word that is always there.
    pub kind: String,
    /// Stripe's `code`; over-refunds and permission errors come without one.
    pub code: Option<String>,
    /// Why a bank declined.
    pub decline_code: Option<String>,
    /// The parameter that was wrong.
    pub param: Option<String>,
    /// Stripe's sentence, for an operator.
    pub message: Message,
}

/// What a refusal means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalReason {
    /// The charge has been refunded in full, perhaps elsewhere a moment ago.
    AlreadyRefunded,
    /// More than what is left of the charge.
    AboveRefundable,
    /// The charge is disputed: the bank decides, not a refund.
    Disputed,
    /// The account's balance does not cover it.
    BalanceTooLow,
    /// The subscription has ended.
    AlreadyCanceled,
    /// There is no such object, or not in this mode.
    NoSuchObject,
    /// The account has no customer portal set up yet: an operator's task.
    PortalNotConfigured,
    /// A bank or a card declined.
    Declined,
    /// Anything else: see the code.
    Invalid,
}

/// A sentence by Stripe, cleaned of what looks like an address or a key. For an operator: customers are never shown it, and `Debug`
/// hides it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Message(String);

/// The longest sentence that is kept, in characters.
const MAX_MESSAGE_CHARS: usize = 400;
/// The longest machine word that is believed to be one, in bytes.
const MAX_WORD_BYTES: usize = 80;

impl Message {
    /// The sentence; empty when Stripe gave none.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn cleaned(text: &str) -> Self {
        let words: Vec<&str> = text.split_whitespace().map(without_secrets).collect();
        Self(words.join(" ").chars().filter(|c| !c.is_control()).take(MAX_MESSAGE_CHARS).collect())
    }
}

fn without_secrets(word: &str) -> &str {
    const KEYS: [&str; 7] = ["sk_live", "sk_test", "rk_live", "rk_test", "pk_live", "pk_test", "whsec_"];
    if word.contains('@') || word.contains("%40") {
        "[address]"
    } else if KEYS.iter().any(|key| word.contains(key)) {
        "[key]"
    } else {
        word
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Message(…)")
    }
}

/// `invalid_request_error, charge_already_refunded`
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        let words = [("", &self.code), ("declined as ", &self.decline_code), ("parameter ", &self.param)];
        for (what, word) in words {
            if let Some(word) = word {
                write!(f, ", {what}{word}")?;
            }
        }
        Ok(())
    }
}

/// The error object as it stands in a body.
#[derive(Deserialize)]
pub(crate) struct ErrorBody {
    error: ErrorObject,
}

#[derive(Deserialize)]
struct ErrorObject {
    #[serde(rename = "type")]
    kind: String,
    code: Option<String>,
    decline_code: Option<String>,
    param: Option<String>,
    message: Option<String>,
}

impl Refusal {
    /// What a body says, when it is an error of Stripe's.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let ErrorBody { error } = serde_json::from_slice(body).ok()?;
        let sentence = error.message.as_deref().unwrap_or_default();
        let (code, param) = (error.code.and_then(machine_word), error.param.and_then(machine_word));
        Some(Self {
            reason: reason(&error.kind, code.as_deref(), param.as_deref(), sentence),
            kind: machine_word(error.kind).unwrap_or_else(|| "error".to_owned()),
            code,
            decline_code: error.decline_code.and_then(machine_word),
            param,
            message: Message::cleaned(sentence),
        })
    }
}

/// Codes and parameters are words of a closed alphabet. What is not might be text of a person, and is dropped.
fn machine_word(text: String) -> Option<String> {
    let fine = |b: u8| b.is_ascii_alphanumeric() || b"_-.[]".contains(&b);
    (!text.is_empty() && text.len() <= MAX_WORD_BYTES && text.bytes().all(fine)).then_some(text)
}

fn reason(kind: &str, code: Option<&str>, param: Option<&str>, sentence: &str) -> RefusalReason {
    match code {
        Some("charge_already_refunded") => return RefusalReason::AlreadyRefunded,
        Some("charge_disputed") => return RefusalReason::Disputed,
        Some("balance_insufficient" | "insufficient_funds") => return RefusalReason::BalanceTooLow,
        Some("invalid_canceled_subscription_fields") => return RefusalReason::AlreadyCanceled,
        Some("resource_missing") => return RefusalReason::NoSuchObject,
        Some(_) | None => {}
    }
    // Neither of these has a code of its own; Stripe's sentences are all there is to go by.
    if param == Some("amount") && sentence.contains("greater than unrefunded amount") {
        RefusalReason::AboveRefundable
    } else if sentence.contains("configuration") && sentence.contains("customer portal settings") {
        RefusalReason::PortalNotConfigured
    } else if kind == "card_error" {
        RefusalReason::Declined
    } else {
        RefusalReason::Invalid
    }
}

/// Every `rak_…` in a text, each once, in order.
pub(crate) fn permission_slugs(text: &str) -> Vec<String> {
    let in_slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let mut slugs: Vec<String> = Vec::new();
    for word in text.split(|c: char| !in_slug(c)) {
        if word.strip_prefix("rak_").is_some_and(|rest| !rest.is_empty()) && !slugs.iter().any(|s| s == word)
        {
            slugs.push(word.to_owned());
        }
    }
    slugs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: RefusalReason) {
        assert_eq!(Refusal::read(body.as_bytes()).map(|refusal| refusal.reason), Some(expected));
    }

    #[test]
    fn refusals_are_told_apart_by_code_and_where_there_is_none_by_sentence() {
        check(
            r#"{"error":{"type":"invalid_request_error","code":"charge_already_refunded"}}"#,
            RefusalReason::AlreadyRefunded,
        );
        check(
            r#"{"error":{"type":"invalid_request_error","param":"amount","message":"Refund amount ($25.00) is greater than unrefunded amount on charge ($10.00)"}}"#,
            RefusalReason::AboveRefundable,
        );
        check(
            r#"{"error":{"type":"invalid_request_error","message":"No configuration provided and your live mode default configuration has not been created. Provide a configuration or create your default by saving your customer portal settings in live mode at https://dashboard.stripe.com/settings/billing/portal."}}"#,
            RefusalReason::PortalNotConfigured,
        );
        check(r#"{"error":{"type":"card_error","decline_code":"lost_card"}}"#, RefusalReason::Declined);
        check(r#"{"error":{"type":"something_new","code":"never_seen","extra":{}}}"#, RefusalReason::Invalid);
    }

    #[test]
    fn what_is_no_error_of_stripes_is_not_taken_for_one() {
        assert_eq!(Refusal::read(b"<html>Bad gateway</html>"), None);
        assert_eq!(Refusal::read(br#"{"message":"nginx"}"#), None);
    }

    #[test]
    fn sentences_lose_addresses_and_keys_and_debug_hides_the_rest() {
        let body = br#"{"error":{"type":"invalid_request_error","code":"email_invalid","param":"marta@studio.example","message":"Invalid email address: marta@studio.example\r\nfor sk_test_***3f2a given."}}"#;
        let refusal = Refusal::read(body).unwrap();
        assert_eq!(refusal.message.as_str(), "Invalid email address: [address] for [key] given.");
        assert_eq!(refusal.to_string(), "invalid_request_error, email_invalid");
        assert!(!format!("{refusal:?}").contains("Invalid email"));
    }

    #[test]
    fn every_slug_in_a_403_is_found() {
        let text = "Permission denied. The provided key 'rk_test_*********abc' does not have the required permissions \
                    for this endpoint. Having the 'rak_charge_read' or rak_payment_intent_read, rak_charge_read permissions";
        assert_eq!(permission_slugs(text), ["rak_charge_read", "rak_payment_intent_read"]);
        assert!(permission_slugs("Not allowed. break_read rak_").is_empty());
    }
}

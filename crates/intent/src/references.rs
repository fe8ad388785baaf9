//! Stripe ids, invoice and receipt numbers, and the last digits of a card.

use domain::Reference;
use domain::ids::{
    ChargeId, CheckoutSessionId, CustomerId, InvoiceId, PaymentIntentId, RefundId, SubscriptionId,
};

use crate::cues::Cue;
use crate::document::{Document, Sentence};

/// More references than these are a list that nobody asks about one by one.
const MOST: usize = 20;
/// An id is a prefix and at least so many characters, one of them a digit; `in_app` is a word.
const SHORTEST_ID: usize = 4;
/// How far behind `ending in` the four digits may stand, in words.
const CARD_REACH: usize = 2;

/// Everything the text names, once each, in its order.
pub(crate) fn find(text: &str) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    let apart = |character: char| !(character.is_ascii_alphanumeric() || matches!(character, '_' | '-'));
    for token in text.split(apart).filter(|token| token.len() >= 5) {
        let Some(reference) = number(token).or_else(|| token.split('-').find_map(id)) else { continue };
        if !found.contains(&reference) && found.len() < MOST {
            found.push(reference);
        }
    }
    found
}

fn id(token: &str) -> Option<Reference> {
    let (_, rest) = token.split_once('_')?;
    if rest.len() < SHORTEST_ID || !rest.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let invoice = || token.parse::<InvoiceId>().ok().map(Reference::Invoice);
    let charge = || token.parse::<ChargeId>().ok().map(Reference::Charge);
    let intent = || token.parse::<PaymentIntentId>().ok().map(Reference::PaymentIntent);
    let subscription = || token.parse::<SubscriptionId>().ok().map(Reference::Subscription);
    let refund = || token.parse::<RefundId>().ok().map(Reference::Refund);
    let session = || token.parse::<CheckoutSessionId>().ok().map(Reference::CheckoutSession);
    let customer = || token.parse::<CustomerId>().ok().map(Reference::Customer);
    invoice()
        .or_else(charge)
        .or_else(intent)
        .or_else(subscription)
        .or_else(refund)
        .or_else(session)
        .or_else(customer)
}

fn number(token: &str) -> Option<Reference> {
    let (series, count) = token.split_once('-')?;
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    if count.len() != 4
        || !count.bytes().all(|byte| byte.is_ascii_digit())
        || series.len() < 4
        || !plain(series)
    {
        return None;
    }
    let numeric = series.bytes().all(|byte| byte.is_ascii_digit());
    let lettered = series.bytes().all(|byte| byte.is_ascii_uppercase());
    match (numeric, series.len()) {
        // `2023-2024` is a span of years.
        (true, 4) if is_year(series) && is_year(count) => None,
        (true, 4) => Some(Reference::ReceiptNumber(token.to_owned())),
        // Digits only are as likely a telephone number; `COVID-2019` is a name.
        (true, _) => None,
        (false, _) if lettered && is_year(count) => None,
        (false, _) => Some(Reference::InvoiceNumber(token.to_owned())),
    }
}

fn is_year(digits: &str) -> bool {
    ("1990".."2100").contains(&digits)
}

/// The last four digits of a card that the mail names.
pub(crate) fn card_last4(document: &Document<'_>) -> Option<String> {
    document.sentences.iter().find_map(|sentence| after_cue(sentence).or_else(|| after_mask(sentence.text)))
}

fn after_cue(sentence: &Sentence<'_>) -> Option<String> {
    sentence.of(&[Cue::CardEnding]).find_map(|hit| {
        let words = hit.last + 1..=hit.last + CARD_REACH;
        words
            .into_iter()
            .map(|word| sentence.folded.folded_word(word))
            .find(|word| is_last4(word))
            .map(str::to_owned)
    })
}

/// `**** 4242`, `xxxx4242`, `•••• 4242`.
fn after_mask(text: &str) -> Option<String> {
    let masks = ["**", "xx", "XX", "••", "··"];
    masks.iter().find_map(|mask| {
        let (_, rest) = text.rsplit_once(mask)?;
        let rest = rest.trim_start_matches(['*', 'x', 'X', '•', '·', '-', ' ', '\u{a0}']);
        let end = rest.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(rest.len());
        rest.get(..end).filter(|digits| is_last4(digits)).map(str::to_owned)
    })
}

fn is_last4(word: &str) -> bool {
    word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found = find(text);
        assert_eq!(found.iter().map(Reference::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn ids_and_numbers_are_found_wherever_they_stand() {
        check(
            "see ch_3LarkAda0001, (in_1Nx2y3) and https://pay.example/c/cs_test_a1B2c3#x.",
            &["ch_3LarkAda0001", "in_1Nx2y3", "cs_test_a1B2c3"],
        );
        check("Rechnung LARK0001-0002; Beleg 1234-5678.", &["LARK0001-0002", "1234-5678"]);
        check("sub_1A2b3 sub_1A2b3", &["sub_1A2b3"]);
    }

    #[test]
    fn what_only_looks_like_a_reference_is_left_out() {
        check(
            "in_app 2023-2024 COVID-2019 0800-123456 555-1234 +49-1234-5678 sign_in_form re_do abcd1234-0001",
            &[],
        );
    }
}

//! Stripe ids, invoice and receipt numbers, and the last digits of a card.

use std::ops::Range;

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
    let mut from = 0;
    while let Some(token) = next_token(text, from) {
        from = token.end;
        let token = text.get(token).unwrap_or_default();
        let Some(reference) = number(token).or_else(|| token.split('-').find_map(id)) else { continue };
        if !found.contains(&reference) && found.len() < MOST {
            found.push(reference);
        }
    }
    found
}

/// The next run of letters, digits and joining marks that holds such a mark.
fn next_token(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mark = from + memchr::memchr2(b'_', b'-', bytes.get(from..)?)?;
    let before = bytes.get(from..mark)?.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let behind = bytes.get(mark..)?;
    let goes_on = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    Some(mark - before..mark + behind.iter().take_while(goes_on).count())
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

/// The last four digits of a card that the mail names: `ending in 4242`, `**** 4242`.
pub(crate) fn card_last4(document: &Document<'_>) -> Option<String> {
    document.sentences.iter().find_map(|sentence| {
        let words = sentence.folded.words.iter().enumerate();
        let numbers = words.filter(|(_, word)| word.is_number()).map(|(index, _)| index);
        let fours = numbers.filter(|&word| is_last4(sentence.folded.folded_word(word)));
        let card =
            fours.into_iter().find(|&word| follows_cue(sentence, word) || follows_mask(sentence, word))?;
        Some(sentence.folded.folded_word(card).to_owned())
    })
}

fn follows_cue(sentence: &Sentence<'_>, word: usize) -> bool {
    sentence.of(&[Cue::CardEnding]).any(|hit| hit.last < word && word - hit.last <= CARD_REACH)
}

fn follows_mask(sentence: &Sentence<'_>, word: usize) -> bool {
    let start = sentence.folded.words.get(word).map_or(0, |word| word.start);
    let before = sentence.text.get(..start).unwrap_or_default().trim_end_matches([' ', '-', '\u{a0}']);
    ["**", "xx", "XX", "••", "··"].iter().any(|mask| before.ends_with(mask))
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

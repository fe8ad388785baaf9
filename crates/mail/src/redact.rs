//! Takes card numbers and secrets out of a text, before anything of it is kept or sent on.

mod cards;
mod codes;
mod keys;

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr3_iter, memmem};

use keys::Keys;

/// What stands where a card number was.
pub(crate) const CARD_MARK: &str = "[card number removed]";
/// What stands where a key or a token was.
pub(crate) const KEY_MARK: &str = "[key removed]";

/// What a token stands behind.
const BEARER: &str = "bearer";

/// The text without its secrets, and how many were taken out. Only where a word begins can one begin, and few words begin as one
/// does; the work is linear in the text.
pub(crate) fn redacted(text: &str) -> (Cow<'_, str>, u32) {
    let mut clean = String::new();
    let (mut kept_from, mut count) = (0, 0_u32);
    let mut keys = Keys::of(text);
    for start in suspects(text) {
        let found = if start < kept_from { None } else { found_at(text, start, &mut keys) };
        let Some((found, mark)) = found else { continue };
        clean.push_str(text.get(kept_from..found.start).unwrap_or_default());
        clean.push_str(mark);
        kept_from = found.end;
        count = count.saturating_add(1);
    }
    let clean = if count == 0 {
        Cow::Borrowed(text)
    } else {
        clean.push_str(text.get(kept_from..).unwrap_or_default());
        Cow::Owned(clean)
    };
    if memmem::find(clean.as_bytes(), CARD_MARK.as_bytes()).is_some() {
        let (without_codes, codes) = codes::taken_out(&clean);
        return (Cow::Owned(without_codes), count.saturating_add(codes));
    }
    (clean, count)
}

/// Where words begin that may be secrets, in their order. Few letters are in the fronts of secrets alone, so these are looked for first.
fn suspects(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let marks = memchr3_iter(b'_', b'-', b'J', bytes).chain(memchr3_iter(b'A', b'B', b'b', bytes));
    let fronts = marks.filter_map(|mark| front_around(bytes, mark));
    let begins_word = |start: &usize| !text.get(..*start).is_some_and(|before| before.ends_with(is_word));
    let mut starts: Vec<usize> = fronts.chain(numbers(bytes)).filter(begins_word).collect();
    starts.sort_unstable();
    starts
}

/// Where a word begins that has this mark in it and the front of a secret around that.
fn front_around(bytes: &[u8], mark: usize) -> Option<usize> {
    let (before, from) = bytes.split_at_checked(mark)?;
    let behind = |fronts: &[&str]| {
        fronts.iter().find(|front| before.ends_with(front.as_bytes())).map(|front| mark - front.len())
    };
    match from {
        [b'_', ..] => behind(&["sk", "rk", "whsec", "ghp", "gho", "github", "pi", "seti", "cs"]),
        [b'-', ..] => behind(&["glpat", "xoxb", "xoxp"]),
        [b'J', ..] => behind(&["ey"]),
        [b'A', b'K', b'I', ..] | [b'A', b'I', b'z', ..] | [b'B', b'E', b'G', ..] => Some(mark),
        [b'B' | b'b', b'E' | b'e', b'A' | b'a', ..] => Some(mark),
        _ => None,
    }
}

/// Where digits stand that a card's number may begin with.
fn numbers(bytes: &[u8]) -> impl Iterator<Item = usize> {
    const PIECE: usize = 64;
    let has_digit = |piece: &[u8]| piece.iter().fold(false, |found, byte| found | byte.is_ascii_digit());
    let pieces = bytes.chunks(PIECE).enumerate().filter(move |(_, piece)| has_digit(piece));
    pieces.flat_map(|(number, piece)| {
        let digits = piece.iter().enumerate().filter(|(_, byte)| matches!(byte, b'2'..=b'6'));
        digits.map(move |(at, _)| number * PIECE + at)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The words of a text, one after another.
struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl Words<'_> {
    fn next(&mut self) -> Option<Range<usize>> {
        let rest = self.text.get(self.at..)?;
        let start = self.at + rest.find(is_word)?;
        self.at = start + word_length(self.text.get(start..)?);
        Some(start..self.at)
    }
}

fn word_length(text: &str) -> usize {
    text.find(|c| !is_word(c)).unwrap_or(text.len())
}

/// The secret that begins with the word at `start`, or right behind it.
fn found_at(text: &str, start: usize, keys: &mut Keys<'_>) -> Option<(Range<usize>, &'static str)> {
    let (before, rest) = text.split_at_checked(start)?;
    if let Some(behind) = behind_bearer(rest) {
        let start = start + behind;
        return Some((start..keys.end_behind_bearer(start)?, KEY_MARK));
    }
    if rest.starts_with(|c: char| c.is_ascii_digit()) {
        return Some((start..start + cards::length(rest, before)?, CARD_MARK));
    }
    Some((start..keys.end(start)?, KEY_MARK))
}

/// Where the next word begins in a text that begins with `Bearer`.
fn behind_bearer(text: &str) -> Option<usize> {
    let is_bearer = text.get(..BEARER.len()).is_some_and(|word| word.eq_ignore_ascii_case(BEARER));
    let behind = text.get(BEARER.len()..).filter(|behind| is_bearer && !behind.starts_with(is_word))?;
    Some(BEARER.len() + behind.find(is_word)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::linear;

    #[track_caller]
    fn check(text: &str, expected: &str, count: u32) {
        assert_eq!(redacted(text), (Cow::from(expected), count));
    }

    #[test]
    fn card_numbers_are_taken_out_however_they_are_grouped() {
        check("my card 4242424242424242, thanks", "my card [card number removed], thanks", 1);
        check("4242 4242 4242 4242 12/27", "[card number removed] 12/27", 1);
        check("4242-4242-4242-4242.", "[card number removed].", 1);
        check("Amex 3782 822463 10005", "Amex [card number removed]", 1);
        check("4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2", "[card number removed]", 1);
        check(
            "card:5555555555554444 and (4000056655665556)",
            "card:[card number removed] and ([card number removed])",
            2,
        );
        check("12 4242424242424242", "12 [card number removed]", 1);
        check("4242 4242 4242 4242 123", "[card number removed] 123", 1);
        check("4242.4242.4242.4242. Thanks", "[card number removed]. Thanks", 1);
        check("4242/4242/4242/4242", "[card number removed]", 1);
        check("4242 4242\n4242 4242 thanks", "[card number removed] thanks", 1);
        check("42424242 42424242", "[card number removed]", 1);
    }

    #[test]
    fn the_code_on_a_card_goes_with_its_number() {
        let card = "4242 4242 4242 4242";
        for code in [
            "CVC 123",
            "cvv: 1234",
            "CVV2 123",
            "security code is 123",
            "Prüfnummer 123",
            "código de seguridad 123",
            "code on the back 123",
        ] {
            let kept = &code[..code.rfind(' ').unwrap()];
            let expected = format!("{kept} [security code removed], [card number removed], 2026");
            check(&format!("{code}, {card}, 2026"), &expected, 2);
        }
        check("CVC 123 is refused", "CVC 123 is refused", 0);
        for (behind, left) in [
            (" code 1234", " code [security code removed]"),
            (" codice: 741", " codice: [security code removed]"),
            (", exp 04/27, 123", ", exp 04/27, [security code removed]"),
            (" 12 / 2027 123", " 12 / 2027 [security code removed]"),
            (" 04/27 123 EUR please", " 04/27 123 EUR please"),
            (" code of the order 1234", " code of the order 1234"),
            (" 04/27/2026", " 04/27/2026"),
        ] {
            let count = if behind == left { 1 } else { 2 };
            check(&format!("{card}{behind}"), &format!("[card number removed]{left}"), count);
        }
        let expected = "[card number removed], cvc missing, invoice 20261117";
        check(&format!("{card}, cvc missing, invoice 20261117"), expected, 1);
    }

    #[test]
    fn references_and_other_numbers_stay() {
        for text in [
            "in_1MtHbELkdIwHu7ixl4OzzPMv",
            "ch_4242424242424242",
            "INV-4242424242424242",
            "invoice INV-2024-0042 of 2024-03-12",
            "4242424242424241",
            "+4242424242424242",
            "DE89 3704 0044 0532 0130 00",
            "12 345,00 EUR",
            "2024-03-12 4242424242",
            "Invoice 2025-000123456789",
            "4000-000000000002",
            "2020 0000 0000 0004",
            "1200\n4242\n4242\n4242\n4242",
        ] {
            check(text, text, 0);
        }
    }

    #[test]
    fn keys_and_tokens_are_taken_out() {
        check("key sk_live_51Habc123456789 ok", "key [key removed] ok", 1);
        check("rk_test_abcdefgh1234.", "[key removed].", 1);
        check("whsec_abcdefgh12345678", "[key removed]", 1);
        check("Authorization: Bearer abcdefghij1234567890", "Authorization: Bearer [key removed]", 1);
        check("https://x.example/?s=pi_3Abc_secret_xyz", "https://x.example/?s=[key removed]", 1);
        check("AIzaSyA1234567890abcdefgh", "[key removed]", 1);
        check(
            "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nok",
            "-----[key removed]-----END PRIVATE KEY-----\nok",
            1,
        );
        check("BEGIN with the PRIVATE KEY", "BEGIN with the PRIVATE KEY", 0);
        check("the bearer of this", "the bearer of this", 0);
        check("sk_ and risk_live_abcdefghijk", "sk_ and risk_live_abcdefghijk", 0);
        check("bearer bearer sk_live_abcdefgh", "bearer bearer [key removed]", 1);
    }

    #[test]
    fn every_front_of_a_key_is_looked_for() {
        for front in keys::KEY_FRONTS {
            check(&format!("({front}abcdefgh)"), "([key removed])", 1);
            check(&format!("a{front}abcdefgh"), &format!("a{front}abcdefgh"), 0);
        }
        for front in keys::CLIENT_FRONTS {
            check(&format!("{front}1_secret_2"), "[key removed]", 1);
        }
        check(&format!("eyJ{}.b.c", "a".repeat(40)), "[key removed]", 1);
    }

    #[test]
    fn a_long_run_of_fronts_is_read_once() {
        for front in ["eyJ-", "eyJ.", "sk_.", "pi_-", "bearer ", "bearer=", "4242 ", "BEGIN "] {
            linear::check(200_000, |bytes| front.repeat(bytes / front.len()), |text| redacted(text).1);
        }
    }
}

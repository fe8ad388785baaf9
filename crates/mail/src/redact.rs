//! Takes card numbers and secrets out of a text, before anything of it is kept or sent on.

mod codes;

use std::borrow::Cow;
use std::ops::Range;

use crate::sender::cut_at_char;

/// What stands where a card number was.
pub(crate) const CARD_MARK: &str = "[card number removed]";
/// What stands where a key or a token was.
pub(crate) const KEY_MARK: &str = "[key removed]";

/// Fronts of secrets: Stripe's secret and restricted keys and webhook secrets, and those people paste by mistake beside them.
const KEY_FRONTS: [&str; 11] =
    ["sk_", "rk_", "whsec_", "ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA", "AIza"];
/// A word with such a front is a secret when this much follows; `sk_` alone may be anything.
const MIN_KEY_REST: usize = 8;
/// The longest label of a private key in the form of RFC 7468, in bytes: `BEGIN ENCRYPTED PRIVATE KEY-----`.
const MAX_KEY_LABEL: usize = 40;
const BEARER: &str = "bearer";
/// What follows `Bearer` is a token from this length on.
const MIN_BEARER_TOKEN: usize = 20;

/// The text without its secrets, and how many were taken out. Only where a word begins can one begin, and a word that is none is
/// passed over whole; the work is linear in the text.
pub(crate) fn redacted(text: &str) -> (Cow<'_, str>, u32) {
    let mut clean = String::new();
    let (mut kept_from, mut count) = (0, 0_u32);
    let mut words = Words { text, at: 0 };
    let mut after_bearer = false;
    while let Some(word) = words.next() {
        let found = may_be_secret(text, word.start, after_bearer).then(|| {
            let (before, rest) = text.split_at_checked(word.start).unwrap_or((text, ""));
            secret(rest, after_bearer).or_else(|| card(rest, before))
        });
        if let Some((length, mark)) = found.flatten() {
            clean.push_str(text.get(kept_from..word.start).unwrap_or_default());
            clean.push_str(mark);
            words.at = word.start + length;
            (kept_from, after_bearer) = (words.at, false);
            count = count.saturating_add(1);
        } else {
            after_bearer = word.len() == BEARER.len()
                && text.get(word).is_some_and(|word| word.eq_ignore_ascii_case(BEARER));
        }
    }
    let clean = if count == 0 {
        Cow::Borrowed(text)
    } else {
        clean.push_str(text.get(kept_from..).unwrap_or_default());
        Cow::Owned(clean)
    };
    if clean.contains(CARD_MARK) {
        let (without_codes, codes) = codes::taken_out(&clean);
        return (Cow::Owned(without_codes), count.saturating_add(codes));
    }
    (clean, count)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What a byte says of the character that it begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Between,
    NotAscii,
}

const KINDS: [Kind; 256] = {
    let mut kinds = [Kind::NotAscii; 256];
    let mut byte = 0_u8;
    while let (true, Some((_, [kind, ..]))) = (byte.is_ascii(), kinds.split_at_mut_checked(byte as usize)) {
        *kind = if byte.is_ascii_alphanumeric() || byte == b'_' { Kind::Word } else { Kind::Between };
        byte += 1;
    }
    kinds
};

fn kind(byte: u8) -> Kind {
    KINDS.get(usize::from(byte)).copied().unwrap_or(Kind::NotAscii)
}

/// The words of a text, one after another. Most of a text is ASCII, which is told apart byte by byte.
struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl Words<'_> {
    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.skip(Kind::Between);
        self.at = start;
        let end = self.skip(Kind::Word);
        self.at = end;
        (start < end).then_some(start..end)
    }

    /// Where what follows stops being all of words, or all between words.
    fn skip(&self, wanted: Kind) -> usize {
        let mut at = self.at;
        loop {
            let rest = self.text.as_bytes().get(at..).unwrap_or_default();
            let length = rest.iter().position(|byte| kind(*byte) != wanted).unwrap_or(rest.len());
            at += length;
            if rest.get(length).is_none_or(u8::is_ascii) {
                return at;
            }
            let c = self.text.get(at..).and_then(|rest| rest.chars().next());
            match c.filter(|c| is_word(*c) == (wanted == Kind::Word)) {
                Some(c) => at += c.len_utf8(),
                None => return at,
            }
        }
    }
}

/// Most words are told apart by their first two letters: those of [`KEY_FRONTS`] and of what else [`secret`] and [`card`] look for.
fn may_be_secret(text: &str, start: usize, after_bearer: bool) -> bool {
    let front = text.as_bytes().get(start..).unwrap_or_default();
    after_bearer
        || matches!(
            front,
            [b'2'..=b'6', ..]
                | [b's', b'k' | b'e', ..]
                | [b'r', b'k', ..]
                | [b'w', b'h', ..]
                | [b'g', b'h' | b'i' | b'l', ..]
                | [b'x', b'o', ..]
                | [b'A', b'K' | b'I', ..]
                | [b'B', b'E', ..]
                | [b'e', b'y', ..]
                | [b'p', b'i', ..]
                | [b'c', b's', ..]
        )
}

fn word_length(text: &str) -> usize {
    Words { text, at: 0 }.skip(Kind::Word)
}

/// The length of the secret that `text` begins with.
fn secret(text: &str, after_bearer: bool) -> Option<(usize, &'static str)> {
    if text.starts_with("BEGIN ") && cut_at_char(text, MAX_KEY_LABEL).contains("PRIVATE KEY-----") {
        return Some((text.find("-----END").unwrap_or(text.len()), KEY_MARK));
    }
    let may_be_key = KEY_FRONTS.iter().any(|front| text.starts_with(front));
    let may_be_json_token = text.starts_with("eyJ");
    let may_be_client_secret = ["pi_", "seti_", "cs_"].iter().any(|front| text.starts_with(front));
    if !(may_be_key || after_bearer || may_be_json_token || may_be_client_secret) {
        return None;
    }
    let is_token = |c: char| c.is_ascii_alphanumeric() || "_-.~+/=".contains(c);
    let length = text.find(|c: char| !is_token(c)).unwrap_or(text.len());
    let token = text.get(..length)?.trim_end_matches(['.', '-', '/', '+', '~']);
    let key_length =
        token.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(token.len());
    let key = token.get(..key_length)?;
    let is_key =
        KEY_FRONTS.iter().any(|front| key.strip_prefix(front).is_some_and(|rest| rest.len() >= MIN_KEY_REST));
    let is_client_secret = may_be_client_secret && key.contains("_secret_");
    let is_json_token = may_be_json_token && token.len() >= 40 && token.matches('.').count() >= 2;
    let is_bearer_token = after_bearer && token.len() >= MIN_BEARER_TOKEN;
    if is_bearer_token || is_json_token {
        Some((token.len(), KEY_MARK))
    } else if is_key || is_client_secret {
        Some((key.len(), KEY_MARK))
    } else {
        None
    }
}

/// The length of the card number that `text` begins with: 13 to 19 digits that pass the Luhn check, in one run or in groups with
/// one kind of separator. Digits that hang on a word (`INV-4242…`, `+49…`) are somebody's reference and stay.
fn card(text: &str, before: &str) -> Option<(usize, &'static str)> {
    if !text.starts_with(|c: char| ('2'..='6').contains(&c)) || before.ends_with('+') {
        return None;
    }
    if before.strip_suffix('-').is_some_and(|before| before.ends_with(is_word)) {
        return None;
    }
    let mut number = Number::default();
    let mut longest = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match c {
            '0'..='9' => number.push(c),
            ' ' | '-' | '.' | '/' | '\n'
                if next.is_some_and(|next| next.is_ascii_digit()) && number.separate(c) => {}
            _ => break,
        }
        let group_ends = c.is_ascii_digit() && !next.is_some_and(is_word);
        if group_ends && number.is_card() {
            longest = Some((at + 1, CARD_MARK));
        }
        if number.digits.len() > 19 {
            break;
        }
    }
    longest
}

/// Digits in groups, as they are read.
#[derive(Default)]
struct Number {
    digits: Vec<u32>,
    separator: Option<char>,
    is_wrapped: bool,
    /// How many digits each group has, the open one last.
    groups: Vec<usize>,
}

impl Number {
    fn push(&mut self, digit: char) {
        self.digits.extend(digit.to_digit(10));
        if self.groups.is_empty() {
            self.groups.push(0);
        }
        if let Some(group) = self.groups.last_mut() {
            *group += 1;
        }
    }

    /// Closes the group; `false` when the separators are mixed, as in a date beside a number. A line may end once between groups:
    /// a column of numbers is no card.
    fn separate(&mut self, separator: char) -> bool {
        self.groups.push(0);
        if separator == '\n' {
            return !std::mem::replace(&mut self.is_wrapped, true);
        }
        *self.separator.get_or_insert(separator) == separator
    }

    fn is_card(&self) -> bool {
        (13..=19).contains(&self.digits.len())
            && self.is_grouped_as_card()
            && self.is_of_a_brand()
            && passes_luhn(&self.digits)
    }

    /// Cards are written in groups of four or so, in two halves, or digit by digit; other shapes are dates, amounts, phone numbers and
    /// invoices.
    fn is_grouped_as_card(&self) -> bool {
        let is_likely = |group: &usize| (3..=8).contains(group);
        match self.groups.as_slice() {
            [_] | [6, _] => true,
            [closed @ .., last] => {
                (closed.iter().all(is_likely) && *last <= 8) || self.groups.iter().all(|group| *group == 1)
            }
            [] => false,
        }
    }

    /// Whether a card's number may begin so (ISO/IEC 7812): a number that begins with a year of this century never does.
    fn is_of_a_brand(&self) -> bool {
        let front = self.digits.iter().take(4).fold(0, |front, digit| front * 10 + digit);
        matches!(front, 2221..=2720 | 3000..=3099 | 3400..=6999)
    }
}

fn passes_luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}

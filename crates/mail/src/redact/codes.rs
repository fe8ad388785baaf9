//! The three or four digits on a card, beside its number.

use std::ops::Range;

use super::{Words, word_length};
use crate::sender::cut_at_char;

/// What stands where the code on a card was.
const CODE_MARK: &str = "[security code removed]";

/// The names of the code on a card, in lower case.
const CODE_NAMES: [&str; 18] = [
    "cvc",
    "cvv",
    "cvn",
    "cid code",
    "csc",
    "security code",
    "code on the back",
    "card verification",
    "prüfnummer",
    "prüfziffer",
    "kartenprüfnummer",
    "sicherheitscode",
    "code de sécurité",
    "cryptogramme",
    "código de seg",
    "codice di sicurezza",
    "beveiligingscode",
    "kaartcode",
];
/// How far behind its name a code stands, in bytes.
const MAX_CODE_DISTANCE: usize = 24;
/// Words that name the code only when it stands right behind them: there are codes of other kinds.
const BARE_CODE_NAMES: [&str; 4] = ["code", "codice", "código", "codigo"];
/// What stands between such a word and the code is no longer than this, in bytes.
const MAX_BARE_CODE_DISTANCE: usize = 4;
/// How far behind a card's number its expiry begins, in bytes.
const MAX_EXPIRY_DISTANCE: usize = 24;
/// What follows three digits that are an amount.
const CURRENCIES: [&str; 7] = ["€", "$", "£", "eur", "usd", "gbp", "chf"];

/// The text of somebody who wrote down a card, without the three or four digits on its back. Nobody may keep those, encrypted or not
/// (PCI DSS 3.3). An IBAN stays: it is printed on letterheads, and which account was debited is part of many questions.
pub(super) fn taken_out(text: &str) -> (String, u32) {
    let mut clean = String::with_capacity(text.len());
    let (mut kept_from, mut count) = (0, 0_u32);
    let mut words = Words { text, at: 0 };
    while let Some(word) = words.next() {
        let (before, rest) = text.split_at_checked(word.start).unwrap_or((text, ""));
        if let Some(digits) = code_after_name(rest).or_else(|| code_after_card(before, rest)) {
            clean.push_str(text.get(kept_from..word.start + digits.start).unwrap_or_default());
            clean.push_str(CODE_MARK);
            words.at = word.start + digits.end;
            kept_from = words.at;
            count = count.saturating_add(1);
        }
    }
    clean.push_str(text.get(kept_from..).unwrap_or_default());
    (clean, count)
}

/// Where the code stands in `text`, which begins with its name.
fn code_after_name(text: &str) -> Option<Range<usize>> {
    let begins = |name: &&&str| text.get(..name.len()).is_some_and(|front| front.eq_ignore_ascii_case(name));
    let (name, distance) = CODE_NAMES
        .iter()
        .find(begins)
        .map(|name| (name, MAX_CODE_DISTANCE))
        .or_else(|| BARE_CODE_NAMES.iter().find(begins).map(|name| (name, MAX_BARE_CODE_DISTANCE)))?;
    let behind_name = text.get(name.len()..)?;
    // `CVC2` is a name, `uridad` the end of one.
    let name_end = name.len() + word_length(behind_name);
    let window = cut_at_char(text.get(name_end..)?, distance);
    let start = name_end + window.find(|c: char| c.is_ascii_digit())?;
    code_at(text, start)
}

/// Where the code stands in `text` when the number was taken out before it and an expiry is all between them: `12/27 123`.
fn code_after_card(before: &str, text: &str) -> Option<Range<usize>> {
    let behind_mark = text.strip_prefix("removed]").filter(|_| before.ends_with("[card number "))?;
    let window = cut_at_char(behind_mark, MAX_EXPIRY_DISTANCE);
    let window_start = window.find(|c: char| c.is_ascii_digit())?;
    let expiry = behind_mark.get(window_start..)?;
    let expiry = cut_at_char(expiry, MAX_EXPIRY_DISTANCE);
    let (month, year) = expiry.split_once('/')?;
    let year = year.trim_start_matches(' ');
    let digits = word_length(year);
    let is_expiry = matches!(month.trim_end().len(), 1 | 2)
        && matches!(digits, 2 | 4)
        && year.bytes().take(digits).all(|byte| byte.is_ascii_digit());
    let between = year.get(digits..).filter(|_| is_expiry)?;
    let code = between.trim_start_matches([' ', ',', ';', '|', '\n']);
    let start = text.len() - behind_mark.len() + window_start + expiry.len() - code.len();
    let found = code_at(text, start).filter(|_| code.len() < between.len())?;
    let behind = text.get(found.end..)?.trim_start();
    let is_amount = CURRENCIES.iter().any(|currency| {
        behind.get(..currency.len()).is_some_and(|front| front.eq_ignore_ascii_case(currency))
    });
    (!is_amount).then_some(found)
}

/// Three or four digits that are a word, which begins at `start`.
fn code_at(text: &str, start: usize) -> Option<Range<usize>> {
    let digits = text.get(start..)?;
    let length = word_length(digits);
    let is_code = (3..=4).contains(&length) && digits.bytes().take(length).all(|byte| byte.is_ascii_digit());
    is_code.then_some(start..start + length)
}

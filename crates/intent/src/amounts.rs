//! Amounts of money in a sentence, in the shapes of the seven languages.

mod currency;

use std::ops::Range;

use domain::intent::CurrencyAsked;

use currency::first_word;
pub(crate) use currency::{after as currency_after, alone, before as currency_before};

/// More digits than these are no price.
const MOST_DIGITS: usize = 12;

/// An amount as it stands in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount {
    /// First byte, with the currency when that comes first.
    pub(crate) start: usize,
    /// Byte after the last.
    pub(crate) end: usize,
    /// `None` where a currency stands beside something that is no number postill reads: `5k €`, `-20 €`, `1.2.3 €`.
    pub(crate) value: Option<Value>,
    pub(crate) currency: Written,
}

/// A number with its decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) digits: i64,
    pub(crate) decimals: u8,
    /// Three decimals that may as well be thousands: `1.500` dinars.
    pub(crate) perhaps_thousands: bool,
}

/// What stands beside the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// A currency, or a bare `$`.
    Said(CurrencyAsked),
    /// A word that several currencies share: crowns, pesos, francs.
    Shared,
    /// Nothing. Such a number is an amount only where one is expected.
    Nothing,
}

/// Every number in `text` with a currency beside it, and every bare number with two decimals; `dates` are no amounts.
pub(crate) fn find(text: &str, dates: &[Range<usize>]) -> Vec<Amount> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = next_digit(text, from) {
        if let Some(date) = dates.iter().find(|date| date.contains(&start)) {
            from = date.end;
            continue;
        }
        let number = Number::parse(text, start);
        let (amount, end) = read(text, &number, from);
        found.extend(amount);
        from = end.max(number.end);
    }
    found
}

fn next_digit(text: &str, from: usize) -> Option<usize> {
    text.get(from..)?.find(|character: char| character.is_ascii_digit()).map(|offset| from + offset)
}

fn read(text: &str, number: &Number<'_>, from: usize) -> (Option<Amount>, usize) {
    let before = text.get(from..number.start).unwrap_or_default();
    let after = text.get(number.end..).unwrap_or_default();
    let negative = before.trim_end_matches(MINUS);
    let minus = negative.len() < before.len() || negated_in_words(before);
    let prefix = currency_before(before).or_else(|| {
        let (written, length) = currency_before(negative)?;
        Some((written, length + before.len() - negative.len()))
    });
    let thousand = multiplied(after);
    let suffix = currency_after(after.get(thousand..).unwrap_or_default())
        .map(|(written, length)| (written, length + thousand));
    let joined = before.chars().next_back().is_some_and(joins) && prefix.is_none();
    let start = prefix.map_or(number.start, |(_, length)| number.start - length);
    // A sign on both sides belongs to this number in front and to the next number behind, as in `€20 $30`.
    let (currency, end) = match (prefix, suffix) {
        (Some((written, _)), _) => (written, number.end),
        (None, Some((written, length))) => (written, number.end + length),
        (None, None) => (Written::Nothing, number.end),
    };
    let goes_on = continues(after) && (prefix.is_some() || suffix.is_none());
    let whole = !(joined || goes_on || minus || thousand > 0);
    let value = number.value(thousandths(currency)).filter(|_| whole);
    let bare = currency == Written::Nothing;
    let counts =
        if bare { value.is_some_and(|value| value.decimals == 2) && !is_time(before, after) } else { true };
    (counts.then_some(Amount { start, end, value, currency }), end)
}

const MINUS: [char; 4] = ['-', '\u{2212}', '–', '—'];

fn negated_in_words(before: &str) -> bool {
    let word = last_word(before.trim_end_matches([' ', '€', '$', '£', '¥']));
    ["minus", "moins", "menos", "meno"].contains(&word.to_lowercase().as_str())
}

/// How many bytes of `5k €`, `5 thousand euros` stand between the number and its currency.
fn multiplied(after: &str) -> usize {
    let trimmed = after.trim_start_matches(' ');
    let word = first_word(trimmed);
    let many = [
        "k",
        "m",
        "mio",
        "tsd",
        "mil",
        "mille",
        "mila",
        "thousand",
        "tausend",
        "duizend",
        "million",
        "millions",
        "millionen",
        "millones",
        "milioni",
        "milhões",
        "miljoen",
        "hundred",
        "hundert",
        "cent",
        "cento",
        "cem",
        "honderd",
        "dozen",
    ];
    let counts = many.contains(&word.to_lowercase().as_str());
    if counts { after.len() - trimmed.len() + word.len() } else { 0 }
}

/// `at 10.30`, `10.30 Uhr`.
fn is_time(before: &str, after: &str) -> bool {
    let led = last_word(before.trim_end_matches(' ')).to_lowercase();
    let follows = first_word(after.trim_start_matches(' ')).to_lowercase();
    ["at", "um", "à", "às", "alle", "ore"].contains(&led.as_str())
        || ["uhr", "h", "am", "pm", "horas", "heures", "uur", "o"].contains(&follows.as_str())
}

fn last_word(text: &str) -> &str {
    let start = text.char_indices().rev().take_while(|(_, character)| character.is_alphabetic()).last();
    start.and_then(|(start, _)| text.get(start..)).unwrap_or_default()
}

/// A number glued to these is part of an id, a date or a version.
fn joins(character: char) -> bool {
    character.is_alphanumeric()
        || matches!(character, '_' | '#' | '/' | '.' | ',' | ':' | '\'')
        || MINUS.contains(&character)
}

/// Whether what follows makes the number something else: a date, a share, a time, an id, `5k`.
fn continues(after: &str) -> bool {
    let mut next = after.chars();
    match next.next() {
        Some('円') => false,
        Some(first) if first.is_alphanumeric() || matches!(first, '_' | '%' | '°' | '/') => true,
        Some('-' | '–' | ':' | '.' | ',') => next.next().is_some_and(char::is_alphanumeric),
        Some(' ') => after.trim_start().starts_with(['%', '×']),
        _ => false,
    }
}

struct Number<'a> {
    start: usize,
    end: usize,
    groups: Vec<&'a str>,
    separators: Vec<char>,
}

impl<'a> Number<'a> {
    fn parse(text: &'a str, start: usize) -> Self {
        let mut number = Self { start, end: start, groups: Vec::new(), separators: Vec::new() };
        number.take_group(text);
        while let Some(separator) = number.separator(text) {
            number.separators.push(separator);
            number.end += separator.len_utf8();
            number.take_group(text);
        }
        number.take_dash(text);
        number
    }

    fn take_group(&mut self, text: &'a str) {
        let rest = text.get(self.end..).unwrap_or_default();
        let length = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        self.groups.push(rest.get(..length).unwrap_or_default());
        self.end += length;
    }

    fn separator(&self, text: &str) -> Option<char> {
        let rest = text.get(self.end..)?;
        let separator = rest.chars().next()?;
        let after = rest.get(separator.len_utf8()..)?;
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let first = self.groups.first().is_some_and(|group| group.len() <= 3);
        match separator {
            '.' | ',' | '\'' | '’' => (digits > 0).then_some(separator),
            // A space holds a number together only before exactly three digits.
            ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' => (digits == 3 && first).then_some(' '.max(separator)),
            _ => None,
        }
    }

    /// `20,-` and `20.–` are whole amounts.
    fn take_dash(&mut self, text: &str) {
        let rest = text.get(self.end..).unwrap_or_default();
        for dash in [",--", ",-", ".-", ",–", ".–", ",—", ".—"] {
            if rest.starts_with(dash) {
                self.end += dash.len();
                return;
            }
        }
    }

    /// The number. `thousandths` says that three decimals are usual in the currency.
    fn value(&self, thousandths: bool) -> Option<Value> {
        let decimals = self.decimals(thousandths)?;
        let digits: String = self.groups.concat();
        let digits = (digits.len() <= MOST_DIGITS).then_some(digits)?;
        let grouped = self.groups.first().is_some_and(|first| first.len() <= 3 && !first.starts_with('0'));
        let perhaps_thousands = decimals == 3 && self.separators.len() == 1 && grouped;
        Some(Value { digits: digits.parse().ok()?, decimals, perhaps_thousands })
    }

    fn decimals(&self, thousandths: bool) -> Option<u8> {
        let Some((&last, earlier)) = self.separators.split_last() else { return Some(0) };
        let length = self.groups.last().map_or(0, |group| group.len());
        let marks = matches!(last, '.' | ',');
        let differs = earlier.first() != Some(&last);
        let fraction = match length {
            1 | 2 => marks && differs,
            3 => marks && differs && (thousandths && earlier.len() < 2),
            _ => return None,
        };
        let thousands = if fraction { earlier.len() } else { self.separators.len() };
        let whole = self.groups.get(1..=thousands)?;
        let leads =
            self.groups.first().is_some_and(|group| thousands == 0 || (group.len() <= 3 && *group != "0"));
        let uniform = self.separators.get(..thousands)?.windows(2).all(|pair| pair.first() == pair.last());
        let grouped = whole.iter().all(|group| group.len() == 3) && uniform && leads;
        grouped.then(|| if fraction { u8::try_from(length).unwrap_or(0) } else { 0 })
    }
}

fn thousandths(written: Written) -> bool {
    matches!(written, Written::Said(CurrencyAsked::Known(currency)) if currency.decimals() == 3)
}

#[cfg(test)]
mod tests;

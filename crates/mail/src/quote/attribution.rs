//! The line above a quote that says who wrote it and when.

use super::MAX_PHRASE_LINE_BYTES;
use super::marks;
use super::phrases::{self, lowered};

/// Over how many lines a client breaks its `On … wrote:`.
const MAX_LINES: usize = 4;
/// The most bytes of such a line when its breaks are taken out.
const MAX_BYTES: usize = 400;

/// An attribution at the front of the lines that were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribution {
    pub(super) lines: usize,
    /// The quote under it is marked line by line: an answer may stand below or between.
    pub(super) is_above_marks: bool,
}

/// Reads `On … wrote:` in its languages. Where no marked quote follows, more must speak for it: a sentence like "On Monday you wrote:"
/// is the sender's own.
pub(super) fn read(line: &str, rest: &[&str]) -> Option<Attribution> {
    let begins = phrases::begins_attribution(line);
    if !begins && !may_begin_without_front(line, rest) {
        return None;
    }
    let mut joined = String::new();
    for (index, next) in rest.iter().take(MAX_LINES).enumerate() {
        let next = next.trim();
        let begins_anew =
            index > 0 && phrases::begins_attribution(next) && next.bytes().any(|byte| byte.is_ascii_digit());
        if next.is_empty() || begins_anew || joined.len() + next.len() > MAX_BYTES || next.starts_with('>') {
            return None;
        }
        joined.push_str(&lowered(next));
        joined.push(' ');
        if !ends_attribution(&joined) {
            continue;
        }
        let after = rest.get(index + 1..).unwrap_or_default();
        let is_above_marks = marks::follow(after);
        let evidence = Evidence::of(&joined, begins);
        let is_attribution =
            if is_above_marks { evidence.suffices_above_marks() } else { evidence.suffices_alone() };
        if is_attribution {
            return Some(Attribution { lines: index + 1, is_above_marks });
        }
        if !begins {
            return None;
        }
    }
    None
}

/// Whether a line is an attribution that goes on with the quote, as Yahoo's app writes it: `On …, L <l@b.example> wrote:   Dear …`.
/// A person leaves one blank after a colon.
pub(super) fn goes_on_with_quote(line: &str) -> bool {
    if !phrases::begins_attribution(line) {
        return false;
    }
    let front = line.get(..line.floor_char_boundary(MAX_PHRASE_LINE_BYTES)).unwrap_or(line);
    let Some((attribution, _)) = front.split_once(":  ") else { return false };
    let evidence = Evidence::of(&lowered(attribution), true);
    evidence.has_verb && evidence.particulars == Particulars::AddressAndDate
}

/// Some clients put the name first: `Larkspur <billing@larkspur.example> schrieb am …:`, or draw dashes around it all.
fn may_begin_without_front(line: &str, rest: &[&str]) -> bool {
    if line.len() > MAX_PHRASE_LINE_BYTES {
        return false;
    }
    let is_broken_before_address = line.len() <= 60
        && rest.get(1).is_some_and(|next| next.trim_start().starts_with('<') && next.contains('@'));
    line.ends_with(':')
        || line.starts_with("--")
        || (line.contains('@') && line.contains('<'))
        || is_broken_before_address
}

fn ends_attribution(joined: &str) -> bool {
    let end = joined.trim_end_matches([' ', '*', '_', '-', '\u{200e}']);
    let is_dashed = joined.starts_with("--") && joined.trim_end().ends_with("--");
    end.ends_with(':')
        || is_dashed
        || ["wrote", "a écrit", "escribió", "ha scritto", "escreveu", "geschreven"]
            .iter()
            .any(|verb| end.ends_with(verb))
}

/// What speaks for an attribution.
#[derive(Debug, Clone, Copy)]
struct Evidence {
    begins_with_date: bool,
    has_verb: bool,
    is_sentence: bool,
    particulars: Particulars,
}

/// How much of address, time and date is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Particulars {
    None,
    /// None, and no more words than `Marta Keller wrote:` has.
    Short,
    One,
    AddressAndDate,
}

impl Evidence {
    fn of(joined: &str, begins: bool) -> Self {
        let begins_with_digit = joined.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
        Self {
            begins_with_date: begins || begins_with_digit || joined.starts_with("--"),
            has_verb: phrases::has_wrote(joined),
            is_sentence: joined.contains(['?', '!']) || phrases::names_person_spoken_of(joined),
            particulars: Particulars::of(joined),
        }
    }

    fn suffices_above_marks(self) -> bool {
        let Self { begins_with_date, has_verb, is_sentence, particulars } = self;
        match (begins_with_date, has_verb) {
            (true, true) => true,
            (true, false) => !is_sentence && particulars >= Particulars::One,
            (false, true) => {
                particulars == Particulars::AddressAndDate
                    || (!is_sentence && particulars >= Particulars::Short)
            }
            (false, false) => !is_sentence && particulars == Particulars::AddressAndDate,
        }
    }

    fn suffices_alone(self) -> bool {
        let Self { begins_with_date, has_verb, is_sentence, particulars } = self;
        let is_certain = particulars == Particulars::AddressAndDate;
        match (begins_with_date, has_verb) {
            (true, true) => is_certain || (!is_sentence && particulars >= Particulars::One),
            (true, false) | (false, true) => !is_sentence && is_certain,
            (false, false) => false,
        }
    }
}

impl Particulars {
    fn of(joined: &str) -> Self {
        let has_address = joined.contains('@') && joined.contains(['<', '(', '[']);
        let has_date = has_clock_time(joined) || has_full_date(joined);
        match (has_address, has_date) {
            (true, true) => Self::AddressAndDate,
            (true, false) | (false, true) => Self::One,
            (false, false) if joined.split_whitespace().count() <= 5 => Self::Short,
            (false, false) => Self::None,
        }
    }
}

/// `10:42`, `10.42`, `10h42` or `10 h 42`.
fn has_clock_time(text: &str) -> bool {
    let is_time = |window: &[u8]| match window {
        [hour, mark, tens, ones] => {
            hour.is_ascii_digit()
                && matches!(mark, b':' | b'h')
                && tens.is_ascii_digit()
                && ones.is_ascii_digit()
        }
        _ => false,
    };
    text.as_bytes().windows(4).any(is_time) || text.contains(" h ") || text.contains(" uhr")
}

/// A year, or a date in figures such as `03.11.25` or `11/3/25`.
fn has_full_date(text: &str) -> bool {
    text.split([' ', ',', '(', ')', ';']).any(|word| {
        let word = word.trim_end_matches(['.', ':', ',']);
        let is_year = word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
        let mut parts = word.split(['.', '/', '-']);
        let are_figures =
            |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        (is_year && are_figures(word)) || (parts.clone().count() == 3 && parts.all(are_figures))
    })
}

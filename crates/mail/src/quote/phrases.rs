//! What mail clients, services and companies write into mails in English, German, French, Spanish, Italian, Portuguese and Dutch, a
//! file a theme. Phrases are in lower case, with plain spaces and straight apostrophes; lines are compared without a copy.

mod app_lines;
mod attributions;
mod closings;
mod disclaimers;
mod dividers;
mod labels;
mod requests;

use std::sync::LazyLock;

pub(super) use app_lines::is_app_line;
pub(super) use attributions::{begins_attribution, has_wrote, names_person_spoken_of, speaks_of_writer};
pub(super) use closings::{Closing, closing, is_inside_name, is_name};
pub(super) use disclaimers::{begins_disclaimer, begins_list_footer};
pub(super) use dividers::{is_forward_line, is_original_message_line, is_reply_above_line};
pub(super) use labels::{Label, header_label, labels_within};
pub(super) use requests::{asks, is_postscript, is_reference, names_act, requests};

/// How much of a line is ever compared with phrases, in bytes.
const MAX_COMPARED_BYTES: usize = 1_000;

/// Phrases of two bytes or more that lines begin with, found by their first byte.
struct Fronts {
    by_first_byte: [Vec<&'static str>; 128],
    /// For each first byte, the second bytes of its phrases: few lines get past them.
    second_bytes: [u128; 128],
    /// Those that begin with another letter than A to Z.
    others: Vec<&'static str>,
}

impl Fronts {
    const fn lazy(build: fn() -> Self) -> LazyLock<Self> {
        LazyLock::new(build)
    }

    fn of(groups: &[&[&'static str]]) -> Self {
        let mut fronts =
            Self { by_first_byte: [const { Vec::new() }; 128], second_bytes: [0; 128], others: Vec::new() };
        for phrase in groups.iter().copied().flatten() {
            let [first, second, ..] = phrase.as_bytes() else { continue };
            let first = usize::from(*first);
            fronts.by_first_byte.get_mut(first).unwrap_or(&mut fronts.others).push(phrase);
            fronts.second_bytes.get_mut(first).into_iter().for_each(|seconds| *seconds |= bit(*second));
        }
        fronts
    }

    /// Whether `line` begins with one of the phrases.
    fn begin(&self, line: &str) -> bool {
        let [first, second, ..] = line.as_bytes() else { return false };
        let first = usize::from(first.to_ascii_lowercase());
        // What is not ASCII may be folded to what is.
        let may_begin =
            |seconds: &u128| !second.is_ascii() || seconds & bit(second.to_ascii_lowercase()) != 0;
        if !self.second_bytes.get(first).is_none_or(may_begin) {
            return false;
        }
        let candidates = self.by_first_byte.get(first).unwrap_or(&self.others);
        candidates.iter().any(|phrase| after_front(line, phrase).is_some())
    }
}

/// Phrases that stand anywhere in a text, looked for in one pass over it: two bytes tell at most places that none begins there.
pub(super) struct Phrases {
    by_first_byte: [Vec<&'static str>; 256],
    /// For each first byte, the second bytes of its phrases by their low seven bits.
    second_bytes: [u128; 256],
}

impl Phrases {
    pub(super) const fn lazy(build: fn() -> Self) -> LazyLock<Self> {
        LazyLock::new(build)
    }

    /// Every phrase has two bytes or more.
    pub(super) fn of(phrases: &[&'static str]) -> Self {
        let mut table = Self { by_first_byte: [const { Vec::new() }; 256], second_bytes: [0; 256] };
        for phrase in phrases {
            let [first, second, ..] = phrase.as_bytes() else { continue };
            let first = usize::from(*first);
            table.by_first_byte.get_mut(first).into_iter().for_each(|phrases| phrases.push(phrase));
            table.second_bytes.get_mut(first).into_iter().for_each(|seconds| *seconds |= bit(*second));
        }
        table
    }

    /// Whether one of the phrases stands in `lower`.
    pub(super) fn are_in(&self, lower: &str) -> bool {
        let bytes = lower.as_bytes();
        bytes.windows(2).enumerate().any(|(at, pair)| {
            let [first, second] = pair else { return false };
            let first = usize::from(*first);
            let may_begin = self.second_bytes.get(first).is_some_and(|seconds| seconds & bit(*second) != 0);
            may_begin && {
                let rest = bytes.get(at..).unwrap_or_default();
                let candidates = self.by_first_byte.get(first).into_iter().flatten();
                candidates.into_iter().any(|phrase| rest.starts_with(phrase.as_bytes()))
            }
        })
    }
}

fn bit(byte: u8) -> u128 {
    1 << (byte & 0x7f)
}

/// What follows `phrase` in a line that begins with it.
fn after_front<'a>(line: &'a str, phrase: &str) -> Option<&'a str> {
    // Most lines are told by their bytes: only what is not ASCII may be folded to something else.
    let front = line.as_bytes().get(..phrase.len());
    if front.is_some_and(|front| front.eq_ignore_ascii_case(phrase.as_bytes())) {
        return line.get(phrase.len()..);
    }
    if front.is_some_and(<[u8]>::is_ascii) {
        return None;
    }
    let mut chars = line.chars();
    for expected in phrase.chars() {
        if folded(chars.next()?) != expected {
            return None;
        }
    }
    Some(chars.as_str())
}

/// A line in the form that phrases are in.
pub(super) fn lowered(line: &str) -> String {
    let line = line.get(..line.floor_char_boundary(MAX_COMPARED_BYTES)).unwrap_or(line);
    if line.is_ascii() {
        return line.to_ascii_lowercase();
    }
    let mut lower = String::with_capacity(line.len());
    lower.extend(line.chars().map(folded));
    lower
}

fn folded(c: char) -> char {
    match c {
        'A'..='Z' => c.to_ascii_lowercase(),
        '\0'..='\u{7f}' => c,
        '\u{a0}' | '\u{202f}' | '\u{2009}' => ' ',
        '’' | '‘' | '´' => '\'',
        _ => c.to_lowercase().next().unwrap_or(c),
    }
}

/// Whether one of `phrases` stands in `lower`.
fn has_any(lower: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| lower.contains(phrase))
}

/// The words of a text, without what stands around them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '\'')).filter(|word| !word.is_empty())
}

/// A line without stars, rules, bullets and the like at its front.
pub(super) fn undecorated(line: &str) -> &str {
    line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '[' && c != '<')
}

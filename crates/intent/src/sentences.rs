//! Cuts a text into sentences, as byte ranges.

use std::ops::Range;

use memchr::{memchr2, memchr3};

/// A sentence longer than this is cut at the next space, so that no text costs more than its length.
const LONGEST: usize = 500;
/// A line shorter than this was ended by its writer; a longer one may have been wrapped by a program.
const WRAPPED: usize = 50;
/// A full stop after these does not end a sentence.
const ABBREVIATIONS: [&str; 42] = [
    "nr", "no", "num", "núm", "nº", "n", "art", "bzw", "ca", "inkl", "exkl", "zzgl", "mr", "mrs", "ms", "dr",
    "prof", "sr", "sra", "sig", "dott", "vs", "approx", "ref", "inv", "st", "evtl", "ggf", "vgl", "tel",
    "abs", "resp", "incl", "excl", "etc", "usw", "betr", "dhr", "mevr", "mme", "fact", "rech",
];
/// Nor after these before a figure: `Nov. 17`, `17 nov. 2026`.
const MONTHS: [&str; 27] = [
    "jan", "janv", "feb", "febr", "févr", "fév", "fev", "mar", "mär", "mrt", "apr", "avr", "abr", "jun",
    "jul", "juil", "aug", "sep", "sept", "oct", "okt", "ott", "nov", "dec", "dez", "déc", "dic",
];

/// The first byte of `。`.
const FULL_STOP_BEGINS: u8 = 0xe3;

/// The sentences of `text` that hold anything, trimmed, in order.
pub(crate) fn split(text: &str) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let (mut start, mut line, mut at) = (0, 0, 0);
    while let Some((character, after)) = next_mark(text, at, start + LONGEST) {
        let mark = after - character.len_utf8();
        let ends = match character {
            '\n' => ends_line(text.get(line..mark), text.get(after..)),
            '.' => ends_at_full_stop(text.get(start..mark), text.get(after..)),
            '!' | '?' | '。' => true,
            _ => after - start > LONGEST && character.is_whitespace(),
        };
        if character == '\n' {
            line = after;
        }
        if ends {
            push(text, start..after, &mut sentences);
            start = after;
        }
        at = after;
    }
    push(text, start..text.len(), &mut sentences);
    sentences
}

/// The next character from `from` on that may end a sentence, and where the one behind it stands. From `long` on that is every one.
fn next_mark(text: &str, from: usize, long: usize) -> Option<(char, usize)> {
    let near = text.as_bytes().get(from..long.max(from).min(text.len()))?;
    let usual = memchr3(b'\n', b'.', b'?', near).unwrap_or(near.len());
    let plain = memchr2(b'!', FULL_STOP_BEGINS, near.get(..usual)?).unwrap_or(usual);
    // The character that reaches over `long` begins before it.
    let at = text.floor_char_boundary(from + plain);
    let character = text.get(at..)?.chars().next()?;
    Some((character, at + character.len_utf8()))
}

fn push(text: &str, range: Range<usize>, sentences: &mut Vec<Range<usize>>) {
    let Some(raw) = text.get(range.clone()) else { return };
    let trimmed = raw.trim();
    if trimmed.chars().any(char::is_alphanumeric) {
        let start = range.start + (raw.len() - raw.trim_start().len());
        sentences.push(start..start + trimmed.len());
    } else if let (Some(last), '?') = (sentences.last_mut(), trimmed.chars().next().unwrap_or(' ')) {
        last.end = range.end;
    }
}

fn ends_line(line: Option<&str>, rest: Option<&str>) -> bool {
    let (line, rest) = (line.unwrap_or_default().trim_end(), rest.unwrap_or_default());
    let next = rest.trim_start_matches([' ', '\t', '\r']);
    let Some(first) = next.chars().next() else { return true };
    let closed = line.ends_with([',', ':', ';', '.', '!', '?']) && line.len() < WRAPPED;
    let begins = line.len() < WRAPPED && !first.is_lowercase();
    first == '\n' || line.is_empty() || closed || begins || matches!(first, '-' | '*' | '•' | '>')
}

fn ends_at_full_stop(before: Option<&str>, rest: Option<&str>) -> bool {
    let mut rest = rest.unwrap_or_default().chars();
    if !rest.next().is_none_or(char::is_whitespace) {
        return false;
    }
    let word = before.unwrap_or_default().rsplit([' ', '\n', '.', '(']).next().unwrap_or_default();
    let initial = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    let ordinal = word.len() <= 2 && !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let short = word.len() <= 6 && ABBREVIATIONS.contains(&word.to_lowercase().as_str());
    let month = rest.as_str().trim_start().starts_with(|next: char| next.is_ascii_digit())
        && MONTHS.contains(&word.to_lowercase().as_str());
    !(initial || ordinal || short || month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = split(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn sentences_end_at_marks_and_blank_lines() {
        check(
            "Hi,\nplease refund me. I was charged twice!\n\nThanks",
            &["Hi,", "please refund me.", "I was charged twice!", "Thanks"],
        );
    }

    #[test]
    fn abbreviations_amounts_and_dates_do_not_end_a_sentence() {
        check(
            "Rechnung Nr. 5 vom 3. Mai über 1.234,50 € bitte. Danke",
            &["Rechnung Nr. 5 vom 3. Mai über 1.234,50 € bitte.", "Danke"],
        );
    }

    #[test]
    fn a_wrapped_line_goes_on() {
        check(
            "I would like to ask you whether it is possible at all to\nrefund me",
            &["I would like to ask you whether it is possible at all to\nrefund me"],
        );
        check("please\ncancel my plan", &["please\ncancel my plan"]);
    }

    #[test]
    fn an_endless_sentence_is_cut() {
        let text = "word ".repeat(1000);
        assert!(split(&text).iter().all(|range| range.len() <= LONGEST + 8));
        assert!(split(&text).len() > 8);
    }
}

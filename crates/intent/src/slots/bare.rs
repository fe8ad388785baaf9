//! Numbers without a currency that a request may mean as an amount, and shares in figures: neither is ever read as one.

use std::ops::Range;

use crate::cues::Cue;
use crate::document::Sentence;

/// Between `refund` and the number it is about there is nothing but these.
const BETWEEN: [&str; 78] = [
    "me",
    "us",
    "my",
    "the",
    "of",
    "only",
    "just",
    "exactly",
    "back",
    "about",
    "around",
    "an",
    "a",
    "amount",
    "sum",
    "total",
    "for",
    "by",
    "at",
    "least",
    "up",
    "to",
    "mir",
    "uns",
    "bitte",
    "sie",
    "den",
    "die",
    "das",
    "von",
    "um",
    "nur",
    "genau",
    "uber",
    "in",
    "hohe",
    "betrag",
    "summe",
    "moi",
    "nous",
    "la",
    "le",
    "les",
    "un",
    "une",
    "somme",
    "montant",
    "de",
    "d",
    "seulement",
    "nos",
    "el",
    "los",
    "solo",
    "importe",
    "suma",
    "cantidad",
    "por",
    "mi",
    "ci",
    "il",
    "lo",
    "di",
    "importo",
    "somma",
    "per",
    "o",
    "so",
    "apenas",
    "valor",
    "quantia",
    "mij",
    "ons",
    "het",
    "slechts",
    "bedrag",
    "van",
    "fr",
];
const PERCENT: [&str; 8] =
    ["percent", "prozent", "pourcent", "pourcents", "procent", "porciento", "percento", "porcento"];
/// Fractions that have a sign of their own.
const FRACTIONS: [char; 8] = ['½', '⅓', '⅔', '¼', '¾', '⅕', '⅙', '⅛'];

/// A number right behind the word that asks for money back, or in languages that put the verb last right before it.
pub(super) fn number(sentence: &Sentence<'_>, dates: &[Range<usize>]) -> Option<Range<usize>> {
    let words = &sentence.folded.words;
    let is_number = |index: usize| {
        let folded = sentence.folded.folded_word(index);
        let before = words.get(index).and_then(|word| sentence.text.get(..word.start)).unwrap_or_default();
        let dated = words.get(index).is_some_and(|word| dates.iter().any(|date| date.contains(&word.start)));
        let figures = !folded.is_empty() && folded.bytes().all(|byte| byte.is_ascii_digit());
        let after = words.get(index).and_then(|word| sentence.text.get(word.end..)).unwrap_or_default();
        let percent = after.trim_start().starts_with('%');
        figures && !dated && !percent && !before.ends_with(['#', '-', '/', '_'])
    };
    let actions = sentence.of(&[Cue::Refund, Cue::RefundOrder]);
    let number = actions.into_iter().find_map(|hit| {
        let behind = (hit.last + 1..words.len()).find(|&index| !is_between(sentence, index));
        let before = hit.first.checked_sub(1);
        behind.filter(|&index| is_number(index)).or_else(|| before.filter(|&index| is_number(index)))
    })?;
    words.get(number).map(|word| word.start..word.end)
}

fn is_between(sentence: &Sentence<'_>, index: usize) -> bool {
    BETWEEN.contains(&sentence.folded.folded_word(index))
}

/// `20 %`, `1/3`, `½`; all of it is no share.
pub(super) fn share(sentence: &Sentence<'_>) -> Option<Range<usize>> {
    let text = sentence.text;
    if let Some((at, sign)) = text.char_indices().find(|(_, character)| FRACTIONS.contains(character)) {
        return Some(at..at + sign.len_utf8());
    }
    let words = &sentence.folded.words;
    words.iter().enumerate().filter(|(_, word)| word.is_number()).find_map(|(index, word)| {
        let all = sentence.folded.folded_word(index) == "100";
        let after = text.get(word.end..)?;
        let followed = after.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
        let next = sentence.folded.folded_word(index + 1);
        let percent = followed.starts_with(['%', '٪'])
            || PERCENT.contains(&next)
            || is_per_hundred(sentence, index + 1);
        let part = after.strip_prefix('/').is_some_and(|rest| is_part(text.get(word.start..word.end), rest));
        let end = words.get(index + 1).filter(|_| part).map_or(word.end, |next| next.end);
        ((percent && !all) || part).then_some(word.start..end)
    })
}

/// `por ciento`, `pour cent`, `per cent`, `per cento`, `por cento`.
fn is_per_hundred(sentence: &Sentence<'_>, index: usize) -> bool {
    let word = |index| sentence.folded.folded_word(index);
    matches!((word(index), word(index + 1)), ("por", "ciento" | "cento") | ("pour" | "per", "cent" | "cento"))
}

/// `1/2` and `3/4`, but not `3/4/2026` and not `12/05`.
fn is_part(whole: Option<&str>, rest: &str) -> bool {
    let mut rest = rest.chars();
    let (below, next) = (rest.next(), rest.next());
    let small =
        |figure: Option<char>| figure.and_then(|figure| figure.to_digit(10)).filter(|digit| *digit > 0);
    let above = whole.filter(|whole| whole.len() == 1).and_then(|whole| small(whole.chars().next()));
    let ended = next.is_none_or(|next| !(next.is_alphanumeric() || next == '/'));
    matches!((above, small(below)), (Some(above), Some(below)) if above < below) && ended
}

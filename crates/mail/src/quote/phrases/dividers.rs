//! Lines that stand above a forwarded or quoted mail.

use std::sync::LazyLock;

use super::{Fronts, after_front, has_any, lowered, undecorated};

#[rustfmt::skip]
const FORWARDED: &[&str] = &[
    "forwarded message", "forwarded mail", "forwarded email", "forwarded by", "forwarded message from",
    "weitergeleitete nachricht", "weitergeleitete e-mail", "weitergeleitete mail",
    "message transféré", "message transfere", "courriel transféré", "message transmis", "message réexpédié", "e-mail transféré",
    "mensaje reenviado", "correo reenviado", "mensaje enviado",
    "messaggio inoltrato", "messaggio inoltrato da", "email inoltrata",
    "mensagem encaminhada", "mensagem reencaminhada", "mensagem redirecionada",
    "doorgestuurd bericht", "doorgestuurde bericht", "doorgestuurde e-mail", "doorgezonden bericht",
];

#[rustfmt::skip]
const FORWARDED_BELOW: &[&str] = &[
    "begin forwarded message", "forwarded message",
    "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail",
    "début du message transféré", "début du message réexpédié", "début du courriel réexpédié",
    "inicio del mensaje reenviado",
    "inizio messaggio inoltrato", "inizio del messaggio inoltrato",
    "início da mensagem encaminhada", "início da mensagem reencaminhada",
    "begin doorgestuurd bericht",
];

#[rustfmt::skip]
const ORIGINAL: &[&str] = &[
    "original message", "original email", "original e-mail", "original mail", "original appointment", "reply message", "quoted message",
    "ursprüngliche nachricht", "originalnachricht", "original-nachricht", "original nachricht", "ursprüngliche e-mail",
    "originalmail", "mail original", "mail d'origine", "courriel original", "message d'origine", "message original", "message initial", "courriel d'origine",
    "mensaje original", "correo original",
    "messaggio originale", "messaggio original", "email originale",
    "mensagem original", "e-mail original",
    "oorspronkelijk bericht", "oorspronkelijke bericht", "origineel bericht", "origineel e-mailbericht", "oorspronkelijke e-mail",
];

#[rustfmt::skip]
const REPLY_ABOVE: &[&str] = &[
    "above this line", "oberhalb dieser zeile", "über dieser zeile", "über dieser linie",
    "au-dessus de cette ligne", "au dessus de cette ligne",
    "encima de esta línea", "arriba de esta línea", "sobre esta línea",
    "sopra questa riga", "sopra questa linea", "di sopra di questa riga", "di sopra di questa linea",
    "acima desta linha", "acima dessa linha",
    "boven deze regel", "boven deze lijn",
];

/// What stands between dashes, or alone and closed by a colon, above a forwarded mail.
pub(crate) fn is_forward_line(line: &str) -> bool {
    between_dashes(line).is_some_and(|inner| has_front_and_dashes(inner, FORWARDED))
        || (line.trim_end().ends_with(':')
            && is_one_of(line.trim_end_matches([':', ' ', '\u{a0}', '\u{202f}']), FORWARDED_BELOW))
}

/// What stands between dashes above a quoted mail.
pub(crate) fn is_original_message_line(line: &str) -> bool {
    between_dashes(line).is_some_and(|inner| has_front_and_dashes(inner, ORIGINAL))
}

/// How many words an undrawn line of a help desk has; a sentence about it has more.
const MAX_REPLY_ABOVE_WORDS: usize = 10;

/// What a line that nothing draws begins with.
static REPLY_ABOVE_FRONTS: LazyLock<Fronts> = Fronts::lazy(|| {
    Fronts::of(&[&[
        "please ",
        "reply ",
        "write ",
        "type ",
        "bitte ",
        "veuillez ",
        "répond",
        "escrib",
        "por favor",
        "responda",
        "digit",
    ]])
});

/// What a help desk writes above its mail: answers end there.
pub(crate) fn is_reply_above_line(line: &str) -> bool {
    let is_marked = line.starts_with(['#', '-', '=', '*', '_', '—', '–', '[', '(']);
    let inner = undecorated(line);
    let is_likely = is_marked || REPLY_ABOVE_FRONTS.begin(inner);
    is_likely && line.len() <= 160 && {
        let lower = lowered(inner);
        (is_marked || lower.split_whitespace().count() <= MAX_REPLY_ABOVE_WORDS)
            && has_any(&lower, REPLY_ABOVE)
    }
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '_' | '=' | '—' | '–' | '‐' | '‑' | '─' | '*' | '#' | '~' | '+')
}

/// What stands after at least two dashes.
fn between_dashes(line: &str) -> Option<&str> {
    let is_edge = |c: char| is_dash(c) || matches!(c, ' ' | '\t' | ':' | '\u{a0}');
    let dashes = line.chars().take_while(|c| is_edge(*c)).filter(|c| is_dash(*c)).count();
    (dashes >= 2).then(|| line.trim_start_matches(is_edge))
}

/// Whether one of `phrases` stands at the front, and nothing or dashes after it. Phones put the fields of the header on the same line.
fn has_front_and_dashes(inner: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        after_front(inner, phrase).is_some_and(|after| {
            let after = after.trim_start_matches([' ', '\t', ':', '\u{a0}']);
            after.is_empty() || after.starts_with(is_dash) || phrase.ends_with("by")
        })
    })
}

fn is_one_of(line: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| after_front(line, phrase).is_some_and(str::is_empty))
}

//! The fields of a quoted header.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::lowered;

/// What a field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    From,
    Date,
    To,
    Subject,
    /// Copies, attachments, importance: only seen among the others.
    Other,
}

const FROM: &[&str] = &["from", "von", "de", "da", "van", "absender", "expéditeur", "remitente", "mittente"];

#[rustfmt::skip]
const DATE: &[&str] = &[
    "sent", "date", "sent on", "date sent",
    "gesendet", "gesendet am", "datum",
    "envoyé", "envoyé le", "envoye", "date d'envoi", "envoi",
    "enviado", "enviado el", "fecha", "enviado a las",
    "inviato", "inviato il", "data", "data invio",
    "enviada", "enviada em", "enviado em", "enviado a",
    "verzonden", "verstuurd", "verzonden op",
];

const TO: &[&str] =
    &["to", "an", "à", "a", "para", "aan", "empfänger", "destinataire", "destinatario", "destinatário"];

#[rustfmt::skip]
const SUBJECT: &[&str] = &["subject", "betreff", "objet", "sujet", "asunto", "oggetto", "ogg", "assunto", "onderwerp", "betr"];

#[rustfmt::skip]
const OTHER: &[&str] = &[
    "cc", "bcc", "reply-to", "importance", "attachments",
    "kopie", "antwort an", "wichtigkeit", "priorität", "anlagen", "organization",
    "copie à", "répondre à", "importance ", "pièces jointes",
    "con copia", "responder a", "importancia", "rispondi a", "priorità", "importância", "prioriteit",
];

/// All of them by their words.
static LABELS: LazyLock<HashMap<&str, Label>> = LazyLock::new(|| {
    let groups: [(Label, &[&str]); 5] = [
        (Label::Other, OTHER),
        (Label::Subject, SUBJECT),
        (Label::To, TO),
        (Label::Date, DATE),
        (Label::From, FROM),
    ];
    groups.into_iter().flat_map(|(label, words)| words.iter().map(move |word| (*word, label))).collect()
});

/// A label is a word or three: more bytes than this before the colon are none.
const MAX_LABEL_BYTES: usize = 24;

/// The label that a line begins with, such as `*Gesendet:*`, and the value after it.
pub(crate) fn header_label(line: &str) -> Option<(Label, &str)> {
    let line = line.trim_start_matches(['*', ' ', '\t', '>', '\u{a0}']);
    let colon = line.bytes().take(MAX_LABEL_BYTES).position(|byte| byte == b':')?;
    let (label, value) = (line.get(..colon)?, line.get(colon + 1..)?);
    let label = lowered(label.trim_matches(['*', ' ', '\u{a0}', '\u{202f}', '\t']));
    let label = *LABELS.get(label.as_str())?;
    Some((label, value.trim_matches(['*', ' ', '\t', '\u{a0}'])))
}

/// Whether a date and a subject label stand further along in a line, where all fields were put on one.
pub(crate) fn labels_within(lower: &str) -> bool {
    let holds = |words: &[&str]| {
        words.iter().filter(|word| word.len() >= 4).any(|word| {
            let mut found = lower.match_indices(*word);
            found.any(|(at, _)| {
                let before = lower.get(..at).unwrap_or_default();
                let after = lower.get(at + word.len()..).unwrap_or_default();
                before.ends_with([' ', '*', '>']) && after.trim_start_matches(['*', ' ']).starts_with(':')
            })
        })
    };
    holds(DATE) && holds(SUBJECT)
}

//! Which of a mail's dates are told of a payment: `I signed up on the 3rd of May` names no payment's day, nor does a deadline.

use domain::Language;
use domain::intent::DateAsked;

use super::{Found, find, leads_to_a_date};
use crate::cues::{Cue, Hit};
use crate::document::{Document, Sentence};

/// The cues of the money that went, or is to go back.
const OF_PAYMENTS: [Cue; 9] = [
    Cue::Refund,
    Cue::RefundOrder,
    Cue::RefundDone,
    Cue::Payment,
    Cue::PaymentState,
    Cue::PaymentPuzzle,
    Cue::Pay,
    Cue::Invoice,
    Cue::Charged,
];
/// The cues of what else has a day.
const OF_OTHER_THINGS: [Cue; 8] = [
    Cue::Negation,
    Cue::Cancel,
    Cue::CancelOrder,
    Cue::CancelDone,
    Cue::Subscription,
    Cue::Change,
    Cue::Send,
    Cue::Awaiting,
];
const REQUESTS: [Cue; 2] = [Cue::Refund, Cue::RefundOrder];
/// More days than these are a list that nobody asks about one by one.
const MOST: usize = 50;
/// Words that may stand beside a date in a clause that only says when: `It was the one on 3 May`.
const BESIDE: [&str; 39] = [
    "it", "was", "that", "one", "is", "the", "date", "payment", "es", "war", "das", "die", "der", "c",
    "etait", "ce", "celui", "celle", "fue", "era", "el", "la", "foi", "o", "a", "het", "de", "dat", "quello",
    "quella", "e", "le", "lo", "so", "and", "und", "et", "y", "en",
];

/// The days of payments: those of the request's own clause where there are any.
pub(crate) fn of_payments(document: &Document<'_>) -> Vec<DateAsked> {
    let mut requested = Vec::new();
    let mut told = Vec::new();
    for sentence in &document.sentences {
        if requested.len() + told.len() >= MOST {
            break;
        }
        for found in find(sentence, document.language) {
            match role(document, sentence, &found) {
                Role::Request => requested.push(asked(sentence, found)),
                Role::Payment => told.push(asked(sentence, found)),
                Role::Else => {}
            }
        }
    }
    let mut days = if requested.is_empty() { told } else { requested };
    let mut known: Vec<Vec<_>> = Vec::new();
    days.retain(|day| {
        let new = !known.contains(&day.readings);
        known.push(day.readings.clone());
        new
    });
    days
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Request,
    Payment,
    Else,
}

fn role(document: &Document<'_>, sentence: &Sentence<'_>, found: &Found) -> Role {
    if found.bound {
        return Role::Else;
    }
    let word = sentence.folded.words.partition_point(|word| word.end <= found.start);
    let clause = sentence.clause(word);
    let here = || sentence.in_clause(clause).filter(|hit| tells(sentence, hit, document.language));
    if here().any(|hit| REQUESTS.contains(&hit.owner.0) && !sentence.negated(hit)) {
        return Role::Request;
    }
    if here().any(|hit| !REQUESTS.contains(&hit.owner.0)) {
        return Role::Payment;
    }
    let denied = sentence.cues_in(clause).any(&OF_OTHER_THINGS);
    // `The payment was a mistake. It was on 3 May.`
    if denied || !only_says_when(document, sentence, clause, found) { Role::Else } else { Role::Payment }
}

/// Words of payments that say more than `not` or `was`.
fn tells(sentence: &Sentence<'_>, hit: &Hit, language: Language) -> bool {
    let word = sentence.folded.folded_word(hit.first);
    let vague = hit.owner.0 == Cue::Charged
        && (word == "was" && language == Language::En
            || sentence.of(&[Cue::Negation, Cue::Break]).any(|other| other.first == hit.first));
    OF_PAYMENTS.contains(&hit.owner.0) && !vague
}

fn only_says_when(document: &Document<'_>, sentence: &Sentence<'_>, clause: usize, found: &Found) -> bool {
    let words = sentence.folded.words.iter().enumerate();
    let beside = words.filter(|(index, word)| {
        let of_the_date = word.start >= found.start && word.end <= found.end;
        !word.is_break() && !of_the_date && sentence.clause(*index) == clause
    });
    beside.into_iter().all(|(index, _)| {
        let folded = sentence.folded.folded_word(index);
        BESIDE.contains(&folded) || leads_to_a_date(folded, document.language)
    })
}

fn asked(sentence: &Sentence<'_>, found: Found) -> DateAsked {
    DateAsked { evidence: sentence.span_of_bytes(found.start, found.end), readings: found.readings }
}

//! Which of a mail's dates are told of a payment: `I signed up on the 3rd of May` names no payment's day, nor does a deadline.

use domain::Language;
use domain::intent::DateAsked;

use super::{Found, find};
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
/// A clause that holds no more words than these beside its date only says when.
const BARE: usize = 3;

/// The days of payments: those of the request's own clause where there are any.
pub(crate) fn of_payments(document: &Document<'_>) -> Vec<DateAsked> {
    let mut requested = Vec::new();
    let mut told = Vec::new();
    for sentence in &document.sentences {
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
    let beside = words_in(sentence, clause).saturating_sub(words_of(sentence, found));
    // `The payment was a mistake. It was on 3 May.`
    if denied || beside > BARE { Role::Else } else { Role::Payment }
}

/// Words of payments that say more than `not` or `was`.
fn tells(sentence: &Sentence<'_>, hit: &Hit, language: Language) -> bool {
    let word = sentence.folded.folded_word(hit.first);
    let vague = hit.owner.0 == Cue::Charged
        && (word == "was" && language == Language::En
            || sentence.of(&[Cue::Negation, Cue::Break]).any(|other| other.first == hit.first));
    OF_PAYMENTS.contains(&hit.owner.0) && !vague
}

fn words_in(sentence: &Sentence<'_>, clause: usize) -> usize {
    let words = sentence.folded.words.iter().enumerate();
    words.filter(|(index, word)| !word.is_break() && sentence.clause(*index) == clause).count()
}

fn words_of(sentence: &Sentence<'_>, found: &Found) -> usize {
    let words = sentence.folded.words.iter();
    words.filter(|word| !word.is_break() && word.start >= found.start && word.end <= found.end).count()
}

fn asked(sentence: &Sentence<'_>, found: Found) -> DateAsked {
    DateAsked { evidence: sentence.span_of_bytes(found.start, found.end), readings: found.readings }
}

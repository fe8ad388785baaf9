//! A plain request as the rules see it: the action and a form of request in one clause, and nothing that takes it away.

use domain::Language;

use super::Action;
use crate::cues::{Cue, CueSet, Hit};
use crate::document::Sentence;

/// What takes a request away wherever it stands in the same sentence.
const SENTENCE_VETOES: [Cue; 8] = [
    Cue::Policy,
    Cue::OtherParty,
    Cue::OtherObject,
    Cue::Retraction,
    Cue::Notice,
    Cue::Phishing,
    Cue::Marketing,
    Cue::Machine,
];

/// The words that make a sentence a plain request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plain {
    pub(crate) action: Hit,
    pub(crate) form: Hit,
}

/// The plain request for `action` in one clause of a sentence.
pub(crate) fn plain_request(sentence: &Sentence<'_>, clause: usize, action: Action) -> Option<Plain> {
    if !sentence.cues_in(clause).any(&action.named()) || vetoed(sentence.cues) {
        return None;
    }
    let named = sentence.in_clause(clause).filter(|hit| action.named().contains(&hit.owner.0));
    named.filter(|hit| applies(sentence, hit, action)).find_map(|hit| {
        let form = form(sentence, hit)?;
        Some(Plain { action: *hit, form })
    })
}

/// Whether something in the sentence says that it is no request of the sender's own.
pub(crate) fn vetoed(cues: CueSet) -> bool {
    cues.any(&SENTENCE_VETOES)
}

fn applies(sentence: &Sentence<'_>, hit: &Hit, action: Action) -> bool {
    let clause = sentence.clause(hit.first);
    let near = sentence.cues_in(clause);
    let conditional = sentence.of(&[Cue::Conditional]).any(|other| sentence.clause(other.first) <= clause);
    let asked_how = sentence.of(&[Cue::HowTo]).any(|how| how.first <= hit.first);
    let asked_about = sentence.of(&[Cue::Inform]).any(|other| {
        let there = sentence.clause(other.first);
        other.first < hit.first && (there == clause || there + 1 == clause)
    });
    !sentence.negated(hit)
        && !near.any(&[Cue::Awaiting, action.done()])
        && !conditional
        && !asked_how
        && !asked_about
        && (action == Action::Refund || !of_something_else(sentence, hit))
}

/// Whether the nearest thing named beside a cancellation is an order, a meeting, a card: the next one in its clause, or else the
/// one before it, as German and Dutch have it.
pub(crate) fn of_something_else(sentence: &Sentence<'_>, hit: &Hit) -> bool {
    let clause = sentence.clause(hit.first);
    let objects = [Cue::OrderObject, Cue::Subscription];
    let things = || sentence.in_clause(clause).filter(move |other| objects.contains(&other.owner.0));
    let after = things().find(|thing| thing.last >= hit.first && thing.first + 1 > hit.first);
    let before = || things().filter(|thing| thing.last < hit.first).last();
    let earlier = || sentence.of(&objects).filter(|thing| thing.last < hit.first).last();
    let nearest = after.or_else(before).or_else(earlier);
    nearest.is_some_and(|thing| thing.owner.0 == Cue::OrderObject)
}

/// The words that turn the action into a request: its own form, or a request form before it or in its clause.
fn form(sentence: &Sentence<'_>, hit: &Hit) -> Option<Hit> {
    let clause = sentence.clause(hit.first);
    let order = matches!(hit.owner.0, Cue::RefundOrder | Cue::CancelOrder);
    if order && (hit.owner.1 != Language::En || sentence.begins_clause(hit.first)) {
        return Some(*hit);
    }
    let tag = |at: usize| at > clause && sentence.is_only(at, Cue::Request);
    let mut requests = sentence.of(&[Cue::Request]).filter(|request| !sentence.negated(request));
    requests
        .find(|request| {
            let there = sentence.clause(request.first);
            let before = there < clause && !sentence.cues_in(there).has(Cue::Negation);
            there == clause || before || tag(there)
        })
        .copied()
}

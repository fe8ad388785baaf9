//! Takes a mail apart into sentences, words and cues, each in one list for the whole mail: a sentence is a part of each list.

use std::ops::Range;

use domain::Language;

use crate::cues::{self, Cue, CueSet, Hit};
use crate::document::Standing;
use crate::words::{Folded, Word};
use crate::{Text, language, sentences};

/// Subjects of replies and forwards begin so: their words were written earlier, perhaps by somebody else.
const CARRIED: [&str; 15] = [
    "re:", "aw:", "wg:", "fw:", "fwd:", "tr:", "rv:", "res:", "enc:", "antw:", "sv:", "r:", "i:", "rif:",
    "doorst:",
];
/// A retraction so few words behind a negation is none.
const DENIED: usize = 2;

/// A mail taken apart; a [`crate::document::Document`] shows it.
#[derive(Debug)]
pub(crate) struct Parsed<'t> {
    pub(crate) language: Language,
    pub(crate) sentences: Vec<Parts<'t>>,
    pub(crate) folded: Folded,
    pub(crate) hits: Vec<Hit>,
    /// The clause of each word, from 0 in each sentence.
    pub(crate) clause_of: Vec<usize>,
    pub(crate) clauses: Vec<Clause>,
}

/// Which parts of the lists a sentence has.
#[derive(Debug)]
pub(crate) struct Parts<'t> {
    pub(crate) standing: Standing,
    /// Offset of the first byte in the part's text.
    pub(crate) start: usize,
    pub(crate) text: &'t str,
    pub(crate) cues: CueSet,
    pub(crate) words: Range<usize>,
    pub(crate) hits: Range<usize>,
    pub(crate) clauses: Range<usize>,
}

/// What stands in a clause.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clause {
    pub(crate) cues: CueSet,
    /// Of the hits of its sentence.
    pub(crate) hits: Range<usize>,
}

impl<'t> Parsed<'t> {
    pub(crate) fn of(text: Text<'t>) -> Self {
        let (body, standing) = text.body();
        let told = if body.trim().is_empty() { text.subject } else { body };
        let heard = language::is_told_by_letters(told.len()).then(|| language::by_letters(told));
        let mut parsed = Self::with_room_for(text.subject.len() + body.len());
        let mut finder = cues::Finder::of(heard);
        let mut found = Vec::with_capacity(parsed.hits.capacity());
        for (part, standing) in [(text.subject, of_subject(text.subject)), (body, standing)] {
            for range in sentences::split(part) {
                parsed.add(part, range, standing, &mut finder, &mut found);
            }
        }
        parsed.language = heard.unwrap_or_else(|| settle(told, &found));
        parsed.keep_relevant(&found);
        parsed
    }

    fn with_room_for(bytes: usize) -> Self {
        let words = bytes / 4 + 1;
        Self {
            language: Language::En,
            sentences: Vec::with_capacity(words / 8 + 1),
            folded: Folded::with_room_for(bytes),
            hits: Vec::with_capacity(words),
            clause_of: Vec::with_capacity(words),
            clauses: Vec::with_capacity(words / 4 + 1),
        }
    }

    /// Adds a sentence; of its cues, all that were found.
    fn add(
        &mut self,
        part: &'t str,
        range: Range<usize>,
        standing: Standing,
        finder: &mut cues::Finder,
        found: &mut Vec<Hit>,
    ) {
        let start = range.start;
        let text = part.get(range).unwrap_or_default();
        let words = self.folded.add(text);
        let first = found.len();
        finder.find(self.folded.part(words.clone()), found);
        let (cues, hits, clauses) = (CueSet::default(), first..found.len(), 0..0);
        self.sentences.push(Parts { standing, start, text, cues, words, hits, clauses });
    }

    /// Of the cues that were found, those that count in the language of the mail, and the clauses that they make.
    fn keep_relevant(&mut self, found: &[Hit]) {
        let mut of_sentence = Vec::new();
        for sentence in &mut self.sentences {
            of_sentence.clear();
            of_sentence.extend_from_slice(found.get(sentence.hits.clone()).unwrap_or_default());
            let (first, first_clause) = (self.hits.len(), self.clauses.len());
            self.hits.extend(cues::relevant(&mut of_sentence, self.language));
            let words = self.folded.part(sentence.words.clone()).words;
            push_clauses(words, self.hits.get(first..).unwrap_or_default(), &mut self.clause_of);
            drop_denied_retractions(&mut self.hits, first);
            let clause_of = self.clause_of.get(sentence.words.clone()).unwrap_or_default();
            let last = clause_of.last().copied().unwrap_or(0);
            self.clauses.resize(first_clause + last + 1, Clause::default());
            let clauses = self.clauses.get_mut(first_clause..).unwrap_or_default();
            sentence.hits = first..self.hits.len();
            sentence.clauses = first_clause..first_clause + clauses.len();
            for (index, hit) in self.hits.iter().skip(first).enumerate() {
                if let Some(clause) = clause_of.get(hit.first).and_then(|&clause| clauses.get_mut(clause)) {
                    clause.add(index, hit);
                }
                sentence.cues.insert(hit.owner.0);
            }
        }
    }
}

impl Clause {
    /// The hits of a sentence stand in its order, so those of a clause stand side by side.
    fn add(&mut self, index: usize, hit: &Hit) {
        let first = if self.hits.is_empty() { index } else { self.hits.start };
        self.hits = first..index + 1;
        self.cues.insert(hit.owner.0);
    }
}

fn of_subject(subject: &str) -> Standing {
    let carried = CARRIED.iter().any(|prefix| starts_with_ignoring_case(subject, prefix));
    if carried { Standing::CarriedSubject } else { Standing::Subject }
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.trim_start().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// The language of a short mail, by the words of each that were found in it.
fn settle(told: &str, found: &[Hit]) -> Language {
    let mut words = language::WordsByLanguage::default();
    for hit in found {
        if let Some(count) = words.get_mut(hit.owner.1 as usize) {
            *count += 1 + hit.last - hit.first;
        }
    }
    language::settle(&words, || language::by_letters(told))
}

/// Adds the clause of each word of a sentence.
fn push_clauses(words: &[Word], hits: &[Hit], clauses: &mut Vec<usize>) {
    let mut breaks = hits.iter().filter(|hit| hit.owner.0 == Cue::Break).map(|hit| hit.first).peekable();
    let mut clause = 0;
    clauses.extend(words.iter().enumerate().map(|(index, word)| {
        let begins = breaks.next_if(|&first| first <= index).is_some();
        clause += usize::from(begins || word.is_break());
        clause
    }));
}

/// `Not going to continue` takes nothing back. The hits of the sentence begin at `first`.
fn drop_denied_retractions(hits: &mut Vec<Hit>, first: usize) {
    let of_sentence = hits.get(first..).unwrap_or_default();
    if !of_sentence.iter().any(|hit| hit.owner.0 == Cue::Retraction) {
        return;
    }
    let mut kept = hits.split_off(first);
    let denials: Vec<usize> = kept.iter().filter(|hit| denies(hit)).map(|hit| hit.last).collect();
    kept.retain(|hit| {
        let denied = denials.iter().any(|&last| last < hit.first && hit.first - last <= DENIED);
        hit.owner.0 != Cue::Retraction || !denied
    });
    hits.append(&mut kept);
}

fn denies(hit: &Hit) -> bool {
    matches!(hit.owner.0, Cue::Negation | Cue::Neutral)
}

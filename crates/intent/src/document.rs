//! A mail as sentences with the cues that stand in them.

use std::ops::RangeInclusive;

use domain::Language;
use domain::intent::{Part, Span};

use crate::cues::{Cue, CueSet, Hit};
use crate::parsed::{Clause, Parsed, Parts};
use crate::words::{Word, Words};

/// How far apart, in words, a negation reaches forward.
const NEGATION_REACH: usize = 7;
/// Words that may stand before an imperative.
const FILLERS: [&str; 24] = [
    "hi", "hello", "hey", "dear", "team", "so", "just", "now", "ok", "okay", "yes", "no", "thanks", "sir",
    "madam", "all", "there", "support", "everyone", "thank", "you", "u", "folks", "kindly",
];

/// The sentences of a mail: the subject first, then what was written.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) sentences: Vec<Sentence<'a>>,
    pub(crate) language: Language,
    /// Every cue of the mail.
    pub(crate) cues: CueSet,
}

/// Whose words a sentence holds, from least to most telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Quoted history: nothing else was written.
    Quoted,
    /// The subject of a reply.
    CarriedSubject,
    /// A subject written for this mail.
    Subject,
    /// What was written now.
    Written,
}

#[derive(Debug)]
pub(crate) struct Sentence<'a> {
    pub(crate) standing: Standing,
    /// Offset of the first byte in the part's text.
    start: usize,
    pub(crate) text: &'a str,
    pub(crate) folded: Words<'a>,
    pub(crate) hits: &'a [Hit],
    pub(crate) cues: CueSet,
    /// The clause of each word.
    clause_of: &'a [usize],
    clauses: &'a [Clause],
    pub(crate) question: bool,
}

impl<'a> Document<'a> {
    pub(crate) fn of(parsed: &'a Parsed<'_>) -> Self {
        let sentences = parsed.sentences.iter().map(|parts| Sentence::new(parsed, parts)).collect();
        let cues = parsed.sentences.iter().fold(CueSet::default(), |all, sentence| all.and(sentence.cues));
        Self { sentences, language: parsed.language, cues }
    }

    /// The sentence of the first such cue, and the cue's words.
    pub(crate) fn evidence(&self, cues: &[Cue]) -> Vec<Span> {
        let found = self.sentences.iter().find_map(|sentence| Some((sentence, sentence.first(cues)?)));
        found
            .map(|(sentence, hit)| vec![sentence.span(), sentence.span_of(hit.first, hit.last)])
            .unwrap_or_default()
    }

    /// How many words were written.
    pub(crate) fn length(&self) -> usize {
        let written = self.sentences.iter().filter(|sentence| sentence.standing == Standing::Written);
        written.map(Sentence::length).sum()
    }

    pub(crate) fn count(&self, cue: Cue) -> usize {
        self.sentences.iter().map(|sentence| sentence.of(&[cue]).count()).sum()
    }
}

impl<'a> Sentence<'a> {
    fn new(parsed: &'a Parsed<'_>, parts: &'a Parts<'_>) -> Self {
        Self {
            standing: parts.standing,
            start: parts.start,
            text: parts.text,
            folded: parsed.folded.part(parts.words.clone()),
            hits: parsed.hits.get(parts.hits.clone()).unwrap_or_default(),
            cues: parts.cues,
            clause_of: parsed.clause_of.get(parts.words.clone()).unwrap_or_default(),
            clauses: parsed.clauses.get(parts.clauses.clone()).unwrap_or_default(),
            question: parts.text.ends_with('?'),
        }
    }

    pub(crate) const fn part(&self) -> Part {
        match self.standing {
            Standing::Quoted => Part::Quoted,
            Standing::CarriedSubject | Standing::Subject => Part::Subject,
            Standing::Written => Part::Written,
        }
    }

    /// Where it stands in the part's text, in bytes.
    pub(crate) const fn place(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// The whole sentence.
    pub(crate) fn span(&self) -> Span {
        Span { part: self.part(), start: self.start, text: self.text.to_owned() }
    }

    /// From one word to another.
    pub(crate) fn span_of(&self, first: usize, last: usize) -> Span {
        let start = self.folded.words.get(first).map_or(0, |word| word.start);
        let end = self.folded.words.get(last).map_or(self.text.len(), |word| word.end);
        self.span_of_bytes(start, end)
    }

    /// From one byte of the sentence to another.
    pub(crate) fn span_of_bytes(&self, start: usize, end: usize) -> Span {
        let text = self.text.get(start..end).unwrap_or_default().to_owned();
        Span { part: self.part(), start: self.start + start, text }
    }

    pub(crate) fn of(&self, cues: &[Cue]) -> impl Iterator<Item = &'a Hit> + use<'a> {
        let wanted: CueSet = cues.iter().copied().collect();
        let hits = if self.cues.meets(wanted) { self.hits } else { &[] };
        hits.iter().filter(move |hit| wanted.has(hit.owner.0))
    }

    pub(crate) fn first(&self, cues: &[Cue]) -> Option<&Hit> {
        self.of(cues).next()
    }

    pub(crate) fn clause(&self, word: usize) -> usize {
        self.clause_of.get(word).copied().unwrap_or(0)
    }

    pub(crate) fn clauses(&self) -> RangeInclusive<usize> {
        0..=self.clauses.len().saturating_sub(1)
    }

    pub(crate) fn in_clause(&self, clause: usize) -> impl Iterator<Item = &'a Hit> + use<'a> {
        let hits = self.clauses.get(clause).and_then(|clause| self.hits.get(clause.hits.clone()));
        hits.unwrap_or_default().iter()
    }

    pub(crate) fn cues_in(&self, clause: usize) -> CueSet {
        self.clauses.get(clause).map(|clause| clause.cues).unwrap_or_default()
    }

    /// Whether a clause holds nothing but such a cue: the `please` behind a comma.
    pub(crate) fn is_only(&self, clause: usize, cue: Cue) -> bool {
        (0..self.folded.words.len()).filter(|&word| self.clause(word) == clause).all(|word| {
            let covers = |hit: &Hit| hit.owner.0 == cue && (hit.first..=hit.last).contains(&word);
            self.folded.words.get(word).copied().is_some_and(Word::is_break) || self.hits.iter().any(covers)
        })
    }

    /// Whether the clause asks about a state: in English by its first words, in the other languages by them and a mark.
    pub(crate) fn asks_state(&self, clause: usize) -> bool {
        if !self.cues_in(clause).has(Cue::StateQuestion) {
            return false;
        }
        self.in_clause(clause).filter(|hit| hit.owner.0 == Cue::StateQuestion).any(|hit| match hit.owner.1 {
            Language::En => self.begins_clause(hit.first),
            Language::De | Language::Fr | Language::Es | Language::It | Language::Pt | Language::Nl => {
                self.question
            }
        })
    }

    /// How many words the sentence has, marks left out.
    pub(crate) fn length(&self) -> usize {
        self.folded.words.iter().filter(|word| !word.is_break()).count()
    }

    /// Whether a negation reaches the hit: from before within its clause, in German and Dutch also from after.
    pub(crate) fn negated(&self, hit: &Hit) -> bool {
        self.denied(hit.first..=hit.last, hit.owner.1)
    }

    /// The same for words of that language.
    pub(crate) fn denied(&self, words: RangeInclusive<usize>, language: Language) -> bool {
        let clause = self.clause(*words.start());
        if !self.cues_in(clause).has(Cue::Negation) {
            return false;
        }
        let follows = matches!(language, Language::De | Language::Nl);
        self.in_clause(clause).filter(|other| other.owner.0 == Cue::Negation).any(|negation| {
            let before = negation.last < *words.start() && words.start() - negation.last <= NEGATION_REACH;
            before || (follows && negation.first > *words.end())
        })
    }

    /// Whether nothing but a greeting stands before that word in its clause.
    pub(crate) fn begins_clause(&self, word: usize) -> bool {
        let clause = self.clause(word);
        let before = (0..word).rev().take_while(|&index| self.clause(index) == clause);
        before.into_iter().all(|index| {
            self.folded.words.get(index).copied().is_some_and(Word::is_break)
                || FILLERS.contains(&self.folded.folded_word(index))
                || self.hits.iter().any(|hit| hit.first == index && hit.owner.0 == Cue::Break)
        })
    }
}

//! A mail as sentences with the cues that stand in them.

use domain::Language;
use domain::intent::{Part, Span};

use crate::cues::{self, Cue, CueSet, Hit};
use crate::words::{Folded, Word};
use crate::{Text, language, sentences};

/// How far apart, in words, a negation reaches forward.
const NEGATION_REACH: usize = 7;
/// Subjects of replies and forwards begin so: their words were written earlier, perhaps by somebody else.
const CARRIED: [&str; 15] = [
    "re:", "aw:", "wg:", "fw:", "fwd:", "tr:", "rv:", "res:", "enc:", "antw:", "sv:", "r:", "i:", "rif:",
    "doorst:",
];
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
    pub(crate) folded: Folded,
    pub(crate) hits: Vec<Hit>,
    pub(crate) cues: CueSet,
    /// The clause of each word.
    clauses: Vec<usize>,
    /// The cues of each clause.
    clause_cues: Vec<CueSet>,
    pub(crate) question: bool,
}

impl<'a> Document<'a> {
    pub(crate) fn read(text: Text<'a>) -> Self {
        let carried = CARRIED.iter().any(|prefix| starts_with_ignoring_case(text.subject, prefix));
        let subject = if carried { Standing::CarriedSubject } else { Standing::Subject };
        let (body, standing) = text.body();
        let told = if body.trim().is_empty() { text.subject } else { body };
        let by_letters = language::by_letters(told);
        let heard = language::is_told_by_letters(told.len()).then_some(by_letters);
        let mut found: Vec<(Sentence<'a>, Vec<Hit>)> = Vec::new();
        for (part, standing) in [(text.subject, subject), (body, standing)] {
            for range in sentences::split(part) {
                let sentence = Sentence::new(part, range, standing);
                let hits = cues::find(&sentence.folded, heard);
                found.push((sentence, hits));
            }
        }
        let language = heard.unwrap_or_else(|| settle(by_letters, told, &found));
        let with_cues =
            found.into_iter().map(|(sentence, hits)| sentence.with(cues::relevant(hits, language)));
        let sentences: Vec<Sentence<'a>> = with_cues.collect();
        let cues = sentences.iter().fold(CueSet::default(), |all, sentence| all.and(sentence.cues));
        Self { sentences, language, cues }
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

fn settle(by_letters: Language, told: &str, found: &[(Sentence<'_>, Vec<Hit>)]) -> Language {
    let mut words = language::WordsByLanguage::default();
    for hit in found.iter().flat_map(|(_, hits)| hits) {
        if let Some(count) = words.get_mut(hit.owner.1 as usize) {
            *count += 1 + hit.last - hit.first;
        }
    }
    language::settle(by_letters, &words, told.len())
}

impl<'a> Sentence<'a> {
    fn new(part: &'a str, range: std::ops::Range<usize>, standing: Standing) -> Self {
        let start = range.start;
        let text = part.get(range).unwrap_or_default();
        let folded = Folded::of(text);
        let question = text.ends_with('?');
        Self {
            standing,
            start,
            text,
            folded,
            hits: Vec::new(),
            cues: CueSet::default(),
            clauses: Vec::new(),
            clause_cues: Vec::new(),
            question,
        }
    }

    fn with(mut self, hits: Vec<Hit>) -> Self {
        self.hits = hits;
        self.clauses = self.clauses_of_words();
        self.drop_denied_retractions();
        self.cues = self.hits.iter().map(|hit| hit.owner.0).collect();
        self.clause_cues = vec![CueSet::default(); self.clauses.last().map_or(1, |last| last + 1)];
        for hit in &self.hits {
            let clause = self.clauses.get(hit.first).copied().unwrap_or(0);
            if let Some(cues) = self.clause_cues.get_mut(clause) {
                cues.insert(hit.owner.0);
            }
        }
        self
    }

    fn clauses_of_words(&self) -> Vec<usize> {
        let mut breaks =
            self.hits.iter().filter(|hit| hit.owner.0 == Cue::Break).map(|hit| hit.first).peekable();
        let mut clause = 0;
        let words = self.folded.words.iter().enumerate();
        words
            .map(|(index, word)| {
                let begins = breaks.next_if(|&first| first <= index).is_some();
                clause += usize::from(begins || word.is_break());
                clause
            })
            .collect()
    }

    /// `Not going to continue` takes nothing back.
    fn drop_denied_retractions(&mut self) {
        if self.first(&[Cue::Retraction]).is_none() {
            return;
        }
        let denials: Vec<usize> = self.of(&[Cue::Negation, Cue::Neutral]).map(|hit| hit.last).collect();
        self.hits.retain(|hit| {
            let denied = denials.iter().any(|&last| last < hit.first && hit.first - last <= 2);
            hit.owner.0 != Cue::Retraction || !denied
        });
    }

    pub(crate) const fn part(&self) -> Part {
        match self.standing {
            Standing::Quoted => Part::Quoted,
            Standing::CarriedSubject | Standing::Subject => Part::Subject,
            Standing::Written => Part::Written,
        }
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

    pub(crate) fn of(&self, cues: &[Cue]) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(move |hit| cues.contains(&hit.owner.0))
    }

    pub(crate) fn first(&self, cues: &[Cue]) -> Option<&Hit> {
        self.of(cues).next()
    }

    pub(crate) fn clause(&self, word: usize) -> usize {
        self.clauses.get(word).copied().unwrap_or(0)
    }

    pub(crate) fn clauses(&self) -> std::ops::RangeInclusive<usize> {
        0..=self.clauses.last().copied().unwrap_or(0)
    }

    pub(crate) fn in_clause(&self, clause: usize) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(move |hit| self.clause(hit.first) == clause)
    }

    pub(crate) fn cues_in(&self, clause: usize) -> CueSet {
        self.clause_cues.get(clause).copied().unwrap_or_default()
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
        let clause = self.clause(hit.first);
        let follows = matches!(hit.owner.1, Language::De | Language::Nl);
        self.in_clause(clause).filter(|other| other.owner.0 == Cue::Negation).any(|negation| {
            let before = negation.last < hit.first && hit.first - negation.last <= NEGATION_REACH;
            before || (follows && negation.first > hit.last)
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

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.trim_start().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

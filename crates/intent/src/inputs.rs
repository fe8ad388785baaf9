//! The second level's view of a mail: what the weighed features of its sentences add up to, and what the rules found.
//!
//! Few numbers, each with a meaning a person can check, since they decide how probable a label is.

use domain::{Function, Language};

use crate::cues::{Cue, CueSet};
use crate::document::{Document, Standing};
use crate::features::Zone;
use crate::lexicon::{Ask, Strength};
use crate::rules::Verdict;

/// What the first level tells of a sentence or a mail: a score a function, in the order of [`Function::ALL`], and last whether money
/// or a contract is to be moved.
pub const HEADS: usize = Function::ALL.len() + 1;

/// How many numbers the second level weighs.
pub const INPUTS: usize = FROM_SUMS + TOLD;

const FROM_SUMS: usize = 4 * HEADS;
const CUES: usize = 46;
const FUNCTIONS: usize = Function::ALL.len();
const LABELS: usize = FUNCTIONS + 1;
pub(crate) const TOLD: usize = 4 * FUNCTIONS + FUNCTIONS + 2 * LABELS + 2 * CUES + Language::ALL.len() + 4;
/// A short sentence tells less than its score says: so many features are added to each.
const DAMPED: f32 = 12.0;
/// A sentence whose best function is this far ahead of nothing is the one that asks.
const TELLING: f32 = 0.5;

/// The weighed features of a sentence, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    /// By head.
    pub heads: [f32; HEADS],
    /// How many features they are the sum of.
    pub features: f32,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        for (sum, more) in self.heads.iter_mut().zip(other.heads) {
            *sum += more;
        }
        self.features += other.features;
    }

    /// What the mail as a whole scores, be it long or short.
    pub fn scores(&self) -> [f32; HEADS] {
        let length = (self.features + DAMPED).sqrt();
        self.heads.map(|sum| sum / length)
    }
}

/// All numbers of a mail, from the sums of its sentences and what the rules told.
pub(crate) fn inputs(sums: &[(Zone, Sums)], told: &[f32; TOLD]) -> [f32; INPUTS] {
    let mut all = [0.0; INPUTS];
    let (mut whole, mut subject) = (Sums::default(), Sums::default());
    let mut most = [0.0_f32; HEADS];
    let mut first = None;
    for (zone, sentence) in sums {
        whole.add(sentence);
        if *zone == Zone::Subject {
            subject.add(sentence);
            continue;
        }
        let scores = sentence.scores();
        for (most, score) in most.iter_mut().zip(scores) {
            *most = most.max(score);
        }
        let telling = scores.iter().take(FUNCTIONS).any(|&score| score > TELLING);
        if telling && first.is_none() {
            first = Some(scores);
        }
    }
    let parts = [whole.scores(), subject.scores(), most, first.unwrap_or_default()];
    let (from_sums, from_rules) = all.split_at_mut(FROM_SUMS);
    from_sums.copy_from_slice(parts.as_flattened());
    from_rules.copy_from_slice(told);
    all
}

/// What the rules found, as numbers between 0 and about 1.
pub(crate) fn told(document: &Document<'_>, asks: &[Ask], verdict: &Verdict) -> [f32; TOLD] {
    let mut told = Told { numbers: [0.0; TOLD], next: 0 };
    let strengths = [Strength::Hinted, Strength::Complained, Strength::Asked, Strength::Plain];
    for function in Function::ALL {
        let ask = asks.iter().find(|ask| ask.function == function);
        let written = ask.filter(|ask| matches!(ask.standing, Standing::Written | Standing::Quoted));
        for least in strengths {
            told.flag(written.is_some_and(|ask| ask.strength >= least));
        }
        told.flag(
            ask.is_some_and(|ask| ask.standing < Standing::Written && ask.standing != Standing::Quoted),
        );
    }
    for label in domain::Label::all() {
        told.flag(verdict.label == label);
        told.flag(verdict.label == label && verdict.is_firm());
    }
    let (mut in_subject, mut in_text) = (CueSet::default(), CueSet::default());
    for sentence in &document.sentences {
        let of = if sentence.standing < Standing::Written { &mut in_subject } else { &mut in_text };
        *of = of.and(sentence.cues);
    }
    for cue in 0..CUES {
        told.flag(in_text.has_number(cue));
        told.flag(in_subject.has_number(cue));
    }
    for language in Language::ALL {
        told.flag(document.language == language);
    }
    let words = document.length();
    told.number((f32::from(u16::try_from(words).unwrap_or(u16::MAX).min(400)) / 400.0).sqrt());
    told.flag(words <= 7);
    told.flag(document.sentences.iter().any(|sentence| sentence.question));
    told.flag(document.sentences.iter().any(|sentence| sentence.cues.has(Cue::Request)));
    told.numbers
}

struct Told {
    numbers: [f32; TOLD],
    next: usize,
}

impl Told {
    fn flag(&mut self, holds: bool) {
        self.number(f32::from(u8::from(holds)));
    }

    fn number(&mut self, number: f32) {
        if let Some(place) = self.numbers.get_mut(self.next) {
            *place = number;
        }
        self.next += 1;
    }
}

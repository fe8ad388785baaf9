//! The first level: a weight a bucket and head.
//!
//! A mail is a bag of sentences of which at least one asks: its score is pooled over them, so that the weights learn from the sentence
//! that asks and not from the story around it. Where somebody marked the words that ask, only their sentences are pooled, and the others are
//! learned from as asking for nothing.

use intent::LABELS;
use intent::learning::{BUCKETS, HEADS, SeenSentence, Sums};

use super::{logistic, softmax};
use crate::sequence::Sequence;

/// Sentences to be learned from together: at least one of them asks for the label, or all for nothing.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    sentences: Vec<Bag>,
    /// Which label, in the order of `Label::all`.
    label: usize,
    /// Whether money or the end of a contract is asked for.
    acts: bool,
    weight: f32,
}

/// The features of a sentence.
#[derive(Debug, Clone)]
struct Bag {
    /// Buckets, each once, with how often it was met.
    features: Vec<(u32, f32)>,
    /// How much the features of a sentence of this length count.
    scale: f32,
}

/// How the first level is fitted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// How often all samples are gone over.
    pub(crate) rounds: usize,
    /// How far a step goes.
    pub(crate) rate: f32,
    /// How much large weights cost.
    pub(crate) decay: f32,
    /// What is taken off the pooled score: what a sentence scores that tells nothing.
    pub(crate) less: f32,
}

/// Weights of the first level.
#[derive(Debug, Clone)]
pub(crate) struct First {
    pub(crate) rows: Vec<[f32; HEADS]>,
}

impl Sample {
    /// From sentences; buckets that `known` leaves out do not count.
    pub(crate) fn of<'s>(
        sentences: impl Iterator<Item = &'s SeenSentence>,
        known: &[bool],
        (label, acts): (usize, bool),
        weight: f32,
    ) -> Self {
        let sentences = sentences.map(|sentence| Bag::of(&sentence.features, known)).collect();
        Self { sentences, label, acts, weight }
    }
}

impl Bag {
    #[allow(clippy::cast_precision_loss, reason = "a sentence has thousands of features, not millions")]
    fn of(all: &[u32], known: &[bool]) -> Self {
        let mut buckets: Vec<u32> = all.to_vec();
        buckets.sort_unstable();
        let mut features: Vec<(u32, f32)> = Vec::new();
        for bucket in buckets.into_iter().filter(|&bucket| known.get(bucket as usize) == Some(&true)) {
            match features.last_mut() {
                Some((last, count)) if *last == bucket => *count += 1.0,
                Some(_) | None => features.push((bucket, 1.0)),
            }
        }
        let [scale, ..] = Sums { features: all.len() as f32, heads: [1.0; HEADS] }.scores();
        Self { features, scale }
    }
}

impl First {
    /// Fits to samples.
    pub(crate) fn fit(samples: &[Sample], terms: Terms) -> Self {
        let mut fitting =
            Fitting { rows: vec![[0.0; HEADS]; BUCKETS], squares: vec![[1e-4; HEADS]; BUCKETS], terms };
        let mut order: Vec<usize> = (0..samples.len()).collect();
        let mut sequence = Sequence::of(7);
        for _ in 0..terms.rounds {
            sequence.shuffle(&mut order);
            for sample in order.iter().filter_map(|&index| samples.get(index)) {
                fitting.step(sample);
            }
        }
        Self { rows: fitting.rows }
    }

    /// What the features of a sentence add up to.
    #[allow(clippy::cast_precision_loss, reason = "a sentence has thousands of features, not millions")]
    pub(crate) fn sums(&self, sentence: &SeenSentence) -> Sums {
        let mut sums = Sums { features: sentence.features.len() as f32, ..Sums::default() };
        for row in sentence.features.iter().filter_map(|&bucket| self.rows.get(bucket as usize)) {
            add(&mut sums.heads, row, 1.0);
        }
        sums
    }
}

/// Weights on their way, with how much each was moved (`AdaGrad`).
struct Fitting {
    rows: Vec<[f32; HEADS]>,
    squares: Vec<[f32; HEADS]>,
    terms: Terms,
}

impl Fitting {
    fn step(&mut self, sample: &Sample) {
        let scores: Vec<[f32; HEADS]> = sample.sentences.iter().map(|bag| self.scores(bag)).collect();
        let (pooled, shares) = pool(&scores, self.terms.less);
        let wrong = wrongs(&pooled, sample);
        for (bag, share) in sample.sentences.iter().zip(shares) {
            let mut by = wrong;
            for (by, share) in by.iter_mut().zip(share) {
                *by *= share * bag.scale;
            }
            self.move_rows(bag, &by);
        }
    }

    fn scores(&self, bag: &Bag) -> [f32; HEADS] {
        let mut sum = [0.0; HEADS];
        for &(bucket, count) in &bag.features {
            if let Some(row) = self.rows.get(bucket as usize) {
                add(&mut sum, row, count);
            }
        }
        sum.map(|sum| sum * bag.scale)
    }

    fn move_rows(&mut self, bag: &Bag, by: &[f32; HEADS]) {
        let Terms { rate, decay, .. } = self.terms;
        for &(bucket, count) in &bag.features {
            let row = self.rows.get_mut(bucket as usize).into_iter().flatten();
            let squares = self.squares.get_mut(bucket as usize).into_iter().flatten();
            for ((weight, square), by) in row.zip(squares).zip(by) {
                let slope = by * count + decay * *weight;
                *square += slope * slope;
                *weight -= rate * slope / square.sqrt();
            }
        }
    }
}

fn add(sum: &mut [f32; HEADS], row: &[f32; HEADS], count: f32) {
    for (sum, weight) in sum.iter_mut().zip(row) {
        *sum += weight * count;
    }
}

/// The scores of all sentences together, the logarithm of the sum of their powers, and the share of each sentence in it.
fn pool(sentences: &[[f32; HEADS]], less: f32) -> ([f32; HEADS], Vec<[f32; HEADS]>) {
    let mut most = [f32::MIN; HEADS];
    for scores in sentences {
        for (most, score) in most.iter_mut().zip(scores) {
            *most = most.max(*score);
        }
    }
    let mut shares: Vec<[f32; HEADS]> = sentences.to_vec();
    let mut sums = [0.0_f32; HEADS];
    for share in &mut shares {
        for ((share, most), sum) in share.iter_mut().zip(most).zip(&mut sums) {
            *share = libm::expf(*share - most);
            *sum += *share;
        }
    }
    for (share, sum) in shares.iter_mut().flat_map(|share| share.iter_mut().zip(sums)) {
        *share /= sum;
    }
    let mut pooled = most;
    for (pooled, sum) in pooled.iter_mut().zip(sums) {
        *pooled += libm::logf(sum) - less;
    }
    (pooled, shares)
}

/// How far each head is off.
fn wrongs(scores: &[f32; HEADS], sample: &Sample) -> [f32; HEADS] {
    let mut wrong = [0.0; HEADS];
    let [functions @ .., act] = scores;
    let probable: [f32; LABELS] = softmax(functions);
    for (index, (wrong, probable)) in wrong.iter_mut().zip(probable).enumerate() {
        *wrong = (probable - f32::from(u8::from(index == sample.label))) * sample.weight;
    }
    if let Some(last) = wrong.last_mut() {
        *last = (logistic(*act) - f32::from(u8::from(sample.acts))) * sample.weight;
    }
    wrong
}

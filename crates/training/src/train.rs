//! From examples to a model file: fitted, calibrated, quantised.

use std::collections::BTreeSet;
use std::thread;

use domain::Label;
use intent::Scores;
use intent::learning::{BUCKETS, INPUTS, OUTPUTS, Second, SeenSentence, Sums, Weights, probabilities};

use crate::calibrate;
use crate::example::{Example, FOLDS, Source, number};
use crate::fit::{First, Numbers, Sample, SecondTerms, Terms, fit_second};
use crate::quantise;

/// How the first level is fitted; found by cross-validation.
const TERMS: Terms = Terms { rounds: 8, rate: 0.3, decay: 3e-4, less: 3.0 };
/// The same for the second level.
const SECOND: SecondTerms = SecondTerms { rounds: 12, rate: 2e-3, decay: 1e-3 };
/// How much a sentence counts that nobody marked in a mail that has marks.
const UNMARKED: f32 = 0.3;
/// A feature of fewer groups is the handwriting of one person.
const GROUPS: usize = 2;

/// A model, and how it did on mails that it had not seen.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The model.
    pub weights: Weights,
    /// By example, in their order, what a model makes of it that was trained without its group.
    pub outcomes: Vec<Outcome>,
}

/// What a model makes of a mail that it was not trained on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// How probable each label is.
    pub scores: Scores,
    /// Whether the rules and the gate would let the best label pass.
    pub is_cleared: bool,
    /// Whether it is plain to the rules, too.
    pub is_plain: bool,
}

/// Trains on examples.
pub fn train(examples: &[Example]) -> Trained {
    let folds: Vec<u64> = examples.iter().map(Example::fold).collect();
    let numbers = left_out_numbers(examples, &folds);
    let scores = left_out_scores(&numbers, &folds);
    let temperature = calibrate::temperature(&scores, &numbers);
    let outcomes: Vec<Outcome> = examples
        .iter()
        .zip(&scores)
        .zip(left_out_strangeness(examples, &folds))
        .map(|((example, scores), unknown)| outcome(example, *scores, temperature, unknown))
        .collect();
    let limits = calibrate::limits(examples, &outcomes);
    let first = First::fit(&samples(examples), TERMS);
    let all: Vec<&Numbers> = numbers.iter().collect();
    let second = fit_second(&all, SECOND);
    let (scales, rows) = quantise::rows(&first.rows);
    let words = known_words(examples.iter()).into_iter().collect();
    Trained { weights: Weights { limits, temperature, scales, words, rows, second }, outcomes }
}

fn outcome(example: &Example, scores: [f32; OUTPUTS], temperature: f32, unknown: f32) -> Outcome {
    let (labels, act) = probabilities(scores, temperature);
    let scores = Scores { labels, act, unknown };
    let best = scores.best();
    Outcome { scores, is_cleared: example.seen.is_cleared(best), is_plain: example.seen.is_plain(best) }
}

/// The numbers that the second level weighs, of each example by a first level that was fitted without its fold.
fn left_out_numbers(examples: &[Example], folds: &[u64]) -> Vec<Numbers> {
    let fit = |fold: u64| {
        let others: Vec<&Example> = pick(examples, folds, |of| of != fold).collect();
        First::fit(&samples(others), TERMS)
    };
    // Each fold is fitted by a thread of its own, in an order of its own.
    let firsts: Vec<First> = thread::scope(|scope| {
        let fits: Vec<_> = (0..FOLDS).map(|fold| scope.spawn(move || fit(fold))).collect();
        fits.into_iter().filter_map(|fit| fit.join().ok()).collect()
    });
    let numbers = examples.iter().zip(folds).map(|(example, fold)| {
        let first = firsts.get(usize::try_from(*fold).unwrap_or_default());
        let inputs = first.map_or([0.0; INPUTS], |first| inputs(first, example));
        Numbers { inputs, label: example.label_number(), acts: example.acts() }
    });
    numbers.collect()
}

fn inputs(first: &First, example: &Example) -> [f32; INPUTS] {
    let sums: Vec<Sums> = example.seen.sentences.iter().map(|sentence| first.sums(sentence)).collect();
    example.seen.inputs(&sums)
}

/// The scores of each example by a second level that was fitted without its fold.
fn left_out_scores(numbers: &[Numbers], folds: &[u64]) -> Vec<[f32; OUTPUTS]> {
    let fit = |fold: u64| {
        let others: Vec<&Numbers> = pick(numbers, folds, |of| of != fold).collect();
        fit_second(&others, SECOND)
    };
    let seconds: Vec<Second> = thread::scope(|scope| {
        let fits: Vec<_> = (0..FOLDS).map(|fold| scope.spawn(move || fit(fold))).collect();
        fits.into_iter().filter_map(|fit| fit.join().ok()).collect()
    });
    let scores = numbers.iter().zip(folds).map(|(numbers, fold)| {
        let second = seconds.get(usize::try_from(*fold).unwrap_or_default());
        second.map_or([0.0; OUTPUTS], |second| second.scores(&numbers.inputs))
    });
    scores.collect()
}

/// Which part of its words nobody used in the other folds, by example.
#[allow(clippy::cast_precision_loss, reason = "as many words as fit into a mail")]
fn left_out_strangeness(examples: &[Example], folds: &[u64]) -> Vec<f32> {
    let known: Vec<BTreeSet<u64>> =
        (0..FOLDS).map(|fold| known_words(pick(examples, folds, |of| of != fold))).collect();
    let strangeness = examples.iter().zip(folds).map(|(example, fold)| {
        let known = known.get(usize::try_from(*fold).unwrap_or_default());
        let words: Vec<u64> = words(example).collect();
        let strange = words.iter().filter(|word| known.is_none_or(|known| !known.contains(word)));
        strange.count() as f32 / words.len().max(1) as f32
    });
    strangeness.collect()
}

fn pick<'e, T>(all: &'e [T], folds: &'e [u64], wanted: impl Fn(u64) -> bool) -> impl Iterator<Item = &'e T> {
    all.iter().zip(folds).filter(move |(_, fold)| wanted(**fold)).map(|(one, _)| one)
}

fn words(example: &Example) -> impl Iterator<Item = u64> {
    example.seen.sentences.iter().flat_map(|sentence| &sentence.words).copied()
}

fn known_words<'e>(examples: impl Iterator<Item = &'e Example>) -> BTreeSet<u64> {
    examples.filter(|example| example.source != Source::Noisy).flat_map(words).collect()
}

/// What the first level learns from: mails as bags of sentences, and sentences that were marked.
fn samples<'e>(examples: impl IntoIterator<Item = &'e Example> + Clone) -> Vec<Sample> {
    let known = known_buckets(examples.clone());
    examples.into_iter().flat_map(|example| samples_of(example, &known)).collect()
}

fn samples_of(example: &Example, known: &[bool]) -> Vec<Sample> {
    let sentences = || example.seen.sentences.iter();
    let of = |wanted: Label| {
        let marks = example.marked.iter();
        sentences().zip(marks).filter(move |(_, mark)| **mark == wanted).map(|(sentence, _)| sentence)
    };
    let asks = (example.label_number(), example.acts());
    let mut samples = Vec::new();
    if example.marked.contains(&example.label) && example.label != Label::None {
        samples.push(Sample::of(of(example.label), known, asks, 1.0));
        let none = (number(Label::None), false);
        samples.extend(
            of(Label::None)
                .map(|alone: &SeenSentence| Sample::of(std::iter::once(alone), known, none, UNMARKED)),
        );
    } else {
        samples.push(Sample::of(sentences(), known, asks, 1.0));
    }
    samples
}

/// Buckets whose features were met in several groups.
fn known_buckets<'e>(examples: impl IntoIterator<Item = &'e Example>) -> Vec<bool> {
    let mut met: Vec<(u64, usize)> = vec![(0, 0); BUCKETS];
    for example in examples {
        let features = example.seen.sentences.iter().flat_map(|sentence| &sentence.features);
        for &bucket in features {
            if let Some((last, groups)) =
                met.get_mut(bucket as usize).filter(|met| met.1 == 0 || met.0 != example.group)
            {
                (*last, *groups) = (example.group, *groups + 1);
            }
        }
    }
    met.into_iter().map(|(_, groups)| groups >= GROUPS).collect()
}

//! The second level, fitted in small batches by steps that adapt to each weight (Adam).

use intent::LABELS;
use intent::learning::{HIDDEN, INPUTS, OUTPUTS, Second, with_one};

use super::{logistic, softmax};
use crate::sequence::Sequence;

/// How long steps are remembered, in the mean and in the mean of their squares.
const MEMORY: (f32, f32) = (0.9, 0.999);
/// Mails a step is made of.
const BATCH: usize = 32;

/// The numbers of a mail to be learned from.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    /// What the second level weighs.
    pub(crate) inputs: [f32; INPUTS],
    /// Which label, in the order of `Label::all`.
    pub(crate) label: usize,
    /// Whether money or the end of a contract is asked for.
    pub(crate) acts: bool,
}

/// How the second level is fitted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SecondTerms {
    /// How often all mails are gone over.
    pub(crate) rounds: usize,
    /// How far a step goes at most.
    pub(crate) rate: f32,
    /// How much large weights cost.
    pub(crate) decay: f32,
}

/// Fits to mails.
pub(crate) fn fit(mails: &[&Numbers], terms: SecondTerms) -> Second {
    let mut fitting = Fitting { level: begun(), steps: Step::of(&Second::silent()), terms, batches: 0 };
    let mut order: Vec<&Numbers> = mails.to_vec();
    let mut sequence = Sequence::of(11);
    for round in 0..terms.rounds {
        sequence.shuffle(&mut order);
        for batch in order.chunks(BATCH) {
            fitting.step(batch, round);
        }
    }
    fitting.level
}

/// Small weights, no two the same: equal ones would be moved alike for ever.
#[allow(clippy::cast_precision_loss, reason = "below a thousand")]
fn begun() -> Second {
    let mut level = Second::silent();
    let mut sequence = Sequence::of(5);
    let small = |sequence: &mut Sequence| (sequence.below(1000) as f32 / 500.0 - 1.0) * 0.1;
    for weight in level.hidden.iter_mut().flatten().chain(level.raised.iter_mut().flatten()) {
        *weight = small(&mut sequence);
    }
    level
}

/// Something for each weight.
type Slopes = Second;

/// How weights were moved of late.
struct Step {
    mean: Slopes,
    square: Slopes,
}

impl Step {
    fn of(silent: &Second) -> Self {
        Self { mean: silent.clone(), square: silent.clone() }
    }
}

struct Fitting {
    level: Second,
    steps: Step,
    terms: SecondTerms,
    batches: i32,
}

impl Fitting {
    #[allow(clippy::cast_precision_loss, reason = "a batch, and tens of rounds")]
    fn step(&mut self, batch: &[&Numbers], round: usize) {
        let mut slopes = Second::silent();
        for mail in batch {
            slope(&self.level, mail, &mut slopes);
        }
        self.batches += 1;
        let young = |memory: f32| 1.0 - libm::powf(memory, self.batches as f32);
        let ages = (young(MEMORY.0), young(MEMORY.1));
        let rate = self.terms.rate * (1.0 - round as f32 / self.terms.rounds as f32);
        let each = 1.0 / batch.len() as f32;
        let weights = weights(&mut self.level).zip(weights(&mut slopes));
        let moved = weights.zip(weights_of(&mut self.steps));
        for ((weight, slope), (mean, square)) in moved {
            let slope = *slope * each + self.terms.decay * *weight;
            *mean = MEMORY.0 * *mean + (1.0 - MEMORY.0) * slope;
            *square = MEMORY.1 * *square + (1.0 - MEMORY.1) * slope * slope;
            *weight -= rate * (*mean / ages.0) / ((*square / ages.1).sqrt() + 1e-8);
        }
    }
}

fn weights(level: &mut Second) -> impl Iterator<Item = &mut f32> {
    let direct = level.direct.iter_mut().flatten();
    direct.chain(level.hidden.iter_mut().flatten()).chain(level.raised.iter_mut().flatten())
}

fn weights_of(steps: &mut Step) -> impl Iterator<Item = (&mut f32, &mut f32)> {
    weights(&mut steps.mean).zip(weights(&mut steps.square))
}

/// Adds to `slopes` how the cost of one mail changes with each weight.
fn slope(level: &Second, mail: &Numbers, slopes: &mut Slopes) {
    let sums = level.sums(&mail.inputs);
    let wrong = wrongs(&level.scores(&mail.inputs), mail);
    let mut back = [0.0_f32; HIDDEN];
    for (((back, sum), row), slope) in back.iter_mut().zip(sums).zip(&level.raised).zip(&mut slopes.raised) {
        if sum > 0.0 {
            for ((wrong, weight), slope) in wrong.iter().zip(row).zip(slope) {
                *back += wrong * weight;
                *slope += wrong * sum;
            }
        }
    }
    let rows = slopes.direct.iter_mut().zip(&mut slopes.hidden);
    for ((direct, hidden), input) in rows.zip(with_one(&mail.inputs)).filter(|(_, input)| *input != 0.0) {
        for (slope, wrong) in direct.iter_mut().zip(wrong) {
            *slope += wrong * input;
        }
        for (slope, back) in hidden.iter_mut().zip(back) {
            *slope += back * input;
        }
    }
}

fn wrongs(scores: &[f32; OUTPUTS], mail: &Numbers) -> [f32; OUTPUTS] {
    let [labels @ .., act] = scores;
    let probable: [f32; LABELS] = softmax(labels);
    let mut wrong = [0.0; OUTPUTS];
    for (index, (wrong, probable)) in wrong.iter_mut().zip(probable).enumerate() {
        *wrong = probable - f32::from(u8::from(index == mail.label));
    }
    if let Some(last) = wrong.last_mut() {
        *last = logistic(*act) - f32::from(u8::from(mail.acts));
    }
    wrong
}

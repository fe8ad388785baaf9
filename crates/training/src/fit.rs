//! Fitting: two levels of logistic regression, deterministic to the last bit.
//!
//! One seed, one order, no threads in a sum, and `libm` for what the platform would compute in its own way.

mod first;
mod second;

pub(crate) use first::{First, Sample, Terms};
pub(crate) use second::{Numbers, SecondTerms, fit as fit_second};

use intent::LABELS;

/// How probable each label is, from a score a label; functions without a last score for nothing leave that at zero.
pub(crate) fn softmax(scores: &[f32]) -> [f32; LABELS] {
    let mut probable = [0.0_f32; LABELS];
    for (place, score) in probable.iter_mut().zip(scores) {
        *place = *score;
    }
    let most = probable.iter().copied().fold(f32::MIN, f32::max);
    let powers = probable.map(|score| libm::expf(score - most));
    let sum: f32 = powers.iter().sum();
    powers.map(|power| power / sum)
}

/// How probable it is, from a score.
pub(crate) fn logistic(score: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-score))
}

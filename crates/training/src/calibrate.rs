//! What a score is worth, and from which probability on a reading is acted on; told by mails that the model had not seen.

use domain::{Function, Label};
use intent::learning::{OUTPUTS, probabilities};
use intent::{LABELS, Limits};

use crate::example::{Example, Source, moves_money};
use crate::fit::Numbers;
use crate::train::Outcome;

/// How often a refund that is acted on must be right, and a cancellation, which can be taken back.
const RIGHT_MONEY: (f32, f32) = (0.99, 0.99);
/// How often any other reading that is acted on must be right.
const RIGHT: f32 = 0.9;
/// No label is acted on that is less probable, and none is asked to be more probable.
const RANGE: (f32, f32) = (0.4, 0.97);
/// How far the first label must be ahead of the second.
const MARGIN: f32 = 0.1;
/// So many of a thousand mails are stranger than is let pass.
const STRANGEST: usize = 5;

/// The temperature that makes the probabilities of the right labels largest.
pub(crate) fn temperature(scores: &[[f32; OUTPUTS]], numbers: &[Numbers]) -> f32 {
    let cost = |temperature: f32| {
        let each = scores.iter().zip(numbers).map(|(scores, numbers)| {
            let (labels, _) = probabilities(*scores, temperature);
            -libm::logf(labels.get(numbers.label).copied().unwrap_or_default().max(1e-9))
        });
        each.sum::<f32>()
    };
    let tried = (10_u16..60).map(|step| f32::from(step) * 0.05);
    tried.min_by(|one, other| cost(*one).total_cmp(&cost(*other))).unwrap_or(1.0)
}

/// The limits that keep the readings acted on as often right as they must be.
pub(crate) fn limits(examples: &[Example], outcomes: &[Outcome]) -> Limits {
    let mut limits = Limits { labels: [0.0; LABELS], acts: [0.0; 2], margin: MARGIN, unknown: 1.0 };
    limits.unknown = strangest(examples, outcomes);
    for (limit, label) in limits.labels.iter_mut().zip(Label::all()) {
        let right = match label {
            Label::Ask(Function::Refund) => RIGHT_MONEY.0,
            Label::Ask(Function::CancelSubscription) => RIGHT_MONEY.1,
            Label::Ask(_) | Label::None => RIGHT,
        };
        *limit = least(label, right, examples, outcomes);
    }
    let of = |function: Function| {
        Label::all().zip(limits.labels).find(|(label, _)| *label == Label::Ask(function))
    };
    let acts = [Function::Refund, Function::CancelSubscription];
    limits.acts = acts.map(|function| of(function).map_or(1.0, |(_, limit)| limit));
    limits
}

/// The least probability from which on a label is right often enough.
#[allow(clippy::cast_precision_loss, reason = "thousands of mails, not millions")]
fn least(label: Label, right: f32, examples: &[Example], outcomes: &[Outcome]) -> f32 {
    let mut taken: Vec<(f32, bool)> = examples
        .iter()
        .zip(outcomes)
        .filter(|(_, outcome)| outcome.is_cleared && outcome.scores.best() == label)
        .filter(|(_, outcome)| outcome.scores.margin() >= MARGIN)
        .map(|(example, outcome)| (sureness(label, outcome), example.label == label))
        .collect();
    taken.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (mut limit, mut rights) = (RANGE.1, 0.0);
    for ((sure, is_right), count) in taken.iter().zip(1_usize..) {
        rights += f32::from(u8::from(*is_right));
        if rights / count as f32 >= right {
            limit = *sure;
        }
    }
    limit.clamp(RANGE.0, RANGE.1)
}

/// What is compared with the limit: of money both heads must be sure.
fn sureness(label: Label, outcome: &Outcome) -> f32 {
    let probable = outcome.scores.of_label(label);
    if moves_money(label) { probable.min(outcome.scores.act) } else { probable }
}

/// As strange as all but very few mails are to a model that was not trained on them.
fn strangest(examples: &[Example], outcomes: &[Outcome]) -> f32 {
    let written = examples.iter().zip(outcomes).filter(|(example, _)| example.source != Source::Noisy);
    let mut strange: Vec<f32> = written.map(|(_, outcome)| outcome.scores.unknown).collect();
    strange.sort_by(f32::total_cmp);
    let last = strange.len() - strange.len() * STRANGEST / 1000;
    last.checked_sub(1).and_then(|last| strange.get(last)).copied().unwrap_or(1.0)
}

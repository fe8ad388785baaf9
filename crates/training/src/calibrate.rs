//! What a score is worth, and from which probability on a reading is acted on; told by mails that the model had not seen.

use domain::{Function, Label};
use intent::learning::{OUTPUTS, probabilities};
use intent::{LABELS, Limits};

use crate::example::{Example, Source, moves_money};
use crate::fit::Numbers;
use crate::train::Outcome;

/// How often a refund or a cancellation that is acted on must be right.
const RIGHT_MONEY: f32 = 0.985;
/// The same where the rules find it plainly asked for, too. What fools both of them here are mails written to fool them, as many as there are
/// requests: of suppliers, landlords and jokers. Asking for more turns away most plain requests of strangers to these situations.
const RIGHT_PLAIN: f32 = 0.96;
/// How often a mail that nobody is shown must ask for nothing indeed: a request put aside is missed by nobody but its sender.
const RIGHT_NONE: f32 = 0.95;
/// The same where something in the mail tells why nothing is asked: a retraction, a notice, a newsletter.
const RIGHT_EXPLAINED: f32 = 0.92;
/// How often any other reading that is acted on must be right.
const RIGHT: f32 = 0.9;
/// No label is acted on that is less probable, and none is asked to be more probable.
const RANGE: (f32, f32) = (0.4, 0.97);
/// The same for a refund and a cancellation.
const RANGE_MONEY: (f32, f32) = (0.6, 0.99);
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
    let unknown = strangest(examples, outcomes);
    let mut limits = Limits { labels: [0.0; LABELS], plain: [0.0; 3], margin: MARGIN, unknown };
    let all = || examples.iter().map(|example| example.label).zip(outcomes);
    for (limit, label) in limits.labels.iter_mut().zip(Label::all()) {
        let (right, range) = match label {
            Label::None => (RIGHT_NONE, RANGE),
            Label::Ask(_) if moves_money(label) => (RIGHT_MONEY, RANGE_MONEY),
            Label::Ask(_) => (RIGHT, RANGE),
        };
        let taken = all().filter(|(_, outcome)| !outcome.is_plain && outcome.scores.margin() >= MARGIN);
        *limit = least(label, taken, right).clamp(range.0, range.1);
    }
    let refund = (Label::Ask(Function::Refund), RIGHT_PLAIN, RANGE_MONEY);
    let cancel = (Label::Ask(Function::CancelSubscription), RIGHT_PLAIN, RANGE_MONEY);
    limits.plain = [refund, cancel, (Label::None, RIGHT_EXPLAINED, RANGE)].map(|(label, right, range)| {
        let plain = all().filter(|(_, outcome)| outcome.is_plain);
        least(label, plain, right).clamp(range.0, range.1)
    });
    limits
}

/// The least sureness from which on a label is right often enough.
#[allow(clippy::cast_precision_loss, reason = "thousands of mails, not millions")]
fn least<'o>(label: Label, outcomes: impl Iterator<Item = (Label, &'o Outcome)>, right: f32) -> f32 {
    let cleared = outcomes.filter(|(_, outcome)| outcome.is_cleared && outcome.scores.best() == label);
    let mut taken: Vec<(f32, bool)> =
        cleared.map(|(asked, outcome)| (outcome.scores.sureness(label), asked == label)).collect();
    taken.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (mut limit, mut rights) = (1.0, 0.0);
    for ((sure, is_right), count) in taken.iter().zip(1_usize..) {
        rights += f32::from(u8::from(*is_right));
        if rights / count as f32 >= right {
            limit = *sure;
        }
    }
    limit
}

/// As strange as all but very few mails are to a model that was not trained on them.
fn strangest(examples: &[Example], outcomes: &[Outcome]) -> f32 {
    let written = examples.iter().zip(outcomes).filter(|(example, _)| example.source != Source::Noisy);
    let mut strange: Vec<f32> = written.map(|(_, outcome)| outcome.scores.unknown).collect();
    strange.sort_by(f32::total_cmp);
    let last = strange.len() - strange.len() * STRANGEST / 1000;
    last.checked_sub(1).and_then(|last| strange.get(last)).copied().unwrap_or(1.0)
}

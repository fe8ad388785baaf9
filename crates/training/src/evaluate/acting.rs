//! Refunds and cancellations where they are acted on: how many are right, and how that changes with how sure one has to be.

use domain::Label;
use serde::Serialize;

use super::{ACTIONS, Graded, count, share};

const RECALLS: [f64; 4] = [0.5, 0.7, 0.8, 0.9];
const PRECISIONS: [f64; 4] = [0.95, 0.98, 0.99, 1.0];
/// How refunds and cancellations together are called.
const BOTH: &str = "refund_or_cancel";

/// How one kind of action fares.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Acting {
    /// The label, or `refund_or_cancel`.
    pub label: &'static str,
    /// How many mails ask for it.
    pub asked: u32,
    /// How many mails would be acted on so.
    pub acted: u32,
    /// How many of these rightly.
    pub right: u32,
    /// Right of acted.
    pub precision: Option<f64>,
    /// Right of asked.
    pub recall: Option<f64>,
    /// The precision at the first step that finds at least so many.
    pub at_recall: Vec<AtRecall>,
    /// The most that is found with at least that precision.
    pub at_precision: Vec<AtPrecision>,
    /// Taking the surest first, what goes to a person at the end, all at once.
    pub curve: Vec<Point>,
}

/// The precision at a recall.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AtRecall {
    /// The recall asked for.
    pub least: f64,
    /// The step that reaches it; none does where too many are not found at all.
    pub reached: Option<Point>,
}

/// The recall at a precision.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AtPrecision {
    /// The precision asked for.
    pub least: f64,
    /// The most that is found with it; 0 where no step has it.
    pub recall: f64,
}

/// A step of the curve: everything at least so sure is counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// The share of the asked that is right up to here.
    pub recall: f64,
    /// The share of the counted that is right.
    pub precision: f64,
    /// How sure the last of the step is; absent where it goes to a person.
    pub confidence: Option<f64>,
}

pub(super) fn of(graded: &[Graded<'_>]) -> Vec<Acting> {
    let single = ACTIONS.map(|label| (label.as_str(), vec![label]));
    let each = single.into_iter().chain([(BOTH, ACTIONS.to_vec())]);
    each.map(|(name, labels)| Acting::of(name, &labels, graded)).collect()
}

impl Acting {
    fn of(label: &'static str, labels: &[Label], graded: &[Graded<'_>]) -> Self {
        let asked = count(graded.iter().filter(|each| labels.contains(&each.mail.label)));
        let mut taken: Vec<&Graded<'_>> =
            graded.iter().filter(|each| labels.contains(&each.predicted())).collect();
        taken.sort_by_key(|each| std::cmp::Reverse(each.rank()));
        let acted = count(taken.iter().filter(|each| each.acts()));
        let right = count(taken.iter().filter(|each| each.acts() && each.is_right()));
        let curve = curve(&taken, asked);
        Self {
            label,
            asked,
            acted,
            right,
            precision: share(right, acted),
            recall: share(right, asked),
            at_recall: RECALLS.map(|least| at_recall(&curve, least)).to_vec(),
            at_precision: PRECISIONS.map(|least| at_precision(&curve, least)).to_vec(),
            curve,
        }
    }
}

/// Mails that are equally sure are one step.
fn curve(taken: &[&Graded<'_>], asked: u32) -> Vec<Point> {
    let (mut right, mut counted) = (0, 0);
    let steps = taken.chunk_by(|one, other| one.rank() == other.rank()).map(|step| {
        right += count(step.iter().filter(|each| each.is_right()));
        counted += count(step.iter());
        Point {
            recall: share(right, asked).unwrap_or(0.0),
            precision: share(right, counted).unwrap_or(0.0),
            confidence: step
                .first()
                .and_then(|each| each.rank())
                .map(|permille| f64::from(permille) / 1000.0),
        }
    });
    steps.collect()
}

fn at_recall(curve: &[Point], least: f64) -> AtRecall {
    AtRecall { least, reached: curve.iter().find(|point| point.recall >= least).copied() }
}

fn at_precision(curve: &[Point], least: f64) -> AtPrecision {
    let precise = curve.iter().filter(|point| point.precision >= least);
    AtPrecision { least, recall: precise.map(|point| point.recall).fold(0.0, f64::max) }
}

//! Whether being sure is worth anything: how right the surest mails are, and whether "0.9" is right nine times of ten.

use serde::Serialize;

use super::{ACTIONS, Graded, count, share};

const COVERAGES: [u32; 3] = [50, 70, 90];
/// How many bins the sureness from 0 to 1 is divided into.
const BINS: u16 = 10;
const BIN_PERMILLE: u16 = 1000 / BINS;

/// How right the surest part of the mails is. What goes to a person comes last.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Coverage {
    /// The part, in per cent.
    pub percent: u32,
    /// The share of it that is right.
    pub accuracy: Option<f64>,
    /// How sure the last of it is; absent where that goes to a person.
    pub confidence: Option<f64>,
    /// How many in it were taken for a refund or a cancellation.
    pub actions: u32,
    /// The share of these that is right.
    pub action_precision: Option<f64>,
}

/// What being sure is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// Expected calibration error: how far sureness and being right lie apart, over the bins, by their mails.
    pub ece: Option<f64>,
    /// The mean square of what is missing: 0 at best.
    pub brier: Option<f64>,
    /// Bins of equal width; empty ones are left out.
    pub bins: Vec<Bin>,
}

/// The mails about equally sure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// Its lower end.
    pub from: f64,
    /// Its upper end; only the last bin holds what lies on it.
    pub to: f64,
    /// How many mails.
    pub mails: u32,
    /// How sure they are, on the whole.
    pub confidence: f64,
    /// The share that is right.
    pub accuracy: f64,
}

pub(super) fn coverage(graded: &[Graded<'_>]) -> Vec<Coverage> {
    let mut surest: Vec<&Graded<'_>> = graded.iter().collect();
    surest.sort_by_key(|each| std::cmp::Reverse(each.rank()));
    COVERAGES.into_iter().map(|percent| covered(&surest, percent)).collect()
}

fn covered(surest: &[&Graded<'_>], percent: u32) -> Coverage {
    let wanted = part(surest.len(), percent);
    let covered = surest.get(..wanted).unwrap_or(surest);
    let right = |each: &&&Graded<'_>| each.is_right();
    let actions = covered.iter().filter(|each| ACTIONS.contains(&each.predicted()));
    Coverage {
        percent,
        accuracy: share(count(covered.iter().filter(right)), count(covered.iter())),
        confidence: covered.last().and_then(|each| each.rank()).map(|permille| f64::from(permille) / 1000.0),
        actions: count(actions.clone()),
        action_precision: share(count(actions.clone().filter(right)), count(actions)),
    }
}

/// At least one mail; halves go to the even number.
fn part(mails: usize, percent: u32) -> usize {
    let hundredths = mails * usize::try_from(percent).unwrap_or(100);
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let up = rest > 50 || (rest == 50 && whole % 2 == 1);
    (whole + usize::from(up)).max(1)
}

impl Calibration {
    pub(super) fn of(graded: &[Graded<'_>]) -> Self {
        let mails = f64::from(count(graded.iter()).max(1));
        let bins: Vec<Bin> = (0..BINS).filter_map(|number| bin(graded, number)).collect();
        let apart = bins.iter().map(|bin| f64::from(bin.mails) * (bin.accuracy - bin.confidence).abs());
        let missing = graded.iter().map(|each| (sure(each) - f64::from(u8::from(each.is_right()))).powi(2));
        let some = !graded.is_empty();
        Self {
            ece: some.then(|| apart.sum::<f64>() / mails),
            brier: some.then(|| missing.sum::<f64>() / mails),
            bins,
        }
    }
}

fn bin(graded: &[Graded<'_>], number: u16) -> Option<Bin> {
    let here = |each: &&Graded<'_>| (each.confidence() / BIN_PERMILLE).min(BINS - 1) == number;
    let inside: Vec<&Graded<'_>> = graded.iter().filter(here).collect();
    let mails = count(inside.iter());
    Some(Bin {
        from: f64::from(number) / f64::from(BINS),
        to: f64::from(number + 1) / f64::from(BINS),
        mails,
        confidence: inside.iter().map(|each| sure(each)).sum::<f64>() / f64::from(mails.max(1)),
        accuracy: share(count(inside.iter().filter(|each| each.is_right())), mails)?,
    })
}

fn sure(each: &Graded<'_>) -> f64 {
    f64::from(each.confidence()) / 1000.0
}

//! From a number to its place, with ticks that are round numbers.

use crate::number::Unit;

/// How numbers are spread over an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spacing {
    /// Equal steps, from 0 on.
    Even,
    /// Each tenfold is as long as the one before: for what spans several.
    Tenfold,
}

/// An axis of numbers: which there are, where each lies, and which are written on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    lowest: f64,
    highest: f64,
    spacing: Spacing,
    ticks: Vec<f64>,
}

/// Steps of time that are round for people, in seconds.
const TIMES: [f64; 14] =
    [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_200.0, 1_800.0, 3_600.0, 7_200.0];
/// No axis has more steps than this.
const STEPS: f64 = 7.0;
/// An axis of tenfolds is at most this long; what is smaller lies on its lower edge.
const TENFOLDS: i32 = 9;
/// Up to so many tenfolds, their twos and fives are written too.
const FEW: i32 = 2;

impl Scale {
    /// From 0 to the first round number that is not below `highest`; to 1 when there is nothing above 0.
    pub fn even(highest: f64, unit: Unit) -> Self {
        let highest = if highest.is_finite() && highest > 0.0 { highest } else { 1.0 };
        let step = step(highest / STEPS, unit);
        let count = (highest / step - 1e-9).ceil().max(1.0);
        let ticks = counted(count).map(|place| place * step).collect();
        Self { lowest: 0.0, highest: count * step, spacing: Spacing::Even, ticks }
    }

    /// From a power of ten to another, around both numbers; they must be above 0.
    pub fn tenfold(lowest: f64, highest: f64) -> Self {
        let known = |number: f64| if number.is_finite() && number > 0.0 { number } else { 1.0 };
        let to = power(known(highest).log10() - 1e-9, f64::ceil);
        let from = power(known(lowest).log10() + 1e-9, f64::floor).clamp(to - TENFOLDS, to - 1);
        let within: &[f64] = if to - from <= FEW { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let mut ticks: Vec<f64> =
            (from..to).flat_map(|power| within.iter().map(move |part| part * 10f64.powi(power))).collect();
        ticks.push(10f64.powi(to));
        Self { lowest: 10f64.powi(from), highest: 10f64.powi(to), spacing: Spacing::Tenfold, ticks }
    }

    /// From 0 to exactly `highest`, which must be above 0; what is written on it stands elsewhere.
    pub(crate) fn exactly(highest: f64) -> Self {
        Self { lowest: 0.0, highest, spacing: Spacing::Even, ticks: Vec::new() }
    }

    /// From 0 at the lower end to 1 at the upper; what is outside lies on the edge.
    pub fn place(&self, value: f64) -> f64 {
        let part = match self.spacing {
            Spacing::Even => (value - self.lowest) / (self.highest - self.lowest),
            Spacing::Tenfold => {
                (value.max(f64::MIN_POSITIVE) / self.lowest).log10() / (self.highest / self.lowest).log10()
            }
        };
        part.clamp(0.0, 1.0)
    }

    /// The numbers that are written on the axis, growing.
    pub fn ticks(&self) -> &[f64] {
        &self.ticks
    }

    /// The number at the upper end.
    pub fn highest(&self) -> f64 {
        self.highest
    }
}

/// The first round number that is not below `least`.
fn step(least: f64, unit: Unit) -> f64 {
    if unit == Unit::Seconds
        && let Some(step) = TIMES.into_iter().find(|step| *step >= least)
    {
        return step;
    }
    let power = 10f64.powi(power(least.log10(), f64::floor));
    let round = [1.0, 2.0, 5.0, 10.0].into_iter().find(|part| part * power >= least * (1.0 - 1e-9));
    round.unwrap_or(10.0) * power
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounded already, and held within the powers that a float has"
)]
fn power(exponent: f64, round: impl Fn(f64) -> f64) -> i32 {
    round(exponent).clamp(-300.0, 300.0) as i32
}

/// 0, 1, 2 … `last`
fn counted(last: f64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(0.0), move |place| (*place < last).then_some(place + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: &[f64], expected: &[f64]) {
        let is_near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-9);
        assert!(is_near && found.len() == expected.len(), "{found:?}, not {expected:?}");
    }

    #[test]
    fn ticks_are_round_numbers_and_reach_over_the_highest() {
        let scale = Scale::even(4_321.0, Unit::Number);
        check(scale.ticks(), &[0.0, 1_000.0, 2_000.0, 3_000.0, 4_000.0, 5_000.0]);
        check(Scale::even(0.3, Unit::Share).ticks(), &[0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]);
        check(&[Scale::even(7.0, Unit::Number).highest()], &[7.0]);
        check(&[Scale::even(0.0, Unit::Number).highest()], &[1.0]);
        check(&[Scale::even(f64::NAN, Unit::Number).highest()], &[1.0]);
    }

    #[test]
    fn time_goes_in_steps_of_clocks() {
        let minutes = Scale::even(180.0, Unit::Seconds);
        check(minutes.ticks(), &[0.0, 30.0, 60.0, 90.0, 120.0, 150.0, 180.0]);
        check(Scale::even(3_000.0, Unit::Seconds).ticks(), &[0.0, 600.0, 1_200.0, 1_800.0, 2_400.0, 3_000.0]);
        check(&[Scale::even(90_000.0, Unit::Seconds).highest()], &[100_000.0]);
    }

    #[test]
    fn a_number_lies_in_its_place() {
        let even = Scale::even(100.0, Unit::Number);
        check(&[0.0, 25.0, 100.0, -5.0, 500.0].map(|number| even.place(number)), &[0.0, 0.25, 1.0, 0.0, 1.0]);
        let tenfold = Scale::tenfold(1.0, 1_000.0);
        check(&[1.0, 10.0, 1_000.0, 0.0].map(|number| tenfold.place(number)), &[0.0, 1.0 / 3.0, 1.0, 0.0]);
    }

    #[test]
    fn tenfolds_begin_and_end_with_powers_of_ten() {
        check(Scale::tenfold(0.3, 40.0).ticks(), &[0.1, 1.0, 10.0, 100.0]);
        check(Scale::tenfold(2.0, 9.0).ticks(), &[1.0, 2.0, 5.0, 10.0]);
        check(Scale::tenfold(10.0, 10.0).ticks(), &[1.0, 2.0, 5.0, 10.0]);
        assert!(Scale::tenfold(1e-30, 1.0).ticks().len() < 12);
        check(&[Scale::tenfold(-1.0, f64::NAN).highest()], &[1.0]);
    }
}

//! How long the slowest took: a curve on which 90, 99 and 99.9 percent are equally far apart.

use crate::drawing::{Svg, Title};
use crate::lines::{self, Line};
use crate::plot::{Axis, Plot, Tick};
use crate::scale::Scale;

/// Curves of percentiles in one frame.
#[derive(Debug, Clone, Copy)]
pub struct PercentileChart<'a> {
    /// What stands above.
    pub title: Title<'a>,
    /// The left edge: what was measured.
    pub upwards: Axis<'a>,
    /// Points of a percentile, from 0 to 100, and the number that so many percent do not exceed. What is measured at 100 is drawn
    /// at the end of the curve, a third of a step behind the one before.
    pub curves: &'a [Line<'a>],
}

/// What is written on the lower edge, as far as the curves go.
const TICKS: [(f64, &str); 8] = [
    (0.0, "0"),
    (50.0, "50 %"),
    (90.0, "90 %"),
    (99.0, "99 %"),
    (99.9, "99.9 %"),
    (99.99, "99.99 %"),
    (99.999, "99.999 %"),
    (99.9999, "99.9999 %"),
];

impl PercentileChart<'_> {
    /// The drawing.
    pub fn draw(&self) -> Svg {
        let placed: Vec<Vec<[f64; 2]>> = self.curves.iter().map(|curve| placed(curve.points)).collect();
        let points = || placed.iter().flatten();
        let farthest = points().map(|[x, _]| *x).fold(1.0, f64::max);
        let across = Scale::exactly(farthest);
        let ticks: Vec<Tick> = TICKS
            .iter()
            .map(|(percentile, said)| (nines(*percentile), (*said).to_owned()))
            .filter(|(place, _)| *place <= farthest + 1e-9)
            .collect();
        let upwards = self.upwards.scale(points().map(|[_, y]| *y));
        let name = "percent of the mails that were at least as fast";
        let mut plot = Plot::new(self.title, (across, name, ticks), (upwards, self.upwards));
        let named = self.curves.iter().zip(&placed);
        let curves: Vec<Line<'_>> = named.map(|(curve, points)| Line { name: curve.name, points }).collect();
        lines::draw_all(&mut plot, &curves);
        plot.drawing.finish()
    }
}

/// 0 → 0, 90 → 1, 99 → 2, 99.9 → 3
fn nines(percentile: f64) -> f64 {
    -(1.0 - percentile / 100.0).log10()
}

fn placed(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut placed: Vec<[f64; 2]> = Vec::with_capacity(points.len());
    for [percentile, value] in points.iter().filter(|[_, value]| value.is_finite()) {
        let last = placed.last().map_or(0.0, |[x, _]| *x);
        let x = if *percentile < 100.0 { nines(percentile.max(0.0)) } else { last + 1.0 / 3.0 };
        placed.push([x, *value]);
    }
    placed
}

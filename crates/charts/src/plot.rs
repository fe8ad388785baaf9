//! The frame of a chart with two axes.

use crate::drawing::{Anchor, Drawing, Title};
use crate::number::Unit;
use crate::scale::{Scale, Spacing};

/// What an axis says.
#[derive(Debug, Clone, Copy)]
pub struct Axis<'a> {
    /// What is counted, as in `mails a second`.
    pub name: &'a str,
    /// In which unit.
    pub unit: Unit,
    /// How its numbers are spread.
    pub spacing: Spacing,
}

impl Axis<'_> {
    pub(crate) fn scale(self, values: impl Iterator<Item = f64> + Clone) -> Scale {
        let highest = values.clone().fold(f64::NEG_INFINITY, f64::max);
        match self.spacing {
            Spacing::Even => Scale::even(highest, self.unit),
            Spacing::Tenfold => {
                Scale::tenfold(values.filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min), highest)
            }
        }
    }
}

pub(crate) const WIDTH: f64 = 860.0;
pub(crate) const LEFT: f64 = 92.0;
const RIGHT: f64 = 30.0;
const TOP: f64 = 104.0;
const DEPTH: f64 = 260.0;

/// Where a chart's numbers lie on the paper.
pub(crate) struct Plot {
    pub(crate) drawing: Drawing,
    across: Scale,
    upwards: Scale,
}

/// A tick of an axis and what is written at it.
pub(crate) type Tick = (f64, String);

impl Plot {
    /// A frame with grid and numbers. The ticks of the lower edge lie where `across` has them.
    pub(crate) fn new(
        title: Title<'_>,
        across: (Scale, &str, Vec<Tick>),
        upwards: (Scale, Axis<'_>),
    ) -> Self {
        let drawing = Drawing::new(WIDTH, TOP + DEPTH + 64.0, title);
        let (across, name, ticks) = across;
        let (upwards, axis) = upwards;
        let mut plot = Self { drawing, across, upwards };
        plot.write_across(name, &ticks);
        plot.write_upwards(axis);
        plot
    }

    /// The point on the paper.
    pub(crate) fn at(&self, x: f64, y: f64) -> [f64; 2] {
        on_paper(self.across.place(x), self.upwards.place(y))
    }

    fn write_across(&mut self, name: &str, ticks: &[Tick]) {
        for (tick, said) in ticks {
            let right = self.across.place(*tick);
            let [x, floor] = on_paper(right, 0.0);
            self.drawing.line([x, floor], on_paper(right, 1.0), "grid");
            self.drawing.text([x, floor + 18.0], Anchor::Middle, "faint", said);
        }
        let [x, floor] = on_paper(0.5, 0.0);
        self.drawing.line(on_paper(0.0, 0.0), on_paper(1.0, 0.0), "axis");
        self.drawing.text([x, floor + 42.0], Anchor::Middle, "", name);
    }

    fn write_upwards(&mut self, axis: Axis<'_>) {
        for tick in self.upwards.ticks().to_owned() {
            let up = self.upwards.place(tick);
            let [x, y] = on_paper(0.0, up);
            self.drawing.line([x, y], on_paper(1.0, up), "grid");
            self.drawing.text([x - 8.0, y + 4.0], Anchor::End, "faint", &axis.unit.said(tick));
        }
        self.drawing.line(on_paper(0.0, 0.0), on_paper(0.0, 1.0), "axis");
        let [x, y] = on_paper(0.0, 0.5);
        self.drawing.turned_text([x - 72.0, y], -90, Anchor::Middle, axis.name);
    }

    /// Instead of a curve that does not exist.
    pub(crate) fn say_empty(&mut self) {
        let middle = on_paper(0.5, 0.5);
        self.drawing.text(middle, Anchor::Middle, "faint", "nothing was measured");
    }
}

/// From shares of the frame to pixels.
fn on_paper(right: f64, up: f64) -> [f64; 2] {
    [LEFT + right * (WIDTH - LEFT - RIGHT), TOP + (1.0 - up) * DEPTH]
}

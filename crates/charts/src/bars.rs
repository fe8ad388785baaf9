//! A bar for each thing, longest where there is most of it.

use crate::drawing::{Anchor, Drawing, Svg, Title};
use crate::number::Unit;
use crate::plot::WIDTH;

/// Bars under each other, each with its name before it and its number behind it.
#[derive(Debug, Clone, Copy)]
pub struct BarChart<'a> {
    /// What stands above.
    pub title: Title<'a>,
    /// What the numbers count.
    pub unit: Unit,
    /// From above to below.
    pub bars: &'a [Bar<'a>],
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct Bar<'a> {
    /// What it stands for.
    pub name: &'a str,
    /// How much of it there is; less than nothing is drawn as nothing.
    pub value: f64,
}

pub(crate) const LEFT: f64 = 210.0;
pub(crate) const TOP: f64 = 76.0;
pub(crate) const STEP: f64 = 28.0;
pub(crate) const THICK: f64 = 18.0;
/// Left free for the numbers behind the bars.
pub(crate) const NUMBERS: f64 = 110.0;

impl BarChart<'_> {
    /// The drawing.
    pub fn draw(&self) -> Svg {
        let mut drawing = Drawing::new(WIDTH, TOP + rows(self.bars.len()) * STEP + 20.0, self.title);
        let longest =
            self.bars.iter().map(|bar| bar.value).filter(|value| value.is_finite()).fold(0.0, f64::max);
        for (place, bar) in self.bars.iter().enumerate() {
            let y = TOP + rows(place) * STEP;
            drawing.text([LEFT - 10.0, y + 14.0], Anchor::End, "", bar.name);
            let length = length(bar.value, longest);
            drawing.rectangle([LEFT, y, length, THICK], "fill0", 1.0);
            drawing.text([LEFT + length + 8.0, y + 14.0], Anchor::Start, "faint", &self.unit.said(bar.value));
        }
        drawing.finish()
    }
}

/// In pixels; the longest takes all the room there is, and nothing takes none.
pub(crate) fn length(value: f64, longest: f64) -> f64 {
    let room = WIDTH - LEFT - NUMBERS;
    if value.is_finite() && value > 0.0 && longest > 0.0 { room * value / longest } else { 0.0 }
}

pub(crate) fn rows(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

//! Bars made of parts: what became of the mails of each month, or of each intent.

use crate::bars::{LEFT, STEP, THICK, TOP, length, rows};
use crate::drawing::{Anchor, Drawing, FILLS, Svg, Title};
use crate::legend::{self, ROW, Sample};
use crate::number::Unit;
use crate::plot::WIDTH;

/// Bars under each other, each cut into the same parts, up to ten of them.
#[derive(Debug, Clone, Copy)]
pub struct StackedBars<'a> {
    /// What stands above.
    pub title: Title<'a>,
    /// What the numbers count.
    pub unit: Unit,
    /// What the parts are called, from left to right.
    pub parts: &'a [&'a str],
    /// From above to below.
    pub rows: &'a [Row<'a>],
}

/// One bar.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// What it stands for.
    pub name: &'a str,
    /// How much there is of each part, in their order; less than nothing is drawn as nothing.
    pub values: &'a [f64],
}

impl StackedBars<'_> {
    /// The drawing.
    pub fn draw(&self) -> Svg {
        let names =
            || self.parts.iter().enumerate().map(|(place, name)| (Sample::Patch(place % FILLS), *name));
        let mut unseen = Drawing::new(WIDTH, 0.0, self.title);
        let legend_at = [LEFT, TOP + 8.0, WIDTH - 20.0];
        let top = TOP + 4.0 + ROW * legend::write(&mut unseen, legend_at, names());
        let mut drawing = Drawing::new(WIDTH, top + rows(self.rows.len()) * STEP + 20.0, self.title);
        legend::write(&mut drawing, legend_at, names());
        let longest = self.rows.iter().map(Row::sum).fold(0.0, f64::max);
        for (place, row) in self.rows.iter().enumerate() {
            self.draw_row(&mut drawing, row, top + rows(place) * STEP, longest);
        }
        drawing.finish()
    }

    fn draw_row(&self, drawing: &mut Drawing, row: &Row<'_>, y: f64, longest: f64) {
        drawing.text([LEFT - 10.0, y + 14.0], Anchor::End, "", row.name);
        let mut x = LEFT;
        for (place, value) in row.values.iter().take(self.parts.len()).enumerate() {
            let length = length(*value, longest);
            if length > 0.0 {
                drawing.rectangle([x, y, length, THICK], &format!("fill{}", place % FILLS), 1.0);
            }
            x += length;
        }
        drawing.text([x + 8.0, y + 14.0], Anchor::Start, "faint", &self.unit.said(row.sum()));
    }
}

impl Row<'_> {
    fn sum(&self) -> f64 {
        self.values.iter().filter(|value| value.is_finite() && **value > 0.0).sum()
    }
}

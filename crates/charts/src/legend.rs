//! Which ink is what: in a row under the title, and in another where the words need it.

use crate::drawing::{Anchor, Drawing};

/// How wide a letter is, as near as it can be told without its font.
const LETTER: f64 = 7.2;
const SAMPLE: f64 = 26.0;
const GAP: f64 = 22.0;

/// A sample of ink: a stroke or a patch.
pub(crate) enum Sample {
    Stroke(usize),
    Patch(usize),
}

/// Writes them from the left edge on, breaking before the right one. Tells how many rows it took.
pub(crate) fn write<'a>(
    drawing: &mut Drawing,
    [left, top, right]: [f64; 3],
    names: impl Iterator<Item = (Sample, &'a str)>,
) -> f64 {
    let (mut x, mut y, mut rows) = (left, top, 1.0);
    for (sample, name) in names {
        let width = SAMPLE + width(name);
        if x + width > right && x > left {
            (x, y, rows) = (left, y + ROW, rows + 1.0);
        }
        match sample {
            Sample::Stroke(ink) => {
                drawing.line([x, y - 4.0], [x + SAMPLE - 6.0, y - 4.0], &format!("line line{ink}"));
            }
            Sample::Patch(ink) => {
                drawing.rectangle([x + 4.0, y - 11.0, 14.0, 14.0], &format!("fill{ink}"), 1.0);
            }
        }
        drawing.text([x + SAMPLE, y], Anchor::Start, "", name);
        x += width + GAP;
    }
    rows
}

/// How much deeper each further row is.
pub(crate) const ROW: f64 = 20.0;

/// How much room words take, about.
pub(crate) fn width(words: &str) -> f64 {
    LETTER * f64::from(u32::try_from(words.chars().count()).unwrap_or(u32::MAX))
}

//! The confusion matrix: a row for what is asked, a column for what it was taken for.

use charts::{Anchor, Drawing, Svg, Title};

use crate::evaluate::{Confusion, share};

const CELL: f64 = 56.0;
const LEFT: f64 = 190.0;
const TOP: f64 = 190.0;
/// From this strength on, ink on a cell is light.
const STRONG: f64 = 0.55;

pub(super) fn draw(title: Title<'_>, confusion: &Confusion) -> Svg {
    let labels = confusion.labels();
    let number = |place: usize| f64::from(u32::try_from(place).unwrap_or(0));
    let side = CELL * number(labels.len());
    let mut drawing = Drawing::new(LEFT + side + 110.0, TOP + side + 80.0, title);
    drawing.text([LEFT - 14.0, TOP - 12.0], Anchor::End, "faint", "asked ↓   taken for →");
    drawing.turned_text([LEFT + side + CELL / 2.0, TOP - 12.0], -45, Anchor::Start, "found (recall)");
    drawing.text([LEFT - 14.0, TOP + side + 36.0], Anchor::End, "", "right (precision)");
    for (place, (label, row)) in labels.iter().zip(&confusion.counts).enumerate() {
        let along = CELL * number(place);
        let (x, y) = (LEFT + along, TOP + along);
        drawing.text([LEFT - 14.0, y + CELL / 2.0 + 4.0], Anchor::End, "", label.label.as_str());
        drawing.turned_text([x + CELL / 2.0, TOP - 12.0], -45, Anchor::Start, label.label.as_str());
        drawing.text(
            [LEFT + side + 14.0, y + CELL / 2.0 + 4.0],
            Anchor::Start,
            "name",
            &percent(label.recall),
        );
        drawing.text([x + CELL / 2.0, TOP + side + 36.0], Anchor::Middle, "name", &percent(label.precision));
        for (column, count) in row.iter().enumerate() {
            let corner = [LEFT + CELL * number(column), y];
            cell(&mut drawing, corner, *count, share(*count, label.mails).unwrap_or(0.0), column == place);
        }
    }
    drawing.finish()
}

/// The stronger, the larger the part of its row; what is wrong shows from the first mail on.
fn cell(drawing: &mut Drawing, [x, y]: [f64; 2], count: u32, part: f64, is_right: bool) {
    let square = [x + 1.0, y + 1.0, CELL - 2.0, CELL - 2.0];
    drawing.rectangle(square, "empty", 1.0);
    if count > 0 {
        let strength = if is_right { 0.15 + 0.85 * part } else { (0.14 + 1.6 * part).min(1.0) };
        drawing.rectangle(square, if is_right { "good" } else { "bad" }, strength);
        let ink = if strength >= STRONG { "on" } else { "" };
        drawing.text([x + CELL / 2.0, y + CELL / 2.0 + 5.0], Anchor::Middle, ink, &count.to_string());
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.0}%", share * 100.0))
}

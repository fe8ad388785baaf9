//! The reliability diagram: bars that end on the diagonal say what they are worth.

use charts::{Anchor, Drawing, Plane, Svg, Title};

use crate::evaluate::Calibration;

const PLANE: Plane = Plane { left: 80.0, top: 120.0, side: 380.0, lowest: 0.0 };

pub(super) fn draw(title: Title<'_>, calibration: &Calibration) -> Svg {
    let mut drawing = Drawing::new(PLANE.left + PLANE.side + 40.0, PLANE.top + PLANE.side + 96.0, title);
    let number = |number: Option<f64>| number.map_or_else(|| "–".to_owned(), |number| format!("{number:.3}"));
    let errors = format!(
        "expected calibration error {}, Brier score {}",
        number(calibration.ece),
        number(calibration.brier)
    );
    drawing.text([PLANE.left, PLANE.top - 26.0], Anchor::Start, "", &errors);
    PLANE.draw(&mut drawing, "how sure postill is", "the share that is right");
    for bin in &calibration.bins {
        let [x, y] = PLANE.at(bin.from, bin.accuracy);
        let [right, floor] = PLANE.at(bin.to, 0.0);
        drawing.rectangle([x + 2.0, y, right - x - 4.0, floor - y], "good", 0.45);
        let middle = f64::midpoint(x, right);
        drawing.text([middle, floor - 8.0], Anchor::Middle, "", &bin.mails.to_string());
        drawing.dot(PLANE.at(bin.confidence, bin.accuracy), 5.0, "mark");
    }
    drawing.line(PLANE.at(0.0, 0.0), PLANE.at(1.0, 1.0), "ideal");
    let legend = "Numbers: mails. Dots on the dotted line: as right as postill is sure.";
    drawing.text([PLANE.left, PLANE.top + PLANE.side + 76.0], Anchor::Start, "faint", legend);
    drawing.finish()
}

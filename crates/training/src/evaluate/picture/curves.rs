//! Precision over recall of refunds and of cancellations; where they are acted on is marked.

use charts::{Anchor, Drawing, Plane, Svg, Title};

use crate::evaluate::{Acting, Point};

const SIDE: f64 = 320.0;
const LEFT: f64 = 80.0;
const TOP: f64 = 110.0;
/// From the left edge of one plane to that of the next.
const STEP: f64 = 420.0;
/// Curves that stay above this are shown from here on.
const UPPER_HALF: f64 = 0.5;

pub(super) fn draw(title: Title<'_>, acting: &[Acting]) -> Svg {
    let mut drawing = Drawing::new(LEFT + STEP + SIDE + 30.0, TOP + SIDE + 96.0, title);
    let single = acting.iter().take(2);
    let all = || single.clone().flat_map(|each| &each.curve);
    let lowest = if all().all(|point| point.precision >= UPPER_HALF) { UPPER_HALF } else { 0.0 };
    for (acting, left) in single.clone().zip([LEFT, LEFT + STEP]) {
        let plane = Plane { left, top: TOP, side: SIDE, lowest };
        let mails = format!("{}, asked in {} mails", acting.label, acting.asked);
        drawing.text([left, TOP - 18.0], Anchor::Start, "name", &mails);
        plane.draw(
            &mut drawing,
            "recall: found of what is asked",
            "precision: right of what is taken for it",
        );
        curve(&mut drawing, plane, &acting.curve);
        threshold(&mut drawing, plane, acting);
    }
    let legend = "Line: the surest first. Dotted: with what goes to a person, too. Dot: where postill acts.";
    drawing.text([LEFT, TOP + SIDE + 76.0], Anchor::Start, "faint", legend);
    drawing.finish()
}

fn curve(drawing: &mut Drawing, plane: Plane, curve: &[Point]) {
    let at = |point: &Point| plane.at(point.recall, point.precision);
    let sure = curve.iter().filter(|point| point.confidence.is_some());
    let first = sure.clone().next().map(|point| plane.at(0.0, point.precision));
    let solid: Vec<[f64; 2]> = first.into_iter().chain(sure.clone().map(at)).collect();
    drawing.path(&solid, "curve");
    if let Some(last) = curve.last().filter(|point| point.confidence.is_none()) {
        let from = solid.last().copied();
        drawing.path(&from.into_iter().chain([at(last)]).collect::<Vec<_>>(), "curve beyond");
    }
}

/// Its words stand where curves seldom are: below on the left.
fn threshold(drawing: &mut Drawing, plane: Plane, acting: &Acting) {
    let Some((precision, recall)) = acting.precision.zip(acting.recall) else {
        let [x, y] = plane.at(0.5, f64::midpoint(plane.lowest, 1.0));
        drawing.text([x, y], Anchor::Middle, "faint", "none is acted on");
        return;
    };
    let [x, y] = plane.at(recall, precision);
    drawing.dot([x, y], 6.0, "mark");
    let [left, floor] = plane.at(0.0, plane.lowest);
    let lines = [
        format!("acts on {}", acting.acted),
        format!("precision {precision:.3}"),
        format!("recall {recall:.3}"),
    ];
    for (line, up) in lines.iter().zip([52.0, 35.0, 18.0]) {
        drawing.text([left + 14.0, floor - up], Anchor::Start, "marked", line);
    }
}

//! Lines over a common axis: rates and latencies over time, most of all.

use crate::drawing::{LINES, Svg, Title};
use crate::legend::{self, Sample};
use crate::plot::{Axis, LEFT, Plot, WIDTH};

/// Lines in one frame, each in an ink and dashes of its own, up to six.
#[derive(Debug, Clone, Copy)]
pub struct LineChart<'a> {
    /// What stands above.
    pub title: Title<'a>,
    /// The lower edge; [`Unit::Seconds`](crate::Unit::Seconds) for time.
    pub across: Axis<'a>,
    /// The left edge.
    pub upwards: Axis<'a>,
    /// What is drawn, from below to above.
    pub lines: &'a [Line<'a>],
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// What it shows.
    pub name: &'a str,
    /// Its points, from left to right. What is no number is left out.
    pub points: &'a [[f64; 2]],
}

impl LineChart<'_> {
    /// The drawing. However many points there are, it stays small: of those that fall into one column of pixels it shows the
    /// outermost.
    pub fn draw(&self) -> Svg {
        let points = || self.lines.iter().flat_map(|line| line.points).filter(|point| is_known(point));
        let across = self.across.scale(points().map(|[x, _]| *x));
        let upwards = self.upwards.scale(points().map(|[_, y]| *y));
        let ticks = across.ticks().iter().map(|tick| (*tick, self.across.unit.said(*tick))).collect();
        let mut plot = Plot::new(self.title, (across, self.across.name, ticks), (upwards, self.upwards));
        draw_all(&mut plot, self.lines);
        plot.drawing.finish()
    }
}

/// The lines, and above them which is which.
pub(crate) fn draw_all(plot: &mut Plot, lines: &[Line<'_>]) {
    let names = lines.iter().enumerate().map(|(place, line)| (Sample::Stroke(place % LINES), line.name));
    legend::write(&mut plot.drawing, [LEFT, 84.0, WIDTH - 20.0], names);
    let mut is_empty = true;
    for (place, line) in lines.iter().enumerate() {
        let points = line.points.iter().filter(|point| is_known(point)).map(|[x, y]| plot.at(*x, *y));
        let points = outermost(points);
        let class = format!("line{}", place % LINES);
        match points.as_slice() {
            [] => continue,
            [only] => plot.drawing.line(
                [only[0] - 3.0, only[1]],
                [only[0] + 3.0, only[1]],
                &format!("line {class}"),
            ),
            several => plot.drawing.path(several, &format!("line {class}")),
        }
        is_empty = false;
    }
    if is_empty {
        plot.say_empty();
    }
}

fn is_known([x, y]: &[f64; 2]) -> bool {
    x.is_finite() && y.is_finite()
}

/// Of each column of pixels the first, the uppermost, the lowest and the last point, in the order they came.
fn outermost(points: impl Iterator<Item = [f64; 2]>) -> Vec<[f64; 2]> {
    let mut kept: Vec<[f64; 2]> = Vec::new();
    let mut column: Vec<[f64; 2]> = Vec::new();
    for point in points {
        let is_next = |first: &[f64; 2]| first[0].floor() < point[0].floor();
        if column.first().is_some_and(is_next) {
            kept.append(&mut ends(std::mem::take(&mut column)));
        }
        column.push(point);
    }
    kept.append(&mut ends(column));
    kept
}

fn ends(column: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    let by_height = |of: fn(f64, f64) -> bool| {
        let places = column.iter().enumerate();
        places.reduce(|best, each| if of(each.1[1], best.1[1]) { each } else { best }).map(|(place, _)| place)
    };
    let last = column.len().saturating_sub(1);
    let kept = [Some(0), by_height(|y, best| y < best), by_height(|y, best| y > best), Some(last)];
    let is_kept = |place: usize| kept.contains(&Some(place));
    column.iter().enumerate().filter(|(place, _)| is_kept(*place)).map(|(_, point)| *point).collect()
}

use crate::drawing::{Anchor, Drawing};

/// A square from 0 to 1 in both ways, or from another number upwards.
#[derive(Debug, Clone, Copy)]
pub struct Plane {
    /// Where its left edge is on the paper.
    pub left: f64,
    /// Where its upper edge is.
    pub top: f64,
    /// How long each edge is, in pixels.
    pub side: f64,
    /// The number at the lower end, below 1.
    pub lowest: f64,
}

impl Plane {
    /// The point on the paper.
    pub fn at(self, x: f64, y: f64) -> [f64; 2] {
        let up = (y - self.lowest) / (1.0 - self.lowest);
        [self.left + x * self.side, self.top + (1.0 - up) * self.side]
    }

    /// Grid, numbers and what the two axes say.
    pub fn draw(self, drawing: &mut Drawing, across: &str, upwards: &str) {
        for step in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
            let height = self.lowest + step * (1.0 - self.lowest);
            drawing.line(self.at(0.0, height), self.at(1.0, height), "grid");
            drawing.line(self.at(step, self.lowest), self.at(step, 1.0), "grid");
            let [x, y] = self.at(0.0, height);
            drawing.text([x - 8.0, y + 4.0], Anchor::End, "faint", &format!("{height:.1}"));
            let [x, y] = self.at(step, self.lowest);
            drawing.text([x, y + 18.0], Anchor::Middle, "faint", &format!("{step:.1}"));
        }
        drawing.line(self.at(0.0, self.lowest), self.at(1.0, self.lowest), "axis");
        drawing.line(self.at(0.0, self.lowest), self.at(0.0, 1.0), "axis");
        let [x, y] = self.at(0.5, self.lowest);
        drawing.text([x, y + 40.0], Anchor::Middle, "", across);
        let [x, y] = self.at(0.0, f64::midpoint(self.lowest, 1.0));
        drawing.turned_text([x - 40.0, y], -90, Anchor::Middle, upwards);
    }
}

//! Paper, ink and the few marks that the pictures are made of.

use std::fmt::Display;

/// Colours by what they mean, for light and for dark surroundings; told apart by those who see no red or green, too.
const STYLE: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif;font-size:13px;fill:#1f2937}
.paper{fill:#ffffff}.title{font-size:16px;font-weight:600}.name{font-size:14px;font-weight:600}.faint{fill:#6b7280;font-size:12px}
.grid{stroke:#e5e7eb;stroke-width:1}.axis{stroke:#6b7280;stroke-width:1}.ideal{stroke:#6b7280;stroke-width:1.5;stroke-dasharray:3 4}
.good{fill:#2563eb}.bad{fill:#c2410c}.empty{fill:#f3f4f6}.on{fill:#ffffff;font-weight:600}
.curve{stroke:#2563eb;stroke-width:2.5;fill:none;stroke-linejoin:round}.beyond{stroke-dasharray:2 5;stroke-linecap:round}
.mark{fill:#c2410c;stroke:#ffffff;stroke-width:2}.marked{fill:#c2410c;font-weight:600}
@media (prefers-color-scheme:dark){text{fill:#e5e7eb}.paper{fill:#111827}.faint{fill:#9ca3af}.grid{stroke:#374151}.axis,.ideal{stroke:#9ca3af}
.good{fill:#60a5fa}.bad{fill:#fb923c}.empty{fill:#1f2937}.on{fill:#0b1220}.curve{stroke:#60a5fa}.mark{fill:#fb923c;stroke:#111827}.marked{fill:#fb923c}}";

/// A drawing in the making. The origin is above and on the left; lengths are pixels.
#[derive(Debug)]
pub(super) struct Drawing {
    marks: String,
    width: f64,
    height: f64,
}

/// What stands above a picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Title<'a> {
    pub(super) title: &'a str,
    pub(super) below: &'a str,
}

/// Where a text stands to its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Drawing {
    /// Paper of that size, with a title.
    pub(super) fn new(width: f64, height: f64, Title { title, below }: Title<'_>) -> Self {
        let mut drawing = Self { marks: String::new(), width, height };
        drawing.mark(format_args!("<title>{}</title><style>{STYLE}</style>", escaped(title)));
        drawing.rectangle([0.0, 0.0, width, height], "paper", 1.0);
        drawing.text([24.0, 32.0], Anchor::Start, "title", title);
        drawing.text([24.0, 52.0], Anchor::Start, "faint", below);
        drawing
    }

    /// `[left, top, width, height]`
    pub(super) fn rectangle(&mut self, [x, y, width, height]: [f64; 4], class: &str, opacity: f64) {
        self.mark(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" class=\"{class}\" fill-opacity=\"{opacity:.2}\"/>"
        ));
    }

    pub(super) fn line(&mut self, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2], class: &str) {
        self.mark(format_args!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" class=\"{class}\"/>"
        ));
    }

    pub(super) fn path(&mut self, points: &[[f64; 2]], class: &str) {
        let points: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
        self.mark(format_args!("<polyline points=\"{}\" class=\"{class}\"/>", points.join(" ")));
    }

    pub(super) fn dot(&mut self, [x, y]: [f64; 2], radius: f64, class: &str) {
        self.mark(format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" class=\"{class}\"/>"));
    }

    pub(super) fn text(&mut self, [x, y]: [f64; 2], anchor: Anchor, class: &str, text: &str) {
        let (anchor, text) = (anchor.as_str(), escaped(text));
        self.mark(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{text}</text>"
        ));
    }

    /// A text turned around its point, in degrees.
    pub(super) fn turned_text(&mut self, [x, y]: [f64; 2], degrees: i32, anchor: Anchor, text: &str) {
        let (anchor, text) = (anchor.as_str(), escaped(text));
        self.mark(format_args!(
            "<text transform=\"translate({x:.1} {y:.1}) rotate({degrees})\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    pub(super) fn finish(self) -> String {
        let Self { marks, width, height } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
             {marks}</svg>\n"
        )
    }

    fn mark(&mut self, mark: impl Display) {
        self.marks.extend([mark.to_string(), "\n".to_owned()]);
    }
}

impl Anchor {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// A square from 0 to 1 in both ways, or from another number upwards.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plane {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) side: f64,
    /// The number at the lower end.
    pub(super) lowest: f64,
}

impl Plane {
    /// The point on the paper.
    pub(super) fn at(self, x: f64, y: f64) -> [f64; 2] {
        let up = (y - self.lowest) / (1.0 - self.lowest);
        [self.left + x * self.side, self.top + (1.0 - up) * self.side]
    }

    /// Grid, numbers and what the two axes say.
    pub(super) fn draw(self, drawing: &mut Drawing, across: &str, upwards: &str) {
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

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

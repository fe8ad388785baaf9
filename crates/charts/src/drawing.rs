//! Paper, ink and the few marks that the pictures are made of.

use std::fmt::{self, Display};

/// Colours by what they mean, for light and for dark surroundings; told apart by those who see no red or green, too.
const STYLE: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif;font-size:13px;fill:#1f2937}
.paper{fill:#ffffff}.title{font-size:16px;font-weight:600}.name{font-size:14px;font-weight:600}.faint{fill:#6b7280;font-size:12px}
.grid{stroke:#e5e7eb;stroke-width:1}.axis{stroke:#6b7280;stroke-width:1}.ideal{stroke:#6b7280;stroke-width:1.5;stroke-dasharray:3 4}
.good{fill:#2563eb}.bad{fill:#c2410c}.empty{fill:#f3f4f6}.on{fill:#ffffff;font-weight:600}
.curve{stroke:#2563eb;stroke-width:2.5;fill:none;stroke-linejoin:round}.beyond{stroke-dasharray:2 5;stroke-linecap:round}
.mark{fill:#c2410c;stroke:#ffffff;stroke-width:2}.marked{fill:#c2410c;font-weight:600}
.line{fill:none;stroke-width:2;stroke-linejoin:round}
.line0{stroke:#2563eb}.line1{stroke:#c2410c;stroke-dasharray:7 3}.line2{stroke:#047857;stroke-dasharray:2 3}
.line3{stroke:#7c3aed;stroke-dasharray:9 3 2 3}.line4{stroke:#a16207;stroke-dasharray:4 2}.line5{stroke:#475569;stroke-dasharray:1 4}
.fill0{fill:#2563eb}.fill1{fill:#ea8a3c}.fill2{fill:#0f9f7a}.fill3{fill:#a78bfa}.fill4{fill:#c9a227}.fill5{fill:#64748b}
.fill6{fill:#db2777}.fill7{fill:#67b7dc}.fill8{fill:#7f1d1d}.fill9{fill:#a3b18a}
@media (prefers-color-scheme:dark){text{fill:#e5e7eb}.paper{fill:#111827}.faint{fill:#9ca3af}.grid{stroke:#374151}.axis,.ideal{stroke:#9ca3af}
.good{fill:#60a5fa}.bad{fill:#fb923c}.empty{fill:#1f2937}.on{fill:#0b1220}.curve{stroke:#60a5fa}.mark{fill:#fb923c;stroke:#111827}.marked{fill:#fb923c}
.line0{stroke:#60a5fa}.line1{stroke:#fb923c}.line2{stroke:#34d399}.line3{stroke:#c4b5fd}.line4{stroke:#facc15}.line5{stroke:#94a3b8}
.fill0{fill:#60a5fa}.fill8{fill:#f87171}}";

/// How many inks there are for lines; beyond, they begin anew.
pub(crate) const LINES: usize = 6;
/// How many inks there are for areas.
pub(crate) const FILLS: usize = 10;

/// A drawing in the making. The origin is above and on the left; lengths are pixels.
#[derive(Debug)]
pub struct Drawing {
    marks: String,
    width: f64,
    height: f64,
}

/// A finished drawing: an `<svg>` element that stands alone as a file or inside a [`Page`](crate::Page).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Svg(String);

impl Svg {
    /// The element, as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, given away.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// What stands above a picture.
#[derive(Debug, Clone, Copy)]
pub struct Title<'a> {
    /// What it shows.
    pub title: &'a str,
    /// What it was made from, in a line of its own; may be empty.
    pub below: &'a str,
}

/// Where a text stands to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Right of it.
    Start,
    /// Around it.
    Middle,
    /// Left of it.
    End,
}

impl Drawing {
    /// Paper of that size, with a title.
    pub fn new(width: f64, height: f64, Title { title, below }: Title<'_>) -> Self {
        let mut drawing = Self { marks: String::new(), width, height };
        drawing.mark(format_args!("<title>{}</title><style>{STYLE}</style>", escaped(title)));
        drawing.rectangle([0.0, 0.0, width, height], "paper", 1.0);
        drawing.text([24.0, 32.0], Anchor::Start, "title", title);
        if !below.is_empty() {
            drawing.text([24.0, 52.0], Anchor::Start, "faint", below);
        }
        drawing
    }

    /// `[left, top, width, height]`; an opacity from 0 to 1.
    pub fn rectangle(&mut self, [x, y, width, height]: [f64; 4], class: &str, opacity: f64) {
        self.mark(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" class=\"{class}\" fill-opacity=\"{opacity:.2}\"/>"
        ));
    }

    /// A straight line.
    pub fn line(&mut self, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2], class: &str) {
        self.mark(format_args!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" class=\"{class}\"/>"
        ));
    }

    /// A line through all points.
    pub fn path(&mut self, points: &[[f64; 2]], class: &str) {
        let points: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
        self.mark(format_args!("<polyline points=\"{}\" class=\"{class}\"/>", points.join(" ")));
    }

    /// A disc around a point.
    pub fn dot(&mut self, [x, y]: [f64; 2], radius: f64, class: &str) {
        self.mark(format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" class=\"{class}\"/>"));
    }

    /// A text at a point.
    pub fn text(&mut self, [x, y]: [f64; 2], anchor: Anchor, class: &str, text: &str) {
        let (anchor, text) = (anchor.as_str(), escaped(text));
        self.mark(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{text}</text>"
        ));
    }

    /// A text turned around its point, in degrees.
    pub fn turned_text(&mut self, [x, y]: [f64; 2], degrees: i32, anchor: Anchor, text: &str) {
        let (anchor, text) = (anchor.as_str(), escaped(text));
        self.mark(format_args!(
            "<text transform=\"translate({x:.1} {y:.1}) rotate({degrees})\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// The drawing with everything on it.
    pub fn finish(self) -> Svg {
        let Self { marks, width, height } = self;
        Svg(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
             {marks}</svg>\n"
        ))
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

impl Display for Svg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text as it may stand in an element or an attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

//! Paper, ink and the few marks that the pictures are made of.

use std::fmt::{self, Display};

/// The inks as a style sheet. Colours by what they mean, for light and for dark surroundings; told apart by those who see no red or green,
/// too. Each rule is for what lies in a drawing, so that a page has other things by the same names.
pub const INKS: &str = "\
svg text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif;font-size:13px;fill:#1f2937}
svg .paper{fill:#ffffff}svg .title{font-size:16px;font-weight:600}svg .name{font-size:14px;font-weight:600}svg .faint{fill:#6b7280;font-size:12px}
svg .grid{stroke:#e5e7eb;stroke-width:1}svg .axis{stroke:#6b7280;stroke-width:1}svg .ideal{stroke:#6b7280;stroke-width:1.5;stroke-dasharray:3 4}
svg .good{fill:#2563eb}svg .bad{fill:#c2410c}svg .empty{fill:#f3f4f6}svg .on{fill:#ffffff;font-weight:600}
svg .curve{stroke:#2563eb;stroke-width:2.5;fill:none;stroke-linejoin:round}svg .beyond{stroke-dasharray:2 5;stroke-linecap:round}
svg .mark{fill:#c2410c;stroke:#ffffff;stroke-width:2}svg .marked{fill:#c2410c;font-weight:600}
svg .line{fill:none;stroke-width:2;stroke-linejoin:round}
svg .line0{stroke:#2563eb}svg .line1{stroke:#c2410c;stroke-dasharray:7 3}svg .line2{stroke:#047857;stroke-dasharray:2 3}
svg .line3{stroke:#7c3aed;stroke-dasharray:9 3 2 3}svg .line4{stroke:#a16207;stroke-dasharray:4 2}svg .line5{stroke:#475569;stroke-dasharray:1 4}
svg .fill0{fill:#2563eb}svg .fill1{fill:#ea8a3c}svg .fill2{fill:#0f9f7a}svg .fill3{fill:#a78bfa}svg .fill4{fill:#c9a227}svg .fill5{fill:#64748b}
svg .fill6{fill:#db2777}svg .fill7{fill:#67b7dc}svg .fill8{fill:#7f1d1d}svg .fill9{fill:#a3b18a}
@media (prefers-color-scheme:dark){svg text{fill:#e5e7eb}svg .paper{fill:#111827}svg .faint{fill:#9ca3af}svg .grid{stroke:#374151}svg .axis,svg .ideal{stroke:#9ca3af}
svg .good{fill:#60a5fa}svg .bad{fill:#fb923c}svg .empty{fill:#1f2937}svg .on{fill:#0b1220}svg .curve{stroke:#60a5fa}svg .mark{fill:#fb923c;stroke:#111827}svg .marked{fill:#fb923c}
svg .line0{stroke:#60a5fa}svg .line1{stroke:#fb923c}svg .line2{stroke:#34d399}svg .line3{stroke:#c4b5fd}svg .line4{stroke:#facc15}svg .line5{stroke:#94a3b8}
svg .fill0{fill:#60a5fa}svg .fill8{fill:#f87171}}";

/// How many inks there are for lines; beyond, they begin anew.
pub(crate) const LINES: usize = 6;
/// How many inks there are for areas.
pub(crate) const FILLS: usize = 10;

/// A drawing in the making. The origin is above and on the left; lengths are pixels.
#[derive(Debug)]
pub struct Drawing {
    title: String,
    marks: String,
    width: f64,
    height: f64,
}

/// A finished drawing: an `<svg>` element that stands alone as a file or inside a [`Page`](crate::Page).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Svg {
    /// The opening tag and the title.
    head: String,
    /// Everything else, up to the closing tag.
    marks: String,
}

impl Svg {
    /// The element without its inks, for a page that has them as [`INKS`] in a style sheet of its own.
    pub fn without_inks(&self) -> String {
        let Self { head, marks } = self;
        format!("{head}\n{marks}</svg>\n")
    }
}

/// The whole, which stands alone.
impl Display for Svg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { head, marks } = self;
        write!(f, "{head}<style>{INKS}</style>\n{marks}</svg>\n")
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
        let mut drawing = Self { title: escaped(title), marks: String::new(), width, height };
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
        let Self { title, marks, width, height } = self;
        let head = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
             <title>{title}</title>"
        );
        Svg { head, marks }
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

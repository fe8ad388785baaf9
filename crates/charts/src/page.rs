//! A page of HTML around tables and drawings. It stands alone: no script, no font, no request to anybody.

use crate::drawing::{Svg, escaped};

/// What stands on a page. All words are escaped when it is written.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Its heading, and what a browser calls it.
    pub title: String,
    /// A line under the heading; may be empty.
    pub below: String,
    /// From above to below.
    pub parts: Vec<Part>,
}

/// A piece of a page.
#[derive(Debug, Clone)]
pub enum Part {
    /// A heading of the second rank.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A paragraph that must not be overlooked.
    Warning(String),
    /// A table.
    Table(Table),
    /// A drawing.
    Figure(Svg),
}

/// A table with a heading. Rows may be of any length; what is missing stays empty.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// What it shows; may be empty.
    pub caption: String,
    /// What the columns are called; without any there is no heading.
    pub head: Vec<String>,
    /// From above to below.
    pub rows: Vec<Vec<Cell>>,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Words, on the left.
    Words(String),
    /// A number, on the right.
    Number(String),
}

/// What the browser is held to: nothing is loaded, nothing runs.
const NOTHING_FROM_OUTSIDE: &str = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1f2937;--faint:#6b7280;--paper:#f9fafb;--sheet:#ffffff;--rule:#e5e7eb;--warn:#c2410c}
@media (prefers-color-scheme:dark){:root{--ink:#e5e7eb;--faint:#9ca3af;--paper:#0b1220;--sheet:#111827;--rule:#374151;--warn:#fb923c}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif}
main{max-width:900px;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.7rem;line-height:1.25;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2.5rem 0 .75rem}
.below{color:var(--faint);margin:0 0 1.5rem}p{margin:.75rem 0}.warning{border-left:4px solid var(--warn);padding:.5rem .9rem;background:var(--sheet)}
figure{margin:1.25rem 0;background:var(--sheet);border:1px solid var(--rule);border-radius:10px;overflow:hidden}
figure svg{display:block;width:100%;height:auto}
.wide{overflow-x:auto;margin:1.25rem 0;background:var(--sheet);border:1px solid var(--rule);border-radius:10px}
table{border-collapse:collapse;width:100%;font-size:.9rem}caption{text-align:left;font-weight:600;padding:.7rem .9rem .3rem}
th,td{padding:.42rem .9rem;text-align:left;vertical-align:top;border-top:1px solid var(--rule)}thead th{color:var(--faint);font-weight:600;border-top:0}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
@media (max-width:640px){main{padding:1.25rem .75rem 3rem}th,td{padding:.35rem .55rem}}
@media print{body,.wide,figure{background:none}figure,.wide{break-inside:avoid}}";

impl Page {
    /// The whole document.
    pub fn html(&self) -> String {
        let title = escaped(&self.title);
        let mut body = format!("<h1>{title}</h1>\n");
        if !self.below.is_empty() {
            body.extend(["<p class=\"below\">", &escaped(&self.below), "</p>\n"]);
        }
        body.extend(self.parts.iter().map(Part::html));
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{NOTHING_FROM_OUTSIDE}\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>{title}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
        )
    }
}

impl Part {
    fn html(&self) -> String {
        match self {
            Self::Heading(text) => format!("<h2>{}</h2>\n", escaped(text)),
            Self::Text(text) => format!("<p>{}</p>\n", escaped(text)),
            Self::Warning(text) => format!("<p class=\"warning\">{}</p>\n", escaped(text)),
            Self::Table(table) => table.html(),
            Self::Figure(svg) => format!("<figure>\n{svg}</figure>\n"),
        }
    }
}

impl Table {
    fn html(&self) -> String {
        let mut html = "<div class=\"wide\"><table>\n".to_owned();
        if !self.caption.is_empty() {
            html.extend(["<caption>", &escaped(&self.caption), "</caption>\n"]);
        }
        if !self.head.is_empty() {
            let cells = self.head.iter().enumerate().map(|(column, name)| {
                format!("<th scope=\"col\"{}>{}</th>", self.class(column), escaped(name))
            });
            html.extend(["<thead><tr>", &cells.collect::<String>(), "</tr></thead>\n"]);
        }
        html.push_str("<tbody>\n");
        for row in &self.rows {
            html.extend(["<tr>", &row.iter().map(Cell::html).collect::<String>(), "</tr>\n"]);
        }
        html.push_str("</tbody>\n</table></div>\n");
        html
    }

    /// A column of numbers has its name on the right, too.
    fn class(&self, column: usize) -> &'static str {
        let first = self.rows.first().and_then(|row| row.get(column));
        first.map_or("", Cell::class)
    }
}

impl Cell {
    /// Words.
    pub fn words(text: impl Into<String>) -> Self {
        Self::Words(text.into())
    }

    /// A number.
    pub fn number(text: impl Into<String>) -> Self {
        Self::Number(text.into())
    }

    fn html(&self) -> String {
        let (Self::Words(text) | Self::Number(text)) = self;
        format!("<td{}>{}</td>", self.class(), escaped(text))
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Words(_) => "",
            Self::Number(_) => " class=\"number\"",
        }
    }
}

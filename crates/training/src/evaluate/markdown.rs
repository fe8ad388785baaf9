//! The report as a page of Markdown.

use super::tables::Table;
use super::{Picture, Report};

pub(super) fn page(report: &Report, folder: Option<&str>) -> String {
    let day = report.at.strftime("%Y-%m-%d");
    let (mails, source) = (report.figures.counted(), plain(&report.source));
    let model = plain(&report.classifier);
    let mut page = format!("# How well mails are understood\n\n{mails} ({source}), model {model}, {day}.\n");
    let pictures = report.pictures();
    for table in report.tables() {
        page.extend([format!("\n## {}\n\n", table.title), rows(&table)]);
        if let Some((folder, name)) = folder.zip(table.picture) {
            let shown = pictures.iter().filter(|picture| picture.name.starts_with(name));
            page.extend(shown.map(|picture| link(folder, picture)));
        }
    }
    page
}

fn link(folder: &str, picture: &Picture) -> String {
    let folder = folder.trim_end_matches('/');
    let way = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    format!("\n![{}](<{way}{}.svg>)\n", plain(&picture.title), picture.name)
}

fn rows(table: &Table) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| plain(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = format!("|{}\n", "---|".repeat(table.heading.len()));
    [line(&table.heading), rule].into_iter().chain(table.rows.iter().map(|row| line(row))).collect()
}

/// Names and texts stand on the page as they are: nothing in them is Markdown or HTML.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '&' => plain.push_str("&amp;"),
            '\n' | '\r' => plain.push(' '),
            '*' | '`' | '[' | ']' | '\\' | '!' | '#' | '~' | '|' => plain.extend(['\\', letter]),
            other => plain.push(other),
        }
    }
    plain
}

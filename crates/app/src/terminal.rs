//! Printing, in one place: results on standard output, everything else on standard error; colours only where a terminal shows them.

use std::io::{self, Write};

use anstyle::AnsiColor;
pub(crate) use anstyle::Style;
use unicode_width::UnicodeWidthStr;

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const PLAIN: Style = Style::new();

/// A line of the result. A closed pipe (`postill … | head`) ends the program quietly, as it does `cat`.
pub(crate) fn result(line: &str) -> io::Result<()> {
    writeln!(anstream::stdout(), "{line}")
}

/// A line for the person at the terminal.
pub(crate) fn note(line: &str) -> io::Result<()> {
    writeln!(anstream::stderr(), "{line}")
}

/// `text` in `style`; the codes are taken out again where no terminal shows them.
pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A cell of a table.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }

    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self::new(text, PLAIN)
    }
}

/// Rows under a heading, aligned by what the eye sees, two spaces apart.
pub(crate) fn table(heading: &[&str], rows: &[Vec<Cell>]) -> Vec<String> {
    let heading: Vec<Cell> = heading.iter().map(|text| Cell::new(*text, STRONG)).collect();
    let columns = heading.len();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).chain(heading.get(column));
        cells.map(|cell| cell.text.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    std::iter::once(&heading).chain(rows).map(|row| table_line(row, &widths)).collect()
}

fn table_line(row: &[Cell], widths: &[usize]) -> String {
    let last = row.len().saturating_sub(1);
    let mut line = String::new();
    for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
        line.push_str(&styled(cell.style, &cell.text));
        if column < last {
            line.extend(std::iter::repeat_n(' ', width - cell.text.width() + 2));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_whatever_the_letters() {
        let rows = [vec![Cell::plain("日本"), Cell::plain("x")], vec![Cell::plain("a"), Cell::plain("y")]];
        let lines = table(&["name", "n"], &rows);
        let plain: Vec<String> =
            lines.iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect();
        assert_eq!(plain, ["name  n", "日本  x", "a     y"]);
    }
}

//! Tables, aligned by what the eye sees, and no wider than the terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{PLAIN, STRONG, Style, styled};

/// Between two columns.
const GAP: usize = 2;
/// A column is made no narrower than this.
const NARROWEST: usize = 12;

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

/// Rows under a heading. Where they are wider than `width`, the widest columns are narrowed and their words go on below, so that
/// nothing is lost. An empty heading is left out.
pub(crate) fn table(heading: &[&str], rows: &[Vec<Cell>], width: Option<usize>) -> Vec<String> {
    table_rows(heading, rows, width).concat()
}

/// The same, the lines of each row apart.
pub(crate) fn table_rows(heading: &[&str], rows: &[Vec<Cell>], width: Option<usize>) -> Vec<Vec<String>> {
    let heading: Vec<Cell> = heading.iter().map(|text| Cell::new(*text, STRONG)).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0).max(heading.len());
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).chain(heading.get(column));
        cells.map(|cell| cell.text.width()).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..columns).map(widest).collect();
    narrow(&mut widths, width.unwrap_or(usize::MAX));
    let heading = (!heading.is_empty()).then_some(&heading);
    heading.into_iter().chain(rows).map(|row| lines_of(row, &widths)).collect()
}

/// Takes from the widest column until all fit, or all are as narrow as they may be.
fn narrow(widths: &mut [usize], edge: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > edge {
        match widths.iter_mut().max().filter(|width| **width > NARROWEST) {
            Some(widest) => *widest -= 1,
            None => return,
        }
    }
}

fn lines_of(row: &[Cell], widths: &[usize]) -> Vec<String> {
    let cells: Vec<(Vec<String>, Style, usize)> = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| (wrapped(&cell.text, *width), cell.style, *width))
        .collect();
    let height = cells.iter().map(|(lines, _, _)| lines.len()).max().unwrap_or(0);
    (0..height).map(|number| line_of(&cells, number)).collect()
}

/// Nothing stands behind the last text of a line.
fn line_of(cells: &[(Vec<String>, Style, usize)], number: usize) -> String {
    let (mut line, mut owed) = (String::new(), 0);
    for (lines, style, width) in cells {
        let text = lines.get(number).map_or("", String::as_str);
        if !text.is_empty() {
            line.extend(std::iter::repeat_n(' ', owed));
            line.push_str(&styled(*style, text));
            owed = 0;
        }
        owed += width.saturating_sub(text.width()) + GAP;
    }
    line
}

/// Breaks between words; a word that is too long for a line, within it.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    if text.width() <= width {
        return vec![text.to_owned()];
    }
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        for piece in pieces(word, width) {
            match lines.last_mut() {
                Some(line) if line.is_empty() => line.push_str(&piece),
                Some(line) if line.width() + 1 + piece.width() <= width => {
                    line.push(' ');
                    line.push_str(&piece);
                }
                Some(_) | None => lines.push(piece),
            }
        }
    }
    lines
}

fn pieces(word: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for letter in word.chars() {
        match pieces.last_mut() {
            Some(piece) if piece.is_empty() || piece.width() + letter.width().unwrap_or(0) <= width => {
                piece.push(letter);
            }
            Some(_) | None => pieces.push(letter.to_string()),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rows: &[&[&str]], width: Option<usize>, expected: &[&str]) {
        let rows: Vec<Vec<Cell>> =
            rows.iter().map(|row| row.iter().map(|text| Cell::plain(*text)).collect()).collect();
        let lines: Vec<String> = table(&["name", "n"], &rows, width)
            .iter()
            .map(|line| anstream::adapter::strip_str(line).to_string())
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn columns_stand_under_each_other_whatever_the_letters() {
        check(&[&["日本", "x"], &["a", "y"]], None, &["name  n", "日本  x", "a     y"]);
    }

    #[test]
    fn what_is_too_wide_goes_on_below_and_nothing_is_lost() {
        check(
            &[&["Charges and Refunds: Read", "x"], &["a", "y"]],
            Some(20),
            &["name               n", "Charges and        x", "Refunds: Read", "a                  y"],
        );
        check(
            &[&["sender_not_authenticated", "x"]],
            Some(15),
            &["name          n", "sender_not_a  x", "uthenticated"],
        );
    }
}

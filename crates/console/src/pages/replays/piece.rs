//! Pieces of a report's page, as the template writes them.

use charts::{Part, Table};

/// A piece of the page.
pub(super) enum Piece {
    Heading(String),
    Text(String),
    Warning(String),
    Table(Sheet),
    /// Markup: a drawing, in which all words are escaped, and its inks are in the page's style sheet.
    Figure(String),
}

/// A table.
pub(super) struct Sheet {
    pub(super) caption: String,
    pub(super) head: Vec<Cell>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// A place in it.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) is_number: bool,
}

impl Piece {
    pub(super) fn of(part: Part) -> Self {
        match part {
            Part::Heading(text) => Self::Heading(text),
            Part::Text(text) => Self::Text(text),
            Part::Warning(text) => Self::Warning(text),
            Part::Table(table) => Self::Table(Sheet::of(table)),
            Part::Figure(svg) => Self::Figure(svg.without_inks()),
        }
    }
}

impl Sheet {
    /// A column of numbers has its name on the right, too.
    fn of(Table { caption, head, rows }: Table) -> Self {
        let rows: Vec<Vec<Cell>> =
            rows.into_iter().map(|row| row.into_iter().map(Cell::of).collect()).collect();
        let is_number =
            |column| rows.first().and_then(|row| row.get(column)).is_some_and(|first: &Cell| first.is_number);
        let head = head
            .into_iter()
            .enumerate()
            .map(|(column, text)| Cell { text, is_number: is_number(column) })
            .collect();
        Self { caption, head, rows }
    }
}

impl Cell {
    fn of(cell: charts::Cell) -> Self {
        match cell {
            charts::Cell::Words(text) => Self { text, is_number: false },
            charts::Cell::Number(text) => Self { text, is_number: true },
        }
    }
}

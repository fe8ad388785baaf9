//! The report at the terminal.

use training::evaluate::{Report, Table};

use crate::terminal::{self, Cell, FAINT, PLAIN, STRONG};

pub(super) fn print(report: &Report) -> anyhow::Result<()> {
    let (source, model) = (&report.source, &report.classifier);
    terminal::result(&format!("{} ({source}), read by {model}", report.figures.counted()))?;
    for table in report.tables() {
        terminal::result("")?;
        terminal::result(&terminal::styled(STRONG, table.title))?;
        print_table(&table)?;
    }
    Ok(())
}

fn print_table(table: &Table) -> anyhow::Result<()> {
    let widths: Vec<Option<usize>> =
        (0..table.heading.len()).map(|column| width_of_numbers(table, column)).collect();
    let heading: Vec<Cell> =
        table.heading.iter().zip(&widths).map(|(text, width)| cell(text, *width, FAINT)).collect();
    let rows = table.rows.iter().map(|row| {
        row.iter().zip(&widths).map(|(text, width)| cell(text, *width, PLAIN)).collect::<Vec<Cell>>()
    });
    let rows: Vec<Vec<Cell>> = [heading].into_iter().chain(rows).collect();
    terminal::result_table(&[], &rows)?;
    Ok(())
}

/// Of a column that holds numbers alone, how wide it is: numbers end under each other.
fn width_of_numbers(table: &Table, column: usize) -> Option<usize> {
    let cells = || table.rows.iter().filter_map(|row| row.get(column));
    let is_number = |cell: &String| {
        cell.chars().next().is_none_or(|first| first.is_ascii_digit() || "–·".contains(first))
    };
    let name = table.heading.get(column)?;
    cells().all(is_number).then(|| cells().chain([name]).map(|cell| cell.chars().count()).max().unwrap_or(0))
}

fn cell(text: &str, width: Option<usize>, style: terminal::Style) -> Cell {
    let missing = width.unwrap_or(0).saturating_sub(text.chars().count());
    Cell::new(format!("{}{text}", " ".repeat(missing)), style)
}

//! Two readings of the same mails, beside each other.

use training::tally::{OfLabel, Tally};

use crate::terminal::{self, BAD, Cell, FAINT, GOOD, PLAIN, STRONG};

/// A row a label that is asked for or read.
pub(super) fn comparison(title: &str, before: &Tally, after: &Tally) -> anyhow::Result<()> {
    terminal::result(&terminal::styled(STRONG, title))?;
    let heading = ["label", "mails", "precision", "recall", "acted on", "rightly"];
    let heading = heading.map(|name| Cell::new(name, FAINT)).to_vec();
    let labels = before.labels().zip(after.labels());
    let labels = labels.filter(|((_, before), (_, after))| before.asked + before.read + after.read > 0);
    let rows = labels.map(|((label, before), (_, after))| {
        vec![
            Cell::plain(label.as_str()),
            Cell::plain(format!("{:>5}", before.asked)),
            shares(before, after, |of| (of.read, of.precision())),
            shares(before, after, |of| (of.asked, of.recall())),
            Cell::plain(format!("{:>3} → {}", before.acted, after.acted)),
            shares(before, after, |of| (of.acted, of.acted_precision())),
        ]
    });
    let rows: Vec<Vec<Cell>> = [heading].into_iter().chain(rows).collect();
    terminal::result_table(&[], &rows)?;
    terminal::result(&format!("macro F1  {:.3} → {:.3}", before.macro_f1(), after.macro_f1()))?;
    Ok(())
}

/// A share of something, before and after; of nothing there is none.
fn shares(before: &OfLabel, after: &OfLabel, of: impl Fn(&OfLabel) -> (usize, f64)) -> Cell {
    let [before, after] = [before, after].map(|each| {
        let (whole, share) = of(each);
        (whole > 0).then_some(share)
    });
    let shown = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| format!("{share:.3}"));
    let style = match before.zip(after) {
        Some((before, after)) if after > before => GOOD,
        Some((before, after)) if after < before => BAD,
        Some(_) | None => PLAIN,
    };
    Cell::new(format!("{:>5} → {}", shown(before), shown(after)), style)
}

pub(super) fn mails(count: usize) -> String {
    if count == 1 { "1 mail".to_owned() } else { format!("{count} mails") }
}

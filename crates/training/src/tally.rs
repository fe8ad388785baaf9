//! Counts of right and wrong readings, by label.

use std::fmt::Write;

use domain::Label;
use intent::LABELS;

use crate::example::number;

/// How a label did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OfLabel {
    /// Mails that ask for it.
    pub asked: usize,
    /// Mails read as it.
    pub read: usize,
    /// Of those, mails that do ask for it.
    pub right: usize,
    /// Mails that it was acted on for; of `none`, that nothing was done for.
    pub acted: usize,
    /// Of those, mails that do ask for it.
    pub acted_right: usize,
}

/// How all labels did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    of: [OfLabel; LABELS],
}

impl OfLabel {
    /// How many of the mails read as it ask for it.
    pub fn precision(&self) -> f64 {
        ratio(self.right, self.read)
    }

    /// How many of the mails that ask for it are read as it.
    pub fn recall(&self) -> f64 {
        ratio(self.right, self.asked)
    }

    /// The harmonic mean of both.
    pub fn f1(&self) -> f64 {
        ratio(2 * self.right, self.read + self.asked)
    }

    /// How many of the mails acted on ask for it.
    pub fn acted_precision(&self) -> f64 {
        ratio(self.acted_right, self.acted)
    }

    /// How many of the mails that ask for it are acted on.
    pub fn acted_recall(&self) -> f64 {
        ratio(self.acted_right, self.asked)
    }
}

impl Tally {
    /// Counts a mail that asks for `asked` and was read as `read`, and acted on or not.
    pub fn count(&mut self, asked: Label, read: Label, is_decided: bool) {
        let right = usize::from(asked == read);
        if let Some(of) = self.of.get_mut(number(asked)) {
            of.asked += 1;
        }
        if let Some(of) = self.of.get_mut(number(read)) {
            of.read += 1;
            of.right += right;
            if is_decided {
                of.acted += 1;
                of.acted_right += right;
            }
        }
    }

    /// How each label did.
    pub fn labels(&self) -> impl Iterator<Item = (Label, &OfLabel)> {
        Label::all().zip(&self.of)
    }

    /// The mean of the labels' F1, of those that are asked for at all.
    pub fn macro_f1(&self) -> f64 {
        let asked: Vec<f64> = self.of.iter().filter(|of| of.asked > 0).map(OfLabel::f1).collect();
        asked.iter().sum::<f64>() / f64::from(u32::try_from(asked.len().max(1)).unwrap_or(u32::MAX))
    }

    /// A Markdown table, a row a label.
    pub fn table(&self) -> String {
        let mut table = String::from(
            "| label | mails | precision | recall | F1 | acted on | right of those | of all |\n|---|---|---|---|---|---|---|---|\n",
        );
        for (label, of) in self.labels().filter(|(_, of)| of.asked + of.read > 0) {
            // Writing to a string cannot fail.
            let _written = writeln!(
                table,
                "| `{label}` | {} | {:.3} | {:.3} | {:.3} | {} | {:.3} | {:.3} |",
                of.asked,
                of.precision(),
                of.recall(),
                of.f1(),
                of.acted,
                of.acted_precision(),
                of.acted_recall()
            );
        }
        table
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { number(part) / number(whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_and_what_was_acted_on_are_counted_apart() {
        let refund: Label = "refund".parse().unwrap();
        let mut tally = Tally::default();
        tally.count(refund, refund, true);
        tally.count(refund, Label::None, false);
        tally.count(Label::None, refund, false);
        let (_, of) = tally.labels().find(|(label, _)| *label == refund).unwrap();
        assert_eq!((of.asked, of.read, of.right, of.acted, of.acted_right), (2, 2, 1, 1, 1));
        assert!((of.f1() - 0.5).abs() < 1e-9 && (of.acted_precision() - 1.0).abs() < 1e-9);
        assert!((tally.macro_f1() - 0.25).abs() < 1e-9);
    }
}

//! What was taken for what, and how well each label is found.

use domain::Label;
use serde::Serialize;

use super::{Graded, count, share};

/// How well one label is found, whatever was done with it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OfLabel {
    /// The label.
    pub label: Label,
    /// How many mails ask for it.
    pub mails: u32,
    /// How many mails were taken for it.
    pub predicted: u32,
    /// How many of these rightly.
    pub right: u32,
    /// Right of predicted.
    pub precision: Option<f64>,
    /// Right of the mails that ask for it.
    pub recall: Option<f64>,
    /// The harmonic mean of both; 0 where nothing is right.
    pub f1: f64,
}

/// How many mails of each label were taken for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// The labels, in the order of rows and columns.
    pub labels: Vec<Label>,
    /// A row for what is asked, in it a column for what it was taken for.
    pub counts: Vec<Vec<u32>>,
}

impl Confusion {
    pub(super) fn of(graded: &[Graded<'_>]) -> Self {
        let labels: Vec<Label> = Label::all().collect();
        let cell = |asked: Label, taken: Label| {
            count(graded.iter().filter(|each| each.mail.label == asked && each.predicted() == taken))
        };
        let row = |asked: &Label| labels.iter().map(|taken| cell(*asked, *taken)).collect();
        let counts = labels.iter().map(row).collect();
        Self { labels, counts }
    }

    pub(super) fn labels(&self) -> Vec<OfLabel> {
        let of = |(number, label): (usize, &Label)| {
            let mails = self.counts.get(number).map_or(0, |row| row.iter().sum());
            let predicted = self.counts.iter().filter_map(|row| row.get(number)).sum();
            let right = self.counts.get(number).and_then(|row| row.get(number)).copied().unwrap_or(0);
            OfLabel::new(*label, mails, predicted, right)
        };
        self.labels.iter().enumerate().map(of).collect()
    }
}

impl OfLabel {
    fn new(label: Label, mails: u32, predicted: u32, right: u32) -> Self {
        let f1 = share(2 * right, mails + predicted).unwrap_or(0.0);
        Self {
            label,
            mails,
            predicted,
            right,
            precision: share(right, predicted),
            recall: share(right, mails),
            f1,
        }
    }

    /// Labels that no mail asks for are left out.
    pub(super) fn macro_f1(labels: &[Self]) -> Option<f64> {
        let asked = labels.iter().filter(|each| each.mails > 0);
        let number = count(asked.clone());
        (number > 0).then(|| asked.map(|each| each.f1).sum::<f64>() / f64::from(number))
    }
}

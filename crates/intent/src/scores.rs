//! How probable each label is.

use domain::{Function, Label};

/// How many labels there are.
pub const LABELS: usize = 8;

/// What the model makes of a mail, before anything is decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// How probable each label is, in the order of [`Label::all`]; together one.
    pub labels: [f32; LABELS],
    /// How probable it is that the mail asks for something to be done now, 0 to 1.
    pub act: f32,
    /// Which part of the mail's features the model has never seen, 0 to 1.
    pub unknown: f32,
}

impl Scores {
    /// How probable a label is.
    pub fn of_label(&self, label: Label) -> f32 {
        Label::all().zip(self.labels).find(|(each, _)| *each == label).map_or(0.0, |(_, score)| score)
    }

    /// What is compared with the limit of a label: of money and contracts both heads must be sure.
    pub fn sureness(&self, label: Label) -> f32 {
        let moves = label.function().is_some_and(Function::moves_money);
        if moves { self.of_label(label).min(self.act) } else { self.of_label(label) }
    }

    /// The most probable label.
    pub fn best(&self) -> Label {
        let best = Label::all().zip(self.labels).max_by(|one, other| one.1.total_cmp(&other.1));
        best.map_or(Label::None, |(label, _)| label)
    }

    /// How far the most probable label is ahead of the next.
    pub fn margin(&self) -> f32 {
        let mut sorted = self.labels;
        sorted.sort_by(|one, other| other.total_cmp(one));
        let [first, second, ..] = sorted;
        first - second
    }
}

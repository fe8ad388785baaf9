use std::collections::BTreeMap;

use super::{Kill, Piece, Then, When};

/// What a worker sent, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    sent: Vec<Sent>,
    counts: BTreeMap<String, usize>,
}

/// A piece that was passed on.
#[derive(Debug, Clone)]
pub struct Sent {
    /// What it is.
    pub name: String,
    /// Whether the worker has the answer.
    pub answered: bool,
    nth: usize,
    then: Then,
    connection: usize,
}

impl Journal {
    /// What was passed on, oldest first.
    pub fn sent(&self) -> &[Sent] {
        &self.sent
    }

    /// The kills that this life suggests: before each piece, and after each that changes something or that the world outside sees.
    pub fn kills(&self) -> impl Iterator<Item = Kill> {
        self.sent.iter().flat_map(|sent| {
            let kill = |when| Kill { piece: sent.name.clone(), nth: sent.nth, when };
            let after = (sent.then != Then::AnswerOnly).then(|| kill(When::After));
            std::iter::once(kill(When::Before)).chain(after)
        })
    }

    /// Counts a piece of this name.
    pub(super) fn next(&mut self, name: &str) -> usize {
        let count = self.counts.entry(name.to_owned()).or_default();
        *count += 1;
        *count
    }

    pub(super) fn note(&mut self, connection: usize, piece: &Piece, nth: usize) {
        let Piece { name, then } = piece.clone();
        self.sent.push(Sent { name, answered: false, nth, then, connection });
    }

    /// The last piece of this connection was answered.
    pub(super) fn answered(&mut self, connection: usize) {
        if let Some(last) = self.sent.iter_mut().rfind(|sent| sent.connection == connection) {
            last.answered = true;
        }
    }
}

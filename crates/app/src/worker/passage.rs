//! What is counted of a mail on its way through the worker.

use std::sync::Arc;

use domain::{Label, RunKind};
use engine::Ended;
use meters::{Meters, OfWorkspace, Queue};
use tokio::time::Instant;

/// A mail that was taken. Its meters are found once.
#[derive(Clone)]
pub(super) struct Passage {
    of: Arc<OfWorkspace>,
    run: RunKind,
    taken_at: Instant,
}

/// What the end of a mail does not say of itself.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    /// What the mail was taken to ask for.
    pub(super) intent: Label,
    /// Why it comes again, if it does.
    pub(super) waits_for: &'static str,
}

impl Passage {
    /// A mail was taken from a queue; `of` is its workspace where that is connected.
    pub(super) fn begin(of: Arc<OfWorkspace>, queue: Queue, run: RunKind) -> Self {
        of.took(queue);
        Self { of, run, taken_at: Instant::now() }
    }

    /// The mail is acknowledged.
    pub(super) fn end(&self, end: &Closed, reading: Reading, meters: &Meters) {
        match end {
            Closed::Drafted(outcome) => self.of.settled(*outcome, reading.intent, self.run),
            Closed::Later => return self.of.postponed(reading.waits_for),
            Closed::Dead(_) => {}
        }
        meters.finished(self.taken_at.elapsed());
    }
}

/// How a message was closed, in short.
pub(super) enum Closed {
    Drafted(domain::Outcome),
    /// With the code of why.
    Dead(String),
    Later,
}

impl Closed {
    /// None where it comes again as it is.
    pub(super) fn of(ended: &Ended) -> Option<Self> {
        match ended {
            Ended::Draft(draft) => Some(Self::Drafted(draft.outcome)),
            Ended::Dead { code, .. } => Some(Self::Dead(code.clone())),
            Ended::Later { .. } => Some(Self::Later),
            Ended::NotStored => None,
        }
    }
}

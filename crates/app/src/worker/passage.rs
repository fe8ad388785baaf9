//! What is counted and traced of a mail on its way through the worker.

use std::sync::Arc;

use broker::Headers;
use domain::{Label, RunKind};
use engine::Ended;
use meters::{Meters, OfWorkspace, Queue, Stage, TRACE};
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Span, info_span};

use crate::traces;

/// A mail that was taken. Its meters are found once.
#[derive(Clone)]
pub(super) struct Passage {
    of: Arc<OfWorkspace>,
    run: RunKind,
    taken_at: Instant,
    /// From being taken to being acknowledged, for whoever traces.
    pub(super) span: Span,
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
    /// A mail was taken from a queue; `of` is its workspace where that is connected. Its span goes on from what the message says it
    /// belongs to, and the message from its span.
    pub(super) fn begin(of: Arc<OfWorkspace>, queue: Queue, run: RunKind, headers: &mut Headers) -> Self {
        of.took(queue);
        let span = info_span!(
            target: TRACE, parent: None, "mail", otel.kind = "consumer", workspace = of.name(),
            queue = queue.as_str(), run = run.as_str(), attempt = Empty, outcome = Empty, intent = Empty,
            reason = Empty
        );
        traces::continue_from(&span, headers);
        traces::go_on(&span, headers);
        Self { of, run, taken_at: Instant::now(), span }
    }

    /// The mail is worked on, for the so manieth time.
    pub(super) fn attempt(&self, number: u32) {
        self.span.record("attempt", number);
    }

    /// The span of a stage that it goes through with others, for as long as it is held.
    pub(super) fn stage(&self, stage: Stage) -> Span {
        info_span!(target: TRACE, parent: &self.span, "stage", otel.name = stage.as_str())
    }

    /// The mail is acknowledged.
    pub(super) fn end(&self, end: &Closed, reading: Reading, meters: &Meters) {
        match end {
            Closed::Drafted(outcome) => {
                self.span.record("outcome", outcome.as_str());
                self.span.record("intent", reading.intent.as_str());
                self.of.settled(*outcome, reading.intent, self.run);
            }
            Closed::Later => {
                self.span.record("outcome", "postponed");
                self.span.record("reason", reading.waits_for);
                return self.of.postponed(reading.waits_for);
            }
            Closed::Forgotten => {
                self.span.record("outcome", "forgotten");
            }
            Closed::Dead(code) => {
                self.span.record("outcome", "dead");
                self.span.record("reason", code.as_str());
            }
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
    /// It came again, and what was said is not kept any more: nothing is published.
    Forgotten,
}

impl Closed {
    /// None where it comes again as it is.
    pub(super) fn of(ended: &Ended) -> Option<Self> {
        match ended {
            Ended::Draft(draft) => Some(Self::Drafted(draft.outcome)),
            Ended::Dead { code, .. } => Some(Self::Dead(code.clone())),
            Ended::Later { .. } => Some(Self::Later),
            Ended::Forgotten => Some(Self::Forgotten),
            Ended::NotStored => None,
        }
    }
}

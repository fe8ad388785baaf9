//! Mails that were claimed before and never settled, one at a time: one of them may have killed the worker, and must not take the
//! others with it again.
//!
//! A suspect's claim is given back at once, which takes its attempt back, and made anew just before its turn. So a crash counts
//! against the one mail that was being worked on, and the innocent are settled while the guilty one climbs to its limit.

use std::collections::VecDeque;
use std::sync::Arc;

use broker::{Delivery, Settlement};
use engine::{Delivered, Engine, Taken, Work};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::closing::{Open, Outcome};
use super::passage::Passage;
use super::serving::{hand_over, process};

/// The line of suspects.
pub(super) struct Suspects {
    engine: Arc<Engine>,
    line: mpsc::UnboundedSender<Suspect>,
    worker: JoinSet<()>,
}

struct Suspect {
    delivery: Delivery,
    delivered: Delivered,
    passage: Passage,
}

impl Suspects {
    pub(super) fn start(engine: Arc<Engine>, ends: mpsc::Sender<Open>, give_up: CancellationToken) -> Self {
        let (line, waiting) = mpsc::unbounded_channel();
        let mut worker = JoinSet::new();
        worker.spawn(work_through(Arc::clone(&engine), waiting, ends, give_up));
        Self { engine, line, worker }
    }

    /// Puts a mail into the line. The line is bounded by the prefetch window, since its mails stay unacknowledged.
    pub(super) async fn take(&self, delivery: Delivery, work: Work, passage: Passage) {
        let (delivered, lease) = work.into_parts();
        if let Err(error) = self.engine.ledger.release(&[lease]).await {
            tracing::warn!(error = %super::chain(&error), "a suspect could not be given back; its lease runs out by itself");
        }
        if let Err(unsent) = self.line.send(Suspect { delivery, delivered, passage }) {
            unsent.0.delivery.settle(Settlement::Return);
        }
    }

    /// Waits until the line is worked off, or given back when the worker gives up.
    pub(super) async fn finish(self) {
        let Self { line, mut worker, .. } = self;
        drop(line);
        while worker.join_next().await.is_some() {}
    }
}

async fn work_through(
    engine: Arc<Engine>,
    mut waiting: mpsc::UnboundedReceiver<Suspect>,
    ends: mpsc::Sender<Open>,
    give_up: CancellationToken,
) {
    while let Some(Suspect { delivery, delivered, passage }) = waiting.recv().await {
        if give_up.is_cancelled() {
            delivery.settle(Settlement::Return);
            continue;
        }
        let taken = match engine.claim(vec![delivered]).await {
            Ok(taken) => taken,
            Err(error) => {
                tracing::warn!(error = %super::chain(&error), "a suspect could not be claimed; it comes again");
                delivery.settle(Settlement::Return);
                continue;
            }
        };
        let outcome = match VecDeque::from(taken).pop_front() {
            Some(Taken::Work(work)) => {
                passage.attempt(work.attempts());
                let processing = process(&engine, work, &give_up).instrument(passage.span.clone());
                processing.await.map(Outcome::Processed)
            }
            Some(Taken::Ended(ended)) => Some(Outcome::Ended(ended)),
            None => None,
        };
        match outcome {
            Some(outcome) => {
                let open = Open { delivery, outcome, slot: None, passage: Some(passage) };
                hand_over(&ends, open).await;
            }
            None => delivery.settle(Settlement::Return),
        }
    }
}

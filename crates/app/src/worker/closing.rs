//! The end of each mail: stored together, published together, acknowledged only after the confirm.

use std::time::Duration;

use broker::{Delivery, Destination, HeaderValue, Outgoing, Publisher, Settlement};
use domain::Label;
use engine::{Draft, Ended, Processed};
use meters::Stage;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::passage::{Closed, Passage, Reading};
use super::rhythm::Rhythm;
use super::slot::Slot;
use super::{Worker, drafts};
use crate::dead_queue::{QUEUE_HEADER, REASON_HEADER, SENTENCE_HEADER};
use crate::delivered::correlation;

/// Ends stored in one transaction and published in one burst, at most.
const BATCH: usize = 128;
/// Stored batches that may be on their way to RabbitMQ at the same time, one for each of its lanes.
const UNDER_WAY: usize = 4;
/// How long mails that cannot be given to the broker wait, so that a full queue is not asked in a tight circle.
const PAUSE: Duration = Duration::from_secs(1);

/// A delivery that is not settled yet, and what was found for it.
pub(super) struct Open {
    pub(super) delivery: Delivery,
    pub(super) outcome: Outcome,
    /// Held until the mail is settled, where it was worked on.
    pub(super) slot: Option<Slot>,
    /// None for what is no mail.
    pub(super) passage: Option<Passage>,
}

/// Whether the end still has to be stored.
pub(super) enum Outcome {
    Processed(Processed),
    Ended(Ended),
    /// Not claimed, and put on a step of the ladder.
    Parked {
        step: u32,
        why: &'static str,
    },
}

/// A delivery whose end is stored.
struct Stored {
    delivery: Delivery,
    slot: Option<Slot>,
    passage: Option<Passage>,
    reading: Reading,
    ended: Ended,
}

/// One that is being published.
struct Published {
    delivery: Delivery,
    slot: Option<Slot>,
    passage: Option<Passage>,
    reading: Reading,
    closed: Closed,
}

/// Stores, publishes, acknowledges.
#[derive(Clone)]
pub(super) struct Closing {
    worker: Worker,
    publisher: Publisher,
}

impl Closing {
    pub(super) const fn new(worker: Worker, publisher: Publisher) -> Self {
        Self { worker, publisher }
    }

    /// Runs until every sender of ends is gone. One batch is stored at a time, and what ends meanwhile is the next: the busier it is, the
    /// larger the batches. What is stored is published while the next is.
    pub(super) async fn run(self, mut ends: mpsc::Receiver<Open>) {
        let mut under_way = JoinSet::new();
        let mut batch = Vec::with_capacity(BATCH);
        let mut stores = Rhythm::start(Instant::now());
        while ends.recv_many(&mut batch, BATCH).await > 0 {
            gather_more(&mut batch, &mut ends, &stores).await;
            stores.beat(Instant::now());
            let stored = self.store(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))).await;
            while under_way.len() >= UNDER_WAY {
                under_way.join_next().await;
            }
            let closing = self.clone();
            under_way.spawn(async move { closing.publish(stored).await });
        }
        while under_way.join_next().await.is_some() {}
    }

    async fn store(&self, batch: Vec<Open>) -> Vec<Stored> {
        let (mut stored, mut processed, mut behind) = (Vec::new(), Vec::new(), Vec::new());
        for Open { delivery, outcome, slot, passage } in batch {
            let (ended, waits_for) = match outcome {
                Outcome::Ended(ended) => (ended, "held"),
                Outcome::Parked { step, why } => (Ended::Later { step }, why),
                Outcome::Processed(end) => {
                    let reading = Reading { intent: end.label(), waits_for: end.waits_for() };
                    processed.push(end);
                    behind.push((delivery, slot, passage, reading));
                    continue;
                }
            };
            let reading = Reading { intent: Label::None, waits_for };
            stored.push(Stored { delivery, slot, passage, reading, ended });
        }
        let in_stage =
            |(_, _, passage, _): &(_, _, Option<Passage>, _)| Some(passage.as_ref()?.stage(Stage::Finish));
        let spans: Vec<_> = behind.iter().map(in_stage).collect();
        let ends = self.worker.engine.finish(processed).await;
        drop(spans);
        stored.extend(behind.into_iter().zip(ends).map(|((delivery, slot, passage, reading), ended)| {
            Stored { delivery, slot, passage, reading, ended }
        }));
        stored
    }

    async fn publish(&self, stored: Vec<Stored>) {
        let (mut messages, mut published, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for Stored { delivery, slot, passage, reading, ended } in stored {
            let closed = Closed::of(&ended);
            match (message(&delivery, ended), closed) {
                (Some(message), Some(closed)) => {
                    messages.push(message);
                    published.push(Published { delivery, slot, passage, reading, closed });
                }
                (None, Some(closed)) => self.settle(Published { delivery, slot, passage, reading, closed }),
                (_, None) => refused.push((delivery, slot)),
            }
        }
        let (began, mails) = (Instant::now(), messages.len());
        let in_stage = |published: &Published| Some(published.passage.as_ref()?.stage(Stage::Publish));
        let spans: Vec<_> = published.iter().map(in_stage).collect();
        let confirmed = self.publisher.publish(messages).await;
        drop(spans);
        self.worker.meters.passed(Stage::Publish, began.elapsed(), mails);
        let mut first_error = None;
        for (published, result) in published.into_iter().zip(confirmed) {
            match result {
                Ok(()) => self.settle(published),
                Err(error) => {
                    first_error.get_or_insert(error);
                    refused.push((published.delivery, published.slot));
                }
            }
        }
        if let Some(error) = first_error {
            tracing::error!(count = refused.len(), error = %super::chain(&error), "RabbitMQ did not take messages; their mails come again");
        }
        give_back(refused).await;
    }

    /// Acknowledges and counts what is confirmed; its slot is free then.
    fn settle(&self, published: Published) {
        let Published { delivery, slot: _slot, passage, reading, closed } = published;
        delivery.settle(Settlement::Done);
        self.worker.pulse.settled();
        if let Closed::Dead(code) = &closed {
            self.worker.meters.died(code);
        }
        if let Some(passage) = passage {
            passage.end(&closed, reading, &self.worker.meters);
        }
    }
}

/// Waits for company as long as it is not time to store.
async fn gather_more(batch: &mut Vec<Open>, ends: &mut mpsc::Receiver<Open>, stores: &Rhythm) {
    while !stores.is_due(batch.len(), Instant::now()) {
        let room = BATCH.saturating_sub(batch.len());
        let more = ends.recv_many(batch, room);
        let came = timeout_at(stores.next(), more).await;
        if !matches!(came, Ok(1..)) {
            return;
        }
    }
}

/// What is published for an end; nothing when the ledger could not store it, or does not know any more what was said.
fn message(delivery: &Delivery, end: Ended) -> Option<Outgoing> {
    match end {
        Ended::Draft(draft) => Some(draft_message(draft, delivery)),
        Ended::Dead { code, sentence } => Some(dead_message(delivery, &code, &sentence)),
        Ended::Later { step } => Some(Outgoing {
            destination: Destination::Retry { step: step as usize, back_to: delivery.queue.clone() },
            properties: delivery.properties.clone(),
            body: delivery.body.clone(),
        }),
        Ended::NotStored | Ended::Forgotten => None,
    }
}

fn draft_message(draft: Draft, delivery: &Delivery) -> Outgoing {
    tracing::info!(draft.id = draft.id, workspace.id = %draft.workspace, outcome = draft.outcome.as_str(), "mail ended");
    let headers = &delivery.properties.headers;
    let trace = ["traceparent", "tracestate"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), headers.get(name)?.clone())));
    drafts::message(draft, correlation(&delivery.properties).map(str::to_owned), trace)
}

fn dead_message(delivery: &Delivery, code: &str, sentence: &str) -> Outgoing {
    tracing::warn!(reason = code, "mail goes to the dead queue");
    let mut properties = delivery.properties.clone();
    let reasons =
        [(REASON_HEADER, code), (SENTENCE_HEADER, sentence), (QUEUE_HEADER, delivery.queue.as_str())];
    properties
        .headers
        .extend(reasons.map(|(name, text)| (name.to_owned(), HeaderValue::Text(text.to_owned()))));
    Outgoing { destination: Destination::Dead, properties, body: delivery.body.clone() }
}

/// What ledger or broker did not take goes back after a pause. Its draft, when it was stored, is published when it comes again.
async fn give_back(refused: Vec<(Delivery, Option<Slot>)>) {
    if !refused.is_empty() {
        tokio::time::sleep(PAUSE).await;
    }
    for (delivery, _slot) in refused {
        delivery.settle(Settlement::Return);
    }
}

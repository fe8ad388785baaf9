//! One session: take what is ready, claim it together, work on each mail alone, hand the ends to `closing`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use broker::{Delivery, EpochOver, Name, Properties, Session, Settlement};
use domain::{RunKind, WorkspaceId};
use engine::{Delivered, Engine, Processed, Taken, Work};
use futures_util::FutureExt;
use mail::Format;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::closing::{Closing, Open, Outcome};
use super::decisions::{self, Heard};
use super::follow_ups::FollowUps;
use super::suspects::Suspects;
use super::{LEDGER_PAUSE, Worker};
use crate::incoming::{RUN_HEADER, WORKSPACE_HEADER};
use crate::lifecycle::Stop;

/// The most mails claimed in one transaction: more measured no faster, and a crash counts an attempt for all of them.
const BATCH: usize = 128;
/// How long the ledger may take to have unfinished mails back; without that they count as attempts.
const RELEASE: Duration = Duration::from_secs(2);
/// What a producer says of the form of a mail.
const FORMAT_HEADER: &str = "postill-format";

/// Why serving a session ended.
pub(crate) enum Served {
    /// We were told to stop, and have.
    Stopped,
    /// The session is over; open another.
    EpochOver(EpochOver),
}

impl Worker {
    /// Serves one session to its end.
    pub(crate) async fn serve(&self, mut session: Session, stop: &Stop) -> Served {
        let names = &self.config.names;
        let queues = [names.approvals.clone(), names.mail.clone(), names.replay.clone()];
        if let Err(reason) = session.consume(&queues).await {
            session.close(Duration::ZERO).await;
            return Served::EpochOver(reason);
        }
        let (ends, closing) = mpsc::channel(BATCH * 2);
        let mut closer = JoinSet::new();
        closer.spawn(Closing::new(self.clone(), session.publisher()).run(closing));
        let follow_ups = FollowUps::start(self.clone(), session.publisher());
        let give_up = CancellationToken::new();
        let mut desk = Desk {
            worker: self.clone(),
            ends: ends.clone(),
            slots: Arc::new(Semaphore::new(self.settings.worker.in_flight)),
            mails: JoinSet::new(),
            suspects: Suspects::start(Arc::clone(&self.engine), ends, give_up.clone()),
            give_up,
        };
        let served = desk.take_until_over(&mut session, stop).await;
        let deadline = Instant::now() + self.settings.worker.grace;
        follow_ups.quit();
        session.stop_consuming().await;
        desk.finish_what_was_taken(deadline, stop).await;
        follow_ups.finish(deadline, stop).await;
        let closed = async { while closer.join_next().await.is_some() {} };
        if tokio::time::timeout_at(deadline.max(Instant::now() + Duration::from_secs(1)), closed)
            .await
            .is_err()
        {
            tracing::warn!("publishing did not finish in time; those mails come again");
        }
        let left = session.close(deadline.saturating_duration_since(Instant::now())).await;
        tracing::info!(unsettled = left.unsettled, "session closed");
        served
    }
}

/// Where mails are worked on.
struct Desk {
    worker: Worker,
    ends: mpsc::Sender<Open>,
    slots: Arc<Semaphore>,
    mails: JoinSet<()>,
    suspects: Suspects,
    /// Cancelled when what is unfinished is to be given back.
    give_up: CancellationToken,
}

impl Desk {
    async fn take_until_over(&mut self, session: &mut Session, stop: &Stop) -> Served {
        loop {
            let Some(slots) = self.free_slots(stop).await else { return Served::Stopped };
            let batch = tokio::select! {
                batch = session.next_batch(slots.len()) => batch,
                () = stop.soft.cancelled() => return Served::Stopped,
                ended = self.mails.join_next(), if !self.mails.is_empty() => {
                    note(ended);
                    continue;
                }
            };
            match batch {
                Ok(batch) => self.begin(batch, slots, stop).await,
                Err(reason) => return Served::EpochOver(reason),
            }
        }
    }

    /// Waits for a slot before a mail is taken, then for as many as are free: never more is in hand than can be worked on.
    async fn free_slots(&mut self, stop: &Stop) -> Option<Vec<OwnedSemaphorePermit>> {
        let first = tokio::select! {
            slot = Arc::clone(&self.slots).acquire_owned() => slot.ok()?,
            () = stop.soft.cancelled() => return None,
        };
        let more = std::iter::from_fn(|| Arc::clone(&self.slots).try_acquire_owned().ok());
        Some(std::iter::once(first).chain(more.take(BATCH - 1)).collect())
    }

    /// Mails are claimed together; decisions go to the ledger one by one.
    async fn begin(&mut self, batch: Vec<Delivery>, slots: Vec<OwnedSemaphorePermit>, stop: &Stop) {
        let approvals = &self.worker.config.names.approvals;
        let (decisions, mails): (Vec<Delivery>, Vec<Delivery>) =
            batch.into_iter().partition(|delivery| delivery.queue == *approvals);
        let (for_mails, for_decisions) = split(slots, mails.len());
        for (delivery, slot) in decisions.into_iter().zip(for_decisions) {
            self.hear(delivery, slot, stop);
        }
        if !mails.is_empty() {
            self.claim(mails, for_mails, stop).await;
        }
    }

    fn hear(&mut self, delivery: Delivery, slot: OwnedSemaphorePermit, stop: &Stop) {
        let (worker, ends, soft) = (self.worker.clone(), self.ends.clone(), stop.soft.clone());
        self.mails.spawn(async move {
            match decisions::hear(&worker.engine.ledger, &delivery.body, &soft).await {
                Heard::Taken => {
                    delivery.settle(Settlement::Done);
                    worker.decided.notify_one();
                }
                Heard::Refused(ended) => {
                    let outcome = Outcome::Ended(ended);
                    hand_over(&ends, Open { delivery, outcome, slot: Some(slot) }).await;
                }
                Heard::NotYet => delivery.settle(Settlement::Return),
            }
        });
    }

    /// Claims a batch. While the ledger is down the batch stays in hand and nothing else is taken: a mail given back would be delivered
    /// again and again, until the broker takes it for undeliverable.
    async fn claim(&mut self, batch: Vec<Delivery>, slots: Vec<OwnedSemaphorePermit>, stop: &Stop) {
        let workspace = &self.worker.settings.workspace;
        let replay = &self.worker.config.names.replay;
        let mut mails: Vec<Delivered> =
            batch.iter().map(|delivery| delivered(delivery, workspace, replay)).collect();
        let claims = loop {
            match self.worker.engine.claim(mails.clone()).await {
                Ok(claims) => break claims,
                Err(error) => {
                    tracing::error!(error = %super::chain(&error), "the ledger is down; taking no mail until it is back");
                }
            }
            tokio::select! {
                () = self.wait_for_ledger() => {}
                () = stop.soft.cancelled() => return give_back(batch),
            }
            // The try that failed may have been committed; then its claims are ours to end.
            for mail in &mut mails {
                mail.redelivered = true;
            }
        };
        for ((delivery, taken), slot) in batch.into_iter().zip(claims).zip(slots) {
            self.start(delivery, taken, slot).await;
        }
    }

    async fn start(&mut self, delivery: Delivery, taken: Taken, slot: OwnedSemaphorePermit) {
        match taken {
            Taken::Ended(ended) => {
                self.hand_over(Open { delivery, outcome: Outcome::Ended(ended), slot: Some(slot) }).await;
            }
            Taken::Work(work) if work.attempts() > 1 => self.suspects.take(delivery, work).await,
            Taken::Work(work) => {
                let (engine, ends) = (Arc::clone(&self.worker.engine), self.ends.clone());
                let give_up = self.give_up.clone();
                self.mails.spawn(async move {
                    match process(&engine, work, &give_up).await {
                        Some(processed) => {
                            let outcome = Outcome::Processed(processed);
                            hand_over(&ends, Open { delivery, outcome, slot: Some(slot) }).await;
                        }
                        None => delivery.settle(Settlement::Return),
                    }
                });
            }
        }
    }

    async fn hand_over(&self, open: Open) {
        hand_over(&self.ends, open).await;
    }

    async fn wait_for_ledger(&self) {
        loop {
            tokio::time::sleep(LEDGER_PAUSE).await;
            match self.worker.engine.ledger.ping().await {
                Ok(()) => return tracing::info!("the ledger is back"),
                Err(error) => tracing::warn!(error = %super::chain(&error), "the ledger is still down"),
            }
        }
    }

    /// Finishes until the deadline or a second signal; what is left then comes again, its attempt not counted.
    async fn finish_what_was_taken(self, deadline: Instant, stop: &Stop) {
        let Self { mut mails, suspects, ends, give_up, .. } = self;
        let finishing = async {
            while let Some(ended) = mails.join_next().await {
                note(Some(ended));
            }
            suspects.finish().await;
        };
        tokio::pin!(finishing);
        tokio::select! {
            () = &mut finishing => return drop(ends),
            () = tokio::time::sleep_until(deadline) => tracing::warn!("the grace period is over; unfinished mails come again"),
            () = stop.hard.cancelled() => tracing::warn!("stopped at once; unfinished mails come again"),
        }
        give_up.cancel();
        if tokio::time::timeout(RELEASE, finishing).await.is_err() {
            tracing::warn!("the ledger did not take unfinished mails back; they come again as attempted");
        }
        drop(ends);
    }
}

/// Works on one mail. A panic is the mail's end in the dead queue, not the worker's. When the worker gives up, so does this: the claim
/// is taken back and there is nothing.
pub(super) async fn process(engine: &Engine, work: Work, give_up: &CancellationToken) -> Option<Processed> {
    let lease = work.lease().clone();
    tokio::select! {
        processed = AssertUnwindSafe(engine.process(work)).catch_unwind() => Some(processed.unwrap_or_else(|_panic| {
            tracing::error!("the worker panicked on a mail; it goes to the dead queue");
            Processed::panicked(lease)
        })),
        () = give_up.cancelled() => {
            if let Err(error) = engine.ledger.release(std::slice::from_ref(&lease)).await {
                tracing::warn!(error = %super::chain(&error), "an unfinished mail could not be given back; it counts as attempted");
            }
            None
        }
    }
}

pub(super) async fn hand_over(ends: &mpsc::Sender<Open>, open: Open) {
    if let Err(unsent) = ends.send(open).await {
        unsent.0.delivery.settle(Settlement::Return);
    }
}

/// What every draft about a message is known by: the message's own id, or else what it named itself.
pub(super) fn correlation(properties: &Properties) -> Option<&str> {
    properties.message_id.as_deref().or(properties.correlation_id.as_deref())
}

/// What came, for whom, and in which kind of run: mail from the replay queue is history, whatever it says of itself.
fn delivered(delivery: &Delivery, default: &WorkspaceId, replay: &Name) -> Delivered {
    let properties = &delivery.properties;
    let workspace = properties
        .text(WORKSPACE_HEADER)
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| default.clone());
    let said = properties.text(RUN_HEADER).and_then(|text| text.parse().ok()).unwrap_or(RunKind::Live);
    let run = if delivery.queue == *replay { RunKind::Replay } else { said };
    let mut delivered =
        Delivered::new(delivery.body.clone(), properties.content_type.as_deref(), workspace, run);
    if let Some(name) = properties.text(FORMAT_HEADER) {
        delivered.format = Format::named(name);
    }
    delivered.traceparent = properties.traceparent().map(str::to_owned);
    delivered.correlation = correlation(properties).map(str::to_owned);
    delivered.redelivered = delivery.redelivered;
    delivered
}

/// The first `count`, and the others.
fn split<T>(mut all: Vec<T>, count: usize) -> (Vec<T>, Vec<T>) {
    let others = all.split_off(count.min(all.len()));
    (all, others)
}

fn give_back(batch: Vec<Delivery>) {
    for delivery in batch {
        delivery.settle(Settlement::Return);
    }
}

fn note(ended: Option<Result<(), tokio::task::JoinError>>) {
    if let Some(Err(error)) = ended {
        // Displayed, the error would hold the message of the panic.
        tracing::error!(panicked = error.is_panic(), "a task of the worker failed");
    }
}

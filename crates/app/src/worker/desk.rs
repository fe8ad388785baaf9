//! Where mails are worked on: what came stands in its line until there is a slot for it, is claimed with others, worked on alone, and its end
//! handed to `closing`.

use std::sync::Arc;
use std::time::Duration;

use broker::{Delivery, Session, Settlement};
use domain::WorkspaceId;
use engine::{Delivered, Taken};
use meters::{Queue, Stage};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::closing::{Open, Outcome};
use super::decisions::{self, Heard};
use super::lines::{Company, Lines, Party, Source, Terms, Weighed};
use super::passage::Passage;
use super::rhythm::Rhythm;
use super::serving::{QUEUES, Served, hand_over, process};
use super::slot::{Freed, Slot};
use super::suspects::Suspects;
use super::{LEDGER_PAUSE, Worker};
use crate::delivered::{Message, delivered};
use crate::lifecycle::Stop;

/// The most mails claimed in one transaction: more measured no faster, and a crash counts an attempt for all of them.
const BATCH: usize = 128;
/// How often waiting mails are looked at when nothing else happens: a line at Stripe gets shorter by itself.
const TICK: Duration = Duration::from_millis(100);
/// How often the desk shows that it moves when nothing happens at all.
const STILL_HERE: Duration = Duration::from_secs(1);
/// How long the ledger may take to have unfinished mails back; without that they count as attempts.
const RELEASE: Duration = Duration::from_secs(2);

/// Where mails are worked on.
pub(super) struct Desk {
    worker: Worker,
    ends: mpsc::Sender<Open>,
    lines: Lines<Waiting>,
    claims: Rhythm,
    freeing: mpsc::UnboundedSender<Freed>,
    freed: mpsc::UnboundedReceiver<Freed>,
    mails: JoinSet<()>,
    suspects: Suspects,
    /// Whether no mail is taken since Stripe refuses every key.
    is_paused: bool,
    /// Cancelled when what is unfinished is to be given back.
    give_up: CancellationToken,
}

/// A mail that is not claimed yet.
struct Waiting {
    delivery: Delivery,
    delivered: Delivered,
    passage: Passage,
}

/// A mail that is ours, in its slot.
struct Claimed {
    delivery: Delivery,
    passage: Passage,
    slot: Slot,
}

impl Desk {
    pub(super) fn open(
        worker: Worker,
        ends: mpsc::Sender<Open>,
        suspects: Suspects,
        give_up: CancellationToken,
    ) -> Self {
        // One for each slot at most.
        let (freeing, freed) = mpsc::unbounded_channel();
        let lines = Lines::new(terms(&worker));
        worker.pulse.begins();
        Self {
            worker,
            ends,
            lines,
            claims: Rhythm::start(Instant::now()),
            freeing,
            freed,
            mails: JoinSet::new(),
            suspects,
            is_paused: false,
            give_up,
        }
    }

    pub(super) async fn take_until_over(&mut self, session: &mut Session, stop: &Stop) -> Served {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut still_here = tokio::time::interval(STILL_HERE);
        still_here.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut freed = Vec::new();
        let mut gathering = false;
        loop {
            tokio::select! {
                () = stop.soft.cancelled() => return Served::Stopped,
                batch = session.next_batch(BATCH) => match batch {
                    Ok(batch) => self.arrive(batch, stop),
                    Err(reason) => return Served::EpochOver(reason),
                },
                _ = self.freed.recv_many(&mut freed, BATCH) => {}
                _ = tick.tick(), if self.lines.is_waiting() => {}
                _ = still_here.tick() => {}
                () = tokio::time::sleep_until(self.claims.next()), if gathering => {}
            }
            let now = Instant::now();
            freed.drain(..).for_each(|Freed { party, bytes }| self.lines.settled(&party, bytes, now));
            while let Some(ended) = self.mails.try_join_next() {
                note(ended);
            }
            self.heed_refused_keys(session).await;
            let gathered = self.lines.startable();
            gathering = !self.claims.is_due(gathered, now);
            if gathered > 0 && !gathering {
                self.start_more(stop).await;
            }
            self.park().await;
            self.worker.pulse.holds(self.lines.mails());
        }
    }

    /// Decisions go to the ledger one by one, mails into their lines.
    fn arrive(&mut self, batch: Vec<Delivery>, stop: &Stop) {
        let is_fresh = |delivery: &&Delivery| {
            delivery.queue == self.worker.config.names.mail && !delivery.properties.was_retried()
        };
        if let Some(last) = batch.iter().rfind(is_fresh) {
            self.worker.pulse.took(&last.properties, self.worker.engine.clock.now());
        }
        for mut delivery in batch {
            if delivery.queue == self.worker.config.names.approvals {
                self.hear(delivery, stop);
                continue;
            }
            let Worker { settings, config, engine, meters, .. } = &self.worker;
            let Delivery { properties, body, queue, redelivered, .. } = &delivery;
            let message = Message { properties, body, queue };
            let mut delivered = delivered(&message, &settings.workspace, &config.names.replay);
            delivered.redelivered = *redelivered;
            let is_replay = delivery.queue == config.names.replay;
            let (source, from) =
                if is_replay { (Source::Replay, Queue::Replay) } else { (Source::Live, Queue::Mail) };
            let is_connected = engine.workspaces.get(&delivered.workspace).is_some();
            let of = if is_connected { meters.of(&delivered.workspace) } else { meters.of_not_connected() };
            let passage = Passage::begin(of, from, delivered.run, &mut delivery.properties.headers);
            delivered.traceparent = delivery.properties.traceparent().map(str::to_owned);
            let party = Party { source, workspace: is_connected.then(|| delivered.workspace.clone()) };
            let bytes = delivery.body.len();
            self.lines.arrive(party, Weighed { mail: Waiting { delivery, delivered, passage }, bytes });
        }
    }

    fn hear(&mut self, delivery: Delivery, stop: &Stop) {
        let (worker, ends, soft) = (self.worker.clone(), self.ends.clone(), stop.soft.clone());
        self.mails.spawn(async move {
            match decisions::hear(&worker.engine.ledger, &delivery.body, &soft).await {
                Heard::Taken => {
                    delivery.settle(Settlement::Done);
                    worker.decided.notify_one();
                }
                Heard::Refused(ended) => {
                    let outcome = Outcome::Ended(ended);
                    hand_over(&ends, Open { delivery, outcome, slot: None, passage: None }).await;
                }
                Heard::NotYet => delivery.settle(Settlement::Return),
            }
        });
    }

    /// Gives free slots to mails that wait, until none is free or nobody may have one.
    async fn start_more(&mut self, stop: &Stop) {
        loop {
            let (company, limit) = (self.company(), self.worker.settings.stripe.deadline / 2);
            let workspaces = &self.worker.engine.workspaces;
            let is_crowded = |workspace: &WorkspaceId| {
                workspaces.get(workspace).is_some_and(|found| found.stripe.reader().expected_wait() > limit)
            };
            let started = self.lines.start(BATCH, company, is_crowded);
            if started.is_empty() {
                return;
            }
            let (mut mails, mut slots) =
                (Vec::with_capacity(started.len()), Vec::with_capacity(started.len()));
            for (party, Weighed { mail, bytes }) in started {
                mails.push(mail);
                slots.push(Slot::new(party, bytes, self.freeing.clone()));
            }
            self.claims.beat(Instant::now());
            self.claim(mails, slots, stop).await;
        }
    }

    /// Claims a batch. While the ledger is down the batch stays in hand and nothing else is taken: a mail given back would be delivered
    /// again and again, until the broker takes it for undeliverable.
    async fn claim(&mut self, batch: Vec<Waiting>, slots: Vec<Slot>, stop: &Stop) {
        let split = |Waiting { delivery, delivered, passage }| ((delivery, passage), delivered);
        let (batch, mut mails): (Vec<(Delivery, Passage)>, Vec<Delivered>) =
            batch.into_iter().map(split).unzip();
        let spans: Vec<_> = batch.iter().map(|(_, passage)| passage.stage(Stage::Claim)).collect();
        let claims = loop {
            match self.worker.engine.claim(mails.clone()).await {
                Ok(claims) => break claims,
                Err(error) => {
                    tracing::error!(error = %super::chain(&error), "the ledger is down; taking no mail until it is back");
                }
            }
            tokio::select! {
                () = self.wait_for_ledger() => {}
                () = stop.soft.cancelled() => return give_back(batch.into_iter().map(|(delivery, _)| delivery)),
            }
            // The try that failed may have been committed; then its claims are ours to end.
            for mail in &mut mails {
                mail.redelivered = true;
            }
        };
        drop(spans);
        for (((delivery, passage), taken), slot) in batch.into_iter().zip(claims).zip(slots) {
            self.start(Claimed { delivery, passage, slot }, taken).await;
        }
    }

    async fn start(&mut self, claimed: Claimed, taken: Taken) {
        match taken {
            Taken::Ended(ended) => self.hand_over(claimed.with(Outcome::Ended(ended))).await,
            Taken::Work(work) if work.attempts() > 1 => {
                self.suspects.take(claimed.delivery, work, claimed.passage).await;
            }
            Taken::Work(work) => {
                let (engine, ends) = (Arc::clone(&self.worker.engine), self.ends.clone());
                let (give_up, span) = (self.give_up.clone(), claimed.passage.span.clone());
                claimed.passage.attempt(work.attempts());
                self.mails.spawn(async move {
                    match process(&engine, work, &give_up).instrument(span).await {
                        Some(processed) => {
                            hand_over(&ends, claimed.with(Outcome::Processed(processed))).await;
                        }
                        None => claimed.delivery.settle(Settlement::Return),
                    }
                });
            }
        }
    }

    /// Puts what slow workspaces have too much of into a retry queue.
    async fn park(&mut self) {
        let parked = self.lines.park(self.company(), Instant::now());
        if !parked.is_empty() {
            tracing::debug!(count = parked.len(), "mails of slow workspaces are parked");
            let mails = parked.into_iter().map(|(_, mail, step)| (mail, step)).collect();
            self.put_into_retry(mails, "parked").await;
        }
    }

    /// Mails whose key Stripe refuses wait without a try. Where there is another workspace they make room for it, in a retry queue; where
    /// there is none they stay in their queue, and nothing is taken.
    async fn heed_refused_keys(&mut self, session: &Session) {
        let Worker { engine, config, .. } = &self.worker;
        if engine.workspaces.all_keys_are_refused() {
            session.pause(&[config.names.mail.clone(), config.names.replay.clone()]);
            self.is_paused = true;
            return give_back(self.lines.take_all().into_iter().map(|mail| mail.delivery));
        }
        if std::mem::take(&mut self.is_paused) {
            session.resume();
        }
        if self.lines.is_waiting() {
            let aside = self.lines.put_aside(|workspace| engine.workspaces.key_refused_for(workspace));
            if !aside.is_empty() {
                self.put_into_retry(aside, "key_refused").await;
            }
        }
    }

    /// What goes there was not claimed, so nothing counts against it.
    async fn put_into_retry(&mut self, mails: Vec<(Waiting, usize)>, why: &'static str) {
        if let Err(error) = self.worker.engine.let_go(mails.iter().map(|(mail, _)| &mail.delivered)).await {
            tracing::warn!(error = %super::chain(&error), "parked mails may be held by a worker that is gone; such leases run out by themselves");
        }
        for (Waiting { delivery, passage, .. }, step) in mails {
            let outcome = Outcome::Parked { step: u32::try_from(step).unwrap_or(u32::MAX), why };
            self.hand_over(Open { delivery, outcome, slot: None, passage: Some(passage) }).await;
        }
    }

    fn company(&self) -> Company {
        if self.worker.engine.workspaces.len() > 1 { Company::Several } else { Company::Alone }
    }

    async fn hand_over(&self, open: Open) {
        hand_over(&self.ends, open).await;
    }

    async fn wait_for_ledger(&self) {
        loop {
            tokio::time::sleep(LEDGER_PAUSE).await;
            self.worker.pulse.moved();
            match self.worker.engine.ledger.ping().await {
                Ok(()) => return tracing::info!("the ledger is back"),
                Err(error) => tracing::warn!(error = %super::chain(&error), "the ledger is still down"),
            }
        }
    }

    /// Gives back what only waited, and finishes the rest until the deadline or a second signal; what is left then comes again, its
    /// attempt not counted.
    pub(super) async fn finish_what_was_taken(self, deadline: Instant, stop: &Stop) {
        let Self { mut lines, mut mails, suspects, ends, give_up, .. } = self;
        give_back(lines.take_all().into_iter().map(|mail| mail.delivery));
        let finishing = async {
            while let Some(ended) = mails.join_next().await {
                note(ended);
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

impl Claimed {
    fn with(self, outcome: Outcome) -> Open {
        let Self { delivery, passage, slot } = self;
        Open { delivery, outcome, slot: Some(slot), passage: Some(passage) }
    }
}

fn terms(worker: &Worker) -> Terms {
    let Worker { settings, config, .. } = worker;
    Terms {
        slots: settings.worker.in_flight,
        window: config.prefetch.get().into(),
        window_bytes: settings.worker.in_flight_bytes.get() / QUEUES,
        percent: settings.worker.workspace_percent,
        ladder: config.ladder.clone(),
        deadline: settings.stripe.deadline,
    }
}

fn give_back(batch: impl IntoIterator<Item = Delivery>) {
    for delivery in batch {
        delivery.settle(Settlement::Return);
    }
}

fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        // Displayed, the error would hold the message of the panic.
        tracing::error!(panicked = error.is_panic(), "a task of the worker failed");
    }
}

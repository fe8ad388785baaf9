//! Into the queue: published in bursts, several under way at once; the checkpoint follows the confirms, in the order of reading.

use std::time::{Duration, Instant};

use broker::{EpochNumber, Outgoing, PublishError, Publisher, Session};
use domain::{Digest, WorkspaceId};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use replay_report::{Counts, Looks};

use super::archive::Place;
use super::checkpoint::Keeper;
use super::pace::Pace;
use super::progress::Progress;
use super::reading::{Fate, Read, Reading, Taken, look};
use super::{Ending, Replayed};
use crate::complaint::chain;
use crate::incoming;
use crate::lifecycle::Stop;
use crate::rabbitmq;

/// How many mails go out in one burst at most: what a lane of the broker sends at once.
const BURST: usize = 128;
/// How many bursts are under way: each of the broker's lanes has one on its way, one waiting, and one is being settled.
const UNDER_WAY: usize = 12;
/// How often the checkpoint is written: after a crash, so many seconds are published again.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);
/// The pause before what was not stored is sent again; it doubles from there.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// How long a broker may be away before a person is told: a restart and an election pass within a minute.
const PATIENCE: Duration = Duration::from_mins(5);
/// How long the connections may take to close.
const CLOSING: Duration = Duration::from_secs(5);

/// Publishes what is read.
pub(crate) struct IntoQueue {
    pub(crate) config: broker::Config,
    pub(crate) session: Session,
    pub(crate) workspace: Option<WorkspaceId>,
    /// None for standard input, of which nobody can tell where it was left.
    pub(crate) keeper: Option<Keeper>,
    pub(crate) pace: Pace,
    pub(crate) progress: Progress,
}

/// Mails of one burst, in the order of reading.
struct Burst {
    parts: Vec<Part>,
    /// Of the session that it was sent with last.
    epoch: EpochNumber,
}

struct Part {
    after: Place,
    standing: Standing,
}

enum Standing {
    /// Not stored for certain: not sent yet, or for reasons that pass.
    Open(Taken),
    Stored,
    Skipped(&'static str),
    Failed {
        code: &'static str,
        sentence: String,
    },
}

type UnderWay = FuturesOrdered<BoxFuture<'static, Burst>>;

/// What has become of everything up to the last burst that was settled.
#[derive(Default)]
struct Settled {
    counts: Counts,
    looks: Looks,
    /// Where the next run would go on.
    mark: Option<Place>,
    written: Option<Instant>,
}

/// Why publishing ends before everything is published.
enum Halt {
    Interrupted,
    GaveUp(anyhow::Error),
}

impl IntoQueue {
    /// Publishes until everything is read and confirmed, or something ends it.
    pub(crate) async fn publish_all(mut self, mut reading: Reading, stop: &Stop) -> anyhow::Result<Replayed> {
        let mut under_way = UnderWay::new();
        let mut settled = Settled::default();
        let (mut reads, mut is_read, mut halt) = (Vec::with_capacity(BURST), false, None);
        let most = self.pace.burst(BURST);
        while halt.is_none() && !(is_read && under_way.is_empty()) {
            tokio::select! {
                biased;
                () = stop.hard.cancelled() => halt = Some(Halt::Interrupted),
                () = self.progress.is_due() => self.progress.show(&settled.counts)?,
                Some(burst) = under_way.next(), if !under_way.is_empty() => {
                    halt = self.settle(burst, &mut settled, stop).await?;
                }
                () = stop.soft.cancelled(), if !is_read => is_read = true,
                count = reading.reads.recv_many(&mut reads, most), if !is_read && under_way.len() < UNDER_WAY => {
                    is_read = count == 0;
                    self.send(&mut reads, &mut settled.looks, &mut under_way).await;
                }
            }
        }
        self.end(reading, settled, halt, stop).await
    }

    /// Sends what was read together, once it is due.
    async fn send(&mut self, reads: &mut Vec<Read>, looks: &mut Looks, under_way: &mut UnderWay) {
        if reads.is_empty() {
            return;
        }
        let parts = reads.drain(..).inspect(|read| look(looks, read)).map(Part::of).collect();
        let burst = Burst { parts, epoch: self.session.epoch() };
        self.pace.wait_for(burst.open()).await;
        under_way.push_back(Box::pin(burst.published(self.session.publisher(), self.workspace.clone())));
    }

    /// Sees a burst through: what the broker did not store for reasons that pass is sent again. Bursts are settled in the order of
    /// reading, so everything before its end is behind us then.
    async fn settle(
        &mut self,
        mut burst: Burst,
        settled: &mut Settled,
        stop: &Stop,
    ) -> anyhow::Result<Option<Halt>> {
        let (began, mut pause) = (Instant::now(), FIRST_PAUSE);
        while burst.open() > 0 {
            if burst.epoch == self.session.epoch() {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = stop.soft.cancelled() => return Ok(Some(Halt::Interrupted)),
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
                if let Err(error) = self.renew_session().await {
                    if began.elapsed() > PATIENCE {
                        return Ok(Some(Halt::GaveUp(error)));
                    }
                    self.progress.tell("RabbitMQ is away:", &error.to_string())?;
                    continue;
                }
            }
            burst.epoch = self.session.epoch();
            burst = burst.published(self.session.publisher(), self.workspace.clone()).await;
        }
        for part in burst.parts {
            settled.take(part, &mut self.progress)?;
        }
        if settled.written.is_none_or(|written| written.elapsed() > CHECKPOINT_EVERY) {
            self.keep(settled, None)?;
        }
        Ok(None)
    }

    /// Opens a session where the one before is over. One that goes on is kept: then it is the queue that took nothing.
    async fn renew_session(&mut self) -> anyhow::Result<()> {
        let is_over = tokio::select! {
            biased;
            _reason = self.session.ended() => true,
            () = std::future::ready(()) => false,
        };
        if is_over {
            let opened = Session::open(&self.config).await;
            self.session = opened.map_err(|error| rabbitmq::explain(&self.config, error))?;
        }
        Ok(())
    }

    /// Writes the checkpoint for what is settled; at the `end`, for good.
    fn keep(&mut self, settled: &mut Settled, end: Option<Place>) -> anyhow::Result<()> {
        settled.written = Some(Instant::now());
        let (Some(keeper), Some(next)) = (&mut self.keeper, end.or(settled.mark)) else { return Ok(()) };
        keeper.advance(next, &settled.counts, end.is_some())
    }

    async fn end(
        mut self,
        reading: Reading,
        mut settled: Settled,
        halt: Option<Halt>,
        stop: &Stop,
    ) -> anyhow::Result<Replayed> {
        self.progress.clear()?;
        let ending = match halt {
            Some(Halt::GaveUp(error)) => Ending::GaveUp(error),
            Some(Halt::Interrupted) => Ending::Interrupted,
            None if stop.soft.is_cancelled() => Ending::Interrupted,
            None => Ending::of(reading.finish(), &settled.counts),
        };
        let end = match &ending {
            Ending::Complete(end) => Some(*end),
            Ending::AtTheLimit | Ending::Interrupted | Ending::Miscounted | Ending::GaveUp(_) => None,
        };
        self.keep(&mut settled, end)?;
        self.session.close(CLOSING).await;
        let checkpoint = self.keeper.map(|keeper| keeper.checkpoint);
        Ok(Replayed {
            counts: settled.counts,
            looks: settled.looks,
            ending,
            checkpoint,
            answers: None,
            differences: None,
        })
    }
}

impl Settled {
    fn take(&mut self, part: Part, progress: &mut Progress) -> anyhow::Result<()> {
        self.mark = Some(part.after);
        self.counts.read += 1;
        match part.standing {
            Standing::Stored => self.counts.replayed += 1,
            Standing::Skipped(reason) => self.counts.skip(reason),
            Standing::Failed { code, sentence } => {
                self.counts.fail(code);
                progress.tell("not replayed:", &sentence)?;
            }
            // None is left open by `settle`; one that were would leave the counts out of balance, which is told.
            Standing::Open(_) => {}
        }
        Ok(())
    }
}

impl Part {
    fn of(read: Read) -> Self {
        let standing = match read.fate {
            Fate::Taken(taken) => Standing::Open(taken),
            Fate::Unwanted(unwanted) => Standing::Skipped(unwanted.as_str()),
            Fate::Unreadable(not_read) => {
                Standing::Failed { code: not_read.code, sentence: not_read.sentence }
            }
        };
        Self { after: read.after, standing }
    }
}

impl Burst {
    /// How many of its mails are not stored for certain.
    fn open(&self) -> usize {
        self.parts.iter().filter(|part| matches!(part.standing, Standing::Open(_))).count()
    }

    /// Publishes what is open of it and notes what the broker says.
    async fn published(mut self, publisher: Publisher, workspace: Option<WorkspaceId>) -> Self {
        let mut open: Vec<&mut Standing> = self.parts.iter_mut().map(|part| &mut part.standing).collect();
        open.retain(|standing| matches!(standing, Standing::Open(_)));
        let messages = open.iter().filter_map(|standing| match standing {
            Standing::Open(taken) => Some(outgoing(taken, workspace.as_ref())),
            Standing::Stored | Standing::Skipped(_) | Standing::Failed { .. } => None,
        });
        let results = publisher.publish(messages.collect()).await;
        for (standing, result) in open.into_iter().zip(results) {
            match result {
                Ok(()) => *standing = Standing::Stored,
                Err(error) if error.is_transient() => {}
                Err(error) => *standing = Standing::Failed { code: code(&error), sentence: chain(&error) },
            }
        }
        self
    }
}

/// The message id is the digest of the bytes: published again after a crash, the mail is known again.
fn outgoing(taken: &Taken, workspace: Option<&WorkspaceId>) -> Outgoing {
    let digest = taken.digest.unwrap_or_else(|| Digest::of(&[&taken.bytes]));
    incoming::of_replay(taken.bytes.clone(), digest, workspace)
}

const fn code(error: &PublishError) -> &'static str {
    match error {
        PublishError::TooLarge { .. } => "too_large_for_the_broker",
        PublishError::TextTooLong { .. } => "text_too_long",
        PublishError::Unroutable { .. } => "no_such_queue",
        PublishError::Refused { .. } => "refused_by_the_broker",
        PublishError::Rejected | PublishError::NotSent { .. } | PublishError::Unconfirmed { .. } => {
            "not_confirmed"
        }
    }
}

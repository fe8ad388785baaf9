use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{join, poll_fn, try_join};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::delivery::Delivery;
use crate::epoch::{Epoch, EpochNumber, EpochOver, Side};
use crate::intake::{Intake, Source};
use crate::lane::Lane;
use crate::link::{CallError, ConnectError, Link};
use crate::name::Name;
use crate::publisher::Publisher;
use crate::settling::Settling;
use crate::topology;
use crate::walk::Walker;

/// One epoch on the broker: two connections, and the tasks that own their channels. It ends as a whole and is never
/// recovered; open the next one, waiting a little longer each time.
pub struct Session {
    config: Arc<Config>,
    epoch: Arc<Epoch>,
    inbound: Arc<Link>,
    outbound: Arc<Link>,
    intakes: Vec<Intake>,
    publisher: Publisher,
    is_stopped: bool,
    closing: CancellationToken,
    /// Lanes and settlers; each ends by itself once the session closes and returns what stayed unsettled with it.
    work: JoinSet<usize>,
    watches: JoinSet<()>,
}

/// Kept for closing in good order when the grace is used up.
const LAST_WORDS: Duration = Duration::from_secs(1);

impl Session {
    /// Connects, makes sure that everything [`topology`] wants exists and that the broker accepts messages. Consumes
    /// nothing yet.
    pub async fn open(config: &Config) -> Result<Self, ConnectError> {
        let config = Arc::new(config.clone());
        let links = try_join(Link::connect(&config, Side::In), Link::connect(&config, Side::Out)).await?;
        let (inbound, outbound) = (Arc::new(links.0), Arc::new(links.1));
        let opened = Self::over(Arc::clone(&config), Arc::clone(&inbound), Arc::clone(&outbound)).await;
        if opened.is_err() {
            join(inbound.close(LAST_WORDS), outbound.close(LAST_WORDS)).await;
        }
        opened
    }

    async fn over(
        config: Arc<Config>,
        inbound: Arc<Link>,
        outbound: Arc<Link>,
    ) -> Result<Self, ConnectError> {
        topology::require(&outbound, &config).await?;
        let epoch = Arc::new(Epoch::begin());
        let closing = CancellationToken::new();
        let mut senders = Vec::new();
        let mut lanes = Vec::new();
        for _ in 0..config.lanes.get() {
            let link = Arc::clone(&outbound);
            let opened = Lane::open(link, Arc::clone(&config), Arc::clone(&epoch), closing.clone()).await;
            let (sender, lane) = opened.map_err(|error| error.refuses(&config))?;
            senders.push(sender);
            lanes.push(lane);
        }
        probe(&lanes, &outbound, &config).await?;

        let mut watches = JoinSet::new();
        for link in [&inbound, &outbound] {
            watches.spawn(Arc::clone(link).watch(Arc::clone(&epoch), config.blocked_limit));
        }
        let mut work = JoinSet::new();
        for lane in lanes {
            work.spawn(async move {
                lane.run().await;
                0
            });
        }
        let publisher = Publisher::over(senders, config.burst.get(), Arc::clone(&epoch));
        let (intakes, is_stopped) = (Vec::new(), false);
        Ok(Self { config, epoch, inbound, outbound, intakes, publisher, is_stopped, closing, work, watches })
    }

    /// Starts taking deliveries from these queues, each with a prefetch window of its own and an even part of
    /// [`Config::unsettled_bytes`].
    pub async fn consume(&mut self, queues: &[Name]) -> Result<(), EpochOver> {
        let bytes = self.config.unsettled_bytes.get() / queues.len().max(1);
        for queue in queues {
            if let Err(error) = self.consume_one(queue, bytes).await {
                self.epoch.end(error.ends_epoch(Side::In));
                return Err(self.epoch.reason());
            }
        }
        Ok(())
    }

    async fn consume_one(&mut self, queue: &Name, bytes: usize) -> Result<(), CallError> {
        let (config, epoch) = (&self.config, &self.epoch);
        let channel = self.inbound.channel(config.connect_timeout).await?;
        let (settler, settling) =
            Settling::on(channel.clone(), config, Arc::clone(epoch), self.closing.clone());
        self.work.spawn(settling.run());
        let source = Source { queue: queue.clone(), channel, settler, bytes };
        let intake = Intake::start(source, Arc::clone(config), Arc::clone(epoch)).await?;
        self.intakes.push(intake);
        Ok(())
    }

    /// Waits for a delivery, then takes what is ready, at most `max`; queues are emptied in the order they were given,
    /// so that live mails go before replayed ones. Cancel-safe: a delivery is either returned or still waiting.
    pub async fn next_batch(&mut self, max: usize) -> Result<Vec<Delivery>, EpochOver> {
        if self.is_stopped {
            return Err(EpochOver::StoppedConsuming);
        }
        let epoch = Arc::clone(&self.epoch);
        tokio::select! {
            biased;
            reason = epoch.ended() => Err(reason),
            batch = poll_fn(|cx| self.poll_batch(max.max(1), cx)) => Ok(batch),
        }
    }

    fn poll_batch(&mut self, max: usize, cx: &mut Context<'_>) -> Poll<Vec<Delivery>> {
        let mut batch = Vec::new();
        for intake in &mut self.intakes {
            intake.poll_into(&mut batch, max, cx);
        }
        if batch.is_empty() { Poll::Pending } else { Poll::Ready(batch) }
    }

    /// Takes nothing from these queues until [`Session::resume`]; what the broker has sent ahead goes back to them. What has come is
    /// still handed out. Nothing changes where they are paused.
    pub fn pause(&self, queues: &[Name]) {
        for intake in self.intakes.iter().filter(|intake| queues.contains(intake.queue())) {
            intake.pause();
        }
    }

    /// Takes from all queues again.
    pub fn resume(&self) {
        self.intakes.iter().for_each(Intake::resume);
    }

    /// Publishes over this session's outbound connection for as long as the session lives.
    pub fn publisher(&self) -> Publisher {
        self.publisher.clone()
    }

    /// Goes through queues beside what is consumed, over this session's inbound connection, for as long as the session lives.
    pub fn walker(&self) -> Walker {
        Walker::over(Arc::clone(&self.inbound), Arc::clone(&self.config))
    }

    /// Takes no more; what has come but was not handed out goes back to its queue. Deliveries in hand stay valid, and
    /// so does publishing.
    pub async fn stop_consuming(&mut self) {
        self.is_stopped = true;
        for intake in std::mem::take(&mut self.intakes) {
            intake.stop().await;
        }
    }

    /// Stops consuming, sends every message and settlement handed in up to now, and closes both connections; what is
    /// not through within `grace` is left to be delivered again.
    pub async fn close(mut self, grace: Duration) -> Closed {
        let deadline = Instant::now() + grace;
        let mut unsettled = 0;
        let through = timeout_at(deadline, async {
            self.stop_consuming().await;
            self.closing.cancel();
            unsettled += join_all(&mut self.work).await;
        });
        let in_time = through.await.is_ok();
        self.epoch.end(EpochOver::Closed);
        if !in_time && let Ok(left) = timeout(LAST_WORDS, join_all(&mut self.work)).await {
            unsettled += left;
        }
        self.work.shutdown().await;
        self.watches.shutdown().await;
        let limit = deadline.saturating_duration_since(Instant::now()).max(LAST_WORDS);
        join(self.inbound.close(limit), self.outbound.close(limit)).await;
        Closed { unsettled }
    }

    /// Which session of this process it is.
    pub fn epoch(&self) -> EpochNumber {
        self.epoch.number
    }

    /// Whether the broker accepts no messages at present. Publishing then waits, up to
    /// [`Config::blocked_limit`].
    pub fn is_blocked(&self) -> bool {
        self.epoch.is_blocked()
    }

    /// Resolves when the session is over, with the reason.
    pub async fn ended(&self) -> EpochOver {
        self.epoch.ended().await
    }
}

/// What closing a session left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Deliveries handed out and never settled; the broker delivers them again.
    pub unsettled: usize,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.epoch.end(EpochOver::Closed);
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("epoch", &self.epoch.number).finish_non_exhaustive()
    }
}

async fn probe(lanes: &[Lane], outbound: &Link, config: &Config) -> Result<(), ConnectError> {
    let Some(lane) = lanes.first() else { return Ok(()) };
    match lane.probe().await {
        Err(CallError::TimedOut(_)) if outbound.connection.status().blocked() => Err(ConnectError::Blocked),
        answer => answer.map_err(|error| error.refuses(config)),
    }
}

async fn join_all(work: &mut JoinSet<usize>) -> usize {
    let mut unsettled = 0;
    while let Some(ended) = work.join_next().await {
        match ended {
            Ok(count) => unsettled += count,
            Err(error) => tracing::error!(%error, "a task of the broker session failed"),
        }
    }
    unsettled
}

//! What the worker says of itself every few seconds, for pages and probes. Nothing that happens to a mail depends on it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use broker::{Config, Gauge, Properties};
use domain::{Timestamp, WorkspaceId};
use store::{Heartbeat, Ledger, LedgerError, QueueFigures, StripeCalls, WorkerId};
use stripe_client::Tally;
use tokio::time::{MissedTickBehavior, timeout};

use super::Worker;

/// How often the worker says how it goes. Who looks takes it for silent after four times that.
const EVERY: Duration = Duration::from_secs(5);
/// How long the broker may take to say how full the queues are; then they are not told.
const QUEUES_WITHIN: Duration = Duration::from_secs(3);
/// How long the ledger may take to hear that the worker ends; then its silence tells.
const FAREWELL_WITHIN: Duration = Duration::from_secs(1);
/// No mail has said when it was sent.
const UNKNOWN: i64 = -1;

/// What is noted while mails come and go. Times are milliseconds since it was made.
#[derive(Debug)]
pub(crate) struct Pulse {
    born: Instant,
    in_hand: AtomicU32,
    settled: AtomicU64,
    waited_ms: AtomicI64,
    /// Whether a session with the broker stands.
    in_session: AtomicBool,
    /// When the desk moved last.
    moved_ms: AtomicU64,
    /// When something was settled last, or nothing was there to be done.
    progress_ms: AtomicU64,
    /// How full the queues are; none while the broker does not say.
    queues: Mutex<Option<QueueFigures>>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self {
            born: Instant::now(),
            in_hand: AtomicU32::new(0),
            settled: AtomicU64::new(0),
            waited_ms: AtomicI64::new(UNKNOWN),
            in_session: AtomicBool::new(false),
            moved_ms: AtomicU64::new(0),
            progress_ms: AtomicU64::new(0),
            queues: Mutex::new(None),
        }
    }
}

impl Pulse {
    /// A session stands, and its desk begins with nothing in hand.
    pub(super) fn begins(&self) {
        self.in_session.store(true, Ordering::Relaxed);
        self.progress_ms.store(self.now_ms(), Ordering::Relaxed);
        self.holds(0);
    }

    /// The session is over.
    pub(super) fn ends(&self) {
        self.in_session.store(false, Ordering::Relaxed);
    }

    /// So many mails are in hand; the desk says so each time it moves.
    pub(super) fn holds(&self, in_hand: usize) {
        self.in_hand.store(u32::try_from(in_hand).unwrap_or(u32::MAX), Ordering::Relaxed);
        self.moved();
        if has_nothing_to_do(in_hand, self.queues()) {
            self.progress_ms.store(self.now_ms(), Ordering::Relaxed);
        }
    }

    /// The desk moves, though it may wait for something.
    pub(super) fn moved(&self) {
        self.moved_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    /// What comes of a mail is with RabbitMQ, and the mail acknowledged.
    pub(super) fn settled(&self) {
        self.settled.fetch_add(1, Ordering::Relaxed);
        self.progress_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    /// A live mail came straight from its queue.
    pub(super) fn took(&self, properties: &Properties, now: Timestamp) {
        let sent = properties.timestamp.and_then(|seconds| i64::try_from(seconds).ok());
        if let Some(sent) = sent {
            let waited = now.as_millisecond().saturating_sub(sent.saturating_mul(1_000));
            self.waited_ms.store(waited.max(0), Ordering::Relaxed);
        }
    }

    /// How long the live mail that was taken last had waited.
    pub(super) fn waited(&self) -> Option<Duration> {
        u64::try_from(self.waited_ms.load(Ordering::Relaxed)).ok().map(Duration::from_millis)
    }

    pub(super) fn in_hand(&self) -> u32 {
        self.in_hand.load(Ordering::Relaxed)
    }

    pub(super) fn is_in_session(&self) -> bool {
        self.in_session.load(Ordering::Relaxed)
    }

    pub(super) fn queues(&self) -> Option<QueueFigures> {
        *self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For how long the desk has not moved.
    pub(super) fn still_for(&self) -> Duration {
        self.since(&self.moved_ms)
    }

    /// For how long nothing was settled though there was something to do.
    pub(super) fn stuck_for(&self) -> Duration {
        self.since(&self.progress_ms)
    }

    fn since(&self, then_ms: &AtomicU64) -> Duration {
        Duration::from_millis(self.now_ms().saturating_sub(then_ms.load(Ordering::Relaxed)))
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Worker {
    /// Says how it goes until it is dropped. Whoever looks goes by it, so a ledger or a broker that is away only leaves a gap.
    pub(super) async fn beat(&self, id: &WorkerId) -> anyhow::Result<()> {
        let started_at = self.engine.clock.now();
        let (mut gauge, mut counted, mut is_heard) = (None, Counted::default(), true);
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let queues = timeout(QUEUES_WITHIN, queues(&mut gauge, &self.config)).await.ok().flatten();
            if queues.is_none() {
                gauge = None;
            }
            *self.pulse.queues.lock().unwrap_or_else(PoisonError::into_inner) = queues;
            let heartbeat = Heartbeat {
                worker: id.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                started_at,
                in_hand: self.pulse.in_hand(),
                settled: self.pulse.settled.load(Ordering::Relaxed),
                waited: self.pulse.waited(),
                queues,
            };
            let noted = self.note(&heartbeat, &mut counted).await;
            if let Err(error) = &noted
                && is_heard
            {
                tracing::warn!(error = %super::chain(error), "the ledger does not hear how the worker goes; pages show it as silent");
            }
            is_heard = noted.is_ok();
        }
    }

    async fn note(&self, heartbeat: &Heartbeat, counted: &mut Counted) -> Result<(), LedgerError> {
        let ledger = &self.engine.ledger;
        ledger.beat(heartbeat).await?;
        let tallies = self.engine.workspaces.all();
        let tallies =
            tallies.iter().map(|workspace| (workspace.id.clone(), workspace.stripe.reader().tally()));
        let tallies: BTreeMap<WorkspaceId, Tally> = tallies.collect();
        let new = counted.new_of(&tallies);
        if !new.is_empty() {
            ledger.count_stripe_calls(&new).await?;
        }
        counted.0 = tallies;
        Ok(())
    }
}

/// Nothing is in hand, and nothing waits as far as the broker says. Where it says nothing of its queues, nothing is made of that.
fn has_nothing_to_do(in_hand: usize, queues: Option<QueueFigures>) -> bool {
    in_hand == 0 && queues.is_none_or(|queues| queues.mail == 0 && queues.replay == 0)
}

/// Says that the worker ends in good order.
pub(super) async fn farewell(ledger: &Ledger, id: &WorkerId) {
    if !matches!(timeout(FAREWELL_WITHIN, ledger.farewell(id)).await, Ok(Ok(()))) {
        tracing::debug!("the ledger did not hear that the worker ends");
    }
}

/// What the ledger has of the calls to Stripe. In order: of two workers that count at once neither waits for the other crosswise.
#[derive(Default)]
struct Counted(BTreeMap<WorkspaceId, Tally>);

impl Counted {
    /// What was called since.
    fn new_of(&self, tallies: &BTreeMap<WorkspaceId, Tally>) -> Vec<(WorkspaceId, StripeCalls)> {
        let new = |(id, tally): (&WorkspaceId, &Tally)| {
            // Another key has another client, which counts from zero.
            let before = self.0.get(id).filter(|before| before.calls <= tally.calls);
            let before = before.copied().unwrap_or_default();
            let calls = StripeCalls {
                calls: tally.calls.saturating_sub(before.calls),
                limited: tally.limited.saturating_sub(before.limited),
                failed: tally.failed.saturating_sub(before.failed),
                unanswered: tally.unanswered.saturating_sub(before.unanswered),
            };
            (calls.calls > 0).then(|| (id.clone(), calls))
        };
        tallies.iter().filter_map(new).collect()
    }
}

/// How full the queues are. None: the broker is away.
async fn queues(gauge: &mut Option<Gauge>, config: &Config) -> Option<QueueFigures> {
    if gauge.is_none() {
        *gauge = Gauge::open(config).await.ok();
    }
    let (gauge, names) = (gauge.as_ref()?, &config.names);
    Some(QueueFigures {
        mail: gauge.ready(&names.mail).await.ok()?,
        replay: gauge.ready(&names.replay).await.ok()?,
        dead: gauge.ready(&names.dead).await.ok()?,
        drafts: gauge.ready(&names.drafts).await.ok()?,
        unrouted: gauge.ready(&names.unrouted).await.ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(calls: u64, limited: u64) -> Tally {
        Tally { calls, limited, ..Tally::default() }
    }

    #[test]
    fn calls_are_counted_once_and_from_zero_for_another_key() {
        let id = WorkspaceId::default();
        let told = |before: Tally, now: Tally| {
            let counted = Counted(BTreeMap::from([(id.clone(), before)]));
            let new = counted.new_of(&BTreeMap::from([(id.clone(), now)]));
            new.first().map(|(_, calls)| (calls.calls, calls.limited))
        };
        assert_eq!(told(tally(10, 2), tally(15, 3)), Some((5, 1)));
        assert_eq!(told(tally(10, 2), tally(10, 2)), None);
        assert_eq!(told(tally(10, 2), tally(4, 1)), Some((4, 1)));
    }

    #[test]
    fn who_has_mail_in_hand_or_in_the_queue_has_something_to_do() {
        let waiting = |mail, replay| Some(QueueFigures { mail, replay, dead: 9, ..QueueFigures::default() });
        assert!(has_nothing_to_do(0, waiting(0, 0)));
        assert!(!has_nothing_to_do(0, waiting(1, 0)) && !has_nothing_to_do(0, waiting(0, 1)));
        assert!(!has_nothing_to_do(1, waiting(0, 0)) && !has_nothing_to_do(1, None));
        assert!(
            has_nothing_to_do(0, None),
            "a broker that does not say how full its queues are is no complaint"
        );
    }

    #[test]
    fn a_mail_that_says_when_it_was_sent_has_waited_since() {
        let pulse = Pulse::default();
        let now = Timestamp::from_second(1_000).unwrap();
        pulse.took(&Properties::default(), now);
        assert_eq!(pulse.waited(), None);
        pulse.took(&Properties { timestamp: Some(990), ..Properties::default() }, now);
        assert_eq!(pulse.waited(), Some(Duration::from_secs(10)));
        pulse.took(&Properties { timestamp: Some(1_005), ..Properties::default() }, now);
        assert_eq!(pulse.waited(), Some(Duration::ZERO));
    }
}

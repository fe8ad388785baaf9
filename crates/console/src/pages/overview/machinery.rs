//! Whether the machinery runs: workers, queues, and how Stripe answers.

use std::time::Duration;

use domain::Timestamp;
use store::{QueueFigures, SeenWorker, StripeCalls};

use crate::figures;
use crate::shown::{Chip, chip};
use crate::when::When;

/// A worker says how it goes every five seconds. Of one that was not heard for so long something is wrong.
const SILENT_AFTER: Duration = Duration::from_secs(20);

/// What workers said last.
pub(super) struct Machinery {
    pub(super) workers: Vec<Line>,
    pub(super) queues: Option<QueueFigures>,
    /// Mails that workers have taken and work on.
    pub(super) in_hand: String,
    /// How long the mail that was taken last had waited.
    pub(super) waited: Option<String>,
    stripe: StripeCalls,
    /// Since when calls to Stripe are counted.
    since: Timestamp,
    /// Whether none of the workers was heard lately.
    is_silent: bool,
}

/// A worker.
pub(super) struct Line {
    pub(super) state: Chip,
    pub(super) version: String,
    pub(super) since: When,
    pub(super) in_hand: String,
    pub(super) settled: String,
    pub(super) heard: When,
}

impl Machinery {
    pub(super) fn of(
        workers: &[SeenWorker],
        (stripe, since): (StripeCalls, Timestamp),
        now: Timestamp,
    ) -> Self {
        let awake: Vec<&SeenWorker> = workers.iter().filter(|worker| !is_silent(worker)).collect();
        let in_hand: u64 = awake.iter().map(|worker| u64::from(worker.heartbeat.in_hand)).sum();
        let latest = awake.iter().max_by_key(|worker| worker.seen_at);
        let waited = latest.and_then(|worker| worker.heartbeat.waited);
        Self {
            workers: workers.iter().map(|worker| Line::of(worker, now)).collect(),
            queues: latest.and_then(|worker| worker.heartbeat.queues),
            in_hand: figures::number(in_hand),
            waited: waited.map(said),
            stripe,
            since,
            is_silent: awake.is_empty(),
        }
    }

    /// How Stripe answered the workspace lately.
    pub(super) fn stripe(&self) -> String {
        let StripeCalls { calls, limited, failed, unanswered } = self.stripe;
        let [calls, limited, failed, unanswered] = [calls, limited, failed, unanswered].map(figures::number);
        format!(
            "Since {} UTC yesterday workers have asked Stripe {calls} times for this workspace: {limited} answers were 429 (too many at \
             once), {failed} were 5xx, {unanswered} never came.",
            self.since.strftime("%H:00")
        )
    }

    /// What is wrong with the workers as a whole, and what to do.
    pub(super) fn trouble(&self) -> Option<&'static str> {
        if self.workers.is_empty() {
            Some("No worker runs: mail waits in the queue until one is started with “postill worker”.")
        } else if self.is_silent {
            Some(
                "No worker was heard lately: they may have been killed, or the ledger does not hear them. Their logs say more.",
            )
        } else if self.queues.is_none() {
            Some("The queues could not be looked at: RabbitMQ is away or slow.")
        } else {
            None
        }
    }
}

impl Line {
    fn of(worker: &SeenWorker, now: Timestamp) -> Self {
        let heartbeat = &worker.heartbeat;
        let state = match (is_silent(worker), heartbeat.queues) {
            (true, _) => chip("bad", "✘", "silent"),
            (false, None) => chip("warn", "!", "sees no queues"),
            (false, Some(_)) => chip("good", "✔", "works"),
        };
        Self {
            state,
            version: heartbeat.version.clone(),
            since: When { at: heartbeat.started_at, now },
            in_hand: figures::number(heartbeat.in_hand.into()),
            settled: figures::number(heartbeat.settled),
            heard: When { at: worker.seen_at, now },
        }
    }
}

fn is_silent(worker: &SeenWorker) -> bool {
    worker.silent_for > SILENT_AFTER
}

/// Whoever sends says when to the second.
fn said(waited: Duration) -> String {
    match waited.as_secs() {
        0 | 1 => "under 2 s".to_owned(),
        seconds => figures::milliseconds(i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX)),
    }
}

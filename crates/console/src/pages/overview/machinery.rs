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
    /// Mails that workers have taken and not settled.
    pub(super) in_hand: String,
    /// How long the mail that was taken last had waited.
    pub(super) waited: Option<String>,
    stripe: StripeCalls,
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
    pub(super) fn of(workers: &[SeenWorker], stripe: StripeCalls, now: Timestamp) -> Self {
        let awake: Vec<&SeenWorker> = workers.iter().filter(|worker| !is_silent(worker, now)).collect();
        let in_hand: u64 = awake.iter().map(|worker| u64::from(worker.heartbeat.in_hand)).sum();
        let latest = awake.iter().max_by_key(|worker| worker.seen_at);
        let waited = latest.and_then(|worker| worker.heartbeat.waited);
        Self {
            workers: workers.iter().map(|worker| Line::of(worker, now)).collect(),
            queues: latest.and_then(|worker| worker.heartbeat.queues),
            in_hand: figures::number(in_hand),
            waited: waited
                .map(|waited| figures::milliseconds(i64::try_from(waited.as_millis()).unwrap_or(i64::MAX))),
            stripe,
            is_silent: awake.is_empty(),
        }
    }

    /// How Stripe answered the workspace lately.
    pub(super) fn stripe(&self) -> String {
        let StripeCalls { calls, limited, failed, unanswered } = self.stripe;
        let [calls, limited, failed, unanswered] = [calls, limited, failed, unanswered].map(figures::number);
        format!(
            "Stripe was asked {calls} times for this workspace in the last 24 hours: {limited} answers were 429 (too many at once), \
             {failed} were 5xx, {unanswered} never came."
        )
    }

    /// What is wrong with the workers as a whole, and what to do.
    pub(super) fn trouble(&self) -> Option<&'static str> {
        if self.workers.is_empty() {
            Some("No worker runs: mail waits in the queue until one is started with “postill worker”.")
        } else if self.is_silent {
            Some("No worker was heard lately: its log says why.")
        } else if self.queues.is_none() {
            Some("RabbitMQ is away: mail waits there until it is back.")
        } else {
            None
        }
    }
}

impl Line {
    fn of(worker: &SeenWorker, now: Timestamp) -> Self {
        let heartbeat = &worker.heartbeat;
        let state = match (is_silent(worker, now), heartbeat.queues) {
            (true, _) => chip("bad", "✘", "silent"),
            (false, None) => chip("warn", "!", "RabbitMQ is away"),
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

fn is_silent(worker: &SeenWorker, now: Timestamp) -> bool {
    now.duration_since(worker.seen_at).unsigned_abs() > SILENT_AFTER
}

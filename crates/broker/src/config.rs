use std::collections::BTreeSet;
use std::num::{NonZeroU16, NonZeroUsize};
use std::time::Duration;

use crate::name::Names;
use crate::url::AmqpUrl;

/// How to reach the broker and how to behave on it.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the broker is, and as whom. Default: `amqp://guest:***@localhost:5672/%2f`, RabbitMQ's own.
    pub url: AmqpUrl,
    /// What exchanges and queues are called. Default: everything starts with `postill`.
    pub names: Names,
    /// Silence after which a connection is given up is twice this. Default 10 s: dead peers are found within 20 s,
    /// and a broker busy for a few seconds is not taken for dead. Whole seconds, at least one.
    pub heartbeat: Duration,
    /// Deliveries held unsettled per consumed queue, and up to half as many more for the moment after the window was
    /// enlarged. Default 500: measured to be enough for full speed.
    pub prefetch: NonZeroU16,
    /// Bytes of bodies held unsettled by a session, in even parts for the queues it consumes. Default 256 MiB: 500 mails
    /// of 500 kB, while 500 of the largest would be 12 GB. One body larger than its part is still taken, alone.
    pub unsettled_bytes: NonZeroUsize,
    /// Channels that publish. Default 4: one burst is outstanding on each, so another can be filled while one waits.
    pub lanes: NonZeroUsize,
    /// Messages per burst on a lane, at most. Default 128: larger ones measured no faster, and a lost connection
    /// leaves at most `lanes × burst` messages unconfirmed.
    pub burst: NonZeroUsize,
    /// A body above this is refused here, for it alone. Default 16 MiB, what RabbitMQ 4 accepts: the broker itself
    /// answers a larger one by closing the channel on everything else that is under way there.
    pub max_message_bytes: usize,
    /// Time to connect and to log in. Default 10 s, also the limit for each declaration or check.
    pub connect_timeout: Duration,
    /// Time for all confirms of a burst; the clock stands while the broker blocks publishers. Default 30 s: a
    /// quorum queue electing a leader takes a few seconds.
    pub confirm_timeout: Duration,
    /// Time for an acknowledgement to be written to the socket. Default 10 s.
    pub settle_timeout: Duration,
    /// How long the broker may block publishers (memory or disk alarm) before the epoch ends and its deliveries go
    /// back. Default 60 s: short alarms pass by waiting; longer ones must not hold mails other workers could take.
    pub blocked_limit: Duration,
    /// A settled delivery behind one still in hand is acknowledged alone after this, or after 50 ms where such deliveries
    /// take up an eighth of the prefetch. Default 2 s: long enough that nearly all settle as ranges, short enough that a slow mail
    /// does not keep others unacknowledged.
    pub straggler_after: Duration,
    /// Delays of the retry queues, growing. Default 5 s, 1 min, 10 min, 1 h, 6 h: a hiccup, a deploy, an incident, an
    /// outage, a day. Changing it on a running system needs `topology apply` and leaves the old queues to drain.
    pub ladder: Vec<Duration>,
    /// Deliveries of one message before the broker moves it to the dead queue. Default 100; RabbitMQ 4 would stop at
    /// 20, and every lost connection counts for all that was in hand. Attempts are judged by the ledger, not by this.
    pub delivery_limit: u32,
}

impl Config {
    /// All that is wrong with it, one sentence each; empty when it can be used.
    pub fn problems(&self) -> Vec<String> {
        let steps: BTreeSet<String> = self.ladder.iter().map(|delay| step_name(*delay)).collect();
        let mut problems = Vec::new();
        let mut require = |met: bool, sentence: &str| {
            if !met {
                problems.push(sentence.to_owned());
            }
        };
        require(self.heartbeat.as_secs() >= 1, "the heartbeat must be at least one second");
        require(self.heartbeat.as_secs() <= 3600, "the heartbeat must be at most one hour");
        require(!self.ladder.is_empty(), "the retry ladder needs at least one delay");
        require(self.ladder.is_sorted(), "the delays of the retry ladder must grow");
        require(steps.len() == self.ladder.len(), "the retry ladder names a delay twice");
        require(!self.ladder.contains(&Duration::ZERO), "a delay of the retry ladder is zero");
        require(self.max_message_bytes > 0, "the largest message cannot be zero bytes");
        require(self.delivery_limit > 0, "the delivery limit must be at least one");
        problems
    }

    /// The delay of a step of the ladder; beyond its end, the last one's.
    pub(crate) fn step(&self, step: usize) -> Option<Duration> {
        self.ladder.get(step).or(self.ladder.last()).copied()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: AmqpUrl::default(),
            names: Names::default(),
            heartbeat: Duration::from_secs(10),
            prefetch: NonZeroU16::MIN.saturating_add(499),
            unsettled_bytes: NonZeroUsize::MIN.saturating_add((256 << 20) - 1),
            lanes: NonZeroUsize::MIN.saturating_add(3),
            burst: NonZeroUsize::MIN.saturating_add(127),
            max_message_bytes: 16 * 1024 * 1024,
            connect_timeout: Duration::from_secs(10),
            confirm_timeout: Duration::from_secs(30),
            settle_timeout: Duration::from_secs(10),
            blocked_limit: Duration::from_mins(1),
            straggler_after: Duration::from_secs(2),
            ladder: [5, 60, 600, 3_600, 21_600].map(Duration::from_secs).to_vec(),
            delivery_limit: 100,
        }
    }
}

/// How a delay is written in queue names: in the largest unit that divides it, `5s`, `10m`, `6h`, `250ms`.
pub fn step_name(delay: Duration) -> String {
    let millis = delay.as_millis();
    let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    match units.into_iter().find(|(unit, _)| millis >= *unit && millis.is_multiple_of(*unit)) {
        Some((unit, letter)) => format!("{}{letter}", millis / unit),
        None => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_used() {
        assert_eq!(Config::default().problems(), Vec::<String>::new());
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let wrong =
            Config { heartbeat: Duration::ZERO, ladder: Vec::new(), delivery_limit: 0, ..Config::default() };
        assert_eq!(wrong.problems().len(), 3);
    }

    #[test]
    fn steps_are_named_in_the_largest_unit_that_divides_them() {
        let names: Vec<String> = Config::default().ladder.into_iter().map(step_name).collect();
        assert_eq!(names, ["5s", "1m", "10m", "1h", "6h"]);
        assert_eq!(step_name(Duration::from_secs(90)), "90s");
        assert_eq!(step_name(Duration::from_millis(250)), "250ms");
    }

    #[test]
    fn a_step_beyond_the_ladder_is_its_last() {
        assert_eq!(Config::default().step(99), Some(Duration::from_hours(6)));
    }
}

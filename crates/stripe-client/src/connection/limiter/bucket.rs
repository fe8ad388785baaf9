use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

use super::NoSlot;

/// Of a full second's requests, this part may be sent at once after a quiet moment: the calls of one mail need not be spaced, and Stripe
/// tolerates brief bursts.
const BURST_DIVISOR: u64 = 5;
/// What a 429 leaves of the rate: half, as TCP does it. Several programs that each halve and recover evenly come to share an account
/// evenly, whatever rates they began with.
const SLOWDOWN_DIVISOR: u64 = 2;
/// How long it takes from nothing to the full rate, so that one 429 costs ten seconds at less than full speed: long enough that a
/// crowded account is not run against each second, short enough that a hiccup is forgotten with the next retries.
const RECOVERY: Duration = Duration::from_secs(20);
/// A request a second is always sent, in thousandths: else nobody would find out that there is room again.
const SLOWEST: u64 = 1_000;

/// A token bucket, kept as the time at which it will be full again: every slot moves that time by one interval.
pub(super) struct Bucket {
    /// Requests in a thousand seconds.
    full_rate: u64,
    slowed: Option<Slowed>,
    full_at: Option<Instant>,
}

/// When the rate was cut last, and to what.
#[derive(Clone, Copy)]
struct Slowed {
    at: Instant,
    rate: u64,
}

impl Bucket {
    pub(super) fn new(rate: NonZeroU32) -> Self {
        Self { full_rate: u64::from(rate.get()) * 1_000, slowed: None, full_at: None }
    }

    /// Takes the next slot, unless it comes only after `deadline`.
    pub(super) fn reserve(&mut self, now: Instant, deadline: Instant) -> Result<Instant, NoSlot> {
        let slot = self.next_slot(now);
        if slot > deadline {
            return Err(NoSlot);
        }
        self.full_at = Some(self.full_at.map_or(now, |at| at.max(now)) + self.interval(now));
        Ok(slot)
    }

    /// How long it takes until those `waiting` have their slots and one more is free.
    pub(super) fn wait_behind(&self, waiting: u32, now: Instant) -> Duration {
        self.next_slot(now).duration_since(now) + self.interval(now) * waiting
    }

    /// Halves the rate and empties the bucket, for a request sent since the rate was cut last.
    pub(super) fn slow_down(&mut self, sent_at: Instant, now: Instant) {
        if self.slowed.is_some_and(|slowed| sent_at <= slowed.at) {
            return;
        }
        let rate = (self.rate(now) / SLOWDOWN_DIVISOR).max(SLOWEST.min(self.full_rate));
        self.slowed = Some(Slowed { at: now, rate });
        self.full_at = Some(now + self.ahead(now) + self.interval(now));
    }

    fn next_slot(&self, now: Instant) -> Instant {
        let (full_at, ahead) = (self.full_at.map_or(now, |at| at.max(now)), self.ahead(now));
        if full_at > now + ahead { full_at - ahead } else { now }
    }

    /// Grows evenly from what it was cut to, up to the full rate.
    fn rate(&self, now: Instant) -> u64 {
        let Some(Slowed { at, rate }) = self.slowed else { return self.full_rate };
        let since = u64::try_from(now.saturating_duration_since(at).min(RECOVERY).as_millis()).unwrap_or(0);
        let recovered = self.full_rate * since / (RECOVERY.as_secs() * 1_000);
        (rate + recovered).min(self.full_rate)
    }

    fn interval(&self, now: Instant) -> Duration {
        Duration::from_nanos(1_000_000_000_000 / self.rate(now).max(1))
    }

    /// How far ahead of now the bucket may be drawn: one interval less than a full burst.
    fn ahead(&self, now: Instant) -> Duration {
        let burst = (self.rate(now) / 1_000 / BURST_DIVISOR).max(1);
        self.interval(now) * u32::try_from(burst - 1).unwrap_or(u32::MAX)
    }
}

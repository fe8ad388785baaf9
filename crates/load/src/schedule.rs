//! When each mail is due. The schedule does not ask how the mails before it are doing: that is what makes waiting visible.

use std::ops::Range;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Mails at a steady rate, from number 0 on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    rate: f64,
    mails: u64,
}

impl Schedule {
    /// `mails` at `rate` a second; `None` where the rate is no number above 0.
    pub fn new(rate: f64, mails: u64) -> Option<Self> {
        (rate.is_finite() && rate > 0.0).then_some(Self { rate, mails })
    }

    /// When a mail is due, from the start on.
    pub fn due(&self, number: u64) -> Duration {
        Duration::try_from_secs_f64(float(number) / self.rate).unwrap_or(Duration::MAX)
    }

    /// How many mails are due after so long; never more than there are.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "never negative, and cut at the number of mails"
    )]
    pub fn due_after(&self, time: Duration) -> u64 {
        // A mail is due at its time, not after it; the addition is far below a nanosecond at any rate.
        let due = (time.as_secs_f64() * self.rate + 1e-6).floor() as u64;
        due.saturating_add(1).min(self.mails)
    }
}

/// Exact up to 2^53 mails.
#[expect(clippy::cast_precision_loss, reason = "nobody sends 2^53 mails")]
fn float(number: u64) -> f64 {
    number as f64
}

/// Walks along a schedule. What was not taken in time is given out at once, as often as it is asked: nothing is left out.
#[derive(Debug)]
pub struct Pacer {
    schedule: Schedule,
    start: Instant,
    next: u64,
}

impl Pacer {
    /// From `start` on.
    pub const fn new(schedule: Schedule, start: Instant) -> Self {
        Self { schedule, start, next: 0 }
    }

    /// Waits until a mail is due, and gives the numbers of all that are, at most `most`. `None` after the last. Cancel-safe.
    pub async fn next(&mut self, most: u64) -> Option<Range<u64>> {
        if self.next >= self.schedule.mails {
            return None;
        }
        sleep_until(self.start + self.schedule.due(self.next)).await;
        let due = self.schedule.due_after(self.start.elapsed()).max(self.next + 1);
        let from = self.next;
        self.next = due.min(from + most.max(1));
        Some(from..self.next)
    }

    /// When a mail is due, from the start on.
    pub fn due(&self, number: u64) -> Duration {
        self.schedule.due(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_are_due_at_a_steady_rate() {
        let schedule = Schedule::new(200.0, 1_000).unwrap();
        assert_eq!(schedule.due(0), Duration::ZERO);
        assert_eq!(schedule.due(200), Duration::from_secs(1));
        for number in [0, 1, 7, 333, 998] {
            assert_eq!(schedule.due_after(schedule.due(number)), number + 1, "mail {number}");
        }
        assert_eq!(schedule.due_after(Duration::from_hours(1)), 1_000);
        assert_eq!(Schedule::new(0.0, 1), None);
        assert_eq!(Schedule::new(f64::NAN, 1), None);
    }

    #[tokio::test(start_paused = true)]
    async fn each_mail_is_given_out_when_it_is_due() {
        let start = Instant::now();
        let mut pacer = Pacer::new(Schedule::new(10.0, 3).unwrap(), start);
        for (number, millis) in [(0, 0), (1, 100), (2, 200)] {
            assert_eq!(pacer.next(100).await, Some(number..number + 1));
            assert_eq!(start.elapsed(), Duration::from_millis(millis));
        }
        assert_eq!(pacer.next(100).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_held_up_is_given_everything_that_became_due_at_once() {
        let start = Instant::now();
        let mut pacer = Pacer::new(Schedule::new(100.0, 1_000).unwrap(), start);
        assert_eq!(pacer.next(100).await, Some(0..1));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(pacer.next(150).await, Some(1..151));
        assert_eq!(pacer.next(150).await, Some(151..201), "no time has passed");
        assert_eq!(pacer.next(150).await, Some(201..202));
        assert_eq!(start.elapsed(), Duration::from_millis(2_010));
        assert_eq!(pacer.due(1), Duration::from_millis(10), "it was due when it was due");
    }
}

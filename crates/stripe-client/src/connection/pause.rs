//! The pauses between tries: doubling, bounded, and never the same for two clients at once.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use crate::config::Config;

pub(super) struct Pauses {
    first: Duration,
    longest: Duration,
    /// A source of numbers that differ between processes and calls; nothing more is asked of jitter.
    random: RandomState,
}

impl Pauses {
    pub(super) fn new(config: &Config) -> Self {
        Self { first: config.first_pause, longest: config.longest_pause, random: RandomState::new() }
    }

    /// The pause after the try numbered `tries` from 0: between half of its step and all of it, but never under the first step.
    pub(super) fn after(&self, tries: u32) -> Duration {
        let step = self.first.saturating_mul(2_u32.saturating_pow(tries)).min(self.longest);
        let share = self.random.hash_one(std::time::Instant::now()) % 1000;
        let jitter = (step / 2000).saturating_mul(u32::try_from(share).unwrap_or(0));
        (step / 2 + jitter).max(self.first.min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tries: u32, least_ms: u64, most_ms: u64) {
        let pauses = Pauses::new(&Config::default());
        for _ in 0..200 {
            let pause = pauses.after(tries);
            let range = Duration::from_millis(least_ms)..=Duration::from_millis(most_ms);
            assert!(range.contains(&pause), "{pause:?} after {tries} tries");
        }
    }

    #[test]
    fn pauses_double_from_half_a_second_and_end_at_five() {
        check(0, 500, 500);
        check(1, 500, 1000);
        check(2, 1000, 2000);
        check(3, 2000, 4000);
        check(4, 2500, 5000);
        check(40, 2500, 5000);
    }

    #[test]
    fn two_clients_do_not_come_back_together() {
        let pauses = Pauses::new(&Config::default());
        let distinct: std::collections::HashSet<Duration> = (0..50).map(|_| pauses.after(3)).collect();
        assert!(distinct.len() > 10, "{} of 50", distinct.len());
    }
}

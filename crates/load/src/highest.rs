//! Finds the highest rate that still holds: first by doubling, then by halving what is left between.

use serde::Serialize;

/// A search under way.
#[derive(Debug, Clone)]
pub struct Search {
    next: f64,
    holds: Option<f64>,
    fails: Option<f64>,
    probes: u32,
}

/// What a probe found, as it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Probe {
    /// Mails a second.
    pub rate: f64,
    /// What 99 percent of the mails did not exceed, in microseconds; absent when nothing came.
    pub p99_micros: Option<u64>,
    /// Whether that is under the limit, and nothing was lost.
    pub holds: bool,
}

/// The two ends are near enough when one is this share of the other.
const NEAR: f64 = 0.95;
/// No search takes more probes.
const MOST_PROBES: u32 = 24;
/// Nothing slower is tried.
const SLOWEST: f64 = 1.0;

impl Search {
    /// Begins with this rate.
    pub const fn from(rate: f64) -> Self {
        Self { next: rate, holds: None, fails: None, probes: 0 }
    }

    /// The rate to try next; none when the search is over.
    pub fn next(&self) -> Option<f64> {
        let is_near = self.holds.zip(self.fails).is_some_and(|(holds, fails)| holds >= fails * NEAR);
        (!is_near && self.probes < MOST_PROBES && self.next >= SLOWEST).then_some(self.next)
    }

    /// Notes what the rate that was tried is worth.
    pub fn note(&mut self, holds: bool) {
        self.probes += 1;
        let side = if holds { &mut self.holds } else { &mut self.fails };
        *side = Some(self.next);
        self.next = match (self.holds, self.fails) {
            (Some(holds), Some(fails)) => f64::midpoint(holds, fails).round(),
            (Some(holds), None) => holds * 2.0,
            (None, Some(fails)) => fails / 2.0,
            (None, None) => self.next,
        };
    }

    /// The highest rate that was tried and holds.
    pub const fn highest(&self) -> Option<f64> {
        self.holds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: f64, holds_up_to: f64, most_probes: usize) -> Option<f64> {
        let mut search = Search::from(from);
        let mut probes = 0;
        while let Some(rate) = search.next() {
            search.note(rate <= holds_up_to);
            probes += 1;
            assert!(probes <= most_probes, "{probes} probes, now at {rate}");
        }
        search.highest()
    }

    #[test]
    fn the_highest_rate_is_found_to_five_percent() {
        for limit in [90.0, 1_234.0, 7_777.0] {
            let found = check(100.0, limit, 14).unwrap();
            assert!(found <= limit && found >= limit * 0.94, "{found} of {limit}");
        }
    }

    #[test]
    fn what_never_holds_and_what_always_does_come_to_an_end() {
        assert_eq!(check(1_000.0, 0.0, 12), None);
        assert!(check(1.0, f64::INFINITY, 24).unwrap() > 1e6);
    }
}

//! How Stripe answered, counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// The tries of one client and its clones since it was made, by how Stripe answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// All tries.
    pub calls: u64,
    /// Answered with 429.
    pub limited: u64,
    /// Answered with 500 or above.
    pub failed: u64,
    /// Not answered at all.
    pub unanswered: u64,
}

/// Counts while calls are made.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    calls: AtomicU64,
    limited: AtomicU64,
    failed: AtomicU64,
    unanswered: AtomicU64,
}

impl Counting {
    pub(crate) fn count(&self, status: Option<u16>) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let trouble = match status {
            None => &self.unanswered,
            Some(429) => &self.limited,
            Some(500..=599) => &self.failed,
            Some(_) => return,
        };
        trouble.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn until_now(&self) -> Tally {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Tally {
            calls: of(&self.calls),
            limited: of(&self.limited),
            failed: of(&self.failed),
            unanswered: of(&self.unanswered),
        }
    }
}

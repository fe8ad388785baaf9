//! When a batch goes to the ledger. A transaction costs nearly the same for one mail as for a hundred, so under load it waits a moment for
//! company; after a quiet moment it goes at once.

use std::time::Duration;

use tokio::time::Instant;

/// Transactions of one kind are at least this far apart, unless [`MANY`] mails have gathered: it decides how many share one at full load, and
/// is all that a mail waits longer for it.
const APART: Duration = Duration::from_millis(3);
/// So many do not wait for more.
const MANY: usize = 64;

/// When the next batch may go.
#[derive(Debug)]
pub(super) struct Rhythm {
    next: Instant,
}

impl Rhythm {
    pub(super) const fn start(now: Instant) -> Self {
        Self { next: now }
    }

    /// Whether a batch of so many goes now.
    pub(super) fn is_due(&self, gathered: usize, now: Instant) -> bool {
        gathered >= MANY || now >= self.next
    }

    /// Until when smaller batches wait.
    pub(super) const fn next(&self) -> Instant {
        self.next
    }

    /// A batch goes, and the next is put off.
    pub(super) fn beat(&mut self, now: Instant) {
        self.next = now + APART;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_goes_at_once_after_a_quiet_moment_and_else_with_company() {
        let start = Instant::now();
        let mut rhythm = Rhythm::start(start);
        assert!(rhythm.is_due(1, start));
        rhythm.beat(start);
        let soon = start + APART / 2;
        assert!(!rhythm.is_due(MANY - 1, soon), "it waits for more");
        assert!(rhythm.is_due(MANY, soon), "enough are there");
        assert!(rhythm.is_due(1, rhythm.next()), "it has waited");
    }
}

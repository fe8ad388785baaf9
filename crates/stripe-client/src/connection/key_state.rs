//! Whether Stripe accepts the key, by what it answered last.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Since when the key is refused.
#[derive(Debug, Default)]
pub(super) struct KeyState(Mutex<Option<Instant>>);

impl KeyState {
    /// Notes how a request that was sent at this time was answered. Requests that were under way when the key was refused say nothing of
    /// the time after; no answer, a failure of Stripe and 429 say nothing of the key.
    pub(super) fn note(&self, status: Option<u16>, sent_at: Instant) {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match status {
            Some(401) => _ = refused.get_or_insert_with(Instant::now),
            Some(429 | 500..) | None => {}
            Some(_) if refused.is_some_and(|since| sent_at > since) => *refused = None,
            Some(_) => {}
        }
    }

    pub(super) fn refused_for(&self, now: Instant) -> Option<Duration> {
        let refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refused.map(|since| now.duration_since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_refused_until_a_later_request_is_accepted() {
        let (key, before) = (KeyState::default(), Instant::now());
        key.note(Some(200), before);
        assert_eq!(key.refused_for(before), None);
        key.note(Some(401), before);
        let later = Instant::now() + Duration::from_secs(5);
        assert!(key.refused_for(later) >= Some(Duration::from_secs(5)));
        key.note(Some(200), before);
        assert!(key.refused_for(later).is_some(), "it was sent before the refusal");
        for says_nothing in [None, Some(429), Some(503)] {
            key.note(says_nothing, later);
            assert!(key.refused_for(later).is_some(), "{says_nothing:?}");
        }
        key.note(Some(403), later);
        assert_eq!(key.refused_for(later), None, "a missing permission is said to an accepted key");
    }
}

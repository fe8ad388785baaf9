//! Leaves an endpoint alone that has failed several times in a row, and tries it with one mail after a while.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Timestamp;
use jiff::SignedDuration;

use crate::config::BreakerRules;
use crate::error::ReadError;

/// The longest an endpoint can have itself left alone by `Retry-After`: a wrong number must not switch it off for good.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

#[derive(Debug)]
pub(crate) struct Breaker {
    rules: BreakerRules,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Calls go out; so many in a row have failed.
    Closed { failures: u32 },
    /// None goes out before then.
    Open { until: Timestamp },
    /// One is out to see.
    Probing,
}

/// A call that was let through. One that is dropped without a word, as when its mail is given back, says nothing of the endpoint.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    breaker: &'a Breaker,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ordinary,
    /// Open until then before, and again if nothing comes of it.
    Probe {
        since: Timestamp,
    },
    Settled,
}

impl Breaker {
    pub(crate) const fn new(rules: BreakerRules) -> Self {
        Self { rules, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    pub(crate) fn begin(&self, now: Timestamp) -> Result<Attempt<'_>, ReadError> {
        let mut state = self.state();
        let kind = match *state {
            State::Closed { .. } => Kind::Ordinary,
            State::Open { until } if until <= now => {
                *state = State::Probing;
                Kind::Probe { since: until }
            }
            State::Open { .. } | State::Probing => return Err(ReadError::Paused),
        };
        Ok(Attempt { breaker: self, kind })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// The endpoint works, whatever the answer is worth.
    pub(crate) fn answered(mut self) {
        let mut state = self.breaker.state();
        match (self.kind, *state) {
            (Kind::Probe { .. }, _) => {
                tracing::info!("the language model answers again");
                *state = State::Closed { failures: 0 };
            }
            (Kind::Ordinary, State::Closed { .. }) => *state = State::Closed { failures: 0 },
            // Sent before the breaker opened: only a probe closes it.
            (Kind::Ordinary | Kind::Settled, _) => {}
        }
        drop(state);
        self.kind = Kind::Settled;
    }

    /// The endpoint failed, and perhaps asked to be left alone for so long.
    pub(crate) fn failed(mut self, now: Timestamp, not_before: Option<Duration>) {
        let BreakerRules { failures: most, pause } = self.breaker.rules;
        let until = later(now, not_before.unwrap_or_default().min(LONGEST_PAUSE).max(pause));
        let mut state = self.breaker.state();
        let failures = match (self.kind, *state) {
            (Kind::Probe { .. }, _) => Some(most.get()),
            (Kind::Ordinary, State::Closed { failures }) => Some(failures.saturating_add(1)),
            (Kind::Ordinary | Kind::Settled, _) => None,
        };
        match failures {
            Some(failures) if failures >= most.get() || not_before.is_some() => {
                tracing::warn!(
                    language_model.failures = failures,
                    language_model.until = %until,
                    "the language model fails and is left alone; the classifier's answer stands meanwhile"
                );
                *state = State::Open { until };
            }
            Some(failures) => *state = State::Closed { failures },
            None => {}
        }
        drop(state);
        self.kind = Kind::Settled;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Kind::Probe { since } = self.kind {
            *self.breaker.state() = State::Open { until: since };
        }
    }
}

fn later(now: Timestamp, pause: Duration) -> Timestamp {
    let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
    now.checked_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const FAILURES: u32 = 3;
    const PAUSE: i64 = 30;

    fn breaker() -> Breaker {
        let pause = Duration::from_secs(u64::try_from(PAUSE).unwrap());
        Breaker::new(BreakerRules { failures: NonZeroU32::new(FAILURES).unwrap(), pause })
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn fail(breaker: &Breaker, second: i64) {
        breaker.begin(at(second)).unwrap().failed(at(second), None);
    }

    fn opened() -> Breaker {
        let breaker = breaker();
        (0..FAILURES).for_each(|_| fail(&breaker, 0));
        breaker
    }

    #[test]
    fn so_many_failures_in_a_row_open_it_for_the_pause() {
        let breaker = opened();
        assert!(matches!(breaker.begin(at(PAUSE - 1)), Err(ReadError::Paused)));
        breaker.begin(at(PAUSE)).unwrap().answered();
        (0..FAILURES - 1).for_each(|_| fail(&breaker, PAUSE));
        assert!(breaker.begin(at(PAUSE)).is_ok());
    }

    #[test]
    fn an_answer_between_failures_starts_the_count_anew() {
        let breaker = breaker();
        for _ in 0..10 {
            (0..FAILURES - 1).for_each(|_| fail(&breaker, 0));
            breaker.begin(at(0)).unwrap().answered();
        }
        assert!(breaker.begin(at(0)).is_ok());
    }

    #[test]
    fn one_probe_at_a_time_and_its_failure_opens_it_again() {
        let breaker = opened();
        let probe = breaker.begin(at(PAUSE)).unwrap();
        assert!(breaker.begin(at(PAUSE)).is_err());
        probe.failed(at(PAUSE), None);
        assert!(breaker.begin(at(2 * PAUSE - 1)).is_err());
        assert!(breaker.begin(at(2 * PAUSE)).is_ok());
    }

    #[test]
    fn a_probe_that_was_given_up_lets_the_next_one_through() {
        let breaker = opened();
        drop(breaker.begin(at(PAUSE)).unwrap());
        assert!(breaker.begin(at(PAUSE)).is_ok());
    }

    #[test]
    fn calls_from_before_it_opened_neither_close_it_nor_hold_it_open() {
        let breaker = breaker();
        let (early, late) = (breaker.begin(at(0)).unwrap(), breaker.begin(at(0)).unwrap());
        (0..FAILURES).for_each(|_| fail(&breaker, 0));
        early.answered();
        assert!(breaker.begin(at(1)).is_err());
        late.failed(at(20), None);
        assert!(breaker.begin(at(PAUSE)).is_ok());
    }

    #[test]
    fn retry_after_opens_it_at_once_for_an_hour_at_most() {
        let breaker = breaker();
        breaker.begin(at(0)).unwrap().failed(at(0), Some(Duration::from_mins(2)));
        assert!(breaker.begin(at(119)).is_err());
        breaker.begin(at(120)).unwrap().failed(at(120), Some(Duration::MAX));
        assert!(breaker.begin(at(120 + 3_600)).is_ok());
    }
}

//! Requests a second: a bucket for each endpoint and one for the account, so that Stripe never has to answer 429. Where it does, since
//! others use the account too, the account's bucket slows down and recovers.

mod bucket;
mod line;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Mode;
use tokio::time::Instant;

use crate::Endpoint;
use crate::config::Rates;
use line::Line;

pub(super) struct Limiter {
    rates: Rates,
    endpoints: Mutex<HashMap<Endpoint, Arc<Line>>>,
    account: Line,
}

/// There is no slot before the deadline.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoSlot;

impl Limiter {
    pub(super) fn new(rates: Rates, mode: Mode) -> Self {
        Self { rates, endpoints: Mutex::new(HashMap::new()), account: Line::at(rates.account(mode)) }
    }

    /// Waits until a request to `endpoint` may go out. Slots are given in the order they are asked for.
    ///
    /// The endpoint's slot is waited for before the account's is taken: a crowd at one endpoint must not use up the account's slots
    /// of the seconds it still has to wait.
    pub(super) async fn slot(&self, endpoint: Endpoint, deadline: Instant) -> Result<(), NoSlot> {
        self.line_of(endpoint).slot(deadline).await?;
        self.account.slot(deadline).await
    }

    /// Stripe answered 429 to a request of this time: from now on the account is asked half as often. Of several requests that were
    /// under way together one counts: they all speak of the rate before.
    pub(super) fn slow_down(&self, sent_at: Instant) {
        self.account.slow_down(sent_at);
    }

    /// How long a request that is made now waits for its slot, as far as can be told: at the longest of its lines.
    pub(super) fn expected_wait(&self) -> Duration {
        let endpoints = lock(&self.endpoints);
        endpoints
            .values()
            .map(|line| line.expected_wait())
            .max()
            .unwrap_or_default()
            .max(self.account.expected_wait())
    }

    fn line_of(&self, endpoint: Endpoint) -> Arc<Line> {
        let (line, rate) = self.line_and_rate(endpoint);
        Arc::clone(lock(&self.endpoints).entry(line).or_insert_with(|| Arc::new(Line::at(rate))))
    }

    /// Stripe counts all searches together.
    const fn line_and_rate(&self, endpoint: Endpoint) -> (Endpoint, NonZeroU32) {
        if matches!(endpoint, Endpoint::SearchCustomers | Endpoint::SearchCharges) {
            (Endpoint::SearchCustomers, self.rates.search)
        } else {
            (endpoint, self.rates.per_endpoint)
        }
    }
}

/// A poisoned bucket is still a bucket: nothing in it can be half written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::future::join_all;

    use super::*;

    fn limiter(per_endpoint: u32, account: u32) -> Arc<Limiter> {
        let n = |n| NonZeroU32::new(n).unwrap();
        let rates = Rates {
            per_endpoint: n(per_endpoint),
            search: n(20),
            account_live: n(account),
            account_test: n(25),
        };
        Arc::new(Limiter::new(rates, Mode::Live))
    }

    async fn seconds_for(limiter: &Limiter, endpoint: Endpoint, count: usize) -> f64 {
        let (start, deadline) = (Instant::now(), Instant::now() + Duration::from_mins(10));
        let slots = join_all((0..count).map(|_| limiter.slot(endpoint, deadline))).await;
        assert!(slots.iter().all(|slot| *slot == Ok(())));
        start.elapsed().as_secs_f64()
    }

    #[track_caller]
    fn about(actual: f64, expected: f64) {
        assert!((actual - expected).abs() < 0.1, "{actual} s instead of about {expected} s");
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_gets_its_rate_after_a_short_burst() {
        let limiter = limiter(25, 1000);
        about(seconds_for(&limiter, Endpoint::ListCharges, 5).await, 0.0);
        about(seconds_for(&limiter, Endpoint::ListCharges, 250).await, 10.0);
    }

    #[tokio::test(start_paused = true)]
    async fn search_has_a_rate_of_its_own() {
        about(seconds_for(&limiter(25, 1000), Endpoint::SearchCustomers, 204).await, 10.0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_account_limits_all_endpoints_together() {
        let limiter = limiter(25, 40);
        let endpoints = [Endpoint::ListCharges, Endpoint::ListInvoices, Endpoint::ListSubscriptions];
        let start = Instant::now();
        join_all(endpoints.map(|endpoint| seconds_for(&limiter, endpoint, 136))).await;
        about(start.elapsed().as_secs_f64(), 10.0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_at_one_endpoint_does_not_hold_up_the_others() {
        let limiter = limiter(25, 100);
        let crowd = seconds_for(&limiter, Endpoint::ListCharges, 1000);
        let other = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            seconds_for(&limiter, Endpoint::ListInvoices, 5).await
        };
        let (_crowd, other) = tokio::join!(crowd, other);
        about(other, 0.0);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_slot_that_comes_too_late() {
        let limiter = limiter(5, 1000);
        let deadline = Instant::now() + Duration::from_secs(2);
        let slots = join_all((0..20).map(|_| limiter.slot(Endpoint::ListCharges, deadline))).await;
        assert_eq!(slots.iter().filter(|slot| slot.is_ok()).count(), 11);
        about(seconds_for(&limiter, Endpoint::ListCharges, 1).await, 0.2);
    }

    /// How many slots of the account are given within a time.
    async fn slots_within(limiter: &Limiter, seconds: u64) -> usize {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        let mut count = 0;
        while limiter.account.slot(deadline).await.is_ok() {
            count += 1;
        }
        tokio::time::sleep_until(deadline).await;
        count
    }

    #[track_caller]
    fn near(actual: usize, expected: usize) {
        assert!(actual.abs_diff(expected) <= 2, "{actual} slots instead of about {expected}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_429_halves_the_accounts_rate_which_then_recovers_evenly() {
        let limiter = limiter(1000, 40);
        limiter.slow_down(Instant::now());
        near(slots_within(&limiter, 1).await, 21);
        near(slots_within(&limiter, 9).await, 280);
        near(slots_within(&limiter, 10).await, 400);
    }

    #[tokio::test(start_paused = true)]
    async fn the_429s_of_requests_that_were_under_way_together_count_once() {
        let limiter = limiter(1000, 40);
        let sent_at = Instant::now();
        tokio::time::sleep(Duration::from_millis(100)).await;
        for _ in 0..50 {
            limiter.slow_down(sent_at);
        }
        near(slots_within(&limiter, 1).await, 21);
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_wait_already_are_slowed_down_too() {
        let limiter = limiter(1000, 10);
        let crowd = seconds_for(&limiter, Endpoint::ListCharges, 102);
        let refused = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            limiter.slow_down(Instant::now());
        };
        // Ten in the first second and two of the burst, then 5/s that grow to 10/s within ten seconds: 75, and the rest at 10/s.
        about(tokio::join!(crowd, refused).0, 12.4);
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_that_takes_nothing_is_still_asked_once_in_a_while() {
        let limiter = limiter(1000, 40);
        for _ in 0..30 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            limiter.slow_down(Instant::now());
        }
        let slots = slots_within(&limiter, 1).await;
        assert!((1..=3).contains(&slots), "{slots} slots in the first second");
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_leaves_the_line() {
        let limiter = limiter(1000, 10);
        let crowd = seconds_for(&limiter, Endpoint::ListCharges, 500);
        assert!(tokio::time::timeout(Duration::from_secs(1), crowd).await.is_err());
        assert!(limiter.expected_wait() <= Duration::from_millis(250), "{:?}", limiter.expected_wait());
    }
}

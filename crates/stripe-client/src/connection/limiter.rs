//! Requests a second: a bucket for each endpoint and one for the account, so that Stripe never has to answer 429.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Mode;
use tokio::time::{Instant, sleep_until};

use crate::Endpoint;
use crate::config::Rates;

/// Of a full second's requests, this part may be sent at once after a quiet moment: the calls of one mail need not be spaced, and Stripe
/// tolerates brief bursts.
const BURST_DIVISOR: u32 = 5;

pub(super) struct Limiter {
    rates: Rates,
    endpoints: Mutex<HashMap<Endpoint, Bucket>>,
    account: Mutex<Bucket>,
}

/// There is no slot before the deadline.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoSlot;

impl Limiter {
    pub(super) fn new(rates: Rates, mode: Mode) -> Self {
        Self {
            rates,
            endpoints: Mutex::new(HashMap::new()),
            account: Mutex::new(Bucket::new(rates.account(mode))),
        }
    }

    /// Waits until a request to `endpoint` may go out. Slots are given in the order they are asked for.
    ///
    /// The endpoint's slot is waited for before the account's is taken: a crowd at one endpoint must not use up the account's slots
    /// of the seconds it still has to wait.
    pub(super) async fn slot(&self, endpoint: Endpoint, deadline: Instant) -> Result<(), NoSlot> {
        // Stripe counts all searches together.
        let searches = matches!(endpoint, Endpoint::SearchCustomers | Endpoint::SearchCharges);
        let (bucket, rate) = if searches {
            (Endpoint::SearchCustomers, self.rates.search)
        } else {
            (endpoint, self.rates.per_endpoint)
        };
        let at =
            lock(&self.endpoints).entry(bucket).or_insert_with(|| Bucket::new(rate)).reserve(deadline)?;
        sleep_until(at).await;
        let at = lock(&self.account).reserve(deadline)?;
        sleep_until(at).await;
        Ok(())
    }
}

/// A poisoned bucket is still a bucket: nothing in it can be half written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A token bucket, kept as the time at which it will be full again: every slot moves that time by one interval.
struct Bucket {
    interval: Duration,
    /// How far ahead of now the bucket may be drawn: one interval less than a full burst.
    ahead: Duration,
    full_at: Option<Instant>,
}

impl Bucket {
    fn new(rate: NonZeroU32) -> Self {
        let interval = Duration::from_secs(1) / rate.get();
        let burst = (rate.get() / BURST_DIVISOR).max(1);
        Self { interval, ahead: interval * (burst - 1), full_at: None }
    }

    /// Takes the next slot, unless it comes only after `deadline`.
    fn reserve(&mut self, deadline: Instant) -> Result<Instant, NoSlot> {
        let now = Instant::now();
        let full_at = self.full_at.map_or(now, |at| at.max(now));
        let slot = if full_at > now + self.ahead { full_at - self.ahead } else { now };
        if slot > deadline {
            return Err(NoSlot);
        }
        self.full_at = Some(full_at + self.interval);
        Ok(slot)
    }
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
}

//! How often somebody may try to sign in.
//!
//! Counted by address, and by name for those who try from many. A hash costs 30 ms and 19 MiB, so that few run at a time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// Failures are counted together for so long.
const WINDOW: Duration = Duration::from_mins(15);
/// Failures of one address, or one network for IPv6: a person who mistypes has many tries, a program too few.
const BY_ADDRESS: u32 = 10;
/// Failures under one name from everywhere together; more than that and its owner waits, too.
const BY_NAME: u32 = 50;
/// Counters that are kept; beyond, the oldest are forgotten.
const MOST: usize = 10_000;
/// Hashes at a time.
const HASHES: usize = 2;

#[derive(Debug)]
pub(crate) struct Throttle {
    failures: Mutex<HashMap<Counted, Failures>>,
    /// Held while a password is hashed.
    pub(crate) hashing: Semaphore,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Counted {
    Address(IpAddr),
    Name(String),
}

#[derive(Debug)]
struct Failures {
    since: Instant,
    count: u32,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { failures: Mutex::default(), hashing: Semaphore::new(HASHES) }
    }
}

impl Throttle {
    /// How long they have to wait, if they have.
    pub(crate) fn wait(&self, from: IpAddr, name: &str, now: Instant) -> Option<Duration> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        both(from, name)
            .into_iter()
            .filter_map(|counted| {
                let limit = counted.limit();
                let counter = failures.get(&counted).filter(|counter| counter.count >= limit)?;
                WINDOW.checked_sub(now.saturating_duration_since(counter.since))
            })
            .max()
    }

    pub(crate) fn failed(&self, from: IpAddr, name: &str, now: Instant) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MOST {
            failures.retain(|_, counter| now.saturating_duration_since(counter.since) < WINDOW);
        }
        if failures.len() >= MOST {
            failures.clear();
        }
        for counted in both(from, name) {
            let counter = failures.entry(counted).or_insert(Failures { since: now, count: 0 });
            if now.saturating_duration_since(counter.since) >= WINDOW {
                *counter = Failures { since: now, count: 0 };
            }
            counter.count += 1;
        }
    }

    /// Whoever is in has not to pay for earlier slips.
    pub(crate) fn entered(&self, from: IpAddr, name: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for counted in both(from, name) {
            failures.remove(&counted);
        }
    }
}

impl Counted {
    const fn limit(&self) -> u32 {
        match self {
            Self::Address(_) => BY_ADDRESS,
            Self::Name(_) => BY_NAME,
        }
    }
}

fn both(from: IpAddr, name: &str) -> [Counted; 2] {
    [Counted::Address(network(from)), Counted::Name(name.to_lowercase())]
}

/// An address; of IPv6 the /64, which one subscriber has as a whole.
fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn a_person_may_mistype_and_a_program_may_not_guess() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..BY_ADDRESS {
            assert_eq!(throttle.wait(HERE, "kim", now), None);
            throttle.failed(HERE, "kim", now);
        }
        assert_eq!(throttle.wait(HERE, "kim", now), Some(WINDOW));
        assert_eq!(throttle.wait(HERE, "somebody else", now), Some(WINDOW));
        assert_eq!(throttle.wait(IpAddr::from([10, 0, 0, 1]), "kim", now), None);
        assert_eq!(throttle.wait(HERE, "kim", now + WINDOW + Duration::from_secs(1)), None);
    }

    #[test]
    fn many_addresses_share_the_tries_of_a_name() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for number in 0..BY_NAME {
            throttle.failed(IpAddr::from(number.to_be_bytes()), "Kim", now);
        }
        assert_eq!(throttle.wait(IpAddr::from([10, 0, 0, 1]), "kim", now), Some(WINDOW));
        assert_eq!(throttle.wait(IpAddr::from([10, 0, 0, 1]), "ann", now), None);
    }

    #[test]
    fn whoever_is_in_begins_anew() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..BY_ADDRESS {
            throttle.failed(HERE, "kim", now);
        }
        throttle.entered(HERE, "kim");
        assert_eq!(throttle.wait(HERE, "kim", now), None);
    }

    #[test]
    fn an_attack_from_everywhere_fills_no_memory() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for number in 0..3 * u32::try_from(MOST).unwrap_or(u32::MAX) {
            throttle.failed(IpAddr::from(number.to_be_bytes()), &number.to_string(), now);
        }
        let kept = throttle.failures.lock().unwrap_or_else(PoisonError::into_inner).len();
        assert!(kept <= MOST + 2, "{kept}");
    }
}

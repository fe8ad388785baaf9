//! What all requests share. Each lock is held for one step and never across an await.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::auth::ApiKeys;
use crate::faults::{Drawn, Faults};
use crate::request_log::{LoggedRequest, RequestLog};
use crate::seed::{Seed, SeedError};
use crate::server::Clock;
use crate::world::{Worlds, token};

pub(crate) struct State {
    pub(crate) clock: Clock,
    /// Added to every answer of the API.
    pub(crate) latency: Duration,
    pub(crate) account: Arc<str>,
    pub(crate) keys: ApiKeys,
    seed: Seed,
    worlds: Mutex<Worlds>,
    faults: Mutex<Faults>,
    log: Mutex<RequestLog>,
    requests: AtomicU64,
}

impl State {
    pub(crate) fn new(clock: Clock, latency: Duration, seed: Seed) -> Result<Self, SeedError> {
        Ok(Self {
            worlds: Mutex::new(seed.worlds(clock())?),
            account: Arc::clone(seed.account_id()),
            keys: seed.api_keys(),
            clock,
            latency,
            seed,
            faults: Mutex::default(),
            log: Mutex::default(),
            requests: AtomicU64::new(0),
        })
    }

    pub(crate) fn worlds(&self) -> MutexGuard<'_, Worlds> {
        held(&self.worlds)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        held(&self.faults)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, RequestLog> {
        held(&self.log)
    }

    /// Back to the seed: objects, idempotency keys, faults and log.
    pub(crate) fn reset(&self) -> Result<(), SeedError> {
        let fresh = self.seed.worlds((self.clock)())?;
        *self.worlds() = fresh;
        self.faults().clear();
        *self.log() = RequestLog::default();
        Ok(())
    }

    pub(crate) fn draw_fault(&self, method: &str, path: &str, key: Option<&str>) -> Drawn {
        self.faults().draw(method, path, key)
    }

    pub(crate) fn record(&self, request: LoggedRequest) {
        self.log().record(request);
    }

    pub(crate) fn next_request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        format!("req_{}", token(number + (1 << 50), 14))
    }
}

/// A panic in one request must not stop the others: each step leaves whole objects behind.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

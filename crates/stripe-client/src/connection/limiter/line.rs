use std::num::NonZeroU32;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::bucket::Bucket;
use super::{NoSlot, lock};

/// Those who wait for one bucket, in their order. Only the first of them has a time for its slot: the others' follow from the rate, which
/// may change while they wait.
pub(super) struct Line {
    bucket: Mutex<Bucket>,
    /// Held by the first in the line; given on in the order it was asked for.
    turn: Semaphore,
    waiting: AtomicU32,
}

impl Line {
    pub(super) fn at(rate: NonZeroU32) -> Self {
        Self { bucket: Mutex::new(Bucket::new(rate)), turn: Semaphore::new(1), waiting: AtomicU32::new(0) }
    }

    /// Waits for the next slot that nobody before has. Gives up at once when it would come after `deadline`.
    pub(super) async fn slot(&self, deadline: Instant) -> Result<(), NoSlot> {
        let (at, _turn) = match self.turn.try_acquire() {
            Ok(turn) => (self.reserve(deadline)?, turn),
            Err(_others_wait) => self.slot_in_line(deadline).await?,
        };
        // A timer has a millisecond's grain: what is due is not slept for.
        if at > Instant::now() {
            sleep_until(at).await;
        }
        Ok(())
    }

    async fn slot_in_line(&self, deadline: Instant) -> Result<(Instant, SemaphorePermit<'_>), NoSlot> {
        if Instant::now() + self.expected_wait() > deadline {
            return Err(NoSlot);
        }
        let _place = Place::in_line(&self.waiting);
        let Ok(Ok(turn)) = timeout_at(deadline, self.turn.acquire()).await else { return Err(NoSlot) };
        Ok((self.reserve(deadline)?, turn))
    }

    fn reserve(&self, deadline: Instant) -> Result<Instant, NoSlot> {
        lock(&self.bucket).reserve(Instant::now(), deadline)
    }

    pub(super) fn slow_down(&self, sent_at: Instant) {
        lock(&self.bucket).slow_down(sent_at, Instant::now());
    }

    /// How long whoever asks now waits, if the rate stays what it is.
    pub(super) fn expected_wait(&self) -> Duration {
        lock(&self.bucket).wait_behind(self.waiting.load(Ordering::Relaxed), Instant::now())
    }
}

/// A place in the line, left when it is dropped.
struct Place<'a>(&'a AtomicU32);

impl<'a> Place<'a> {
    fn in_line(waiting: &'a AtomicU32) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

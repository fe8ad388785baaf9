use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// What one queue's deliveries take of this process's memory: the bytes of those that were taken in and not settled yet, and how many there are.
#[derive(Debug)]
pub(crate) struct Room {
    bound: usize,
    bytes: AtomicUsize,
    deliveries: AtomicUsize,
    freed: Notify,
}

impl Room {
    pub(crate) fn of(bound: usize) -> Arc<Self> {
        Arc::new(Self {
            bound,
            bytes: AtomicUsize::new(0),
            deliveries: AtomicUsize::new(0),
            freed: Notify::new(),
        })
    }

    /// Takes the place of a delivery, until the answer is dropped. None where there is no room; something of any size has room alone.
    pub(crate) fn take(self: &Arc<Self>, bytes: usize) -> Option<Held> {
        let held = self.bytes.load(Ordering::Relaxed);
        if self.deliveries.load(Ordering::Relaxed) > 0 && held.saturating_add(bytes) > self.bound {
            return None;
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.deliveries.fetch_add(1, Ordering::Relaxed);
        Some(Held { room: Arc::clone(self), bytes })
    }

    /// Bytes that are free.
    pub(crate) fn free(&self) -> usize {
        self.bound.saturating_sub(self.bytes.load(Ordering::Relaxed))
    }

    /// The mean size of what is held.
    pub(crate) fn mean(&self) -> usize {
        self.bytes.load(Ordering::Relaxed) / self.deliveries.load(Ordering::Relaxed).max(1)
    }

    /// Waits until half is free, so that taking does not stop again with the next delivery, and a delivery of so many bytes fits.
    pub(crate) async fn until_half_free(&self, bytes: usize) {
        loop {
            let freed = self.freed.notified();
            let is_empty = self.deliveries.load(Ordering::Relaxed) == 0;
            if is_empty || self.free() >= bytes.max(self.bound / 2) {
                return;
            }
            freed.await;
        }
    }
}

/// The place of one delivery.
#[derive(Debug)]
pub(crate) struct Held {
    room: Arc<Room>,
    bytes: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.room.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.room.deliveries.fetch_sub(1, Ordering::Relaxed);
        // One waits at most, and one permit is kept for it when it is just about to.
        self.room.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn there_is_room_up_to_the_bound() {
        let room = Room::of(100);
        let held = (room.take(60), room.take(40));
        assert!(held.0.is_some() && held.1.is_some());
        assert!(room.take(1).is_none());
        drop(held.0);
        assert_eq!(room.free(), 60);
    }

    #[test]
    fn something_larger_than_the_bound_has_room_alone() {
        let room = Room::of(100);
        let small = room.take(1);
        assert!(room.take(500).is_none());
        drop(small);
        let large = room.take(500);
        assert!(large.is_some());
        assert!(room.take(0).is_none());
    }

    #[test]
    fn taking_goes_on_once_half_is_free_and_what_was_refused_fits() {
        let room = Room::of(100);
        let mut held: Vec<_> = (0..10).map(|_| room.take(10)).collect();
        held.truncate(6);
        assert_eq!(room.until_half_free(10).now_or_never(), None);
        held.truncate(5);
        assert_eq!(room.until_half_free(10).now_or_never(), Some(()));
        assert_eq!(room.until_half_free(80).now_or_never(), None);
        held.truncate(2);
        assert_eq!(room.until_half_free(80).now_or_never(), Some(()));
        held.clear();
        assert_eq!(room.until_half_free(500).now_or_never(), Some(()));
    }
}

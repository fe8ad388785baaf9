use crate::room::Room;

/// How many deliveries the broker may send ahead, so that what it sends fits into the room.
///
/// The broker counts deliveries and knows no bytes, and once it has sent a delivery only giving it back keeps it out of memory. So it begins
/// with what fits in any case, and follows the sizes that come.
#[derive(Debug)]
pub(crate) struct Ahead {
    most: u16,
    prefetch: u16,
    /// Of the sizes of late.
    mean: usize,
    /// How many went into the mean, up to [`REMEMBERED`].
    weight: usize,
    /// Deliveries since the prefetch was set.
    seen: u16,
}

/// The mean follows about so many deliveries: large ones come in runs, and forgetting a run at once would mean to be surprised by the next.
const REMEMBERED: usize = 64;
/// What is reckoned with before anything was seen: RabbitMQ 4 takes no larger message.
const LARGEST: usize = 16 << 20;

impl Ahead {
    pub(crate) const fn new(most: u16) -> Self {
        Self { most, prefetch: 0, mean: LARGEST, weight: 0, seen: 0 }
    }

    /// Sets the prefetch by the room that is free, of which a third stays for deliveries larger than the mean.
    pub(crate) fn set(&mut self, room: &Room) -> u16 {
        self.seen = 0;
        self.prefetch = self.fitting(room);
        self.prefetch
    }

    pub(crate) fn see(&mut self, bytes: usize) {
        self.seen = self.seen.saturating_add(1);
        self.weight = (self.weight + 1).min(REMEMBERED);
        self.mean = (self.mean * (self.weight - 1) + bytes) / self.weight;
    }

    /// A delivery of so many bytes had no room: what is held and what was refused are the sizes to reckon with.
    pub(crate) fn overflow(&mut self, bytes: usize, room: &Room) {
        (self.mean, self.weight) = (self.mean.max(bytes).max(room.mean()), REMEMBERED);
    }

    /// Whether it is worth while to ask the broker for more ahead: everything, or at least twice as much.
    pub(crate) fn is_too_small(&self, room: &Room) -> bool {
        if self.prefetch == self.most || self.seen < self.prefetch {
            return false;
        }
        let fitting = self.fitting(room);
        fitting == self.most || fitting >= self.prefetch.saturating_mul(2)
    }

    fn fitting(&self, room: &Room) -> u16 {
        let fitting = room.free() / 3 * 2 / self.mean.max(1);
        u16::try_from(fitting).unwrap_or(u16::MAX).clamp(1, self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    #[test]
    fn before_anything_was_seen_the_largest_is_reckoned_with() {
        assert_eq!(Ahead::new(500).set(&Room::of(256 * MIB)), 10);
        assert_eq!(Ahead::new(5).set(&Room::of(256 * MIB)), 5);
        assert_eq!(Ahead::new(500).set(&Room::of(MIB)), 1);
    }

    #[test]
    fn small_mails_soon_get_the_whole_window() {
        let (mut ahead, room) = (Ahead::new(500), Room::of(256 * MIB));
        for _ in 0..ahead.set(&room) {
            assert!(!ahead.is_too_small(&room));
            ahead.see(4_000);
        }
        assert!(ahead.is_too_small(&room));
        assert_eq!(ahead.set(&room), 500);
    }

    #[test]
    fn what_had_no_room_makes_the_window_small_and_it_grows_again_by_and_by() {
        let (mut ahead, room) = (Ahead::new(500), Room::of(256 * MIB));
        ahead.overflow(25 * MIB, &room);
        assert_eq!(ahead.set(&room), 6);
        let (mut seen, mut sets) = (0, 0);
        while ahead.prefetch < 500 {
            ahead.see(4_000);
            seen += 1;
            if ahead.is_too_small(&room) {
                ahead.set(&room);
                sets += 1;
            }
        }
        assert!((150..1_000).contains(&seen), "after {seen} small mails");
        assert!(sets <= 9, "{sets} times");
    }
}

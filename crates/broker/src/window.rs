use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

/// Which deliveries of a channel are in hand and which are done but not acknowledged yet.
///
/// A channel numbers its deliveries from 1, and "acknowledge all up to 7" is sent only when nothing below 7 is still in
/// hand. A channel has one consumer, so deliveries not handed out yet all have higher numbers. Never larger than the
/// channel's prefetch.
#[derive(Debug, Default)]
pub(crate) struct Window {
    in_hand: BTreeSet<u64>,
    done: BTreeMap<u64, Instant>,
}

/// An acknowledgement to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acknowledgement {
    /// This delivery and all before it.
    UpTo(u64),
    /// This one.
    One(u64),
}

impl Window {
    pub(crate) fn hand_out(&mut self, tag: u64) {
        self.in_hand.insert(tag);
    }

    pub(crate) fn done(&mut self, tag: u64, now: Instant) {
        if self.in_hand.remove(&tag) {
            self.done.insert(tag, now);
        }
    }

    /// It went back to the broker by a message of its own.
    pub(crate) fn returned(&mut self, tag: u64) {
        self.in_hand.remove(&tag);
    }

    /// The range of everything done below the first delivery in hand. Named by its last member: the broker refuses a
    /// number that is not outstanding.
    pub(crate) fn take_range(&mut self) -> Option<Acknowledgement> {
        let above = match self.in_hand.first() {
            Some(first) => self.done.split_off(first),
            None => BTreeMap::new(),
        };
        let range = std::mem::replace(&mut self.done, above);
        let (last, _) = range.last_key_value()?;
        Some(if range.len() > 1 { Acknowledgement::UpTo(*last) } else { Acknowledgement::One(*last) })
    }

    /// Those done at least `age` ago, behind one still in hand.
    pub(crate) fn take_stragglers(&mut self, age: Duration, now: Instant) -> Vec<Acknowledgement> {
        let waited_long = |_: &u64, since: &mut Instant| now.duration_since(*since) >= age;
        self.done.extract_if(.., waited_long).map(|(tag, _)| Acknowledgement::One(tag)).collect()
    }

    /// How many are done, behind one still in hand.
    pub(crate) fn stragglers(&self) -> usize {
        self.done.len()
    }

    /// When the oldest of those was done.
    pub(crate) fn oldest_straggler(&self) -> Option<Instant> {
        self.done.values().min().copied()
    }

    /// Gives up what is in hand below something done, so that the rest is one range. When a channel closes: of many
    /// acknowledgements one by one the broker still holds some back (above 32), and forgets those.
    pub(crate) fn give_up(&mut self) -> BTreeSet<u64> {
        let Some((last, _)) = self.done.last_key_value() else { return BTreeSet::new() };
        let above = self.in_hand.split_off(last);
        std::mem::replace(&mut self.in_hand, above)
    }

    pub(crate) fn in_hand(&self) -> usize {
        self.in_hand.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Acknowledgement::{One, UpTo};
    use super::*;

    const AGE: Duration = Duration::from_secs(2);

    fn window(handed_out: u64) -> Window {
        let mut window = Window::default();
        (1..=handed_out).for_each(|tag| window.hand_out(tag));
        window
    }

    #[test]
    fn a_range_ends_below_the_first_delivery_in_hand() {
        let (mut window, now) = (window(6), Instant::now());
        for tag in [3, 1, 2, 5] {
            window.done(tag, now);
        }
        assert_eq!(window.take_range(), Some(UpTo(3)));
        assert_eq!(window.take_range(), None);
        window.done(4, now);
        assert_eq!(window.take_range(), Some(UpTo(5)));
        assert_eq!(window.in_hand(), 1);
    }

    #[test]
    fn nothing_is_acknowledged_past_an_unsettled_delivery() {
        let (mut window, now) = (window(500), Instant::now());
        (2..=500).for_each(|tag| window.done(tag, now));
        assert_eq!(window.take_range(), None);
        assert_eq!(window.take_stragglers(AGE, now), []);
    }

    #[test]
    fn stragglers_are_acknowledged_one_by_one_and_once() {
        let (mut window, now) = (window(4), Instant::now());
        window.done(2, now);
        window.done(3, now + AGE);
        assert_eq!(window.oldest_straggler(), Some(now));
        assert_eq!(window.take_stragglers(AGE, now + AGE), [One(2)]);
        window.done(1, now + AGE);
        assert_eq!(window.take_range(), Some(UpTo(3)));
    }

    #[test]
    fn a_range_is_named_by_a_delivery_that_is_still_outstanding() {
        let (mut window, now) = (window(4), Instant::now());
        window.returned(3);
        window.done(1, now);
        window.done(2, now);
        assert_eq!(window.take_range(), Some(UpTo(2)));
        window.returned(4);
        assert_eq!(window.take_range(), None);
    }

    #[test]
    fn giving_up_what_is_in_hand_leaves_one_range() {
        let (mut window, now) = (window(6), Instant::now());
        for tag in [2, 3, 5] {
            window.done(tag, now);
        }
        assert_eq!(window.give_up(), BTreeSet::from([1, 4]));
        assert_eq!(window.take_range(), Some(UpTo(5)));
        assert_eq!((window.in_hand(), window.give_up()), (1, BTreeSet::new()));
    }

    #[test]
    fn settling_twice_or_what_was_never_handed_out_acknowledges_nothing() {
        let (mut window, now) = (window(1), Instant::now());
        window.done(7, now);
        window.done(1, now);
        window.done(1, now);
        assert_eq!(window.take_range(), Some(One(1)));
        assert_eq!(window.take_range(), None);
    }
}

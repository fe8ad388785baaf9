//! Numbers that look random and are always the same.

/// A sequence of numbers (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Sequence(u64);

impl Sequence {
    /// The sequence of a seed.
    pub(crate) const fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`, which is above zero.
    #[allow(clippy::cast_possible_truncation, reason = "what is below a usize is one")]
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.advance() % end.max(1) as u64) as usize
    }

    /// Brings items into another order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    const fn advance(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

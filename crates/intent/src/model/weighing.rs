//! Adds up rows of weights, eight heads at a time.
//!
//! A row is a `u64` of eight bytes, each a weight and 128. Its even and its odd bytes are added into four lanes of sixteen bits each, which
//! hold 256 rows before they have to be emptied.

use crate::features::Sink;
use crate::inputs::{HEADS, Sums};
use crate::model::WORD_BITS;

const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
/// As many rows as the lanes hold: 256 times 255 is below 65536.
const FULL: u32 = 256;
const ZERO: i32 = 128;

pub(super) struct Weighing<'m> {
    rows: &'m [[u8; HEADS]],
    known: &'m [u8],
    even: u64,
    odd: u64,
    pending: u32,
    totals: [i32; HEADS],
    features: u32,
    words: u32,
    strange: u32,
}

impl<'m> Weighing<'m> {
    pub(super) const fn with(rows: &'m [[u8; HEADS]], known: &'m [u8]) -> Self {
        Self {
            rows,
            known,
            even: 0,
            odd: 0,
            pending: 0,
            totals: [0; HEADS],
            features: 0,
            words: 0,
            strange: 0,
        }
    }

    /// The sums since the last time.
    #[allow(clippy::cast_precision_loss, reason = "a sentence has thousands of features, not millions")]
    pub(super) fn take(&mut self, scales: &[f32; HEADS]) -> Sums {
        self.empty();
        let mut sums = Sums { features: self.features as f32, ..Sums::default() };
        for ((sum, total), scale) in sums.heads.iter_mut().zip(self.totals).zip(scales) {
            *sum = total as f32 * scale;
        }
        self.totals = [0; HEADS];
        self.features = 0;
        sums
    }

    /// Which part of all words was never seen in training.
    #[allow(clippy::cast_precision_loss, reason = "as many words as fit into a mail")]
    pub(super) fn unknown(&self) -> f32 {
        self.strange as f32 / self.words.max(1) as f32
    }

    fn empty(&mut self) {
        let pending = i32::try_from(self.pending).unwrap_or_default();
        for (pair, totals) in self.totals.chunks_mut(2).enumerate() {
            let lane = |lanes: u64| i32::try_from(lanes >> (16 * pair) & 0xffff).unwrap_or_default();
            for (total, lanes) in totals.iter_mut().zip([self.even, self.odd]) {
                *total += lane(lanes) - ZERO * pending;
            }
        }
        self.features += self.pending;
        (self.even, self.odd, self.pending) = (0, 0, 0);
    }
}

impl Sink for Weighing<'_> {
    #[inline]
    fn feature(&mut self, bucket: u32) {
        if let Some(row) = self.rows.get(bucket as usize) {
            let row = u64::from_le_bytes(*row);
            self.even += row & EVEN;
            self.odd += row >> 8 & EVEN;
            self.pending += 1;
            if self.pending == FULL {
                self.empty();
            }
        }
    }

    fn word(&mut self, hash: u64) {
        let bit = word_bit(hash);
        self.words += 1;
        let known = self.known.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1);
        self.strange += u32::from(!known);
    }
}

/// Where the bit of a word stands.
pub(crate) const fn word_bit(hash: u64) -> usize {
    (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize % WORD_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_add_up_to_what_their_weights_are() {
        let rows = [[127, 129, 128, 255, 0, 128, 1, 130], [128; HEADS]];
        let mut weighing = Weighing::with(&rows, &[]);
        for at in 0..1000 {
            weighing.feature(at % 2);
        }
        let sums = weighing.take(&[1.0; HEADS]);
        let whole = [-500.0, 500.0, 0.0, 63_500.0, -64_000.0, 0.0, -63_500.0, 1000.0];
        assert!(sums.heads.iter().zip(whole).all(|(sum, whole)| (sum - whole).abs() < 0.5), "{sums:?}");
        assert!((sums.features - 1000.0).abs() < 0.5);
    }
}

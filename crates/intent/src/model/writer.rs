//! Writes a model file, as [`super::reader`] reads it.

use super::reader::{checksum, tables};
use super::weighing::word_bit;
use super::{FORMAT, Limits, MAGIC, Second, WORD_BITS};
use crate::features::BUCKETS;
use crate::inputs::{HEADS, INPUTS};

/// Everything a model file holds.
#[derive(Debug, Clone)]
pub struct Weights {
    /// The probabilities from which a reading is acted on.
    pub limits: Limits,
    /// Scores are divided by it before they are taken for probabilities.
    pub temperature: f32,
    /// What one step of a weight is worth, by head.
    pub scales: [f32; HEADS],
    /// The words that were seen, hashed.
    pub words: Vec<u64>,
    /// Weights in steps, a row a bucket; a bucket without a row weighs nothing.
    pub rows: Vec<[i8; HEADS]>,
    /// The second level.
    pub second: Second,
}

impl Weights {
    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut bytes = Vec::with_capacity(body.len() + 20);
        bytes.extend(MAGIC);
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(checksum(&body).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    fn body(&self) -> Vec<u8> {
        let mut body = tables().to_le_bytes().to_vec();
        body.extend(u32::try_from(INPUTS).unwrap_or(u32::MAX).to_le_bytes());
        let numbers = self.limits.labels.iter().chain(&self.limits.plain);
        let numbers = numbers.chain([&self.limits.margin, &self.limits.unknown, &self.temperature]);
        let Second { direct, hidden, raised } = &self.second;
        let second = direct.iter().flatten().chain(hidden.iter().flatten()).chain(raised.iter().flatten());
        let numbers = numbers.chain(&self.scales).chain(second);
        body.extend(numbers.flat_map(|number| number.to_le_bytes()));
        body.extend(self.words());
        let rows = self.rows.iter().copied().chain(std::iter::repeat([0; HEADS])).take(BUCKETS);
        body.extend(rows.flatten().map(|weight| weight.cast_unsigned() ^ 0x80));
        body
    }

    fn words(&self) -> Vec<u8> {
        let mut known = vec![0_u8; WORD_BITS / 8];
        for bit in self.words.iter().map(|&hash| word_bit(hash)) {
            if let Some(byte) = known.get_mut(bit / 8) {
                *byte |= 1 << (bit % 8);
            }
        }
        known
    }
}

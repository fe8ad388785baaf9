//! The second level: from the numbers of a mail to a score a label.
//!
//! Each number counts by itself, and through a few hidden sums that count only where they are above zero: so `a refund is asked for` and
//! `it is taken back` together say something else than each alone.

use super::OUTPUTS;
use crate::inputs::INPUTS;

/// How many hidden sums there are.
pub const HIDDEN: usize = 24;

/// Weights of the second level.
#[derive(Debug, Clone, PartialEq)]
pub struct Second {
    /// What each number counts by itself; a last row counts always.
    pub direct: Vec<[f32; OUTPUTS]>,
    /// What each number adds to the hidden sums; a last row is always added.
    pub hidden: Vec<[f32; HIDDEN]>,
    /// What each hidden sum counts where it is above zero.
    pub raised: Vec<[f32; OUTPUTS]>,
}

impl Second {
    /// A level that says nothing.
    pub fn silent() -> Self {
        Self {
            direct: vec![[0.0; OUTPUTS]; INPUTS + 1],
            hidden: vec![[0.0; HIDDEN]; INPUTS + 1],
            raised: vec![[0.0; OUTPUTS]; HIDDEN],
        }
    }

    /// The hidden sums, zero where they are below.
    pub fn sums(&self, inputs: &[f32; INPUTS]) -> [f32; HIDDEN] {
        let mut sums = [0.0; HIDDEN];
        add(&mut sums, &self.hidden, inputs);
        sums.map(|sum| sum.max(0.0))
    }

    /// A score a label, and last whether money or a contract is to be moved.
    pub fn scores(&self, inputs: &[f32; INPUTS]) -> [f32; OUTPUTS] {
        let mut scores = [0.0; OUTPUTS];
        add(&mut scores, &self.direct, inputs);
        add(&mut scores, &self.raised, &self.sums(inputs));
        scores
    }
}

/// The inputs, and a one behind them for the row that counts always.
pub fn with_one(inputs: &[f32; INPUTS]) -> impl Iterator<Item = f32> {
    inputs.iter().copied().chain([1.0])
}

/// Adds each row as often as its number says, and a row behind those of the numbers once.
fn add<const N: usize>(sums: &mut [f32; N], rows: &[[f32; N]], numbers: &[f32]) {
    let (rows, always) = rows.split_at_checked(numbers.len()).unwrap_or((rows, &[]));
    for (row, number) in rows.iter().zip(numbers) {
        if *number != 0.0 {
            add_row(sums, row, *number);
        }
    }
    for row in always {
        add_row(sums, row, 1.0);
    }
}

fn add_row<const N: usize>(sums: &mut [f32; N], row: &[f32; N], by: f32) {
    for (sum, weight) in sums.iter_mut().zip(row) {
        *sum += weight * by;
    }
}

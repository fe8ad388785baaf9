//! Weights in steps of one byte.

use intent::learning::HEADS;

/// A weight is at most so many steps.
const MOST: f32 = 127.0;
/// So few weights may lie beyond the last step, of a thousand: a step is the smaller for it.
const BEYOND: usize = 1;

/// What a step is worth by head, and all weights in steps.
pub(crate) fn rows(rows: &[[f32; HEADS]]) -> ([f32; HEADS], Vec<[i8; HEADS]>) {
    let mut scales = [1.0; HEADS];
    for (head, scale) in scales.iter_mut().enumerate() {
        *scale = scale_of(rows.iter().filter_map(|row| row.get(head)).copied());
    }
    let steps = rows.iter().map(|row| {
        let mut steps = [0; HEADS];
        for ((step, weight), scale) in steps.iter_mut().zip(row).zip(scales) {
            *step = in_steps(*weight, scale);
        }
        steps
    });
    (scales, steps.collect())
}

fn scale_of(weights: impl Iterator<Item = f32>) -> f32 {
    let mut sizes: Vec<f32> = weights.map(f32::abs).filter(|size| *size > 0.0).collect();
    sizes.sort_by(f32::total_cmp);
    let last = sizes.len() - sizes.len() * BEYOND / 1000;
    let most = last.checked_sub(1).and_then(|last| sizes.get(last)).copied().unwrap_or(MOST);
    most / MOST
}

#[allow(clippy::cast_possible_truncation, reason = "clamped first")]
fn in_steps(weight: f32, scale: f32) -> i8 {
    libm::roundf(weight / scale).clamp(-MOST, MOST) as i8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_come_back_within_half_a_step() {
        let weights: Vec<[f32; HEADS]> = (0..500_u16).map(|at| [f32::from(at) * 0.01 - 2.5; HEADS]).collect();
        let (scales, steps) = rows(&weights);
        for (row, steps) in weights.iter().zip(steps) {
            for ((weight, step), scale) in row.iter().zip(steps).zip(scales) {
                assert!((weight - f32::from(step) * scale).abs() <= scale * 0.51, "{weight}");
            }
        }
    }
}

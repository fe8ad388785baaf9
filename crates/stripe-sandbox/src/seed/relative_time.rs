//! Times in a seed: unix seconds, or a distance from the clock at the start.

use serde_json::Value;

/// `1700000000` as it is; `"-12d"`, `"+18d"`, `"-3h"` relative to `now`. `None` when it is neither.
pub(crate) fn resolve(value: &Value, now: i64) -> Option<i64> {
    value.as_i64().or_else(|| now.checked_add(distance(value.as_str()?)?))
}

/// Seconds in `±<number><unit>`; units are s, m, h, d and w.
fn distance(text: &str) -> Option<i64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let (unit_at, unit) = rest.char_indices().next_back()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let digits = rest.get(..unit_at)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<i64>().ok()?.checked_mul(seconds * sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Value, expected: Option<i64>) {
        assert_eq!(resolve(&value, 1_000_000), expected);
    }

    #[test]
    fn distances_count_from_now() {
        check("-12d".into(), Some(1_000_000 - 12 * 86_400));
        check("+2w".into(), Some(1_000_000 + 2 * 604_800));
        check("-3h".into(), Some(1_000_000 - 3 * 3_600));
        check("+5m".into(), Some(1_000_300));
        check("-1s".into(), Some(999_999));
        check(42.into(), Some(42));
    }

    #[test]
    fn anything_else_is_no_time() {
        for text in ["12d", "-d", "+1mo", "", "-", "+-1d", "-1.5d", "+99999999999999999d"] {
            check(text.into(), None);
        }
    }
}

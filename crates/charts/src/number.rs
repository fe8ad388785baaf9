//! Numbers as people read them.

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things, or things a second: `12`, `4,500`, `0.25`.
    Number,
    /// A length of time, in milliseconds: `0.5 ms`, `20 ms`, `1.5 s`, `2 min`.
    Milliseconds,
    /// A point in time, in seconds from the start: `30 s`, `5 min`, `2 h`.
    Seconds,
    /// A share from 0 to 1: `40 %`.
    Share,
    /// Bytes: `512 B`, `4 kB`, `1.5 MB`.
    Bytes,
}

/// A count as it is drawn and said: exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "nobody counts further, and a drawing would not show it")]
pub const fn float(count: u64) -> f64 {
    count as f64
}

impl Unit {
    /// The number with its unit, to three digits.
    pub fn said(self, value: f64) -> String {
        match self {
            Self::Number => digits(value),
            Self::Milliseconds if value.abs() >= 60_000.0 => format!("{} min", digits(value / 60_000.0)),
            Self::Milliseconds if value.abs() >= 1_000.0 => format!("{} s", digits(value / 1_000.0)),
            Self::Milliseconds => format!("{} ms", digits(value)),
            Self::Seconds if value.abs() >= 3_600.0 => format!("{} h", digits(value / 3_600.0)),
            Self::Seconds if value.abs() >= 120.0 => format!("{} min", digits(value / 60.0)),
            Self::Seconds => format!("{} s", digits(value)),
            Self::Share => format!("{} %", digits(value * 100.0)),
            Self::Bytes => bytes(value),
        }
    }
}

fn bytes(value: f64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    match units.into_iter().find(|(size, _)| value.abs() >= *size) {
        Some((size, unit)) => format!("{} {unit}", digits(value / size)),
        None => format!("{} B", digits(value)),
    }
}

/// Whole numbers in groups of three; what is below 100 to three digits, without zeros at the end.
fn digits(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let places = match value.abs() {
        ..1.0 => 3,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.places$}");
    let text = if places > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { text.as_str() };
    match text {
        "-0" | "" => "0".to_owned(),
        text => in_groups(text),
    }
}

/// `1,234,567`
pub fn grouped(count: u64) -> String {
    in_groups(&count.to_string())
}

fn in_groups(text: &str) -> String {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    let mut grouped = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !rest.is_empty() {
        grouped.push('.');
        grouped.push_str(rest);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::Unit::{Bytes, Milliseconds, Number, Seconds, Share};
    use super::grouped;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn numbers_are_said_to_three_digits_in_groups() {
        assert_eq!(Number.said(0.0), "0");
        assert_eq!(Number.said(-0.000_1), "0");
        assert_eq!(Number.said(0.25), "0.25");
        assert_eq!(Number.said(12.34), "12.3");
        assert_eq!(Number.said(4_500.4), "4,500");
        assert_eq!(Number.said(1_234_567.0), "1,234,567");
        assert_eq!(Number.said(-1_000.0), "-1,000");
        assert_eq!(Number.said(f64::NAN), "–");
    }

    #[test]
    fn units_grow_with_the_number() {
        assert_eq!(Milliseconds.said(0.5), "0.5 ms");
        assert_eq!(Milliseconds.said(1_500.0), "1.5 s");
        assert_eq!(Milliseconds.said(120_000.0), "2 min");
        assert_eq!(Seconds.said(90.0), "90 s");
        assert_eq!(Seconds.said(300.0), "5 min");
        assert_eq!(Seconds.said(7_200.0), "2 h");
        assert_eq!(Share.said(0.405), "40.5 %");
        assert_eq!(Bytes.said(4_096.0), "4.1 kB");
        assert_eq!(Bytes.said(512.0), "512 B");
    }
}

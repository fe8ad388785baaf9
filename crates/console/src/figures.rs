//! Times, durations and numbers as pages write them. Times are UTC, since the people of one desk need not sit in one zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(crate) use charts::grouped as number;

/// A point in time.
#[derive(Debug, Clone)]
pub(crate) struct Time {
    /// To the second.
    pub(crate) text: String,
    /// As the attribute `datetime` has it.
    pub(crate) machine: String,
}

impl Time {
    pub(crate) fn of(at: Timestamp) -> Self {
        Self {
            text: at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            machine: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

/// The hour and the minute.
pub(crate) fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M").to_string()
}

/// The day.
pub(crate) fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// The beginning of the day that is written as `2026-11-23`.
pub(crate) fn beginning_of(day: &str) -> Option<Timestamp> {
    let day: jiff::civil::Date = day.parse().ok()?;
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// How long something took.
pub(crate) fn lasted(from: Timestamp, to: Timestamp) -> String {
    milliseconds(to.as_millisecond().saturating_sub(from.as_millisecond()))
}

/// A duration in the unit in which people say it.
pub(crate) fn milliseconds(lasted: i64) -> String {
    let lasted = lasted.max(0);
    match lasted {
        0..1_000 => format!("{lasted} ms"),
        1_000..60_000 => format!("{}.{} s", lasted / 1_000, lasted % 1_000 / 100),
        60_000..7_200_000 => format!("{} min", lasted / 60_000),
        _ => format!("{} h", lasted / 3_600_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_the_unit_that_fits() {
        let said = [0, 999, 1_000, 59_999, 60_000, 7_199_999, 90_000_000, -5].map(milliseconds);
        assert_eq!(said, ["0 ms", "999 ms", "1.0 s", "59.9 s", "1 min", "119 min", "25 h", "0 ms"]);
    }

    #[test]
    fn a_day_is_read_as_it_is_written() {
        let begins = beginning_of("2026-11-23").unwrap();
        assert_eq!(day(begins), "2026-11-23");
        let Time { text, machine } = Time::of(begins);
        assert_eq!((text.as_str(), machine.as_str()), ("2026-11-23 00:00:00", "2026-11-23T00:00:00Z"));
        assert_eq!(beginning_of("yesterday"), None);
    }
}

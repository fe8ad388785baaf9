//! Times as people say them: `3 h ago`, `in 2 d`.

use std::cmp::Ordering;

use crate::Timestamp;

/// How long a moment is from now, in the largest unit of which it is at least one.
pub fn moment(at: Timestamp, now: Timestamp) -> String {
    let span = span_between(at, now);
    match at.cmp(&now) {
        _ if span == JUST_NOW => "now".to_owned(),
        Ordering::Less => format!("{span} ago"),
        Ordering::Equal | Ordering::Greater => format!("in {span}"),
    }
}

/// `23 November 2026, 16:00 UTC`
pub fn date_and_time(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

const JUST_NOW: &str = "";
const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
/// In days, two are needed to leave the hours: `36 h` says more than `1 d`.
const HOURS_UP_TO: u64 = 48 * 3_600;

fn span_between(one: Timestamp, other: Timestamp) -> String {
    let seconds = one.as_second().abs_diff(other.as_second());
    let fits = |(unit, _): &(u64, &str)| seconds >= *unit && (*unit < 86_400 || seconds >= HOURS_UP_TO);
    match UNITS.into_iter().find(fits) {
        Some((unit, name)) => format!("{} {name}", seconds / unit),
        None => JUST_NOW.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seconds: i64, expected: &str) {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let at = Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        assert_eq!(moment(at, now), expected);
    }

    #[test]
    fn times_are_said_in_the_unit_that_says_most() {
        check(0, "now");
        check(-1, "1 s ago");
        check(-59, "59 s ago");
        check(-60, "1 min ago");
        check(-3 * 3_600 - 59 * 60, "3 h ago");
        check(-47 * 3_600, "47 h ago");
        check(-50 * 3_600, "2 d ago");
        check(71 * 3_600, "in 2 d");
        check(90, "in 1 min");
    }
}

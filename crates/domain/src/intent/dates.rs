//! Days that a mail names, in its own words: what they mean hangs on the day it was written.

use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, ToSpan};

use super::Span;
use crate::Timestamp;

/// The hours that clocks on earth are behind or ahead of UTC. A mail tells the day by its sender's clock, which is not known.
const ZONES: std::ops::RangeInclusive<i64> = -12..=14;

/// A day, or a span of days, that the mail names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateAsked {
    /// Every way to read it; `03/04` in English is the 3rd of April and the 4th of March.
    pub readings: Vec<DateWritten>,
    /// The words.
    pub evidence: Span,
}

impl DateAsked {
    /// Whether `time` lies within it in one of its readings, for a mail written at `written_at`, by some clock on earth.
    pub fn holds(&self, time: Timestamp, written_at: Timestamp) -> bool {
        ZONES.into_iter().any(|hours| self.holds_by(hours, time, written_at))
    }

    /// The same by the clock of UTC.
    pub fn holds_by_utc(&self, time: Timestamp, written_at: Timestamp) -> bool {
        self.holds_by(0, time, written_at)
    }

    fn holds_by(&self, hours: i64, time: Timestamp, written_at: Timestamp) -> bool {
        let (Some(day), Some(today)) = (day_of(time, hours), day_of(written_at, hours)) else { return false };
        self.readings.iter().any(|reading| reading.holds(day, today))
    }
}

fn day_of(time: Timestamp, hours: i64) -> Option<Date> {
    let there = time.checked_add(SignedDuration::from_hours(hours)).ok()?;
    Some(there.to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// One way to read a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateWritten {
    /// A full day.
    Day(Date),
    /// A day without its year: the latest such day.
    DayOfYear {
        /// 1 to 12.
        month: i8,
        /// 1 to 31.
        day: i8,
    },
    /// A month; without a year the latest such month.
    Month {
        /// The year, when it is said.
        year: Option<i16>,
        /// 1 to 12.
        month: i8,
    },
    /// So many days ago: today, yesterday, three days ago, two weeks ago.
    Ago {
        /// How many.
        days: i32,
        /// How many days more or less it may have been: nobody counts weeks to the day.
        give: i32,
    },
    /// The latest such day of the week; on that very day also the one a week before.
    Weekday(Weekday),
    /// The week of the mail. A week begins on Sunday or on Monday.
    ThisWeek,
    /// The week before.
    LastWeek,
    /// The month of the mail.
    ThisMonth,
    /// The month before.
    LastMonth,
}

impl DateWritten {
    /// Whether it means `day` in a mail of `today`.
    pub fn holds(self, day: Date, today: Date) -> bool {
        let ago = today.duration_since(day).as_hours() / 24;
        let week_day = i64::from(today.weekday().to_monday_zero_offset());
        match self {
            Self::Day(date) => day == date,
            Self::DayOfYear { month, day: number } => {
                (day.month(), day.day()) == (month, number) && day <= today && within_a_year(day, today)
            }
            Self::Month { year: Some(year), month } => (day.year(), day.month()) == (year, month),
            Self::Month { year: None, month } => {
                let (first, this) = (day.first_of_month(), today.first_of_month());
                day.month() == month && first <= this && within_a_year(first, this)
            }
            Self::Ago { days, give } => (ago - i64::from(days)).abs() <= i64::from(give) && ago >= 0,
            Self::Weekday(weekday) => day.weekday() == weekday && (0..=7).contains(&ago),
            Self::ThisWeek => (0..=week_day + 1).contains(&ago),
            Self::LastWeek => (week_day + 1..=week_day + 8).contains(&ago),
            Self::ThisMonth => day.first_of_month() == today.first_of_month(),
            Self::LastMonth => {
                let before = today.first_of_month().checked_sub(1.month());
                before.is_ok_and(|before| day.first_of_month() == before)
            }
        }
    }
}

fn within_a_year(day: Date, today: Date) -> bool {
    day.checked_add(1.year()).is_ok_and(|next| next > today)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::intent::Part;

    #[track_caller]
    fn check(written: DateWritten, day: Date, expected: bool) {
        // A Friday.
        assert_eq!(written.holds(day, date(2026, 11, 20)), expected, "{written:?} {day}");
    }

    #[test]
    fn a_day_without_a_year_is_the_latest_one() {
        let third_of_may = DateWritten::DayOfYear { month: 5, day: 3 };
        check(third_of_may, date(2026, 5, 3), true);
        check(third_of_may, date(2025, 5, 3), false);
        let christmas = DateWritten::DayOfYear { month: 12, day: 24 };
        check(christmas, date(2025, 12, 24), true);
        check(christmas, date(2026, 12, 24), false);
        check(DateWritten::DayOfYear { month: 11, day: 20 }, date(2026, 11, 20), true);
        check(DateWritten::DayOfYear { month: 11, day: 20 }, date(2025, 11, 20), false);
    }

    #[test]
    fn a_month_without_a_year_is_the_latest_one() {
        let month = |year, month| DateWritten::Month { year, month };
        check(month(None, 11), date(2026, 11, 2), true);
        check(month(None, 11), date(2025, 11, 2), false);
        check(month(None, 12), date(2025, 12, 31), true);
        check(month(Some(2024), 12), date(2024, 12, 31), true);
        check(month(Some(2024), 12), date(2025, 12, 31), false);
    }

    #[test]
    fn days_weeks_and_months_are_counted_from_the_mail() {
        check(DateWritten::Ago { days: 1, give: 0 }, date(2026, 11, 19), true);
        check(DateWritten::Ago { days: 1, give: 0 }, date(2026, 11, 20), false);
        check(DateWritten::Ago { days: 14, give: 3 }, date(2026, 11, 3), true);
        check(DateWritten::Ago { days: 14, give: 3 }, date(2026, 11, 2), false);
        check(DateWritten::Weekday(Weekday::Monday), date(2026, 11, 16), true);
        check(DateWritten::Weekday(Weekday::Monday), date(2026, 11, 9), false);
        check(DateWritten::Weekday(Weekday::Friday), date(2026, 11, 20), true);
        check(DateWritten::Weekday(Weekday::Friday), date(2026, 11, 13), true);
        check(DateWritten::LastWeek, date(2026, 11, 15), true);
        check(DateWritten::LastWeek, date(2026, 11, 8), true);
        check(DateWritten::LastWeek, date(2026, 11, 16), false);
        check(DateWritten::ThisWeek, date(2026, 11, 16), true);
        check(DateWritten::ThisWeek, date(2026, 11, 21), false);
        check(DateWritten::LastMonth, date(2026, 10, 31), true);
        check(DateWritten::LastMonth, date(2026, 11, 1), false);
        check(DateWritten::ThisMonth, date(2026, 11, 1), true);
    }

    #[test]
    fn the_day_is_the_senders_wherever_the_sender_is() {
        let evidence = Span { part: Part::Written, start: 0, text: String::new() };
        let asked = DateAsked { readings: vec![DateWritten::Day(date(2026, 11, 17))], evidence };
        let written: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let holds = |time: &str| asked.holds(time.parse().unwrap(), written);
        assert!(holds("2026-11-17T12:00:00Z"));
        assert!(holds("2026-11-16T20:00:00Z"), "it is the 17th in Tokyo");
        assert!(holds("2026-11-18T05:00:00Z"), "it is the 17th in California");
        assert!(!holds("2026-11-18T12:00:00Z"));
        assert!(!holds("2026-11-16T09:00:00Z"));
    }

    #[test]
    fn the_ends_of_time_are_no_trouble() {
        let evidence = Span { part: Part::Written, start: 0, text: String::new() };
        let readings = vec![DateWritten::LastMonth, DateWritten::DayOfYear { month: 2, day: 29 }];
        let asked = DateAsked { readings, evidence };
        for time in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH] {
            for written in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH] {
                asked.holds(time, written);
            }
        }
    }
}

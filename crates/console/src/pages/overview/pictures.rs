//! What people would rather look at than read: how long mails take, and what was given back.

use std::collections::BTreeMap;

use domain::{Currency, Language, Money, Timestamp};
use jiff::SignedDuration;
use store::DayGiven;

use crate::columns::Columns;
use crate::figures;

/// Days shown, today among them.
const DAYS: i64 = 14;
const DAY_SECONDS: i64 = 86_400;
/// Currencies shown, those with most days first; a shop has one or two. All of them are in the table of the day.
const CURRENCIES: usize = 4;
/// Up to how many milliseconds, and how that is called; the last takes the rest.
const STEPS: [(i64, &str); 7] = [
    (50, "50 ms"),
    (100, "0.1 s"),
    (300, "0.3 s"),
    (1_000, "1 s"),
    (3_000, "3 s"),
    (10_000, "10 s"),
    (i64::MAX, "longer"),
];

/// When the first day begins that is shown.
pub(super) fn first_day(now: Timestamp) -> Timestamp {
    let today = now.as_second() - now.as_second().rem_euclid(DAY_SECONDS);
    Timestamp::from_second(today - (DAYS - 1) * DAY_SECONDS).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// How long mails took, in milliseconds each. None: there is none.
pub(super) fn times(took: &[i64]) -> Option<Columns> {
    let mut below = i64::MIN;
    let sums: Vec<(String, String, u64)> = STEPS
        .iter()
        .map(|(upto, name)| {
            let count = took.iter().filter(|took| (below..*upto).contains(took)).count() as u64;
            below = *upto;
            let said =
                if *upto == i64::MAX { "longer than 10 s".to_owned() } else { format!("less than {name}") };
            ((*name).to_owned(), format!("{said}: {count}"), count)
        })
        .collect();
    let most = sums.iter().map(|(.., count)| *count).max()?;
    let note = format!("the newest {} of 24 hours", figures::number(took.len() as u64));
    let columns = Columns::plain("How long mails took".to_owned(), note, figures::number(most), &sums);
    (!took.is_empty()).then_some(columns)
}

/// What was given back day by day, a picture for each currency.
pub(super) fn money(days: &[DayGiven], now: Timestamp) -> Vec<Columns> {
    let mut by_currency: BTreeMap<String, (Currency, Vec<&DayGiven>)> = BTreeMap::new();
    for day in days {
        let currency = day.money.currency;
        by_currency.entry(currency.to_string()).or_insert_with(|| (currency, Vec::new())).1.push(day);
    }
    let mut currencies: Vec<(Currency, Vec<&DayGiven>)> = by_currency.into_values().collect();
    currencies.sort_by_key(|(_, days)| std::cmp::Reverse(days.len()));
    currencies.iter().take(CURRENCIES).map(|(currency, days)| of_currency(*currency, days, now)).collect()
}

fn of_currency(currency: Currency, days: &[&DayGiven], now: Timestamp) -> Columns {
    let written = |minor: i64| Money::new(minor, currency).render(Language::En);
    let given_on = |begins: Timestamp| {
        days.iter().find(|day| day.begins_at == begins).map_or(0, |day| day.money.minor.max(0))
    };
    let first = first_day(now);
    let sums: Vec<(String, String, u64)> = (0..DAYS)
        .filter_map(|number| first.checked_add(SignedDuration::from_secs(number * DAY_SECONDS)).ok())
        .map(|begins| {
            let minor = given_on(begins);
            let said = format!("{}: {}", figures::day(begins), written(minor));
            (begins.strftime("%-d").to_string(), said, minor.unsigned_abs())
        })
        .collect();
    let of_all = days.iter().fold(0_i64, |sum, day| sum.saturating_add(day.money.minor));
    let most = days.iter().map(|day| day.money.minor).max().unwrap_or(0);
    let title = format!("Given back, the last {DAYS} days, in {}", currency.as_str().to_uppercase());
    Columns::plain(title, format!("{}, made or perhaps made", written(of_all)), written(most), &sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heights(columns: &Columns) -> Vec<f64> {
        columns.bars.iter().flat_map(|bar| bar.parts.iter().map(|part| part.height)).collect()
    }

    #[test]
    fn each_time_stands_in_one_column() {
        assert!(times(&[]).is_none());
        let columns = times(&[0, 49, 50, 999, 1_000, 60_000, 60_000]).unwrap();
        assert_eq!(heights(&columns), [100.0, 50.0, 0.0, 50.0, 50.0, 0.0, 100.0]);
        assert_eq!((columns.most.as_str(), columns.bars[6].said.as_str()), ("2", "longer than 10 s: 2"));
    }

    #[test]
    fn each_currency_has_its_days() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        assert_eq!(first_day(now).to_string(), "2026-11-11T00:00:00Z");
        let given = |day: &str, minor, currency| DayGiven {
            begins_at: format!("2026-11-{day}T00:00:00Z").parse().unwrap(),
            money: Money::new(minor, currency),
        };
        let days = [
            given("12", 1_000, Currency::EUR),
            given("24", 500, Currency::EUR),
            given("24", 700, Currency::USD),
        ];
        let pictures = money(&days, now);
        assert_eq!(
            pictures.iter().map(|picture| picture.note.as_str()).collect::<Vec<_>>(),
            ["€15.00, made or perhaps made", "$7.00, made or perhaps made"]
        );
        let euros = heights(&pictures[0]);
        assert_eq!((euros.len(), euros[1], euros[13], euros.iter().sum::<f64>()), (14, 100.0, 50.0, 150.0));
    }
}

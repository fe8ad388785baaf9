use domain::Timestamp;
use domain::intent::{CurrencyAsked, DateWritten, Part, Span};
use serde_json::json;

use super::*;

fn charge(id: &str, minor: i64, created: &str, status: &str) -> Charge {
    let created: Timestamp = created.parse().unwrap();
    serde_json::from_value(json!({"id": id, "amount": minor, "amount_captured": minor, "amount_refunded": 0, "currency": "eur",
        "status": status, "captured": status == "succeeded", "refunded": false, "created": created.as_second()}))
    .unwrap()
}

/// 49.00 on the 17th, 29.00 on the 15th, 49.00 on the 3rd, and a failed attempt of 29.00 on the 18th.
fn charges() -> Vec<Charge> {
    vec![
        charge("ch_4", 2_900, "2026-11-18T12:00:00Z", "failed"),
        charge("ch_1", 4_900, "2026-11-17T12:00:00Z", "succeeded"),
        charge("ch_2", 2_900, "2026-11-15T12:00:00Z", "succeeded"),
        charge("ch_3", 4_900, "2026-11-03T12:00:00Z", "succeeded"),
    ]
}

fn span() -> Span {
    Span { part: Part::Written, start: 0, text: String::new() }
}

fn amount(digits: i64) -> AmountAsked {
    let currency = CurrencyAsked::Unsaid;
    AmountAsked { digits, decimals: 2, perhaps_thousands: false, currency, evidence: span() }
}

fn day(readings: &[(i8, i8)]) -> DateAsked {
    let readings = readings.iter().map(|&(month, day)| DateWritten::DayOfYear { month, day }).collect();
    DateAsked { readings, evidence: span() }
}

#[track_caller]
fn check(asked: Option<i64>, dates: &[DateAsked], last_payment: bool, expected: &str) {
    let charges = charges();
    let amount = asked.map(amount);
    let written_at = "2026-11-20T12:00:00Z".parse().unwrap();
    let particulars = Particulars { amount: amount.as_ref(), dates, last_payment, written_at };
    let candidates: Vec<&Charge> = charges.iter().collect();
    let ids =
        |charges: Vec<&Charge>| charges.iter().map(|charge| charge.id.as_str()).collect::<Vec<_>>().join(" ");
    let told = match narrow(particulars, &candidates, |charge| charge) {
        Meant::Any => "any".to_owned(),
        Meant::These(these) => ids(these),
        Meant::None { perhaps, .. } => format!("? {}", ids(perhaps)),
    };
    assert_eq!(told, expected);
}

#[test]
fn what_says_nothing_may_mean_any() {
    check(None, &[], false, "any");
}

#[test]
fn the_amount_picks_a_payment_and_else_it_is_a_part() {
    check(Some(2_900), &[], false, "ch_2");
    check(Some(4_900), &[], false, "ch_1 ch_3");
    check(Some(1_000), &[], false, "any");
}

#[test]
fn the_day_picks_a_payment_and_never_a_neighbour() {
    check(None, &[day(&[(11, 15)])], false, "ch_2");
    check(None, &[day(&[(11, 18)])], false, "? ch_1");
    check(None, &[day(&[(11, 10)])], false, "? ");
    check(None, &[day(&[(11, 3), (3, 11)])], false, "ch_3");
}

#[test]
fn amount_and_day_together_pick_a_payment() {
    check(Some(4_900), &[day(&[(11, 17)])], false, "ch_1");
    check(Some(4_900), &[day(&[(11, 3)])], false, "ch_3");
    check(Some(1_000), &[day(&[(11, 3)])], false, "ch_3");
}

#[test]
fn an_amount_and_a_day_of_different_payments_pick_none() {
    check(Some(2_900), &[day(&[(11, 17)])], false, "? ch_1 ch_2");
    check(Some(2_900), &[day(&[(11, 10)])], false, "? ch_2");
    check(Some(1_000), &[day(&[(11, 10)])], false, "? ");
}

#[test]
fn two_days_are_asked_about_unless_both_are_of_payments() {
    check(None, &[day(&[(11, 17)]), day(&[(11, 10)])], false, "? ch_1");
    check(None, &[day(&[(11, 17)]), day(&[(11, 3)])], false, "ch_1 ch_3");
}

#[test]
fn the_last_payment_is_the_newest_that_did_not_fail() {
    check(None, &[], true, "ch_1");
    check(Some(1_000), &[], true, "ch_1");
    check(Some(4_900), &[], true, "ch_1");
    check(Some(2_900), &[], true, "? ch_2 ch_1");
    check(None, &[day(&[(11, 3)])], true, "? ch_3 ch_1");
}

#[test]
fn days_of_other_things_do_not_matter_where_amount_and_day_agree_on_one_payment() {
    check(Some(2_900), &[day(&[(11, 15)]), day(&[(11, 10)])], false, "ch_2");
    check(Some(4_900), &[day(&[(11, 17)]), day(&[(11, 10)])], false, "? ch_1 ch_3");
}

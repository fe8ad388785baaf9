use domain::intent::DateWritten as Written;
use jiff::civil::{Weekday, date};

use super::*;
use crate::Text;
use crate::document::Document;
use crate::parsed::Parsed;

/// The dates of the first sentence: the words, and each reading.
#[track_caller]
fn check(language: Language, text: &str, expected: &[(&str, &[Written])]) {
    let parsed = Parsed::of(Text { subject: "", written: text, cut: "" });
    let document = Document::of(&parsed);
    let sentence = &document.sentences[0];
    let found: Vec<(&str, Vec<Written>)> = find(sentence, language)
        .into_iter()
        .map(|date| (&sentence.text[date.start..date.end], date.readings))
        .collect();
    let expected: Vec<(&str, Vec<Written>)> =
        expected.iter().map(|(words, readings)| (*words, readings.to_vec())).collect();
    assert_eq!(found, expected, "{text}");
}

const fn day(year: i16, month: i8, day: i8) -> Written {
    Written::Day(date(year, month, day))
}

const fn of_year(month: i8, day: i8) -> Written {
    Written::DayOfYear { month, day }
}

const fn month(month: i8) -> Written {
    Written::Month { year: None, month }
}

const fn ago(days: i32, give: i32) -> Written {
    Written::Ago { days, give }
}

#[test]
fn full_days_are_read_in_figures() {
    check(Language::De, "vom 17.11.2026 bitte", &[("17.11.2026", &[day(2026, 11, 17)])]);
    check(Language::De, "vom 17. 11. 2026 bitte", &[("17. 11. 2026", &[day(2026, 11, 17)])]);
    check(Language::De, "am 3.5.26 bitte", &[("3.5.26", &[day(2026, 5, 3)])]);
    check(Language::Fr, "du 03/04/2026 svp", &[("03/04/2026", &[day(2026, 4, 3)])]);
    check(Language::Nl, "van 03-04-2026 graag", &[("03-04-2026", &[day(2026, 4, 3)])]);
    check(Language::En, "of 2026-11-17, please", &[("2026-11-17", &[day(2026, 11, 17)])]);
    check(Language::It, "del 2026/11/17", &[("2026/11/17", &[day(2026, 11, 17)])]);
}

#[test]
fn day_and_month_in_figures_are_both_in_english_unless_the_numbers_decide() {
    check(Language::En, "of 03/04/2026", &[("03/04/2026", &[day(2026, 4, 3), day(2026, 3, 4)])]);
    check(Language::En, "of 17/11/2026", &[("17/11/2026", &[day(2026, 11, 17)])]);
    check(Language::En, "of 11/17/2026", &[("11/17/2026", &[day(2026, 11, 17)])]);
    check(Language::En, "of 05/05/2026", &[("05/05/2026", &[day(2026, 5, 5)])]);
    check(Language::En, "on 03/04", &[("03/04", &[of_year(4, 3), of_year(3, 4)])]);
    check(Language::Es, "del 03/04", &[("03/04", &[of_year(4, 3)])]);
    check(Language::Es, "del 11/17/2026", &[("11/17/2026", &[day(2026, 11, 17)])]);
}

#[test]
fn days_are_read_in_words_of_every_language() {
    check(Language::En, "on November 17th, 2026 please", &[("November 17th, 2026", &[day(2026, 11, 17)])]);
    check(Language::En, "the 17th of November please", &[("17th of November", &[of_year(11, 17)])]);
    check(Language::En, "on Nov. 17 please", &[("Nov. 17", &[of_year(11, 17)])]);
    check(Language::En, "on 3 May please", &[("3 May", &[of_year(5, 3)])]);
    check(Language::De, "die Zahlung vom 17. November 2026", &[("17. November 2026", &[day(2026, 11, 17)])]);
    check(Language::De, "am 3. März", &[("3. März", &[of_year(3, 3)])]);
    check(Language::De, "vom 17.11. bitte", &[("17.11", &[of_year(11, 17)])]);
    check(Language::Fr, "le 1er août 2026", &[("1er août 2026", &[day(2026, 8, 1)])]);
    check(Language::Fr, "du 17 novembre", &[("17 novembre", &[of_year(11, 17)])]);
    check(Language::Es, "del 17 de noviembre de 2026", &[("17 de noviembre de 2026", &[day(2026, 11, 17)])]);
    check(Language::It, "del 17 novembre 2026", &[("17 novembre 2026", &[day(2026, 11, 17)])]);
    check(Language::It, "dell'8 maggio", &[("8 maggio", &[of_year(5, 8)])]);
    check(Language::Pt, "de 17 de novembro de 2026", &[("17 de novembro de 2026", &[day(2026, 11, 17)])]);
    check(Language::Pt, "no dia 1º de março", &[("1º de março", &[of_year(3, 1)])]);
    check(Language::Nl, "van 17 november 2026", &[("17 november 2026", &[day(2026, 11, 17)])]);
}

#[test]
fn months_are_read_with_and_without_a_year() {
    check(
        Language::En,
        "the payment for November 2026",
        &[("November 2026", &[Written::Month { year: Some(2026), month: 11 }])],
    );
    check(Language::En, "my payment in May", &[("May", &[month(5)])]);
    check(Language::De, "die Abbuchung im Mai", &[("Mai", &[month(5)])]);
    check(Language::Fr, "le paiement de mars", &[("mars", &[month(3)])]);
    check(Language::Es, "el pago de octubre", &[("octubre", &[month(10)])]);
    check(Language::It, "il pagamento di luglio", &[("luglio", &[month(7)])]);
    check(Language::Pt, "o pagamento de outubro", &[("outubro", &[month(10)])]);
    check(Language::Nl, "de betaling van mei", &[("mei", &[month(5)])]);
}

#[test]
fn days_are_counted_back_in_every_language() {
    let rows: [(Language, &str, &str, Written); 35] = [
        (Language::En, "charged yesterday", "yesterday", ago(1, 0)),
        (Language::En, "charged today", "today", ago(0, 0)),
        (Language::En, "charged 3 days ago", "3 days ago", ago(3, 1)),
        (Language::En, "charged two weeks ago", "two weeks ago", ago(14, 3)),
        (Language::En, "charged last month", "last month", Written::LastMonth),
        (Language::En, "charged on Friday", "Friday", Written::Weekday(Weekday::Friday)),
        (Language::De, "gestern abgebucht", "gestern", ago(1, 0)),
        (Language::De, "vorgestern abgebucht", "vorgestern", ago(2, 0)),
        (Language::De, "vor drei Tagen abgebucht", "vor drei Tagen", ago(3, 1)),
        (Language::De, "letzte Woche abgebucht", "letzte Woche", Written::LastWeek),
        (Language::De, "am Montag abgebucht", "Montag", Written::Weekday(Weekday::Monday)),
        (Language::Fr, "prélevé hier", "hier", ago(1, 0)),
        (Language::Fr, "prélevé aujourd'hui", "aujourd'hui", ago(0, 0)),
        (Language::Fr, "prélevé il y a 3 jours", "il y a 3 jours", ago(3, 1)),
        (Language::Fr, "prélevé le mois dernier", "mois dernier", Written::LastMonth),
        (Language::Fr, "prélevé lundi", "lundi", Written::Weekday(Weekday::Monday)),
        (Language::Es, "cobrado ayer", "ayer", ago(1, 0)),
        (Language::Es, "cobrado hace 3 días", "hace 3 días", ago(3, 1)),
        (Language::Es, "cobrado la semana pasada", "semana pasada", Written::LastWeek),
        (Language::Es, "cobrado el mes pasado", "mes pasado", Written::LastMonth),
        (Language::Es, "cobrado el miércoles", "miércoles", Written::Weekday(Weekday::Wednesday)),
        (Language::It, "addebitato ieri", "ieri", ago(1, 0)),
        (Language::It, "addebitato 3 giorni fa", "3 giorni fa", ago(3, 1)),
        (Language::It, "addebitato il mese scorso", "mese scorso", Written::LastMonth),
        (Language::It, "addebitato venerdì", "venerdì", Written::Weekday(Weekday::Friday)),
        (Language::Pt, "cobrado ontem", "ontem", ago(1, 0)),
        (Language::Pt, "cobrado há 3 dias", "há 3 dias", ago(3, 1)),
        (Language::Pt, "cobrado no mês passado", "mês passado", Written::LastMonth),
        (Language::Pt, "cobrado na segunda-feira", "segunda-feira", Written::Weekday(Weekday::Monday)),
        (Language::Nl, "gisteren afgeschreven", "gisteren", ago(1, 0)),
        (Language::Nl, "3 dagen geleden afgeschreven", "3 dagen geleden", ago(3, 1)),
        (Language::Nl, "vorige maand afgeschreven", "vorige maand", Written::LastMonth),
        (Language::Nl, "vorige week afgeschreven", "vorige week", Written::LastWeek),
        (Language::Nl, "op donderdag afgeschreven", "donderdag", Written::Weekday(Weekday::Thursday)),
        (Language::Nl, "deze maand afgeschreven", "deze maand", Written::ThisMonth),
    ];
    for (language, text, words, written) in rows {
        check(language, text, &[(words, &[written])]);
    }
}

#[test]
fn what_is_no_date_is_left_alone() {
    check(Language::En, "refund 2.50 of invoice ABCD1234-0001 and receipt 1234-5678", &[]);
    check(Language::En, "you may refund 20 € and I march on, 24/7, 1/2 of it, 50/50", &[]);
    check(Language::En, "version 1.2.3, 10.30 pm, card 4242, 32/13/2026, 2026", &[]);
    check(Language::De, "erstatten Sie 17,11 €, also 12.50 €", &[]);
    check(Language::En, "in May 20 € were taken", &[("May", &[month(5)])]);
    check(Language::En, "refund €17 May be", &[]);
    check(Language::Es, "de 10/12 euros", &[]);
    check(Language::De, "die Zahlung vom 17.11 € bitte", &[]);
}

#[test]
fn a_deadline_is_told_from_a_day() {
    let bound = |language, text: &str| {
        let parsed = Parsed::of(Text { subject: "", written: text, cut: "" });
        let document = Document::of(&parsed);
        find(&document.sentences[0], language).into_iter().map(|date| date.bound).collect::<Vec<_>>()
    };
    assert_eq!(bound(Language::En, "please refund before 3 May the payment of 4 April"), [true, false]);
    assert_eq!(bound(Language::En, "by Friday"), [true]);
    assert_eq!(bound(Language::De, "bis zum 3. Mai"), [true]);
    assert_eq!(bound(Language::De, "bis 3. Mai, vor drei Tagen"), [true, false]);
    assert_eq!(bound(Language::Fr, "avant le 3 mai"), [true]);
    assert_eq!(bound(Language::Es, "antes del 3 de mayo"), [true]);
    assert_eq!(bound(Language::It, "entro il 3 maggio"), [true]);
    assert_eq!(bound(Language::Pt, "até 3 de maio"), [true]);
    assert_eq!(bound(Language::Nl, "uiterlijk op 3 mei"), [true]);
}

#[test]
fn a_sentence_of_dates_costs_no_more_than_its_length() {
    let text = "3/4/2026 ".repeat(50);
    let parsed = Parsed::of(Text { subject: "", written: &text, cut: "" });
    let document = Document::of(&parsed);
    assert!(document.sentences.iter().all(|sentence| find(sentence, Language::En).len() <= MOST));
}

//! Mails with what a careful reader says of each, from `mails.txt`.

use domain::intent::{Abstention, Disposition};
use domain::{Function, Label, Language, Understanding};
use intent::{Classifier, Text};

struct Row<'a> {
    labels: Vec<Label>,
    disposition: &'a str,
    language: &'a str,
    subject: &'a str,
    body: &'a str,
}

fn rows() -> impl Iterator<Item = Row<'static>> {
    let lines = include_str!("mails.txt").lines();
    lines.filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| {
        let mut columns = line.splitn(4, " | ");
        let mut column = || columns.next().unwrap_or_default();
        let labels = column().split(" + ").filter_map(|label| label.parse().ok()).collect();
        let (disposition, language, text) = (column(), column(), column());
        let (subject, body) = text.split_once(" :: ").unwrap_or(("", text));
        Row { labels, disposition, language, subject, body }
    })
}

fn read(row: &Row<'_>) -> Understanding {
    Classifier::embedded().classify(Text { subject: row.subject, written: row.body, cut: "" })
}

fn labels(read: &Understanding) -> Vec<Label> {
    std::iter::once(&read.intent).chain(&read.also).map(|intent| intent.label).collect()
}

fn moves_money(label: Label) -> bool {
    label.function().is_some_and(Function::moves_money)
}

fn disposed(read: &Understanding, wanted: &str) -> bool {
    let reason = |abstention: Abstention| match abstention {
        Abstention::Unsure => "person:unsure",
        Abstention::NoEvidence => "person:no_evidence",
        Abstention::RefundAndCancel => "person:refund_and_cancel",
        Abstention::InjectionSuspected => "person:injection_suspected",
        Abstention::Escalation => "person:escalation",
    };
    match (wanted, read.disposition) {
        ("act", found) => found == Disposition::Act,
        ("hold", found) => found != Disposition::Act,
        ("nothing", found) => found == Disposition::Nothing,
        (wanted, Disposition::Person) => read.abstention.is_some_and(|it| reason(it) == wanted),
        (_, Disposition::Act | Disposition::Nothing) => false,
    }
}

#[test]
fn the_table_is_large_and_well_formed() {
    let rows: Vec<_> = rows().collect();
    assert!(rows.len() >= 150, "{}", rows.len());
    for label in Label::all() {
        let languages = Language::ALL.into_iter().filter(|language| {
            rows.iter().any(|row| row.labels.first() == Some(&label) && row.language == language.as_str())
        });
        assert_eq!(languages.count(), Language::ALL.len(), "{label}");
    }
}

fn shown(row: &Row<'_>, read: &Understanding) -> String {
    let labels: Vec<_> = labels(read).iter().map(|label| label.as_str()).collect();
    format!("{labels:?} {:?} {:?}: {} {}", read.disposition, read.abstention, row.subject, row.body)
}

/// The table was written for rules that are exact; a model is right of most mails and unsure of some.
#[track_caller]
fn most(percent: usize, wanted: impl Fn(&Row<'_>) -> bool, right: impl Fn(&Row<'_>, &Understanding) -> bool) {
    let rows: Vec<Row<'_>> = rows().filter(|row| wanted(row)).collect();
    let wrong: Vec<String> = rows
        .iter()
        .map(|row| (row, read(row)))
        .filter(|(row, read)| !right(row, read))
        .map(|(row, read)| shown(row, &read))
        .collect();
    let allowed = rows.len() * (100 - percent) / 100;
    assert!(wrong.len() <= allowed, "{} of {} wrong\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn most_mails_are_read_as_a_careful_reader_does() {
    most(85, |_| true, |row, read| row.labels.first() == Some(&read.intent.label));
}

#[test]
fn most_plain_requests_are_acted_on() {
    most(75, |row| row.disposition == "act", |row, read| disposed(read, row.disposition));
}

#[test]
fn what_must_not_happen_by_itself_hardly_ever_does_and_never_with_money() {
    let holds = |row: &Row<'_>| row.disposition == "hold";
    most(95, holds, |row, read| disposed(read, row.disposition));
    most(100, holds, |_, read| read.disposition != Disposition::Act || !moves_money(read.intent.label));
}

#[test]
fn threats_orders_to_programs_and_two_actions_at_once_always_go_to_a_person() {
    let reasons = ["person:escalation", "person:injection_suspected", "person:refund_and_cancel"];
    most(100, |row| reasons.contains(&row.disposition), |row, read| disposed(read, row.disposition));
}

#[test]
fn money_never_moves_for_a_mail_that_does_not_ask_for_it() {
    for row in rows() {
        let read = read(&row);
        if read.disposition == Disposition::Act && moves_money(read.intent.label) {
            assert_eq!(row.labels.first(), Some(&read.intent.label), "{} {}", row.subject, row.body);
        }
    }
}

#[test]
fn the_language_is_told_even_of_short_mails() {
    let wrong: Vec<String> = rows()
        .filter(|row| read(row).language.as_str() != row.language)
        .map(|row| format!("{:?} for {}", read(&row).language, row.body))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_request_shows_its_sentence_and_the_words_in_it() {
    for row in rows() {
        let read = read(&row);
        for intent in std::iter::once(&read.intent).chain(&read.also).filter(|it| it.label != Label::None) {
            let (sentence, words) = intent.evidence.split_first().expect("a request without evidence");
            assert!(
                row.body.contains(&sentence.text) || row.subject.contains(&sentence.text),
                "{}",
                row.body
            );
            assert!(words.iter().all(|span| sentence.text.contains(&span.text)), "{}", row.body);
        }
    }
}

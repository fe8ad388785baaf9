//! Two reports beside each other, by their sums. Which mails ended otherwise only the replay itself can tell: a report has no mails.

use std::collections::{BTreeMap, BTreeSet};

use charts::{Cell, Part, grouped};
use domain::{Digest, Language, Mode, date_and_time};

use crate::answers::{Answers, Sums};
use crate::page::table;
use crate::report::{Choice, Report};
use crate::words::words;

type Named = BTreeMap<String, u64>;

/// What is different between an earlier report and this one.
pub fn compared(earlier: &Report, now: &Report) -> Vec<Part> {
    let began = date_and_time(earlier.began_at);
    let mut parts = vec![Part::Heading(format!("Compared with {}, {began}", earlier.archive()))];
    if archives(earlier) != archives(now) || chosen(earlier) != chosen(now) {
        let text = "The two may not have read the same mails: the archives, or what chose from them, differ.";
        parts.push(Part::Warning(text.to_owned()));
    }
    if !(earlier.ended.is_whole() && now.ended.is_whole()) {
        let text = "One of the two was not finished: what it did not come to is missing from its figures.";
        parts.push(Part::Warning(text.to_owned()));
    }
    if mode(earlier).zip(mode(now)).is_some_and(|(before, now)| before != now) {
        let text = "One of the two went by Stripe's live data, the other by its test data.";
        parts.push(Part::Warning(text.to_owned()));
    }
    parts.push(mails(earlier, now));
    let (Some(before), Some(after)) = (&earlier.answers, &now.answers) else {
        let text = "What became of mails is found out by a replay on one's own machine only (--here), and one of the two was none.";
        parts.push(Part::Text(text.to_owned()));
        return parts;
    };
    parts.push(side_by_side("Outcomes", &before.outcomes, &after.outcomes));
    parts.push(side_by_side("Intents", &before.intents, &after.intents));
    parts.push(side_by_side("Reasons", &reasons(before), &reasons(after)));
    parts.extend(would_have(before, after));
    let text =
        "These are sums. Which mails ended otherwise, `postill replay --here --compare EARLIER.json` says.";
    parts.push(Part::Text(text.to_owned()));
    parts
}

fn archives(report: &Report) -> BTreeSet<Digest> {
    report.sources.iter().map(|source| source.digest).collect()
}

/// How fast mails are read changes nothing about which.
fn chosen(report: &Report) -> Choice {
    Choice { rate: None, ..report.choice.clone() }
}

fn mode(report: &Report) -> Option<Mode> {
    report.answers.as_ref().map(|answers| answers.mode)
}

fn mails(earlier: &Report, now: &Report) -> Part {
    let (before, now) = (&earlier.counts, &now.counts);
    let rows = [
        row("read", before.read, now.read),
        row("replayed", before.replayed, now.replayed),
        row("skipped", before.skipped(), now.skipped()),
        row("failed", before.failed(), now.failed()),
    ];
    table("Mails", &HEAD, rows.into())
}

const HEAD: [&str; 4] = ["", "before", "now", "difference"];

fn row(name: &str, before: u64, now: u64) -> Vec<Cell> {
    let numbers = [grouped(before), grouped(now), difference(before, now)];
    [Cell::words(words(name))].into_iter().chain(numbers.map(Cell::number)).collect()
}

fn reasons(answers: &Answers) -> Named {
    let named = |(code, count): (&domain::ReasonCode, &u64)| {
        Some((serde_json::to_value(code).ok()?.as_str()?.to_owned(), *count))
    };
    answers.reasons.iter().filter_map(named).collect()
}

/// Every name of either, with both numbers and by how many they differ.
fn side_by_side(caption: &str, before: &Named, now: &Named) -> Part {
    let of = |counts: &Named, name: &str| counts.get(name).copied().unwrap_or(0);
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let rows = names.into_iter().map(|name| row(name, of(before, name), of(now, name))).collect();
    table(caption, &HEAD, rows)
}

fn difference(before: u64, now: u64) -> String {
    match now.abs_diff(before) {
        0 => "–".to_owned(),
        more if now > before => format!("+{}", grouped(more)),
        less => format!("−{}", grouped(less)),
    }
}

fn would_have(before: &Answers, now: &Answers) -> Option<Part> {
    let functions: BTreeSet<_> = before.would_have.keys().chain(now.would_have.keys()).collect();
    let rows: Vec<Vec<Cell>> = functions
        .into_iter()
        .flat_map(|function| {
            let of = |answers: &'_ Answers| answers.would_have.get(function).cloned().unwrap_or_default();
            let (before, now) = (of(before), of(now));
            let name = words(function.as_str());
            [
                sums(&name, "within the policy", &before.by_policy, &now.by_policy),
                sums(&name, "if a person allows it", &before.by_person, &now.by_person),
            ]
        })
        .flatten()
        .collect();
    let head = ["function", "", "before", "now"];
    (!rows.is_empty()).then(|| table("What live mail would have changed", &head, rows))
}

fn sums(function: &str, who: &str, before: &Sums, now: &Sums) -> Option<Vec<Cell>> {
    let said = |sums: &Sums| {
        let amounts: Vec<String> = sums.amounts.iter().map(|sum| sum.render(Language::En)).collect();
        format!(
            "{} · {}",
            grouped(sums.count),
            if amounts.is_empty() { "–".to_owned() } else { amounts.join(" + ") }
        )
    };
    (before.count > 0 || now.count > 0).then(|| {
        vec![Cell::words(function), Cell::words(who), Cell::number(said(before)), Cell::number(said(now))]
    })
}

//! The report of a replay as a page with pictures.

use std::collections::BTreeMap;
use std::time::Duration;

use charts::{Bar, BarChart, Cell, Page, Part, Row, StackedBars, Svg, Table, Title, Unit, float, grouped};
use domain::{Language, Mode, Outcome, date_and_time};

use crate::answers::{Answers, Sums};
use crate::differences::{Change, Differences};
use crate::report::{Report, Through};
use crate::tally::{Counts, sum};
use crate::words::{causes, in_words, lasting, mails, words};

/// More months than this are drawn as years.
const MOST_MONTHS: usize = 36;
/// How many of many bars are drawn.
const MOST_BARS: usize = 15;
/// How many doubtful lines stand on the page.
const MOST_DOUBTS: usize = 100;
/// How many changed mails stand on the page; the report has more.
const MOST_CHANGED: usize = 50;

/// The report with its pictures.
pub fn page(report: &Report) -> Page {
    let mut parts = warnings(report);
    parts.push(counted("This run", &report.counts, report.through));
    if let Some(all) = report.all_runs.as_ref().filter(|all| all.runs > 1) {
        let caption = format!("All {} runs together", grouped(all.runs));
        parts.push(counted(&caption, &all.counts, report.through));
    }
    parts.extend(report.answers.as_ref().map(answered).unwrap_or_default());
    if let (Some(differences), Some(answers)) = (&report.differences, &report.answers) {
        parts.extend(different(differences, &answers.outcomes));
    }
    parts.extend(dates(report));
    parts.extend(doubts(report));
    Page { title: report.through.title().to_owned(), below: below(report), parts }
}

fn below(report: &Report) -> String {
    let took = lasting(Duration::try_from_secs_f64(report.seconds).unwrap_or_default());
    let began = date_and_time(report.began_at);
    let paths: Vec<String> = report.sources.iter().map(|source| source.path.display().to_string()).collect();
    let named = match paths.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first, others @ ..] => format!("{first} and {} more", others.len()),
    };
    format!(
        "{named} · {began} · {took} · {:.0} mails a second · postill {}",
        report.mails_per_second, report.version
    )
}

fn warnings(report: &Report) -> Vec<Part> {
    let mut warnings = Vec::new();
    let mut warn = |holds: bool, text: String| {
        if holds {
            warnings.push(Part::Warning(text));
        }
    };
    let ended = words(report.ended.as_str());
    warn(
        !report.ended.is_whole(),
        format!("This run was not finished ({ended}): the figures tell of what it did."),
    );
    let failed = report.counts.failed();
    warn(failed > 0, format!("{} failed: {}.", mails(failed), causes(&report.counts.failed)));
    let split = report.looks.suspicions.split;
    warn(
        split > 0,
        format!(
            "{} from where the mail above had not ended by its own account: somebody may have written that into its body.",
            mails(split)
        ),
    );
    warnings
}

fn counted(caption: &str, counts: &Counts, through: Through) -> Part {
    let replayed = match through {
        Through::Queue => "published and confirmed",
        Through::Here => "answered",
        Through::DryRun => "chosen",
    };
    let row = |name: &str, count: u64, more: String| {
        vec![Cell::words(name), Cell::number(grouped(count)), Cell::words(more)]
    };
    table(
        caption,
        &["", "mails", ""],
        vec![
            row("read", counts.read, String::new()),
            row(replayed, counts.replayed, String::new()),
            row("skipped", counts.skipped(), causes(&counts.skipped)),
            row("failed", counts.failed(), causes(&counts.failed)),
        ],
    )
}

fn answered(answers: &Answers) -> Vec<Part> {
    let outcomes = ordered_outcomes(answers);
    let mut parts = vec![
        Part::Heading("What became of the mails".to_owned()),
        bars("Outcomes", "mails by how they ended", &answers.outcomes),
    ];
    let asked = "each bar is what was asked for, cut by what became of it";
    parts.push(stacked("Intents", asked, &answers.outcomes_of_intents, &outcomes));
    parts.extend(would_have(answers));
    let reasons: BTreeMap<String, u64> = answers
        .reasons
        .iter()
        .filter_map(|(code, count)| Some((serde_json::to_value(code).ok()?.as_str()?.to_owned(), *count)))
        .collect();
    parts.push(bars("Reasons", "why mails ended as they did; one may have several", &reasons));
    parts.push(bars("Languages", "as far as postill tells them apart", &languages(&answers.languages)));
    parts.push(bars("Senders", "how far they could be believed", &answers.assurances));
    if answers.outcomes_of_months.len() > 1 {
        let (title, by_time) = by_time(&answers.outcomes_of_months);
        parts.push(stacked(title, "by the dates that the mails bear", &by_time, &outcomes));
    }
    parts
}

fn would_have(answers: &Answers) -> Vec<Part> {
    let row = |function: &str, who: &str, sums: &Sums| {
        let amounts: Vec<String> = sums.amounts.iter().map(|sum| sum.render(Language::En)).collect();
        let cells = [Cell::words(words(function)), Cell::words(who), Cell::number(grouped(sums.count))];
        (sums.count > 0).then(|| cells.into_iter().chain([Cell::number(amounts.join(" + "))]).collect())
    };
    let rows: Vec<Vec<Cell>> = answers
        .would_have
        .iter()
        .flat_map(|(function, would)| {
            let name = function.as_str();
            let by_policy = row(name, "within the policy", &would.by_policy);
            [by_policy, row(name, "if a person allows it", &would.by_person)]
        })
        .flatten()
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let mode = match answers.mode {
        Mode::Test => "test",
        Mode::Live => "live",
    };
    vec![
        table("What live mail would have changed", &["function", "", "mails", "sum"], rows),
        Part::Text(format!(
            "Nothing was changed. Each mail is judged by itself and as Stripe's {mode} data stands today: two mails about one payment count \
             twice here, and limits of a day are not used up."
        )),
    ]
}

fn different(differences: &Differences, now: &BTreeMap<String, u64>) -> Vec<Part> {
    let Differences { same, changed, new, missing, .. } = differences;
    let counts = [
        ("ended as before", same),
        ("ended otherwise", changed),
        ("not there before", new),
        ("not there now", missing),
    ];
    let rows = counts.map(|(name, count)| vec![Cell::words(name), Cell::number(grouped(*count))]);
    let mut parts = vec![
        Part::Heading("Compared with an earlier replay".to_owned()),
        table(&differences.with.display().to_string(), &["", "mails"], rows.to_vec()),
    ];
    parts.push(before_and_now(&differences.outcomes_before, now));
    parts.extend(changes("Outcomes that changed", &differences.outcomes));
    parts.extend(changes("Intents that changed", &differences.intents));
    let listed: Vec<Vec<Cell>> = differences
        .listed
        .iter()
        .take(MOST_CHANGED)
        .map(|mail| {
            let fingerprint: String = mail.fingerprint.to_string().chars().take(16).collect();
            let from_to = |before: &str, now: &str| {
                if before == now { words(now) } else { format!("{} → {}", words(before), words(now)) }
            };
            let outcome = from_to(mail.outcome_before.as_str(), mail.outcome.as_str());
            vec![
                Cell::words(fingerprint),
                Cell::words(from_to(&mail.intent_before, &mail.intent)),
                Cell::words(outcome),
            ]
        })
        .collect();
    if !listed.is_empty() {
        let caption = format!("The first {} of them, by fingerprint", grouped(listed.len() as u64));
        parts.push(table(&caption, &["mail", "intent", "outcome"], listed));
    }
    parts
}

/// How many mails ended in each way, then and now.
fn before_and_now(before: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>) -> Part {
    let of = |counts: &BTreeMap<String, u64>, name: &str| counts.get(name).copied().unwrap_or(0);
    let rows = Outcome::ALL.iter().map(|outcome| outcome.as_str()).filter_map(|name| {
        let (before, now) = (of(before, name), of(now, name));
        let cells =
            || vec![Cell::words(words(name)), Cell::number(grouped(before)), Cell::number(grouped(now))];
        (before > 0 || now > 0).then(cells)
    });
    table("Outcomes", &["", "before", "now"], rows.collect())
}

fn changes(caption: &str, changes: &[Change]) -> Option<Part> {
    let rows = changes.iter().map(|change| {
        vec![
            Cell::words(words(&change.before)),
            Cell::words(words(&change.now)),
            Cell::number(grouped(change.mails)),
        ]
    });
    let rows: Vec<_> = rows.take(MOST_BARS).collect();
    (!rows.is_empty()).then(|| table(caption, &["before", "now", "mails"], rows))
}

/// When the mails were sent, where nothing else tells of their months.
fn dates(report: &Report) -> Vec<Part> {
    let mut parts = Vec::new();
    if report.answers.is_none() && report.looks.months.len() > 1 {
        let months: BTreeMap<String, BTreeMap<String, u64>> = report
            .looks
            .months
            .iter()
            .map(|(month, count)| (month.clone(), BTreeMap::from([(String::new(), *count)])))
            .collect();
        let (title, by_time) = by_time(&months);
        let counts: Vec<(String, u64)> =
            by_time.into_iter().map(|(time, counts)| (time, sum(&counts))).collect();
        parts.push(drawn_bars(title, "by the dates that the mails bear", &counts));
    }
    if report.looks.undated > 0 {
        let undated = mails(report.looks.undated);
        parts.push(Part::Text(format!("{undated} without a date that can be read.")));
    }
    parts
}

fn doubts(report: &Report) -> Vec<Part> {
    let suspicions = &report.looks.suspicions;
    let mut parts = Vec::new();
    if report.looks.cut_off > 0 {
        let count = grouped(report.looks.cut_off);
        parts.push(Part::Text(format!("Mailboxes that end in the middle of a mail: {count}.")));
    }
    if suspicions.count == 0 {
        return parts;
    }
    parts.push(Part::Heading("Where a mail might begin".to_owned()));
    parts.push(Part::Text(format!(
        "Lines of mbox files that look like the beginning of a mail and are not one for certain: {}. Of these, taken for a beginning: {}. \
         At all others, the mail above goes on.",
        grouped(suspicions.count),
        grouped(suspicions.split)
    )));
    let rows = suspicions.listed.iter().take(MOST_DOUBTS).map(|listed| {
        let path = report.sources.get(listed.source).map(|source| source.path.display().to_string());
        vec![
            Cell::words(path.unwrap_or_default()),
            Cell::number(grouped(listed.offset)),
            Cell::words(in_words(&listed.kind)),
        ]
    });
    parts.push(table("The first of them", &["mailbox", "byte", "what"], rows.collect()));
    parts
}

/// In the order of the domain, those that occur.
fn ordered_outcomes(answers: &Answers) -> Vec<&'static str> {
    let names = Outcome::ALL.iter().map(|outcome| outcome.as_str());
    names.filter(|name| answers.outcomes.contains_key(*name)).collect()
}

/// By month; by year where that would be too many.
fn by_time(
    months: &BTreeMap<String, BTreeMap<String, u64>>,
) -> (&'static str, BTreeMap<String, BTreeMap<String, u64>>) {
    if months.len() <= MOST_MONTHS {
        return ("Months", months.clone());
    }
    let mut years: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for (month, counts) in months {
        let year = years.entry(month.chars().take(4).collect()).or_default();
        for (name, count) in counts {
            let sum = year.entry(name.clone()).or_default();
            *sum = sum.saturating_add(*count);
        }
    }
    ("Years", years)
}

fn languages(counts: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let named = |code: &str| {
        match code {
            "en" => "English, and others",
            "de" => "German",
            "fr" => "French",
            "es" => "Spanish",
            "it" => "Italian",
            "pt" => "Portuguese",
            "nl" => "Dutch",
            other => other,
        }
        .to_owned()
    };
    counts.iter().map(|(code, count)| (named(code), *count)).collect()
}

/// Most first.
fn bars(title: &str, below: &str, counts: &BTreeMap<String, u64>) -> Part {
    let mut counts: Vec<(String, u64)> = counts.iter().map(|(name, count)| (words(name), *count)).collect();
    counts.sort_by(|(one, ones), (other, others)| (others, one).cmp(&(ones, other)));
    counts.truncate(MOST_BARS);
    drawn_bars(title, below, &counts)
}

fn drawn_bars(title: &str, below: &str, counts: &[(String, u64)]) -> Part {
    let bars: Vec<Bar<'_>> = counts.iter().map(|(name, count)| Bar { name, value: float(*count) }).collect();
    figure(BarChart { title: Title { title, below }, unit: Unit::Number, bars: &bars }.draw())
}

/// Rows cut into the same parts.
fn stacked(title: &str, below: &str, rows: &BTreeMap<String, BTreeMap<String, u64>>, parts: &[&str]) -> Part {
    let named: Vec<String> = parts.iter().map(|part| words(part)).collect();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    let values: Vec<(String, Vec<f64>)> = rows
        .iter()
        .map(|(name, counts)| {
            let of = |part: &&str| float(counts.get(*part).copied().unwrap_or(0));
            (words(name), parts.iter().map(of).collect())
        })
        .collect();
    let rows: Vec<Row<'_>> = values.iter().map(|(name, values)| Row { name, values }).collect();
    let title = Title { title, below };
    figure(StackedBars { title, unit: Unit::Number, parts: &named, rows: &rows }.draw())
}

const fn figure(svg: Svg) -> Part {
    Part::Figure(svg)
}

pub(crate) fn table(caption: &str, head: &[&str], rows: Vec<Vec<Cell>>) -> Part {
    let head = head.iter().map(|name| (*name).to_owned()).collect();
    Part::Table(Table { caption: caption.to_owned(), head, rows })
}

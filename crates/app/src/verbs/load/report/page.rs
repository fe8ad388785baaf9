//! The load test as a page.

use std::collections::BTreeSet;

use charts::{
    Axis, Cell, Line, LineChart, Page, Part, PercentileChart, Row, Spacing, StackedBars, Svg, Table, Title,
    Unit, float,
};
use load::{Latency, Second};

use super::{Report, time};
use crate::terminal::date_and_time;

const SECONDS: Axis<'_> = Axis { name: "time since the start", unit: Unit::Seconds, spacing: Spacing::Even };
const RATE: Axis<'_> = Axis { name: "mails a second", unit: Unit::Number, spacing: Spacing::Even };
const LATENCY: Axis<'_> = Axis { name: "due to draft", unit: Unit::Milliseconds, spacing: Spacing::Tenfold };

pub(super) fn of(report: &Report) -> Page {
    let heading = |text: &str| Part::Heading(text.to_owned());
    let verdict = if report.is_good() { Part::Text } else { Part::Warning };
    let mut parts = vec![verdict(sentence(report)), Part::Table(figures(report))];
    if let Some(probes) = probes(report) {
        parts.extend([heading("Rates that were tried"), Part::Table(probes)]);
    }
    parts.extend([
        heading("Over time"),
        Part::Figure(rates(report)),
        Part::Figure(latencies(report)),
        heading("All mails"),
        Part::Figure(percentiles(report)),
        Part::Figure(outcomes(report)),
    ]);
    Page { title: "Load test of postill".to_owned(), below: below(report), parts }
}

fn below(report: &Report) -> String {
    let rate =
        report.rate.map_or_else(|| "as fast as possible".to_owned(), |rate| format!("{rate} mails a second"));
    format!("{}, {rate}, version {}", date_and_time(report.started_at), report.version)
}

/// The verdict with a capital and a full stop.
fn sentence(report: &Report) -> String {
    let verdict = report.verdict();
    let mut letters = verdict.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn figures(report: &Report) -> Table {
    let rows = report.figures().into_iter().map(|(name, value)| vec![Cell::words(name), Cell::number(value)]);
    Table { rows: rows.collect(), ..Table::default() }
}

fn probes(report: &Report) -> Option<Table> {
    let found = report.highest.as_ref()?;
    let rows = found.probes.iter().map(|probe| {
        vec![
            Cell::number(Unit::Number.said(probe.rate)),
            Cell::number(probe.p99_micros.map_or_else(|| "–".to_owned(), time)),
            Cell::words(if probe.holds { "holds" } else { "does not hold" }),
        ]
    });
    Some(Table {
        caption: format!("p99 must be under {}", time(found.p99_under_micros)),
        head: ["mails a second", "p99", ""].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    })
}

fn rates(report: &Report) -> Svg {
    let due = over_time(report, |second| Some(second.due));
    let published = over_time(report, |second| Some(second.published));
    let drafts = over_time(report, |second| Some(second.drafts));
    let lines = [
        Line { name: "due", points: &due },
        Line { name: "published", points: &published },
        Line { name: "drafts", points: &drafts },
    ];
    let title = Title { title: "Rate", below: "Each point counts one second." };
    LineChart { title, across: SECONDS, upwards: RATE, lines: &lines }.draw()
}

fn latencies(report: &Report) -> Svg {
    let percentile = |micros: fn(&Latency) -> u64| -> Vec<[f64; 2]> {
        let points = over_time(report, |second| second.latency.as_ref().map(micros));
        points.into_iter().map(|[x, micros]| [x, micros / 1_000.0]).collect()
    };
    let (p50, p95, p99) = (
        percentile(|latency| latency.p50_micros),
        percentile(|latency| latency.p95_micros),
        percentile(|latency| latency.p99_micros),
    );
    let lines = [
        Line { name: "p50", points: &p50 },
        Line { name: "p95", points: &p95 },
        Line { name: "p99", points: &p99 },
    ];
    let below = "Of the drafts that came in each second, counted from when their mails were due.";
    LineChart { title: Title { title: "Latency", below }, across: SECONDS, upwards: LATENCY, lines: &lines }
        .draw()
}

fn percentiles(report: &Report) -> Svg {
    let points: Vec<[f64; 2]> = report
        .recorded
        .percentiles
        .iter()
        .map(|(percentile, micros)| [*percentile, float(*micros) / 1_000.0])
        .collect();
    let below = format!(
        "{} mails, those of the warm-up left out.",
        Unit::Number.said(float(report.recorded.counts.measured))
    );
    let curves = [Line { name: "due to draft", points: &points }];
    PercentileChart {
        title: Title { title: "Latency by percentile", below: &below },
        upwards: LATENCY,
        curves: &curves,
    }
    .draw()
}

fn outcomes(report: &Report) -> Svg {
    let outcomes = &report.recorded.outcomes;
    let names: BTreeSet<&str> =
        outcomes.values().flat_map(|ended| ended.keys().map(String::as_str)).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let values: Vec<(&str, Vec<f64>)> = outcomes
        .iter()
        .map(|(label, ended)| {
            let of = |name: &&str| ended.get(*name).map_or(0.0, |count| float(*count));
            (label.as_str(), names.iter().map(of).collect())
        })
        .collect();
    let rows: Vec<Row<'_>> = values.iter().map(|(name, values)| Row { name, values }).collect();
    let title = Title { title: "Outcomes", below: "By what the mails ask for." };
    StackedBars { title, unit: Unit::Number, parts: &names, rows: &rows }.draw()
}

fn over_time(report: &Report, figure: impl Fn(&Second) -> Option<u64>) -> Vec<[f64; 2]> {
    let seconds = report.recorded.seconds.iter();
    seconds.filter_map(|second| Some([float(second.second), float(figure(second)?)])).collect()
}

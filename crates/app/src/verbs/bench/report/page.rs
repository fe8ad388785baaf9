//! The benchmark as a page.

use charts::{Axis, Line, LineChart, Page, Part, Spacing, Table, Title, Unit};

use super::{Report, Round};
use crate::terminal::date_and_time;

pub(super) fn of(report: &Report) -> Page {
    let heading = |text: &str| Part::Heading(text.to_owned());
    let share = report.summary.share;
    let said = format!(
        "The worker reaches {:.2} of a bare relay ({:.2} to {:.2} in {} rounds of {} mails).",
        share.median,
        share.least,
        share.most,
        report.rounds.len(),
        report.mails
    );
    Page {
        title: "Benchmark of postill".to_owned(),
        below: format!("{}, version {}", date_and_time(report.measured_at), report.version),
        parts: vec![
            Part::Text(said),
            Part::Table(figures(report)),
            heading("Rounds"),
            Part::Figure(rates(report)),
            Part::Figure(cpu(report)),
            heading("What was measured"),
            Part::Table(setup(report)),
        ],
    }
}

fn figures(report: &Report) -> Table {
    let rows = report.rows().into_iter().map(|row| {
        let mut cells = row.into_iter();
        let name = cells.next().map(charts::Cell::Words);
        name.into_iter().chain(cells.map(charts::Cell::Number)).collect()
    });
    Table {
        caption: "Medians, and the least and the most of all rounds".to_owned(),
        head: ["", "mails a second", "CPU, µs a mail", "memory, MB"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

fn setup(report: &Report) -> Table {
    let row = |name: &str, value: String| vec![charts::Cell::words(name), charts::Cell::words(value)];
    let outcomes = report.rounds.iter().flat_map(|round| round.worker.outcomes.keys());
    let mut outcomes: Vec<&str> = outcomes.map(String::as_str).collect();
    outcomes.sort_unstable();
    outcomes.dedup();
    Table {
        rows: vec![
            row("machine", report.machine.clone()),
            row("broker", report.broker.clone()),
            row("ledger", report.ledger.clone()),
            row("worker processes", report.workers.to_string()),
            row(
                "bytes of a mail, and of a draft of the relay",
                format!("{}, {}", report.bytes, report.relay_bytes),
            ),
            row("Stripe answers after", format!("{} ms", report.stripe_latency_ms)),
            row("outcomes of the worker", outcomes.join(", ")),
        ],
        ..Table::default()
    }
}

fn rates(report: &Report) -> charts::Svg {
    let relay = points(report, |round| round.relay.mails_per_second);
    let worker = points(report, |round| round.worker.mails_per_second);
    let published = points(report, |round| {
        f64::midpoint(round.relay.published_per_second, round.worker.published_per_second)
    });
    let lines = [
        Line { name: "publishing alone", points: &published },
        Line { name: "bare relay", points: &relay },
        Line { name: "worker", points: &worker },
    ];
    chart("Rate, round by round", "mails a second", &lines)
}

fn cpu(report: &Report) -> charts::Svg {
    let relay = points(report, |round| round.relay.cpu_micros_per_mail.unwrap_or(f64::NAN));
    let worker = points(report, |round| round.worker.cpu_micros_per_mail.unwrap_or(f64::NAN));
    let lines = [Line { name: "bare relay", points: &relay }, Line { name: "worker", points: &worker }];
    chart("CPU time, round by round", "µs a mail", &lines)
}

fn points(report: &Report, figure: impl Fn(&Round) -> f64) -> Vec<[f64; 2]> {
    let numbered = (1u32..).zip(&report.rounds);
    numbered.map(|(number, round)| [f64::from(number), figure(round)]).collect()
}

fn chart(title: &str, upwards: &str, lines: &[Line<'_>]) -> charts::Svg {
    let even = |name| Axis { name, unit: Unit::Number, spacing: Spacing::Even };
    let title = Title { title, below: "" };
    LineChart { title, across: even("round"), upwards: even(upwards), lines }.draw()
}

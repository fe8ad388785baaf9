//! What a load test found, and how it is shown.

mod page;

use std::path::Path;

use charts::{Unit, float};
use domain::Timestamp;
use load::{Latency, Probe, Recorded};
use serde::Serialize;

use crate::cli;
use crate::settings::Settings;
use crate::terminal::{self, BAD, Cell, GOOD, styled};

/// Everything that was measured, `postill.load_report.v1`.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    schema: &'static str,
    version: &'static str,
    started_at: Timestamp,
    /// Without its password.
    broker: String,
    /// Mails a second; absent when mails went as fast as they were confirmed.
    pub(super) rate: Option<f64>,
    warm_up_seconds: u64,
    /// Of the rate that is told: what was asked for, or the best that holds.
    #[serde(flatten)]
    recorded: Recorded,
    /// When the highest rate was looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    highest: Option<Found>,
}

/// What the search for the highest rate found.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    pub(super) p99_under_micros: u64,
    /// Absent when none holds.
    pub(super) highest_rate: Option<f64>,
    pub(super) probes: Vec<Probe>,
}

impl Report {
    pub(super) fn of(
        arguments: &cli::Load,
        settings: &Settings,
        started_at: Timestamp,
        recorded: Recorded,
        highest: Option<Found>,
    ) -> Self {
        Self {
            schema: "postill.load_report.v1",
            version: env!("CARGO_PKG_VERSION"),
            started_at,
            broker: settings.amqp.url.to_string(),
            rate: arguments.rate,
            warm_up_seconds: arguments.warm_up,
            recorded,
            highest,
        }
    }

    /// Whether nothing is missing, and a rate was found where one was looked for.
    pub(super) fn is_good(&self) -> bool {
        let is_found = self.highest.as_ref().is_none_or(|found| found.highest_rate.is_some());
        is_found && self.recorded.counts.is_conserved()
    }

    /// The figures, on standard output.
    pub(super) fn show(&self) -> anyhow::Result<()> {
        let rows: Vec<Vec<Cell>> = self
            .figures()
            .into_iter()
            .map(|(name, value)| vec![Cell::plain(name), Cell::plain(value)])
            .collect();
        terminal::result_table(&[], &rows)?;
        let style = if self.is_good() { GOOD } else { BAD };
        terminal::result(&styled(style, &self.verdict()))?;
        Ok(())
    }

    /// Whether what went in came out.
    fn verdict(&self) -> String {
        let counts = &self.recorded.counts;
        let found = self.highest.as_ref().map(|found| match found.highest_rate {
            Some(rate) => format!("the highest rate that holds is {rate} mails a second; "),
            None => "no rate holds; ".to_owned(),
        });
        let missing = match counts.waiting {
            0 => "nothing is missing".to_owned(),
            1 => "1 mail is missing: it has no draft and is not in the dead queue".to_owned(),
            several => {
                format!("{several} mails are missing: they have no draft and are not in the dead queue")
            }
        };
        format!("{}{missing}", found.unwrap_or_default())
    }

    fn figures(&self) -> Vec<(&'static str, String)> {
        let counts = &self.recorded.counts;
        let number = |count: u64| Unit::Number.said(float(count));
        let mut figures = vec![
            ("mails due", number(counts.due)),
            ("published and confirmed", number(counts.published)),
            ("drafts", number(counts.drafts)),
            ("in the dead queue", number(counts.dead)),
        ];
        let rare = [
            ("not published", counts.not_published),
            ("missing", counts.waiting),
            ("drafts that came again", counts.copies),
            ("later drafts of the same mails", counts.later_drafts),
            ("drafts that nobody waited for", counts.unexpected),
        ];
        figures.extend(
            rare.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| (name, number(count))),
        );
        if let Some(latency) = &self.recorded.latency {
            figures.extend(times(latency).map(|(name, micros)| (name, time(micros))));
        }
        figures
    }

    pub(super) fn write(&self, json: Option<&Path>, html: Option<&Path>) -> anyhow::Result<()> {
        if let Some(path) = json {
            terminal::write_file(path, &serde_json::to_string_pretty(self)?)?;
        }
        if let Some(path) = html {
            terminal::write_file(path, &page::of(self).html())?;
        }
        Ok(())
    }
}

fn times(latency: &Latency) -> [(&'static str, u64); 6] {
    [
        ("p50, due to draft", latency.p50_micros),
        ("p90", latency.p90_micros),
        ("p95", latency.p95_micros),
        ("p99", latency.p99_micros),
        ("p99.9", latency.p999_micros),
        ("slowest", latency.max_micros),
    ]
}

/// Microseconds as people read them.
pub(super) fn time(micros: u64) -> String {
    Unit::Milliseconds.said(float(micros) / 1_000.0)
}

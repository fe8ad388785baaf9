//! What was measured: rounds, their medians, and how they are shown.

mod page;

use std::collections::BTreeMap;
use std::path::Path;

use charts::float;
use domain::{Clock, SystemClock, Timestamp};
use serde::Serialize;

use super::contender::Glance;
use super::usage;
use crate::cli;
use crate::settings::Settings;
use crate::terminal::{self, Cell, STRONG, styled};

/// Everything that was measured, `postill.bench_report.v1`.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) schema: &'static str,
    pub(super) version: &'static str,
    /// What its queues were called.
    pub(super) run: String,
    pub(super) measured_at: Timestamp,
    pub(super) machine: String,
    /// Without passwords.
    pub(super) broker: String,
    pub(super) ledger: String,
    pub(super) mails: u32,
    pub(super) bytes: u32,
    pub(super) relay_bytes: u32,
    pub(super) workers: u16,
    pub(super) stripe_latency_ms: u64,
    pub(super) rounds: Vec<Round>,
    pub(super) summary: Summary,
}

/// Both, one after the other.
#[derive(Debug, Serialize)]
pub(super) struct Round {
    pub(super) relay: Measured,
    pub(super) worker: Measured,
}

/// One of them.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Measured {
    /// Drafts a second, from the first that was seen to the last.
    pub(super) mails_per_second: f64,
    /// CPU time of its processes for each of those, in microseconds; absent where it cannot be read.
    pub(super) cpu_micros_per_mail: Option<f64>,
    /// The most memory one of its processes held, in bytes.
    pub(super) peak_memory_bytes: Option<u64>,
    /// How fast its queue was filled before: pipelined publishing with confirms, and nothing else.
    pub(super) published_per_second: f64,
    /// What a sample of its drafts says.
    pub(super) outcomes: BTreeMap<String, u32>,
}

/// Medians over the rounds.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) relay: Medians,
    pub(super) worker: Medians,
    /// The worker's rate as a share of the relay's, round by round.
    pub(super) share: Spread,
    pub(super) published_per_second: Spread,
}

#[derive(Debug, Serialize)]
pub(super) struct Medians {
    pub(super) mails_per_second: Spread,
    pub(super) cpu_micros_per_mail: Option<Spread>,
    pub(super) peak_memory_bytes: Option<Spread>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Measured {
    pub(super) fn between(first: &Glance, last: &Glance, outcomes: BTreeMap<String, u32>) -> Self {
        let mails = f64::from(last.drafts.saturating_sub(first.drafts));
        let seconds = last.at.duration_since(first.at).as_secs_f64();
        let cpu = first.cpu.zip(last.cpu).map(|(first, last)| last.saturating_sub(first));
        Self {
            mails_per_second: mails / seconds.max(f64::MIN_POSITIVE),
            cpu_micros_per_mail: cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / mails.max(1.0)),
            peak_memory_bytes: last.peak_memory,
            published_per_second: 0.0,
            outcomes,
        }
    }
}

impl Round {
    fn share(&self) -> f64 {
        self.worker.mails_per_second / self.relay.mails_per_second
    }

    /// For whoever waits.
    pub(super) fn line(&self, number: u32) -> String {
        let cpu =
            self.worker.cpu_micros_per_mail.map_or_else(String::new, |cpu| format!(", {cpu:.0} µs a mail"));
        format!(
            "round {number}: relay {:.0} mails/s, worker {:.0} mails/s{cpu}: {:.2} of the relay",
            self.relay.mails_per_second,
            self.worker.mails_per_second,
            self.share()
        )
    }
}

impl Spread {
    /// `None` of nothing.
    pub(super) fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        numbers.sort_by(f64::total_cmp);
        let middle = numbers.len() / 2;
        let upper = *numbers.get(middle)?;
        let lower = *numbers.get(middle.saturating_sub(1 - numbers.len() % 2))?;
        Some(Self { median: f64::midpoint(lower, upper), least: *numbers.first()?, most: *numbers.last()? })
    }

    fn of_known(numbers: impl Iterator<Item = Option<f64>>) -> Option<Self> {
        numbers.collect::<Option<Vec<_>>>().and_then(Self::of)
    }

    fn of_some(numbers: impl Iterator<Item = f64>) -> Self {
        Self::of(numbers).unwrap_or(Self { median: 0.0, least: 0.0, most: 0.0 })
    }
}

impl Medians {
    fn of<'a>(measured: impl Iterator<Item = &'a Measured> + Clone) -> Self {
        Self {
            mails_per_second: Spread::of_some(measured.clone().map(|each| each.mails_per_second)),
            cpu_micros_per_mail: Spread::of_known(measured.clone().map(|each| each.cpu_micros_per_mail)),
            peak_memory_bytes: Spread::of_known(measured.map(|each| each.peak_memory_bytes.map(float))),
        }
    }
}

impl Summary {
    fn of(rounds: &[Round]) -> Self {
        let both = rounds.iter().flat_map(|round| [&round.relay, &round.worker]);
        Self {
            relay: Medians::of(rounds.iter().map(|round| &round.relay)),
            worker: Medians::of(rounds.iter().map(|round| &round.worker)),
            share: Spread::of_some(rounds.iter().map(Round::share)),
            published_per_second: Spread::of_some(both.map(|each| each.published_per_second)),
        }
    }
}

impl Report {
    pub(super) fn of(arguments: &cli::Bench, settings: &Settings, run: &str, rounds: Vec<Round>) -> Self {
        Self {
            schema: "postill.bench_report.v1",
            version: env!("CARGO_PKG_VERSION"),
            run: run.to_owned(),
            measured_at: SystemClock.now(),
            machine: usage::machine(),
            broker: settings.amqp.url.to_string(),
            ledger: if settings.database.url.is_postgres() { "PostgreSQL" } else { "SQLite" }.to_owned(),
            mails: arguments.mails.get(),
            bytes: arguments.bytes,
            relay_bytes: arguments.relay_bytes,
            workers: arguments.workers,
            stripe_latency_ms: arguments.stripe_latency_ms,
            summary: Summary::of(&rounds),
            rounds,
        }
    }

    /// The table, on standard output.
    pub(super) fn show(&self) -> anyhow::Result<()> {
        let head = ["", "mails/s", "CPU, µs a mail", "memory, MB"];
        let rows: Vec<Vec<Cell>> =
            self.rows().into_iter().map(|row| row.into_iter().map(Cell::plain).collect()).collect();
        terminal::result_table(&head, &rows)?;
        let Spread { median, least, most } = self.summary.share;
        let said = format!("worker ÷ relay: {median:.2} ({least:.2}–{most:.2})");
        terminal::result(&styled(STRONG, &said))?;
        Ok(())
    }

    /// What each was measured at: median, least and most.
    pub(super) fn rows(&self) -> Vec<Vec<String>> {
        let Summary { relay, worker, published_per_second, .. } = &self.summary;
        let row = |name: &str, medians: &Medians| {
            let memory = medians.peak_memory_bytes.map(|bytes| bytes.scaled(1e-6));
            vec![
                name.to_owned(),
                medians.mails_per_second.said(),
                medians.cpu_micros_per_mail.map_or_else(dash, Spread::said),
                memory.map_or_else(dash, Spread::said),
            ]
        };
        let publishing = vec!["publishing alone".to_owned(), published_per_second.said(), dash(), dash()];
        vec![publishing, row("bare relay", relay), row("worker", worker)]
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

impl Spread {
    fn scaled(self, by: f64) -> Self {
        Self { median: self.median * by, least: self.least * by, most: self.most * by }
    }

    fn said(self) -> String {
        format!("{:.0} ({:.0}–{:.0})", self.median, self.least, self.most)
    }
}

fn dash() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        let spread = |numbers: &[f64]| Spread::of(numbers.iter().copied());
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some(Spread { median: 2.0, least: 1.0, most: 3.0 }));
        assert_eq!(spread(&[4.0, 1.0, 2.0, 3.0]), Some(Spread { median: 2.5, least: 1.0, most: 4.0 }));
        assert_eq!(spread(&[7.0]), Some(Spread { median: 7.0, least: 7.0, most: 7.0 }));
        assert_eq!(spread(&[]), None);
    }
}

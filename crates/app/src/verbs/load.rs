//! `postill load`: mail at a steady rate into the queue, each draft timed from the moment its mail was due.

mod injection;
mod letters;
mod report;
mod test_mode;

use std::process::ExitCode;
use std::time::Duration;

use broker::{Config, Gauge, Session, Tap};
use domain::{Clock, SystemClock, WorkspaceId};
use load::{Probe, Recorded, Schedule, Search};
use tokio_util::sync::CancellationToken;

use crate::cli;
use crate::lifecycle::Stop;
use crate::rabbitmq;
use crate::settings::Settings;
use crate::terminal::{self, BAD, GOOD, styled};
use injection::{Injection, Pace};
use letters::Letters;
use report::{Found, Report};

/// Where the search for the highest rate begins unless told otherwise.
const FIRST_RATE: f64 = 200.0;
/// How long connections may take to close.
const CLOSING: Duration = Duration::from_secs(5);

pub(super) async fn run(arguments: &cli::Load, settings: &Settings) -> anyhow::Result<ExitCode> {
    let workspace = arguments.workspace.as_ref().unwrap_or(&settings.workspace);
    test_mode::require(settings, workspace).await?;
    let config = rabbitmq::config(&settings.amqp);
    let mut desk = Desk::open(arguments, settings, workspace, &config).await?;
    // The first signal ends the schedule, and what is there is told; the second ends the program.
    let stop = Stop::default();
    let measuring = async {
        if arguments.find_highest { desk.find_highest(&stop.soft).await } else { desk.once(&stop.soft).await }
    };
    let report = tokio::select! {
        report = measuring => report?,
        stopped = stop.listen() => return Ok(stopped.map(|()| ExitCode::FAILURE)?),
    };
    desk.close().await;
    report.show()?;
    report.write(arguments.json.as_deref(), arguments.html.as_deref())?;
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a load test needs at hand.
struct Desk<'a> {
    arguments: &'a cli::Load,
    settings: &'a Settings,
    workspace: &'a WorkspaceId,
    config: &'a Config,
    session: Session,
    tap: Tap,
    gauge: Gauge,
    /// Tells this run from every other.
    name: String,
}

impl<'a> Desk<'a> {
    async fn open(
        arguments: &'a cli::Load,
        settings: &'a Settings,
        workspace: &'a WorkspaceId,
        config: &'a Config,
    ) -> anyhow::Result<Self> {
        let explain = |error| rabbitmq::explain(config, error);
        let session = Session::open(config).await.map_err(explain)?;
        let tap = Tap::open(config).await.map_err(explain)?;
        let gauge = Gauge::open(config).await.map_err(explain)?;
        let name = format!("load-{:x}", SystemClock.now().as_microsecond());
        if gauge.consumers(&config.names.mail).await.map_err(explain)? == 0 {
            terminal::note(&format!("no worker takes mail from {} yet", config.names.mail))?;
        }
        Ok(Self { arguments, settings, workspace, config, session, tap, gauge, name })
    }

    async fn close(self) {
        self.tap.close().await;
        self.gauge.close().await;
        self.session.close(CLOSING).await;
    }

    async fn once(&mut self, stop: &CancellationToken) -> anyhow::Result<Report> {
        let started = SystemClock.now();
        let recorded = self.inject(self.arguments.rate, 1, stop).await?;
        Ok(Report::of(self.arguments, self.settings, started, recorded, None))
    }

    /// Tries rate after rate. What is told in full is the best that holds, or else the last that was tried.
    async fn find_highest(&mut self, stop: &CancellationToken) -> anyhow::Result<Report> {
        let started = SystemClock.now();
        let limit = self.arguments.p99_under.map_or(Duration::MAX, |typed| typed.0);
        let mut search = Search::from(self.arguments.rate.unwrap_or(FIRST_RATE));
        let (mut probes, mut told) = (Vec::new(), None);
        while let Some(rate) = search.next().filter(|_| !stop.is_cancelled()) {
            let recorded = self.inject(Some(rate), probes.len() + 1, stop).await?;
            let probe = probe(rate, &recorded, limit);
            say(&probe)?;
            search.note(probe.holds);
            probes.push(probe);
            if probe.holds || search.highest().is_none() {
                told = Some((rate, recorded));
            }
        }
        let found = Found { p99_under_micros: micros(limit), highest_rate: search.highest(), probes };
        let (rate, recorded) = told.unzip();
        let recorded = recorded.unwrap_or_else(|| load::Recording::new(Duration::ZERO).finish());
        let mut report = Report::of(self.arguments, self.settings, started, recorded, Some(found));
        report.rate = rate;
        Ok(report)
    }

    async fn inject(
        &mut self,
        rate: Option<f64>,
        number: usize,
        stop: &CancellationToken,
    ) -> anyhow::Result<Recorded> {
        let pace = self.pace(rate);
        let letters = Letters::open(self.arguments, self.settings, format!("{}-{number}", self.name))?;
        let injection = Injection {
            arguments: self.arguments,
            workspace: self.workspace,
            dead: &self.config.names.dead,
            publisher: self.session.publisher(),
            tap: &mut self.tap,
            gauge: &self.gauge,
            letters,
            stop,
        };
        injection.run(pace).await
    }

    fn pace(&self, rate: Option<f64>) -> Pace {
        let time = Duration::from_secs(self.arguments.seconds.get());
        let mails = self.arguments.mails.map(u64::from);
        let steady = rate.and_then(|rate| {
            // Those that are due at the last moment of the time are not within it.
            let within = Schedule::new(rate, u64::MAX)?.due_after(time).saturating_sub(1).max(1);
            Schedule::new(rate, mails.unwrap_or(within))
        });
        match (steady, mails) {
            (Some(schedule), _) => Pace::Steady(schedule),
            (None, Some(mails)) => Pace::Mails(mails),
            (None, None) => Pace::For(time),
        }
    }
}

fn probe(rate: f64, recorded: &Recorded, limit: Duration) -> Probe {
    let p99_micros = recorded.latency.map(|latency| latency.p99_micros);
    let is_fast = p99_micros.is_some_and(|p99| p99 < micros(limit));
    Probe { rate, p99_micros, holds: is_fast && recorded.counts.is_conserved() }
}

fn say(probe: &Probe) -> anyhow::Result<()> {
    let p99 = probe
        .p99_micros
        .map_or_else(|| "nothing came".to_owned(), |p99| format!("p99 {}", report::time(p99)));
    let verdict = if probe.holds { styled(GOOD, "holds") } else { styled(BAD, "does not hold") };
    terminal::note(&format!("{} mails/s: {p99}, {verdict}", probe.rate))?;
    Ok(())
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

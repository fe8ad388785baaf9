//! `postill bench`: the worker beside a bare relay, in turns, on the same broker.

mod contender;
mod ground;
mod report;
mod usage;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use broker::{Gauge, YardstickError};
use domain::{Clock, SystemClock};
use load::{Arriving, Mails, Mix, Sizes};
use tokio_util::sync::CancellationToken;

use crate::cli;
use crate::settings::{Layers, Settings};
use crate::terminal;
use crate::{incoming, lifecycle, rabbitmq, samples};
use contender::Contender;
use ground::Ground;
use report::{Measured, Report, Round};

/// How many mails each runs before the first measurement, so that nobody pays for a cold broker.
const WARM_UP: u32 = 2_000;
/// Mails made and published at a time; more would only take memory.
const CHUNK: u32 = 20_000;

/// How this program was called, so that its children see the same settings.
pub(super) struct Called<'a> {
    pub(super) file: Option<&'a Path>,
    pub(super) flags: &'a [String],
}

pub(super) async fn run(
    arguments: &cli::Bench,
    called: &Called<'_>,
    layers: Layers,
) -> anyhow::Result<ExitCode> {
    let database = layers.get("database.url").map(|value| value.text.clone()).unwrap_or_default();
    let settings = Settings::parse(layers)?;
    let ground = Ground::prepare(arguments, called, &settings, &database).await?;
    let measured = tokio::select! {
        measured = measure(arguments, &ground, &settings) => measured,
        stopped = lifecycle::asked_to_stop() => Err(stopped.map_or_else(anyhow::Error::from, |()| anyhow::anyhow!("stopped before the end"))),
    };
    let cleared = ground.clear().await;
    let report = measured?;
    cleared.context("what the benchmark made could not be deleted")?;
    report.show()?;
    report.write(arguments.json.as_deref(), arguments.html.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

async fn measure(arguments: &cli::Bench, ground: &Ground, settings: &Settings) -> anyhow::Result<Report> {
    let gauge = Gauge::open(&ground.config).await?;
    let bench = Bench { arguments, ground, gauge, mails: mails(arguments, ground, &SystemClock)? };
    terminal::note(&format!("warming up on {}", settings.amqp.url))?;
    for contender in [Contender::Relay, Contender::Worker] {
        bench.one(contender, WARM_UP.min(arguments.mails.get()), 0).await?;
    }
    let mut rounds = Vec::new();
    for number in 1..=arguments.rounds.get() {
        let round = bench.round(number).await?;
        terminal::note(&round.line(number))?;
        rounds.push(round);
    }
    bench.gauge.close().await;
    Ok(Report::of(arguments, settings, &ground.name, rounds))
}

struct Bench<'a> {
    arguments: &'a cli::Bench,
    ground: &'a Ground,
    gauge: Gauge,
    mails: Mails,
}

impl Bench<'_> {
    /// Who goes first changes, so that neither always finds the machine as the other left it.
    async fn round(&self, number: u32) -> anyhow::Result<Round> {
        let count = self.arguments.mails.get();
        let (relay, worker) = if number.is_multiple_of(2) {
            let worker = self.one(Contender::Worker, count, number).await?;
            (self.one(Contender::Relay, count, number).await?, worker)
        } else {
            let relay = self.one(Contender::Relay, count, number).await?;
            (relay, self.one(Contender::Worker, count, number).await?)
        };
        Ok(Round { relay, worker })
    }

    async fn one(&self, contender: Contender, count: u32, round: u32) -> anyhow::Result<Measured> {
        let names = &self.ground.config.names;
        self.gauge.empty(&names.drafts).await?;
        self.gauge.empty(&names.mail).await?;
        let published = self.fill(count, contender, round).await?;
        let mut measured = contender.measure(self.arguments, self.ground, &self.gauge, count).await?;
        measured.published_per_second = f64::from(count) / published;
        Ok(measured)
    }

    /// Fills the queue as fast as it goes, and says how many seconds the publishing took.
    async fn fill(&self, count: u32, contender: Contender, round: u32) -> anyhow::Result<f64> {
        let first = (u64::from(round) * 2 + u64::from(contender == Contender::Worker)) << 32;
        let mut seconds = 0.0;
        let mut filled = 0;
        while filled < count {
            let chunk = CHUNK.min(count - filled);
            let from = first + u64::from(filled);
            let messages = (from..from + u64::from(chunk))
                .map(|number| incoming::of_load(self.mails.mail(number), None))
                .collect();
            seconds += broker::publish_flat_out(&self.ground.config, messages).await?.as_secs_f64();
            filled += chunk;
        }
        Ok(seconds)
    }
}

/// Distinct lookups by the customers of the sandbox, each authenticated.
fn mails(arguments: &cli::Bench, ground: &Ground, clock: &dyn Clock) -> anyhow::Result<Mails> {
    Ok(Mails {
        run: ground.name.clone(),
        seed: 1,
        mix: Mix::lookups(),
        sizes: Sizes::all(arguments.bytes as usize),
        senders: samples::customers()?,
        strangers_permille: 0,
        arriving: Arriving {
            to: samples::OWN_ADDRESS.to_owned(),
            authserv_id: Some(samples::AUTHSERV_ID.to_owned()),
            date: incoming::date(clock.now()),
        },
    })
}

/// The relay, as a process of its own.
pub(super) async fn relay(arguments: &cli::BenchRelay, settings: &Settings) -> anyhow::Result<ExitCode> {
    let config = rabbitmq::config(&settings.amqp);
    let stop = CancellationToken::new();
    let relayed = async {
        match broker::relay(&config, arguments.draft_bytes, stop.clone()).await {
            Err(YardstickError::Connect(error)) => Err(rabbitmq::explain(&config, error)),
            other => other.map_err(anyhow::Error::from),
        }
    };
    let stopping = async {
        lifecycle::asked_to_stop().await?;
        stop.cancel();
        std::future::pending::<anyhow::Result<()>>().await
    };
    tokio::select! {
        relayed = relayed => relayed?,
        stopping = stopping => stopping?,
    }
    Ok(ExitCode::SUCCESS)
}

//! The worker: takes mail from RabbitMQ, hands it to the engine, publishes what comes of it, acknowledges.
//!
//! A mail is acknowledged only when its end is stored and its draft confirmed, or when a copy of it is confirmed in a retry queue
//! or the dead queue. Everything else leaves it with the broker, and the ledger knows it again when it comes back.

mod closing;
mod serving;
mod suspects;

use std::num::NonZeroU16;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use broker::topology::TopologyError;
use broker::{ConnectError, Names, Session};
use engine::Engine;
use tokio::sync::Mutex;

use crate::complaint::Advice;
use crate::connections::{self, Directory};
use crate::lifecycle::Stop;
use crate::settings::{OnOff, Settings};

/// How often keys and switches are read again; a switch takes effect within this.
const REFRESH: Duration = Duration::from_secs(1);
/// The pause before a lost broker is tried again; it doubles from there.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// The largest message that any version of RabbitMQ delivers, in bytes: 128 MiB up to 3.13, less after.
const LARGEST_DELIVERY: usize = 128 << 20;

/// Runs until told to stop.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut config = broker_config(settings)?;
    let ledger = connections::ledger(settings).await?;
    let directory = Directory::load(settings, &ledger).await?;
    let workspaces = directory.workspaces.clone();
    if workspaces.is_empty() {
        let advice =
            "set POSTILL_STRIPE_KEY to a restricted key (rk_test_…), or store one with `postill connect`";
        return Err(Advice::usage("no Stripe key is connected", advice));
    }
    if settings.amqp.declare == OnOff::On {
        broker::topology::apply(&config).await.context("declaring queues")?;
    }
    let engine = connections::engine(settings, ledger.clone(), workspaces, config.ladder.len());
    // Whatever this broker delivers it takes again, for the dead queue or a retry queue; drafts are far smaller.
    config.max_message_bytes = LARGEST_DELIVERY;
    let session = Session::open(&config).await.map_err(explain)?;
    let worker =
        Worker { engine: Arc::new(engine), config: Arc::new(config), settings: Arc::new(settings.clone()) };
    tracing::info!(workspaces = worker.engine.workspaces.len(), "worker started");
    let stop = Stop::default();
    let directory = Mutex::new(directory);
    let ended = tokio::select! {
        ended = worker.serve_epochs(session, &stop) => ended,
        failed = listen(&stop) => failed,
        never = refresh(&directory) => never,
    };
    ledger.close().await;
    ended.map(|()| ExitCode::SUCCESS)
}

/// Listens for signals. Ends only with an error: the second signal tells `serve` to hurry, and is not the end of it.
async fn listen(stop: &Stop) -> anyhow::Result<()> {
    stop.listen().await?;
    std::future::pending().await
}

/// What every part of the worker shares.
#[derive(Clone)]
pub(crate) struct Worker {
    pub(crate) engine: Arc<Engine>,
    pub(crate) config: Arc<broker::Config>,
    pub(crate) settings: Arc<Settings>,
}

impl Worker {
    /// Serves one session after the other until told to stop: a session that ends is replaced as a whole, never recovered.
    async fn serve_epochs(&self, first: Session, stop: &Stop) -> anyhow::Result<()> {
        let mut session = first;
        loop {
            match self.serve(session, stop).await {
                serving::Served::Stopped => return Ok(()),
                serving::Served::EpochOver(reason) => {
                    tracing::warn!(%reason, "the connection to RabbitMQ ended");
                }
            }
            session = match self.reopen(stop).await {
                Some(session) => session,
                None => return Ok(()),
            };
            tracing::info!(epoch = %session.epoch(), "connected to RabbitMQ again");
        }
    }

    async fn reopen(&self, stop: &Stop) -> Option<Session> {
        let mut pause = FIRST_PAUSE;
        loop {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.soft.cancelled() => return None,
            }
            match Session::open(&self.config).await {
                Ok(session) => return Some(session),
                Err(error) => tracing::warn!(error = %chain(&error), "RabbitMQ is not back yet"),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Reads keys and switches again and again. A ledger that does not answer leaves those of before.
async fn refresh(directory: &Mutex<Directory>) -> anyhow::Result<()> {
    loop {
        tokio::time::sleep(REFRESH).await;
        if let Err(error) = directory.lock().await.refresh().await {
            tracing::warn!(error = %format!("{error:#}"), "keys and switches could not be read again");
        }
    }
}

/// The broker's configuration from ours.
pub(crate) fn broker_config(settings: &Settings) -> anyhow::Result<broker::Config> {
    let config = broker::Config {
        url: settings.amqp.url.expose().parse().context("amqp.url (POSTILL_AMQP_URL)")?,
        names: Names::with_prefix(&settings.amqp.prefix).context("amqp.prefix (POSTILL_AMQP_PREFIX)")?,
        prefetch: NonZeroU16::new(settings.amqp.prefetch).unwrap_or(NonZeroU16::MIN),
        ..broker::Config::default()
    };
    match config.problems().as_slice() {
        [] => Ok(config),
        problems => Err(Advice::usage("the settings for RabbitMQ cannot be used", problems.join("\n  "))),
    }
}

/// What a person can do when RabbitMQ cannot be used.
pub(crate) fn explain(error: ConnectError) -> anyhow::Error {
    let advice = match &error {
        ConnectError::Unreachable { .. } | ConnectError::TimedOut { .. } => {
            "is RabbitMQ running there? Set POSTILL_AMQP_URL, as in amqp://user:password@host:5672/%2f"
        }
        ConnectError::CredentialsRefused { .. } | ConnectError::Forbidden { .. } => {
            "check user and password in POSTILL_AMQP_URL"
        }
        ConnectError::VhostMissing { .. } => {
            "check the last part of POSTILL_AMQP_URL (%2f is the default vhost)"
        }
        ConnectError::TopologyMissing { .. } => {
            "run `postill topology apply` once, or set amqp.declare = \"on\""
        }
        ConnectError::Blocked => {
            "free memory or disk on the RabbitMQ host; the worker goes on by itself once the alarm is over"
        }
        ConnectError::Refused { .. } => "RabbitMQ's log says why",
    };
    Advice::unavailable(chain(&error), advice)
}

/// What a person can do when the queues cannot be declared or checked.
pub(crate) fn explain_topology(error: TopologyError) -> anyhow::Error {
    match error {
        TopologyError::Connect(error) => explain(error),
        other @ TopologyError::Different { .. } => {
            Advice::unavailable(chain(&other), "see `postill topology check`")
        }
    }
}

/// An error with its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

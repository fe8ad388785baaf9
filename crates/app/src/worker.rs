//! The worker: takes mail from RabbitMQ, hands it to the engine, publishes what comes of it, acknowledges. Beside that it takes
//! people's decisions and follows mails up.
//!
//! A mail is acknowledged only when its end is stored and its draft confirmed, or when a copy of it is confirmed in a retry queue
//! or the dead queue. Everything else leaves it with the broker, and the ledger knows it again when it comes back.

mod closing;
mod dead_letters;
mod decisions;
mod desk;
pub(crate) mod drafts;
mod follow_ups;
mod keys;
mod lines;
mod passage;
mod pulse;
mod retention;
mod rhythm;
mod serving;
mod slot;
mod suspects;
mod watch;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use broker::Session;
use engine::Engine;
use meters::Meters;
use store::{Ledger, WorkerId};
use tokio::sync::{Mutex, Notify};

use crate::complaint::chain;
use crate::connections::{self, Directory};
use crate::lifecycle::Stop;
use crate::rabbitmq;
use crate::settings::{OnOff, PolicyFile, Settings};
use pulse::Pulse;

/// How often policy, keys and switches are read again; a switch takes effect within this.
const REFRESH: Duration = Duration::from_secs(1);
/// How often senders whose hour is over are forgotten.
const SWEEP: Duration = Duration::from_mins(10);
/// The pause before a ledger that is down is asked again.
const LEDGER_PAUSE: Duration = Duration::from_secs(1);
/// The pause before a lost broker is tried again; it doubles from there.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Runs until told to stop.
pub(crate) async fn run(settings: &Settings, policy_file: Option<PolicyFile>) -> anyhow::Result<ExitCode> {
    let mut config = rabbitmq::config(&settings.amqp);
    let ledger = connections::ledger(settings).await?;
    let meters = Arc::new(Meters::new(env!("CARGO_PKG_VERSION")));
    let directory = Directory::load(settings, &ledger).await?.following(policy_file, &meters).await?;
    let workspaces = directory.workspaces.clone();
    directory.require_a_key()?;
    if settings.amqp.declare == OnOff::On {
        let declared = broker::topology::apply(&config).await;
        declared.map_err(|error| rabbitmq::explain_topology(&config, error))?;
    }
    let verifier = match settings.mail.verify_dkim {
        OnOff::On => Some(connections::verifier(&settings.mail)?),
        OnOff::Off => None,
    };
    let engine = connections::engine(settings, ledger.clone(), workspaces, config.ladder.len())?;
    let engine = Engine { verifier, meters: Some(Arc::clone(&meters)), ..engine };
    // Whatever this broker delivers it takes again, for the dead queue or a retry queue; drafts are far smaller.
    config.max_message_bytes = rabbitmq::LARGEST_DELIVERY;
    config.unsettled_bytes = settings.worker.in_flight_bytes;
    let session = Session::open(&config).await.map_err(|error| rabbitmq::explain(&config, error))?;
    let worker = Worker {
        engine: Arc::new(engine),
        config: Arc::new(config),
        settings: Arc::new(settings.clone()),
        decided: Arc::default(),
        pulse: Arc::default(),
        meters,
    };
    let listener = watch::listen(settings.observe_bind).await?;
    let id = WorkerId::new()?;
    tracing::info!(workspaces = worker.engine.workspaces.len(), "worker started");
    let stop = Stop::default();
    let directory = Mutex::new(directory);
    let ended = tokio::select! {
        ended = worker.serve_epochs(session, &stop) => ended,
        failed = listen(&stop) => failed,
        never = refresh(&directory) => never,
        never = sweep(&ledger) => never,
        never = worker.beat(&id) => never,
        never = worker.watch_keys() => never,
        never = worker.tell(listener, &stop) => never,
        never = retention::keep(&ledger, settings.retention) => never,
    };
    pulse::farewell(&ledger, &id).await;
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
    /// Told when a decision came through this worker, so that it is carried out at once.
    pub(crate) decided: Arc<Notify>,
    pub(crate) pulse: Arc<Pulse>,
    pub(crate) meters: Arc<Meters>,
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

/// Reads policy, keys and switches again and again. A ledger that does not answer leaves those of before.
async fn refresh(directory: &Mutex<Directory>) -> anyhow::Result<()> {
    loop {
        tokio::time::sleep(REFRESH).await;
        if let Err(error) = directory.lock().await.refresh().await {
            tracing::warn!(error = %format!("{error:#}"), "policy, keys and switches could not be read again");
        }
    }
}

/// Forgets senders whose hour is over. A ledger that does not answer has them forgotten later.
async fn sweep(ledger: &Ledger) -> anyhow::Result<()> {
    loop {
        if let Err(error) = ledger.forget_senders().await {
            tracing::warn!(error = %chain(&error), "senders whose hour is over were not forgotten");
        }
        tokio::time::sleep(SWEEP).await;
    }
}

//! `postill sandbox`: a stateful Stripe on loopback.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use domain::{Clock, SystemClock};
use stripe_sandbox::{Config, Sandbox, Seed};

use crate::cli;
use crate::complaint::Advice;
use crate::lifecycle::Stop;
use crate::{samples, terminal};

pub(super) async fn run(arguments: &cli::Sandbox) -> anyhow::Result<ExitCode> {
    let world = match &arguments.seed {
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?,
        None => samples::WORLD.to_owned(),
    };
    let seed = Seed::from_json(&world)
        .map_err(|error| Advice::usage("the seed cannot be used", error.to_string()))?;
    let config = config(arguments.bind, Duration::from_millis(arguments.latency_ms));
    let sandbox = Sandbox::start(config, seed).await?;
    terminal::note(&format!("Stripe sandbox at {}  (POSTILL_STRIPE_URL={})", sandbox.url(), sandbox.url()))?;
    if arguments.seed.is_none() {
        terminal::note(&format!("the demo's key is {}", samples::KEY))?;
    }
    let stop = Stop::default();
    tokio::select! {
        listened = stop.listen() => listened?,
        () = stop.soft.cancelled() => {}
    }
    sandbox.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn config(bind: std::net::SocketAddr, latency: Duration) -> Config {
    let mut config = Config::on_loopback(Arc::new(|| SystemClock.now().as_second()));
    (config.bind, config.latency) = (bind, latency);
    config
}

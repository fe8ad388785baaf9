//! `postill sandbox`: a stateful Stripe on loopback.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, SystemClock};
use stripe_sandbox::{Config, Sandbox, Seed, StartError};

use crate::cli;
use crate::complaint::Advice;
use crate::{complaint, lifecycle, samples, terminal};

pub(super) async fn run(arguments: &cli::Sandbox) -> anyhow::Result<ExitCode> {
    let world = match &arguments.seed {
        Some(path) => String::from_utf8_lossy(&complaint::read_file(path)?).into_owned(),
        None => samples::WORLD.to_owned(),
    };
    let seed = Seed::from_json(&world)
        .map_err(|error| Advice::data("the seed cannot be used", complaint::chain(&error)))?;
    let config = config(arguments.bind, Duration::from_millis(arguments.latency_ms));
    let sandbox = Sandbox::start(config, seed).await.map_err(explain)?;
    terminal::note(&format!(
        "the Stripe sandbox listens; Ctrl-C ends it\n\n  export POSTILL_STRIPE_URL={}",
        sandbox.url()
    ))?;
    if arguments.seed.is_none() {
        terminal::note(&format!("  export POSTILL_STRIPE_KEY={}", samples::KEY))?;
    }
    lifecycle::asked_to_stop().await?;
    sandbox.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

fn explain(error: StartError) -> anyhow::Error {
    if matches!(error, StartError::Bind { .. }) {
        let remedy = "is a sandbox running there already? --bind chooses another address, as in --bind 127.0.0.1:12112";
        return Advice::usage(complaint::chain(&error), remedy);
    }
    Advice::data(complaint::chain(&error), "--seed names another world")
}

pub(super) fn config(bind: std::net::SocketAddr, latency: Duration) -> Config {
    let mut config = Config::on_loopback(Arc::new(|| SystemClock.now().as_second()));
    (config.bind, config.latency) = (bind, latency);
    config
}

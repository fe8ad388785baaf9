//! `postill console`: the pages, served until told to stop.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use console::{Cookies, LiveKeys, SessionLimits};
use domain::{Clock as _, SystemClock, Timestamp};
use store::Ledger;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::cli::Console;
use crate::complaint::{Advice, chain};
use crate::connections::{self, Directory};
use crate::lifecycle::Stop;
use crate::settings::{OnOff, Settings, WAYS_TO_AUTHENTICATE};
use crate::{http_serving, observe, terminal};

/// How often keys and switches are read again.
const REFRESH: Duration = Duration::from_secs(1);
/// How often sessions that are over are forgotten.
const SWEEP: Duration = Duration::from_mins(10);
/// How long requests may go on after the first signal; pages take far less.
const GRACE: Duration = Duration::from_secs(5);
/// How long the ledger may take to answer before the console counts as not ready.
const LEDGER_WITHIN: Duration = Duration::from_secs(2);

/// Runs until told to stop.
pub(crate) async fn run(arguments: &Console, settings: &Settings) -> anyhow::Result<ExitCode> {
    let address = arguments.bind.or(settings.console.bind).unwrap_or(([127, 0, 0, 1], 0).into());
    let ledger = connections::embedded_or_ledger(settings).await?;
    ledger.ensure_workspace(&settings.workspace).await?;
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Advice::usage(
            format!("cannot listen on {address}: {error}"),
            "--bind or console.bind chooses another address",
        )
    })?;
    let served = serve(settings, &ledger, listener).await;
    ledger.close().await;
    served.map(|()| ExitCode::SUCCESS)
}

/// Serves the pages on a listener until told to stop.
pub(crate) async fn serve(settings: &Settings, ledger: &Ledger, listener: TcpListener) -> anyhow::Result<()> {
    warn_of_exposure(listener.local_addr()?, settings)?;
    let mut directory = Directory::load(settings, ledger).await?;
    let engine = connections::engine(settings, ledger.clone(), directory.workspaces.clone(), 0)?;
    let (stop, limits) = (Stop::default(), limits(settings));
    let console = console::Console {
        ledger: ledger.clone(),
        engine,
        stripe: connections::stripe_config(&settings.stripe),
        vault: connections::vault_to_store(settings).ok(),
        configured_key: settings.stripe.key.as_ref().map(|key| key.key.clone()),
        live_keys: match settings.stripe.allow_live {
            OnOff::On => LiveKeys::Allowed,
            OnOff::Off => LiveKeys::Refused,
        },
        unverified: (!settings.verifies_senders()).then_some(WAYS_TO_AUTHENTICATE),
        policy: settings.policy.clone(),
        home: settings.workspace.clone(),
        settings: settings.in_force.clone(),
        report_bytes: settings.console.report_bytes,
        proxies: settings.console.proxies.clone(),
        sessions: limits,
        stopping: stop.soft.clone(),
    };
    let routes = console::routes(console).merge(probes(ledger, &stop));
    terminal::note(&format!("the console is at http://{}/", listener.local_addr()?))?;
    if ledger.people().await?.is_empty() {
        terminal::note("nobody may sign in yet: `postill people add NAME --role admin`")?;
    }
    tokio::select! {
        unfinished = http_serving::serve(listener, routes, &stop, GRACE) => {
            if unfinished > 0 {
                tracing::warn!(unfinished, "requests were cut off");
            }
            Ok(())
        }
        failed = listen(&stop) => failed,
        never = follow(&mut directory) => match never {},
        never = sweep(ledger, limits) => match never {},
    }
}

/// Ready: the ledger answers, and nobody has asked it to stop.
fn probes(ledger: &Ledger, stop: &Stop) -> Router {
    let (ledger, stopping) = (ledger.clone(), stop.soft.clone());
    observe::probes(move || {
        let (ledger, is_stopping) = (ledger.clone(), stopping.is_cancelled());
        async move {
            let answers = matches!(timeout(LEDGER_WITHIN, ledger.ping()).await, Ok(Ok(())));
            let complaints =
                [(is_stopping, "the console is stopping"), (!answers, "the ledger does not answer")];
            complaints.into_iter().filter(|(is_so, _)| *is_so).map(|(_, text)| text.to_owned()).collect()
        }
    })
}

fn limits(settings: &Settings) -> SessionLimits {
    SessionLimits {
        idle: settings.console.idle,
        lasts: settings.console.lasts,
        cookies: match settings.console.https {
            OnOff::On => Cookies::Secure,
            OnOff::Off => Cookies::Plain,
        },
    }
}

fn warn_of_exposure(address: SocketAddr, settings: &Settings) -> anyhow::Result<()> {
    if address.ip().is_loopback() || settings.console.https == OnOff::On {
        return Ok(());
    }
    let text = "the console is open to the network without HTTPS: passwords can be read on the way. Put a proxy that speaks HTTPS before it \
                and set console.https = \"on\"";
    Ok(terminal::note(&terminal::styled(terminal::WARN, text))?)
}

/// Keeps up with keys and switches that others set.
async fn follow(directory: &mut Directory) -> std::convert::Infallible {
    loop {
        tokio::time::sleep(REFRESH).await;
        if let Err(error) = directory.refresh().await {
            tracing::warn!(error = chain(error.as_ref()), "keys and switches could not be read again");
        }
    }
}

async fn sweep(ledger: &Ledger, limits: SessionLimits) -> std::convert::Infallible {
    loop {
        let now = SystemClock.now();
        let before = |age: Duration| now.checked_sub(age).unwrap_or(Timestamp::UNIX_EPOCH);
        if let Err(error) = ledger.forget_sessions(before(limits.lasts), before(limits.idle)).await {
            tracing::warn!(error = chain(&error), "sessions that are over could not be forgotten");
        }
        tokio::time::sleep(SWEEP).await;
    }
}

async fn listen(stop: &Stop) -> anyhow::Result<()> {
    stop.listen()
        .await
        .map_err(|error| anyhow::anyhow!("signals cannot be listened for: {}", chain(&error)))?;
    std::future::pending().await
}

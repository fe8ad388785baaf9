//! `postill doctor`: everything the worker needs, checked one by one, with what to do about each.

use std::process::ExitCode;

use broker::topology;
use stripe_client::probe::{self, WriteRows};

use crate::connections;
use crate::settings::{Layers, Settings};
use crate::terminal::{self, BAD, GOOD};
use crate::worker::{broker_config, explain, explain_topology};

pub(super) async fn run(layers: Layers) -> anyhow::Result<ExitCode> {
    let settings = match Settings::parse(layers) {
        Ok(settings) => settings,
        Err(wrong) => return report(&[Check { what: "configuration", result: Err(wrong.into()) }]),
    };
    let checks = [
        Check { what: "configuration", result: Ok("valid".to_owned()) },
        Check { what: "ledger", result: ledger(&settings).await },
        Check { what: "RabbitMQ", result: rabbit(&settings).await },
        Check { what: "Stripe", result: stripe(&settings).await },
        Check { what: "senders", result: Ok(senders(&settings)) },
    ];
    report(&checks)
}

struct Check {
    what: &'static str,
    result: anyhow::Result<String>,
}

fn report(checks: &[Check]) -> anyhow::Result<ExitCode> {
    for Check { what, result } in checks {
        match result {
            Ok(text) => terminal::result(&format!("{} {what:<14} {text}", terminal::styled(GOOD, "✔")))?,
            Err(error) => terminal::result(&format!("{} {what:<14} {error:#}", terminal::styled(BAD, "✘")))?,
        }
    }
    let healthy = checks.iter().all(|check| check.result.is_ok());
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn ledger(settings: &Settings) -> anyhow::Result<String> {
    let ledger = connections::ledger(settings).await?;
    ledger.ping().await?;
    let open = ledger.actions_in(&[domain::action::ActionState::Unknown]).await?.len();
    ledger.close().await;
    Ok(match open {
        0 => "reachable, tables up to date".to_owned(),
        open => format!("reachable, tables up to date; {open} actions of unknown outcome wait for a person"),
    })
}

async fn rabbit(settings: &Settings) -> anyhow::Result<String> {
    let config = broker_config(settings)?;
    let findings = topology::check(&config).await.map_err(explain_topology)?;
    if let Some(finding) = findings.iter().find(|finding| finding.is_fatal()) {
        anyhow::bail!("{finding}");
    }
    let depths = topology::depths(&config).await.map_err(explain)?;
    let waiting: Vec<String> = depths
        .iter()
        .filter_map(|depth| Some((depth, depth.depth.as_ref().filter(|inside| inside.ready > 0)?)))
        .map(|(depth, inside)| format!("{} in {}", inside.ready, depth.queue))
        .collect();
    Ok(if waiting.is_empty() {
        "reachable, queues in place and empty".to_owned()
    } else {
        format!("reachable; {}", waiting.join(", "))
    })
}

async fn stripe(settings: &Settings) -> anyhow::Result<String> {
    let Some(key) = &settings.stripe.key else {
        return stored_keys(settings).await;
    };
    let key = connections::allowed_key(&settings.stripe, key.expose())?;
    let config = connections::stripe_config(&settings.stripe)?;
    let report = probe::check_key(&config, &key, WriteRows::Skip).await.map_err(super::connect::explain)?;
    let missing: Vec<String> = report.missing().map(|permission| permission.to_string()).collect();
    if missing.is_empty() {
        return Ok(format!("{key} is accepted, {} data", report.mode.as_str()));
    }
    anyhow::bail!("{key} lacks {}; tick them in Stripe under Developers, API keys", missing.join(", "))
}

async fn stored_keys(settings: &Settings) -> anyhow::Result<String> {
    let ledger = connections::ledger(settings).await?;
    let workspaces: Vec<String> =
        ledger.connections().await?.iter().map(|connection| connection.key.workspace.to_string()).collect();
    if workspaces.is_empty() {
        anyhow::bail!("no key is connected; set POSTILL_STRIPE_KEY or run `postill connect`");
    }
    Ok(format!("keys are stored for {}", workspaces.join(", ")))
}

fn senders(settings: &Settings) -> String {
    if settings.verifies_senders() {
        format!("results of {} are believed", settings.mail.trusted_authserv_ids.join(", "))
    } else {
        "nobody is believed: set mail.trusted_authserv_ids before refunds or cancellations are switched on"
            .to_owned()
    }
}

//! `postill doctor`: everything the worker needs, checked one by one, with what to do about each.

mod language_model;
pub(super) mod mail;
mod money;

use std::collections::BTreeSet;
use std::process::ExitCode;

use broker::topology;
use domain::{Policy, SystemClock, WorkspaceId};
use store::vault::Seal;
use store::{Health, Ledger};
use stripe_client::probe::{self, WriteRows};

use crate::complaint::{self, Advice, chain};
use crate::connections::{self, StoredKeys};
use crate::rabbitmq;
use crate::settings::{Layers, OnOff, Settings, StripeKey, WAYS_TO_AUTHENTICATE};
use crate::stripe_trouble::{explain_probe, tick};
use crate::terminal::{self, BAD, Cell, FAINT, GOOD, WARN};

pub(super) async fn run(layers: Layers) -> anyhow::Result<ExitCode> {
    let settings = match Settings::parse(layers) {
        Ok(settings) => settings,
        Err(wrong) => return report(&[Check::bad("configuration", wrong.into())]),
    };
    let mut checks = vec![Check::good("configuration", "valid")];
    let ledger = match ledger(&settings).await {
        Ok((ledger, health)) => {
            checks.push(Check { what: "ledger", found: stands(&settings, &health) });
            Some(ledger)
        }
        Err(error) => {
            checks.push(Check::bad("ledger", error));
            None
        }
    };
    checks.push(Check::of("RabbitMQ", rabbit(&settings).await));
    checks.extend(stripe(&settings, ledger.as_ref()).await);
    checks.push(Check::of("senders", senders(&settings, ledger.as_ref()).await));
    if let Some(settings) = &settings.language_model {
        checks.push(Check::of("language model", language_model::answers(settings).await));
    }
    if let Some(ledger) = &ledger {
        checks.push(Check::of("master key", sealed(&settings, ledger).await));
        checks.extend(money::checks(&settings, ledger).await);
    }
    if let Some(ledger) = ledger {
        ledger.close().await;
    }
    report(&checks)
}

struct Check {
    what: &'static str,
    found: Found,
}

enum Found {
    Good(String),
    /// Nothing is wrong, and something to know.
    Note(String),
    Bad(anyhow::Error),
}

impl Check {
    fn good(what: &'static str, text: impl Into<String>) -> Self {
        Self { what, found: Found::Good(text.into()) }
    }

    const fn bad(what: &'static str, error: anyhow::Error) -> Self {
        Self { what, found: Found::Bad(error) }
    }

    fn of(what: &'static str, found: anyhow::Result<Found>) -> Self {
        Self { what, found: found.unwrap_or_else(Found::Bad) }
    }

    fn rows(&self) -> Vec<Vec<Cell>> {
        let row = |sign: &str, style, text: String| {
            vec![Cell::new(sign, style), Cell::plain(self.what), Cell::plain(text)]
        };
        match &self.found {
            Found::Good(text) => vec![row("✔", GOOD, text.clone())],
            Found::Note(text) => vec![row("!", WARN, text.clone())],
            Found::Bad(error) => {
                let mut rows: Vec<Vec<Cell>> = Vec::new();
                for (number, line) in chain(error.as_ref()).lines().enumerate() {
                    let (sign, what) = if number == 0 { ("✘", self.what) } else { ("", "") };
                    rows.push(vec![Cell::new(sign, BAD), Cell::plain(what), Cell::plain(line)]);
                }
                let remedy = complaint::remedy_of(error);
                rows.extend(
                    remedy.map(|remedy| vec![Cell::plain(""), Cell::plain(""), Cell::new(remedy, FAINT)]),
                );
                rows
            }
        }
    }
}

/// The exit code is that of the first thing that is wrong.
fn report(checks: &[Check]) -> anyhow::Result<ExitCode> {
    let rows: Vec<Vec<Cell>> = checks.iter().flat_map(Check::rows).collect();
    terminal::result_table(&[], &rows)?;
    let wrong = checks.iter().find_map(|check| match &check.found {
        Found::Bad(error) => Some(ExitCode::from(complaint::code_of(error))),
        Found::Good(_) | Found::Note(_) => None,
    });
    Ok(wrong.unwrap_or(ExitCode::SUCCESS))
}

/// Looks, and makes nothing: opening would make the file of SQLite.
async fn ledger(settings: &Settings) -> anyhow::Result<(Ledger, Health)> {
    let url = &settings.database.url;
    if connections::sqlite_file(url).is_some_and(|file| !file.exists()) {
        return Err(Advice::usage(format!("{url} does not exist yet"), "run `postill migrate` once"));
    }
    let ledger = connections::ledger(settings).await?;
    let health = ledger.health(&SystemClock).await?;
    Ok((ledger, health))
}

fn stands(settings: &Settings, health: &Health) -> Found {
    let text = format!("{}, {health}, tables up to date", settings.database.url);
    match health.clock_off_by() {
        None => Found::Good(text),
        Some(off) => Found::Note(format!(
            "{text}; its clock is {} ms {} this machine's: set both by the same time server",
            off.unsigned_abs(),
            if off > 0 { "ahead of" } else { "behind" }
        )),
    }
}

/// Keys that no master key opens are named where they are checked.
async fn sealed(settings: &Settings, ledger: &Ledger) -> anyhow::Result<Found> {
    let stored = ledger.connections().await?;
    let Some(vault) = connections::vault(settings)? else {
        let text = match stored.len() {
            0 => {
                "there is none, so no Stripe key can be stored; the first `postill connect` with SQLite makes one"
            }
            _ => "there is none, so no stored key can be opened",
        };
        return Ok(Found::Note(text.to_owned()));
    };
    let before = stored.iter().filter(|connection| vault.seal_of(&connection.key) == Seal::Before);
    let before: Vec<&str> = before.map(|connection| connection.key.workspace.as_str()).collect();
    if before.is_empty() {
        return Ok(Found::Good("no stored key needs the one of before".to_owned()));
    }
    Ok(Found::Note(format!(
        "master_key_before still opens keys of {}: seal them anew, in the console under Settings",
        before.join(", ")
    )))
}

async fn rabbit(settings: &Settings) -> anyhow::Result<Found> {
    let config = rabbitmq::config(&settings.amqp);
    let findings =
        topology::check(&config).await.map_err(|error| rabbitmq::explain_topology(&config, error))?;
    rabbitmq::require_topology(&findings)?;
    let depths = topology::depths(&config).await.map_err(|error| rabbitmq::explain(&config, error))?;
    let waiting: Vec<String> = depths
        .iter()
        .filter_map(|depth| Some((depth, depth.depth.as_ref().filter(|inside| inside.ready > 0)?)))
        .map(|(depth, inside)| format!("{} in {}", inside.ready, depth.queue))
        .collect();
    let waiting =
        if waiting.is_empty() { "queues in place and empty".to_owned() } else { waiting.join(", ") };
    Ok(Found::Good(format!("{}, {waiting}", config.url)))
}

/// One check for each key: the workers use them all.
async fn stripe(settings: &Settings, ledger: Option<&Ledger>) -> Vec<Check> {
    let mut checks = Vec::new();
    let stored = match ledger {
        Some(ledger) => StoredKeys::read(settings, ledger).await,
        None => Ok(StoredKeys::default()),
    };
    let StoredKeys { usable: mut keys, unusable } = stored.unwrap_or_else(|error| {
        checks.push(Check::bad("Stripe", error));
        StoredKeys::default()
    });
    if let Some(key) = &settings.stripe.key {
        keys.insert(settings.workspace.clone(), key.clone());
    }
    for (id, key) in &keys {
        checks.push(Check::of("Stripe", key_of(settings, ledger, id, key).await));
    }
    for (id, reason) in unusable.into_iter().filter(|(id, _)| !keys.contains_key(id)) {
        let what = format!("the stored key of the workspace {id} cannot be used");
        checks.push(Check::bad("Stripe", Advice::usage(what, reason.to_string())));
    }
    if checks.is_empty() {
        let found = match ledger {
            Some(_) => Found::Bad(connections::no_key("none is connected")),
            None => Found::Note("not asked: the stored keys lie in the ledger".to_owned()),
        };
        checks.push(Check { what: "Stripe", found });
    }
    checks
}

async fn key_of(
    settings: &Settings,
    ledger: Option<&Ledger>,
    id: &WorkspaceId,
    key: &StripeKey,
) -> anyhow::Result<Found> {
    let config = connections::stripe_config(&settings.stripe);
    let report = probe::check_key(&config, &key.key, WriteRows::Skip).await.map_err(explain_probe).map_err(
        |error| {
            let what = format!("workspace {id}, {}: {}", key.key, chain(error.as_ref()));
            complaint::reworded(&error, what)
        },
    )?;
    let missing = report.missing_for(&policy(settings, ledger, id).await?);
    if missing.is_empty() {
        let mode = report.mode.as_str();
        return Ok(Found::Good(format!("workspace {id}: {} is accepted, {mode} data", key.key)));
    }
    let what = format!("workspace {id}: {} lacks a permission", key.key);
    Err(Advice::usage(what, tick(&missing)))
}

/// A configuration that allows money while nobody can be believed does not start; a switch in the ledger can do so as well.
async fn senders(settings: &Settings, ledger: Option<&Ledger>) -> anyhow::Result<Found> {
    let mail = &settings.mail;
    if settings.verifies_senders() {
        let microsoft = (mail.microsoft_365 == OnOff::On).then_some("Exchange Online");
        let own = (mail.verify_dkim == OnOff::On).then_some("our own verification");
        let others = mail.trusted_authserv_ids.iter().chain(&mail.trusted_producers).map(String::as_str);
        let believed: Vec<&str> = others.chain(microsoft).chain(own).collect();
        return Ok(Found::Good(format!("results of {} are believed", believed.join(", "))));
    }
    let mut workspaces = BTreeSet::from([settings.workspace.clone()]);
    if let Some(ledger) = ledger {
        workspaces.extend(ledger.workspaces().await?);
    }
    for id in &workspaces {
        if policy(settings, ledger, id).await?.allows_money() {
            return Err(connections::money_without_verifier(id));
        }
    }
    let text = format!(
        "nobody is believed; before refunds or cancellations are switched on, {WAYS_TO_AUTHENTICATE}"
    );
    Ok(Found::Note(text))
}

async fn policy(settings: &Settings, ledger: Option<&Ledger>, id: &WorkspaceId) -> anyhow::Result<Policy> {
    match ledger {
        Some(ledger) => connections::policy(settings, ledger, id).await,
        None => Ok(settings.policy.clone()),
    }
}

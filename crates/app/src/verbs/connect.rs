//! `postill connect`: checks a Stripe key, says what it may do, and stores it sealed.

use std::process::ExitCode;

use anyhow::Context;
use domain::{Mode, Policy};
use store::NewConnection;
use stripe_client::probe::{self, KeyReport, ProbeError, Row, Verdict, WriteRows};
use stripe_client::{CallError, SecretKey};

use crate::cli::Connect;
use crate::complaint::Advice;
use crate::connections;
use crate::settings::Settings;
use crate::terminal::{self, BAD, Cell, FAINT, GOOD, WARN};

pub(super) async fn run(arguments: &Connect, settings: &Settings) -> anyhow::Result<ExitCode> {
    let text = key_text(arguments, settings)?;
    let key = connections::allowed_key(&settings.stripe, &text)?;
    let writes = if arguments.probe_writes { WriteRows::Try } else { WriteRows::Skip };
    let config = connections::stripe_config(&settings.stripe)?;
    let report = probe::check_key(&config, &key, writes).await.map_err(explain)?;
    show(&report, &settings.policy, &key)?;
    if arguments.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    store(arguments, settings, &key, &text).await?;
    terminal::note(&terminal::styled(GOOD, "stored, sealed, in the ledger; workers use it within a second"))?;
    Ok(ExitCode::SUCCESS)
}

/// From a file, the settings, or one line of standard input: never from the command line, where others can read it.
fn key_text(arguments: &Connect, settings: &Settings) -> anyhow::Result<String> {
    if let Some(path) = &arguments.key_file {
        return std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()));
    }
    if let Some(key) = &settings.stripe.key {
        return Ok(key.expose().to_owned());
    }
    terminal::note("paste the Stripe key and press enter:")?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line)
}

pub(super) fn explain(error: ProbeError) -> anyhow::Error {
    match &error {
        ProbeError::Call(CallError::KeyRefused { .. }) => {
            let advice = "make a new restricted key in Stripe under Developers, API keys, and paste it here";
            Advice::usage(crate::worker::chain(&error), advice)
        }
        ProbeError::Call(call) if call.is_transient() => Advice::unavailable(
            crate::worker::chain(&error),
            "is Stripe reachable from here? stripe.url says where it is looked for",
        ),
        ProbeError::Call(_) | ProbeError::Config(_) => anyhow::Error::from(error),
    }
}

pub(super) fn show(report: &KeyReport, policy: &Policy, key: &SecretKey) -> anyhow::Result<()> {
    let mode = match report.mode {
        Mode::Test => terminal::styled(GOOD, "TEST data"),
        Mode::Live => terminal::styled(WARN, "LIVE data, real money"),
    };
    let account = report.account_hint.as_deref().map(|hint| format!(", account {hint}")).unwrap_or_default();
    terminal::result(&format!("{} {key}: {mode}{account}", terminal::styled(GOOD, "● connected")))?;
    if !report.is_restricted {
        terminal::note(&terminal::styled(
            WARN,
            "this key may do everything; a restricted key (rk_…) with the rows below is safer",
        ))?;
    }
    let rows: Vec<Vec<Cell>> = report.rows.iter().map(|row| cells(row, policy)).collect();
    for line in terminal::table(&["", "row in Stripe's form", "for"], &rows) {
        terminal::result(&line)?;
    }
    for permission in report.missing() {
        terminal::note(&format!(
            "{} tick {permission} for this key in Stripe under Developers, API keys",
            terminal::styled(BAD, "missing:")
        ))?;
    }
    Ok(())
}

fn cells(row: &Row, policy: &Policy) -> Vec<Cell> {
    let (sign, style) = match row.verdict {
        Verdict::Granted => ("✔ granted", GOOD),
        Verdict::Missing => ("✘ missing", BAD),
        Verdict::Unknown => ("? not asked", FAINT),
    };
    let users: Vec<&str> = domain::Function::ALL
        .into_iter()
        .filter(|function| {
            function.permissions().contains(&row.permission)
                && policy.switch(*function) != domain::policy::Switch::Off
        })
        .map(domain::Function::as_str)
        .collect();
    let users = if row.permission == domain::Permission::CUSTOMERS {
        "every function".to_owned()
    } else {
        users.join(", ")
    };
    vec![Cell::new(sign, style), Cell::plain(row.permission.to_string()), Cell::new(users, FAINT)]
}

async fn store(arguments: &Connect, settings: &Settings, key: &SecretKey, text: &str) -> anyhow::Result<()> {
    let Some(vault) = connections::vault(settings)? else {
        let advice = "set POSTILL_MASTER_KEY or POSTILL_MASTER_KEY_FILE to 32 random bytes, as from `openssl rand -base64 32`";
        return Err(Advice::usage("the key cannot be stored without a master key to seal it with", advice));
    };
    let ledger = connections::ledger(settings).await?;
    let workspace = arguments.workspace.clone().unwrap_or_else(|| settings.workspace.clone());
    let text = text.trim();
    let sealed_key = vault.seal(&workspace, key.mode(), text)?;
    let key_hint = text.get(text.len().saturating_sub(4)..).unwrap_or_default().to_owned();
    ledger.ensure_workspace(&workspace).await?;
    ledger.put_connection(&NewConnection { workspace, mode: key.mode(), sealed_key, key_hint }).await?;
    Ok(())
}

//! `postill connect`: checks a Stripe key, says what it may do, and stores it sealed.

use std::process::ExitCode;

use domain::policy::Switch;
use domain::{Function, Mode, Permission, Policy, WorkspaceId};
use store::vault::Vault;
use store::{Ledger, NewConnection};
use stripe_client::probe::{self, KeyReport, Row, Verdict, WriteRows};

use crate::cli::Connect;
use crate::complaint;
use crate::connections;
use crate::person;
use crate::settings::{Settings, StripeKey};
use crate::stripe_trouble::{explain_probe, tick};
use crate::terminal::{self, BAD, Cell, FAINT, GOOD, WARN, styled};

pub(super) async fn run(arguments: &Connect, settings: &Settings) -> anyhow::Result<ExitCode> {
    let key = key(arguments, settings)?;
    // What would keep the key from being stored shows before Stripe is asked.
    let shelf = if arguments.dry_run { None } else { Some(Shelf::open(settings).await?) };
    let writes = if arguments.probe_writes { WriteRows::Try } else { WriteRows::Skip };
    let config = connections::stripe_config(&settings.stripe);
    let report = probe::check_key(&config, &key.key, writes).await.map_err(explain_probe)?;
    show(&report, &settings.policy, &key)?;
    let Some(shelf) = shelf else {
        let lacks_something = !report.missing_for(&settings.policy).is_empty();
        return Ok(if lacks_something { ExitCode::FAILURE } else { ExitCode::SUCCESS });
    };
    let workspace = arguments.workspace.as_ref().unwrap_or(&settings.workspace);
    shelf.store(workspace, &key).await?;
    say_stored(workspace, settings, &key)?;
    Ok(ExitCode::SUCCESS)
}

/// From a file, the settings, or one line of standard input: never from the command line, where others can read it.
fn key(arguments: &Connect, settings: &Settings) -> anyhow::Result<StripeKey> {
    if let Some(path) = &arguments.key_file {
        let bytes = complaint::read_file(path)?;
        return connections::allowed_key(&settings.stripe, &String::from_utf8_lossy(&bytes));
    }
    if let Some(key) = &settings.stripe.key {
        terminal::note("taking the key that stripe.key (POSTILL_STRIPE_KEY) gives")?;
        return Ok(key.clone());
    }
    let line = terminal::secret_line("paste the Stripe key and press enter; it does not show:")?;
    connections::allowed_key(&settings.stripe, &line)
}

/// Where keys are stored, and what seals them.
struct Shelf {
    ledger: Ledger,
    vault: Vault,
}

impl Shelf {
    async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let ledger = connections::embedded_or_ledger(settings).await?;
        Ok(Self { ledger, vault: connections::vault_to_store(settings)? })
    }

    async fn store(&self, workspace: &WorkspaceId, key: &StripeKey) -> anyhow::Result<()> {
        let new = NewConnection::sealed(&self.vault, workspace, key.key.mode(), key.expose())?;
        self.ledger.ensure_workspace(workspace).await?;
        self.ledger.put_connection(&new, person::COMMAND_LINE).await?;
        self.ledger.close().await;
        Ok(())
    }
}

fn say_stored(workspace: &WorkspaceId, settings: &Settings, key: &StripeKey) -> anyhow::Result<()> {
    let text = format!("stored, sealed, for the workspace {workspace}; workers use it within a second");
    terminal::note(&styled(GOOD, &text))?;
    let covered =
        *workspace == settings.workspace && settings.stripe.key.as_ref().is_some_and(|other| other != key);
    if covered {
        terminal::note(&styled(
            WARN,
            "stripe.key (POSTILL_STRIPE_KEY) holds another key, and goes before this one",
        ))?;
    }
    Ok(())
}

fn show(report: &KeyReport, policy: &Policy, key: &StripeKey) -> anyhow::Result<()> {
    let mode = match report.mode {
        Mode::Test => styled(GOOD, "TEST data"),
        Mode::Live => styled(WARN, "LIVE data, real money"),
    };
    let account = report.account_hint.as_deref().map(|hint| format!(", account {hint}")).unwrap_or_default();
    terminal::result(&format!("{} {}: {mode}{account}", styled(GOOD, "● connected"), key.key))?;
    if !report.is_restricted {
        terminal::note(&styled(
            WARN,
            "this key may do everything; a restricted key (rk_…) with the rows below is safer",
        ))?;
    }
    let rows: Vec<Vec<Cell>> = report.rows.iter().map(|row| cells(row, policy)).collect();
    terminal::result_table(&["", "row in Stripe's form", "for"], &rows)?;
    for permission in report.missing() {
        terminal::note(&format!("{} {}", styled(BAD, "missing:"), tick(&[permission])))?;
    }
    if report.rows.iter().any(|row| row.verdict == Verdict::Unknown) {
        terminal::note(&styled(FAINT, "--probe-writes asks for the rows that write, too"))?;
    }
    Ok(())
}

fn cells(row: &Row, policy: &Policy) -> Vec<Cell> {
    let (sign, style) = match row.verdict {
        Verdict::Granted => ("✔ granted", GOOD),
        Verdict::Missing => ("✘ missing", BAD),
        Verdict::Unknown => ("? not asked", FAINT),
    };
    vec![
        Cell::new(sign, style),
        Cell::plain(row.permission.to_string()),
        Cell::new(users(row.permission, policy), FAINT),
    ]
}

/// The functions that need a permission; those that are off are marked.
fn users(permission: Permission, policy: &Policy) -> String {
    if permission == Permission::CUSTOMERS {
        return "every function".to_owned();
    }
    let named = |function: Function| match policy.switch(function) {
        Switch::Off => format!("{function} (off)"),
        Switch::On | Switch::Approval => function.to_string(),
    };
    let users = Function::ALL.into_iter().filter(|function| function.permissions().contains(&permission));
    users.map(named).collect::<Vec<_>>().join(", ")
}

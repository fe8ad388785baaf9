//! `postill halt`, `resume` and `halts`: the kill switch.

use std::process::ExitCode;
use std::time::Duration;

use domain::action::ActionState;
use domain::{Clock, Halt as Halted, HaltKind, HaltScope, SystemClock};
use serde_json::json;
use store::{Ledger, LedgerError};
use tokio::time::Instant;

use crate::cli::{Halt, Halts, Resume, Scope};
use crate::complaint::Advice;
use crate::settings::Settings;
use crate::terminal::{self, BAD, Cell, GOOD, WARN, moment, styled};
use crate::{connections, person};

/// How long what was on its way to Stripe is waited for: an answer takes far less, unless something is wrong there.
const UNDER_WAY: Duration = Duration::from_secs(2);
/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(50);

/// `postill halt`.
pub(super) async fn halt(arguments: Halt, settings: &Settings) -> anyhow::Result<ExitCode> {
    let (scope, actor) = (scope(arguments.scope), person::deciding(arguments.actor)?);
    let ledger = connections::embedded_or_ledger(settings).await?;
    let set = ledger.halt(&scope, HaltKind::Stop, actor.as_str(), arguments.reason.as_str()).await;
    let is_new = set.map_err(|error| explain(error, &scope))?;
    let text = if is_new { "stopped" } else { "stopped before, which stays" };
    terminal::result(&styled(WARN, &format!("{text}: {}", named(&scope))))?;
    say_what_is_under_way(&ledger, &scope).await?;
    terminal::note(&format!(
        "mail is still read and answered; what would move money waits for approval\n`postill resume {}` lets it go on",
        flag(&scope)
    ))?;
    ledger.close().await;
    Ok(ExitCode::SUCCESS)
}

/// `postill resume`.
pub(super) async fn resume(arguments: Resume, settings: &Settings) -> anyhow::Result<ExitCode> {
    let (scope, actor) = (scope(arguments.scope), person::deciding(arguments.actor)?);
    let ledger = connections::embedded_or_ledger(settings).await?;
    let before: Vec<Halted> = ledger.halts().await?.into_iter().filter(|halt| halt.scope == scope).collect();
    let lifted = ledger.resume(&scope, actor.as_str()).await.map_err(|error| explain(error, &scope))?;
    if lifted == 0 {
        terminal::result(&format!("nothing was stopped by name: {}", named(&scope)))?;
    }
    let now = SystemClock.now();
    for halt in before.iter().take(usize::try_from(lifted).unwrap_or(usize::MAX)) {
        let since = moment(halt.since, now);
        terminal::result(&styled(
            GOOD,
            &format!(
                "lifted: {} of {}, by {}, {since}: {}",
                what(halt.kind),
                named(&halt.scope),
                halt.actor,
                halt.reason
            ),
        ))?;
    }
    say_what_is_left(&ledger, settings).await?;
    ledger.close().await;
    Ok(ExitCode::SUCCESS)
}

/// `postill halts`.
pub(super) async fn list(arguments: &Halts, settings: &Settings) -> anyhow::Result<ExitCode> {
    let ledger = connections::embedded_or_ledger(settings).await?;
    let halts = ledger.halts().await?;
    ledger.close().await;
    if arguments.json {
        for halt in &halts {
            let line = json!({ "scope": halt.scope.as_str(), "kind": halt.kind.as_str(), "by": halt.actor, "reason": halt.reason, "since": halt.since });
            terminal::result(&line.to_string())?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let files = files(settings);
    for file in &files {
        terminal::note(&styled(WARN, &format!("stopped: {file}")))?;
    }
    if halts.is_empty() && files.is_empty() {
        terminal::note(&styled(GOOD, "nothing is stopped"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let now = SystemClock.now();
    let row = |halt: &Halted| {
        vec![
            Cell::new(named(&halt.scope), BAD),
            Cell::plain(what(halt.kind)),
            Cell::plain(moment(halt.since, now)),
            Cell::plain(&halt.actor),
            Cell::plain(&halt.reason),
            Cell::plain(format!("postill resume {}", flag(&halt.scope))),
        ]
    };
    let rows: Vec<Vec<Cell>> = halts.iter().map(row).collect();
    terminal::result_table(&["stopped", "how", "since", "by", "why", "to lift it"], &rows)?;
    Ok(ExitCode::SUCCESS)
}

/// Waits a moment for what was on its way, and says what is not through.
async fn say_what_is_under_way(ledger: &Ledger, scope: &HaltScope) -> anyhow::Result<()> {
    let deadline = Instant::now() + UNDER_WAY;
    loop {
        let sent = ledger.actions_in(&[ActionState::Sent]).await?;
        let is_meant = |id| match scope {
            HaltScope::All => true,
            HaltScope::Workspace(workspace) => workspace == id,
        };
        let open: Vec<_> = sent.iter().filter(|action| is_meant(&action.workspace)).collect();
        if open.is_empty() {
            return Ok(terminal::note("nothing is on its way to Stripe")?);
        }
        if Instant::now() >= deadline {
            let text = format!(
                "{} sent before have no answer yet: `postill actions --unsettled` shows them",
                open.len()
            );
            return Ok(terminal::note(&styled(WARN, &text))?);
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn say_what_is_left(ledger: &Ledger, settings: &Settings) -> anyhow::Result<()> {
    for file in files(settings) {
        terminal::note(&styled(WARN, &format!("still stopped: {file}")))?;
    }
    for halt in ledger.halts().await? {
        let text = format!("still stopped: {} ({}): {}", named(&halt.scope), what(halt.kind), halt.reason);
        terminal::note(&styled(WARN, &text))?;
    }
    let waiting = ledger.approvals(None, &[domain::ApprovalState::Waiting]).await?.len();
    if waiting > 0 {
        terminal::note(&format!("{waiting} requests wait for a person: `postill approvals`"))?;
    }
    Ok(())
}

fn scope(scope: Scope) -> HaltScope {
    scope.workspace.map_or(HaltScope::All, HaltScope::Workspace)
}

/// What files stop, as far as they can be seen from here: the setting is that of a worker, whose machine may be another.
pub(super) fn files(settings: &Settings) -> Vec<String> {
    let Some(all) = &settings.halt_file else { return Vec::new() };
    let (Some(folder), Some(name)) = (all.parent(), all.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<String> = entries
        .filter_map(|entry| {
            let found = entry.file_name().into_string().ok()?;
            let rest = found.strip_prefix(name)?;
            let scope = match rest.strip_prefix('.') {
                Some(workspace) => HaltScope::Workspace(workspace.parse().ok()?),
                None if rest.is_empty() => HaltScope::All,
                None => return None,
            };
            Some(format!("{}, by the file {}", named(&scope), entry.path().display()))
        })
        .collect();
    files.sort();
    files
}

pub(super) fn named(scope: &HaltScope) -> String {
    match scope {
        HaltScope::All => "all workspaces".to_owned(),
        HaltScope::Workspace(workspace) => format!("the workspace {workspace}"),
    }
}

pub(super) fn flag(scope: &HaltScope) -> String {
    match scope {
        HaltScope::All => "--all".to_owned(),
        HaltScope::Workspace(workspace) => format!("--workspace {workspace}"),
    }
}

pub(super) const fn what(kind: HaltKind) -> &'static str {
    match kind {
        HaltKind::Stop => "a person's stop",
        HaltKind::Breaker => "the day's budget was used up",
    }
}

fn explain(error: LedgerError, scope: &HaltScope) -> anyhow::Error {
    if matches!(error, LedgerError::NoSuchWorkspace) {
        let what = format!("the ledger knows no workspace {}: nothing was changed", scope.as_str());
        return Advice::usage(what, "`postill doctor` names the workspaces; --all means every one");
    }
    error.into()
}

//! `postill halt`, `resume` and `halts`: the kill switch.

pub(super) mod show;

use std::process::ExitCode;
use std::time::Duration;

use domain::action::ActionState;
use domain::{ApprovalState, Halt as Halted, HaltKind, Scope};
use serde_json::{Value, json};
use store::{Ledger, LedgerError};
use tokio::time::Instant;

use crate::cli::{Halt, Halts, Resume, ScopeFlags};
use crate::complaint::Advice;
use crate::settings::Settings;
use crate::terminal::{self, WARN, styled};
use crate::{connections, person};
use show::{flag, named};

/// How long what was on its way to Stripe is waited for: an answer takes far less, unless something is wrong there.
const UNDER_WAY: Duration = Duration::from_secs(2);
/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(50);
/// How many workspaces are named to who asks for another.
const NAMED: usize = 10;

/// `postill halt`.
pub(super) async fn halt(arguments: Halt, settings: &Settings) -> anyhow::Result<ExitCode> {
    let (scope, actor) = (scope(arguments.scope), person::deciding(arguments.actor)?);
    let ledger = connections::ledger_in_use(settings).await?;
    let is_new = match ledger.halt(&scope, HaltKind::Stop, actor.as_str(), arguments.reason.as_str()).await {
        Ok(is_new) => is_new,
        Err(error) => return Err(explain(&ledger, error, &scope).await),
    };
    let under_way = under_way(&ledger, &scope).await?;
    ledger.close().await;
    if arguments.json {
        let line = json!({ "scope": scope.as_str(), "stopped_before": !is_new, "under_way": under_way });
        terminal::result(&line.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = if is_new { "stopped" } else { "stopped before, which stays" };
    let url = &settings.database.url;
    terminal::result(&styled(WARN, &format!("{text}: {} of {url}", named(&scope))))?;
    terminal::note(&match under_way {
        0 => "nothing is on its way to Stripe".to_owned(),
        sent => styled(
            WARN,
            &format!("{sent} sent before have no answer yet: `postill actions --unsettled` shows them"),
        ),
    })?;
    terminal::note(&format!(
        "mail is still read and answered; what would change something at Stripe waits for approval\n`postill resume {}` lets it go on",
        flag(&scope)
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// `postill resume`.
pub(super) async fn resume(arguments: Resume, settings: &Settings) -> anyhow::Result<ExitCode> {
    let (scope, actor) = (scope(arguments.scope), person::deciding(arguments.actor)?);
    let ledger = connections::ledger_in_use(settings).await?;
    let before: Vec<Halted> = ledger.halts().await?.into_iter().filter(|halt| halt.scope == scope).collect();
    if let Err(error) = ledger.resume(&scope, actor.as_str()).await {
        return Err(explain(&ledger, error, &scope).await);
    }
    let left = ledger.halts().await?;
    let waiting = ledger.approvals(None, &[ApprovalState::Waiting]).await?.len();
    ledger.close().await;
    if arguments.json {
        let lifted: Vec<Value> = before.iter().map(show::json).collect();
        let left: Vec<Value> = left.iter().map(show::json).collect();
        let line = json!({ "lifted": lifted, "still_stopped": left, "files": show::files(settings) });
        terminal::result(&line.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    show::lifted(&scope, &before)?;
    show::left(&left, &show::files(settings))?;
    if waiting > 0 {
        terminal::note(&format!("{waiting} wait for a person: `postill approvals`"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `postill halts`.
pub(super) async fn list(arguments: &Halts, settings: &Settings) -> anyhow::Result<ExitCode> {
    let ledger = connections::ledger_in_use(settings).await?;
    let halts = ledger.halts().await?;
    ledger.close().await;
    if arguments.json {
        halts.iter().try_for_each(|halt| terminal::result(&show::json(halt).to_string()))?;
    } else {
        show::list(&halts, &show::files(settings))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// How many requests that were on their way have no answer after a moment.
async fn under_way(ledger: &Ledger, scope: &Scope) -> anyhow::Result<usize> {
    let deadline = Instant::now() + UNDER_WAY;
    loop {
        let sent = ledger.actions_in(&[ActionState::Sent]).await?;
        let is_meant = |id| match scope {
            Scope::All => true,
            Scope::Workspace(workspace) => workspace == id,
        };
        let open = sent.iter().filter(|action| is_meant(&action.workspace)).count();
        if open == 0 || Instant::now() >= deadline {
            return Ok(open);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn scope(flags: ScopeFlags) -> Scope {
    flags.workspace.map_or(Scope::All, Scope::Workspace)
}

async fn explain(ledger: &Ledger, error: LedgerError, scope: &Scope) -> anyhow::Error {
    if matches!(error, LedgerError::NoSuchWorkspace) {
        let what = format!("the ledger knows no workspace {}: nothing was changed", scope.as_str());
        let known: Vec<String> =
            ledger.workspaces().await.into_iter().flatten().take(NAMED).map(|id| id.to_string()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Advice::usage(what, format!("it knows {known}; --all means every one"));
    }
    error.into()
}

//! How halts are shown.

use domain::{Clock, Halt, HaltKind, Scope, SystemClock, WorkspaceId};
use serde_json::{Value, json};

use crate::settings::Settings;
use crate::terminal::{self, BAD, Cell, GOOD, WARN, moment, styled};

/// A table of what the ledger stops, under what files stop.
pub(super) fn list(halts: &[Halt], files: &[String]) -> anyhow::Result<()> {
    for file in files {
        terminal::result(&styled(BAD, &format!("stopped: {file}")))?;
    }
    if halts.is_empty() && files.is_empty() {
        return Ok(terminal::note(&styled(GOOD, "nothing is stopped"))?);
    }
    if halts.is_empty() {
        return Ok(());
    }
    let now = SystemClock.now();
    let row = |halt: &Halt| {
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
    Ok(terminal::result_table(&["stopped", "how", "since", "by", "why", "to lift it"], &rows)?)
}

/// What was lifted just now.
pub(super) fn lifted(scope: &Scope, halts: &[Halt]) -> anyhow::Result<()> {
    if halts.is_empty() {
        return Ok(terminal::result(&format!("nothing was stopped by name: {}", named(scope)))?);
    }
    let now = SystemClock.now();
    for Halt { scope, kind, actor, reason, since } in halts {
        let (what, since) = (what(*kind), moment(*since, now));
        let text = format!("lifted: {}, {what}, by {actor}, {since}: {reason}", named(scope));
        terminal::result(&styled(GOOD, &text))?;
    }
    Ok(())
}

/// What is stopped all the same.
pub(super) fn left(halts: &[Halt], files: &[String]) -> anyhow::Result<()> {
    for file in files {
        terminal::note(&styled(WARN, &format!("still stopped: {file}")))?;
    }
    for Halt { scope, kind, reason, .. } in halts {
        let text = format!("still stopped: {} ({}): {reason}", named(scope), what(*kind));
        terminal::note(&styled(WARN, &text))?;
    }
    Ok(())
}

/// For programs.
pub(super) fn json(halt: &Halt) -> Value {
    let Halt { scope, kind, actor, reason, since } = halt;
    json!({ "scope": scope.as_str(), "kind": kind.as_str(), "by": actor, "reason": reason, "since": since })
}

/// What files stop, as far as they can be seen from here: the setting is that of a worker, whose machine may be another.
pub(in crate::verbs) fn files(settings: &Settings) -> Vec<String> {
    let Some(all) = &settings.halt_file else { return Vec::new() };
    let (Some(folder), Some(name)) = (all.parent(), all.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<String> = entries
        .filter_map(|entry| {
            let scope = scope_of(name, &entry.file_name().into_string().ok()?)?;
            Some(format!("{}, by the file {}", named(&scope), entry.path().display()))
        })
        .collect();
    files.sort();
    files
}

/// `FILE` stops all workspaces, `FILE.NAME` one.
fn scope_of(file: &str, found: &str) -> Option<Scope> {
    match found.strip_prefix(file)? {
        "" => Some(Scope::All),
        rest => rest.strip_prefix('.')?.parse::<WorkspaceId>().ok().map(Scope::Workspace),
    }
}

pub(in crate::verbs) fn named(scope: &Scope) -> String {
    match scope {
        Scope::All => "all workspaces".to_owned(),
        Scope::Workspace(workspace) => format!("the workspace {workspace}"),
    }
}

pub(in crate::verbs) fn flag(scope: &Scope) -> String {
    match scope {
        Scope::All => "--all".to_owned(),
        Scope::Workspace(workspace) => format!("--workspace {workspace}"),
    }
}

pub(in crate::verbs) const fn what(kind: HaltKind) -> &'static str {
    match kind {
        HaltKind::Stop => "a person's stop",
        HaltKind::Breaker => "the day's budget was used up",
    }
}

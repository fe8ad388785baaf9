//! `postill audit verify|export`: whether the trail is whole, and the trail itself.

use std::process::ExitCode;

use domain::WorkspaceId;
use serde_json::json;
use store::{AuditMark, AuditReport, Ledger};

use crate::cli::{Audit, AuditHead};
use crate::connections;
use crate::settings::Settings;
use crate::terminal::{self, BAD, Cell, FAINT, GOOD};

/// How many lines are read at once.
const PAGE: u32 = 1_000;

pub(super) async fn run(arguments: Audit, settings: &Settings) -> anyhow::Result<ExitCode> {
    let ledger = connections::ledger_in_use(settings).await?;
    let done = match arguments {
        Audit::Verify { workspace, head, json } => verify(&ledger, workspace, head, json).await,
        Audit::Export { workspace } => export(&ledger, workspace).await,
    };
    ledger.close().await;
    done
}

async fn verify(
    ledger: &Ledger,
    workspace: Option<WorkspaceId>,
    head: Option<AuditHead>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let mut rows = Vec::new();
    let mut is_whole = true;
    for id in chosen(ledger, workspace).await? {
        let report = ledger.verify_audit(&id, head.map(|AuditHead(mark)| mark)).await?;
        is_whole &= report.broken.is_none();
        if json {
            terminal::result(&line(&id, &report))?;
        } else {
            rows.push(row(&id, &report));
        }
    }
    if !json {
        terminal::result_table(&["", "workspace", "lines", "head", "found"], &rows)?;
        terminal::note(if is_whole {
            "\nkeep a head somewhere else, and give it to `audit verify --workspace NAME --head N:HASH` later"
        } else {
            "\nthe trail was changed behind postill's back: keep a copy of the database as it is, and ask who had access"
        })?;
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn row(id: &WorkspaceId, report: &AuditReport) -> Vec<Cell> {
    let (sign, found, style) = match &report.broken {
        None => ("✔", "whole".to_owned(), GOOD),
        Some(broken) => ("✘", broken.to_string(), BAD),
    };
    vec![
        Cell::new(sign, style),
        Cell::plain(id.as_str()),
        Cell::plain(report.rows.to_string()),
        Cell::new(text_of(report.head), FAINT),
        Cell::new(found, style),
    ]
}

fn line(id: &WorkspaceId, report: &AuditReport) -> String {
    let broken =
        report.broken.as_ref().map(|broken| json!({ "number": broken.number, "what": broken.to_string() }));
    json!({ "workspace": id, "rows": report.rows, "head": text_of(report.head), "broken": broken })
        .to_string()
}

fn text_of(mark: AuditMark) -> String {
    format!("{}:{}", mark.number, mark.hash)
}

async fn export(ledger: &Ledger, workspace: Option<WorkspaceId>) -> anyhow::Result<ExitCode> {
    let mut results = terminal::results();
    for id in chosen(ledger, workspace).await? {
        let mut after = 0;
        loop {
            let page = ledger.export_audit(&id, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.mark.number;
            for entry in &page {
                results.line(&entry.to_json().to_string())?;
            }
        }
    }
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

async fn chosen(ledger: &Ledger, workspace: Option<WorkspaceId>) -> anyhow::Result<Vec<WorkspaceId>> {
    match workspace {
        Some(workspace) => Ok(vec![workspace]),
        None => Ok(ledger.workspaces().await?.into_iter().collect()),
    }
}

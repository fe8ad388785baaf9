//! Reports that are kept in the ledger, for the console to show.

use std::sync::Arc;

use anyhow::{Result, ensure};
use domain::{SystemClock, WorkspaceId};
use store::{Config, Ledger};
use tests::{Postill, Run};

use super::exited;
use crate::desk::{Desk, SOON, notes, samples, says};

/// A dry run over the sample mailbox whose report is to be kept.
fn replay(desk: &Desk, arguments: &[&str]) -> Run {
    let mails = samples().join("mail").display().to_string();
    let arguments = [&["replay", "--dry-run", "--keep"], arguments, &[mails.as_str()]].concat();
    Postill::with(arguments).env("POSTILL_DATABASE_URL", ledger(desk))
}

fn ledger(desk: &Desk) -> String {
    format!("sqlite:{}", desk.folder().join("ledger.db").display())
}

#[tokio::test]
async fn a_kept_report_names_what_was_read_without_its_folder_and_who_kept_it() -> Result<()> {
    let desk = Desk::new().await?;
    says(desk.postill(["migrate"]), 0, &[], &[]).await?;
    notes(replay(&desk, &[]), 0, &["the console shows it under Replays"], &[]).await?;
    let ledger = Ledger::open(&Config::new(ledger(&desk).parse()?), Arc::new(SystemClock)).await?;
    let workspace = WorkspaceId::default();
    let kept = ledger.replay_reports(&workspace).await?;
    let [only] = kept.as_slice() else { anyhow::bail!("{kept:?}") };
    ensure!(only.summary["archive"] == "mail" && only.summary["through"] == "dry_run", "{}", only.summary);
    ensure!(only.summary["read"].as_u64() > Some(50) && !only.added_by.is_empty(), "{only:?}");
    let Some((_, text)) = ledger.replay_report(&workspace, &only.id).await? else { anyhow::bail!("gone") };
    replay_report::Report::read(text.as_bytes())?;
    let folder = samples().display().to_string();
    ensure!(!text.contains(&folder), "{text}");
    let trail = ledger.audit_about(&workspace, &only.id.to_string(), None, 10).await?;
    ensure!(trail.iter().any(|row| row.entry.actor == only.added_by), "{trail:?}");
    Ok(())
}

#[tokio::test]
async fn a_ledger_that_is_not_there_is_told_before_the_replay_begins() -> Result<()> {
    let desk = Desk::new().await?;
    let report = desk.folder().join("report.json");
    let arguments = ["--report", &report.display().to_string()];
    notes(replay(&desk, &arguments), 64, &["does not exist"], &[]).await?;
    let closed =
        replay(&desk, &arguments).env("POSTILL_DATABASE_URL", "postgres://kim:s3cret@127.0.0.1:1/postill");
    notes(closed, 69, &["no database answers at", "127.0.0.1:1"], &["s3cret"]).await?;
    says(desk.postill(["migrate"]), 0, &[], &[]).await?;
    let stranger = replay(&desk, &[&arguments[..], &["--workspace", "stranger"]].concat());
    notes(stranger, 64, &["the ledger knows no workspace stranger"], &[]).await?;
    ensure!(!report.exists(), "the replay began");
    exited(&replay(&desk, &arguments).finish(SOON).await?, 0)?;
    ensure!(report.exists(), "no report was written");
    Ok(())
}

//! Reports of replays, kept to be looked at.

use domain::{Digest, Timestamp, WorkspaceId};
use serde_json::Value;

use crate::audit::append;
use crate::engine::{in_transaction, reading, row};
use crate::error::{read, read_time};
use crate::{Ledger, LedgerError, NewAuditEntry};

/// How many reports a workspace keeps: a replay a day for half a year, and a list that is read to its end.
const MOST: i64 = 200;

/// A report to be kept. It has sums and the name of the archive's file, and nothing of a single mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReplayReport {
    /// Whose mail was replayed.
    pub workspace: WorkspaceId,
    /// What a list tells of it. The audit trail is told it, too, without its `archive`: a file's name may name a person, and nothing is
    /// ever taken out of the trail.
    pub summary: Value,
    /// The whole, as JSON.
    pub report: String,
}

/// A report as a list has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReport {
    /// A digest of the report.
    pub id: Digest,
    /// When it was kept.
    pub added_at: Timestamp,
    /// Who kept it.
    pub added_by: String,
    /// What a list tells of it.
    pub summary: Value,
}

/// What became of a report that was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// It is kept, under this id.
    Kept(Digest),
    /// It was kept before, under this id.
    KeptBefore(Digest),
    /// There are as many as a workspace keeps; one has to be removed first.
    Full,
}

const COLUMNS: &str = "select id, added_at, added_by, summary from replay_report
    where workspace = $1 order by added_at desc, id";

const COUNT: &str = "select count(*) from replay_report where workspace = $1 and id <> $2";

const ONE: &str = "select id, added_at, added_by, summary, report from replay_report
    where workspace = $1 and id = $2";

const ADD: &str = "insert into replay_report (workspace, id, added_at, added_by, summary, report)
    values ($1, $2, $3, $4, $5, $6) on conflict (workspace, id) do nothing";

row! {
    struct KeptRow {
        id: String,
        added_at: i64,
        added_by: String,
        summary: String,
    }
}

row! {
    struct WholeRow {
        id: String,
        added_at: i64,
        added_by: String,
        summary: String,
        report: String,
    }
}

impl Ledger {
    /// Keeps a report, and notes in the audit trail who did.
    pub async fn keep_report(&self, new: &NewReplayReport, by: &str) -> Result<Keeping, LedgerError> {
        let id = Digest::of(&[b"postill.replay-report.v1", new.report.as_bytes()]);
        let summary = new.summary.to_string();
        in_transaction!(self, |transaction, now| {
            let others: i64 = sqlx::query_scalar(COUNT)
                .bind(new.workspace.as_str())
                .bind(id.to_string())
                .fetch_one(&mut *transaction)
                .await?;
            if others >= MOST {
                return Ok(Keeping::Full);
            }
            let added = sqlx::query(ADD)
                .bind(new.workspace.as_str())
                .bind(id.to_string())
                .bind(now)
                .bind(by)
                .bind(&summary)
                .bind(&new.report)
                .execute(&mut *transaction)
                .await?;
            if added.rows_affected() == 0 {
                return Ok(Keeping::KeptBefore(id));
            }
            append!(transaction, now, step(&new.workspace, "replay_report.kept", &id, &new.summary, by));
            Keeping::Kept(id)
        })
    }

    /// Whether the workspace can keep one report more.
    pub async fn has_room_for_a_report(&self, workspace: &WorkspaceId) -> Result<bool, LedgerError> {
        let kept: i64 = reading!(self, |connection| {
            sqlx::query_scalar(COUNT).bind(workspace.as_str()).bind("").fetch_one(&mut *connection).await?
        })?;
        Ok(kept < MOST)
    }

    /// The reports of a workspace, the newest first.
    pub async fn replay_reports(&self, workspace: &WorkspaceId) -> Result<Vec<KeptReport>, LedgerError> {
        let rows: Vec<KeptRow> = reading!(self, |connection| {
            sqlx::query_as(COLUMNS).bind(workspace.as_str()).fetch_all(&mut *connection).await?
        })?;
        rows.into_iter().map(KeptReport::try_from).collect()
    }

    /// One of them, with the whole of it as JSON.
    pub async fn replay_report(
        &self,
        workspace: &WorkspaceId,
        id: &Digest,
    ) -> Result<Option<(KeptReport, String)>, LedgerError> {
        let row: Option<WholeRow> = reading!(self, |connection| {
            sqlx::query_as(ONE)
                .bind(workspace.as_str())
                .bind(id.to_string())
                .fetch_optional(&mut *connection)
                .await?
        })?;
        row.map(|WholeRow { id, added_at, added_by, summary, report }| {
            Ok((KeptReport::try_from(KeptRow { id, added_at, added_by, summary })?, report))
        })
        .transpose()
    }

    /// Removes a report, and notes in the audit trail who did, and what it told. `false` when there is none.
    pub async fn remove_report(
        &self,
        workspace: &WorkspaceId,
        id: &Digest,
        by: &str,
    ) -> Result<bool, LedgerError> {
        const SQL: &str = "delete from replay_report where workspace = $1 and id = $2 returning summary";
        in_transaction!(self, |transaction, now| {
            let removed: Option<String> = sqlx::query_scalar(SQL)
                .bind(workspace.as_str())
                .bind(id.to_string())
                .fetch_optional(&mut *transaction)
                .await?;
            if let Some(summary) = &removed {
                let summary = read_summary(summary)?;
                append!(transaction, now, step(workspace, "replay_report.removed", id, &summary, by));
            }
            removed.is_some()
        })
    }
}

fn step(workspace: &WorkspaceId, event: &str, id: &Digest, summary: &Value, by: &str) -> NewAuditEntry {
    let mut detail = summary.clone();
    if let Some(fields) = detail.as_object_mut() {
        fields.remove("archive");
    }
    NewAuditEntry {
        workspace: workspace.clone(),
        actor: by.to_owned(),
        event: event.to_owned(),
        subject: Some(id.to_string()),
        detail,
    }
}

fn read_summary(text: &str) -> Result<Value, LedgerError> {
    read(text, "summary of a report")
}

impl TryFrom<KeptRow> for KeptReport {
    type Error = LedgerError;

    fn try_from(row: KeptRow) -> Result<Self, LedgerError> {
        Ok(Self {
            id: read(&row.id, "id of a report")?,
            added_at: read_time(row.added_at)?,
            added_by: row.added_by,
            summary: read_summary(&row.summary)?,
        })
    }
}

//! Which policy is in force, as the audit trail has it.

use domain::{Timestamp, WorkspaceId};
use serde_json::{Value, json};

use crate::audit::append;
use crate::audit_chain::{BEGINNING, HOLD_HEAD};
use crate::engine::{in_transaction, reading, row};
use crate::error::{read, read_time};
use crate::{Ledger, LedgerError, NewAuditEntry};

const EVENT: &str = "policy.version";

const LAST: &str = "select at, detail from audit
    where workspace = $1 and event = 'policy.version' order by sequence desc limit 1";

row! {
    struct NotedRow {
        at: i64,
        detail: String,
    }
}

/// A policy that a worker said it goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedPolicy {
    /// As drafts carry it.
    pub version: String,
    /// Since when.
    pub since: Timestamp,
}

impl Ledger {
    /// Notes in the trail which policy is in force, when it is another than the last one noted. Says whether it was.
    pub async fn note_policy(
        &self,
        workspace: &WorkspaceId,
        version: &str,
        actor: &str,
    ) -> Result<bool, LedgerError> {
        let detail = json!({ "version": version });
        let stored = detail.to_string();
        let entry = NewAuditEntry {
            workspace: workspace.clone(),
            actor: actor.to_owned(),
            event: EVENT.to_owned(),
            subject: None,
            detail,
        };
        in_transaction!(self, |transaction, now| {
            // Of two workers that note the same one, the second finds it.
            sqlx::query(HOLD_HEAD)
                .bind(workspace.as_str())
                .bind(BEGINNING)
                .execute(&mut *transaction)
                .await?;
            let last: Option<NotedRow> =
                sqlx::query_as(LAST).bind(workspace.as_str()).fetch_optional(&mut *transaction).await?;
            let is_new = last.is_none_or(|last| last.detail != stored);
            if is_new {
                append!(transaction, now, entry);
            }
            is_new
        })
    }

    /// The policy of a workspace that was noted last.
    pub async fn noted_policy(&self, workspace: &WorkspaceId) -> Result<Option<NotedPolicy>, LedgerError> {
        let row: Option<NotedRow> = reading!(self, |connection| {
            sqlx::query_as(LAST).bind(workspace.as_str()).fetch_optional(&mut *connection).await?
        })?;
        row.map(|row| {
            let detail: Value = read(&row.detail, "detail of the audit trail")?;
            let version = detail.get("version").and_then(Value::as_str).unwrap_or_default().to_owned();
            Ok(NotedPolicy { version, since: read_time(row.at)? })
        })
        .transpose()
    }
}

//! The audit trail: who did what to a workspace. Rows are added and read; the database refuses to change or delete one.

use domain::{Timestamp, WorkspaceId};
use serde_json::Value;

use crate::audit_chain::Content;
use crate::engine::{in_transaction, reading, row};
use crate::error::{read, read_time};
use crate::{Ledger, LedgerError};

/// Something that happened, for the trail. Holds nothing of a customer: no address, name, text or key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditEntry {
    /// Where it happened.
    pub workspace: WorkspaceId,
    /// Who did it: `postill` when it does its work, a verb of the program, or an operator's login.
    pub actor: String,
    /// What happened, as a stable dotted name such as `switch.set`.
    pub event: String,
    /// The id of what it happened to.
    pub subject: Option<String>,
    /// The rest.
    pub detail: Value,
}

/// A row of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Grows with every row.
    pub sequence: i64,
    /// When it was stored.
    pub at: Timestamp,
    /// What happened.
    pub entry: NewAuditEntry,
}

/// Who acts when the program does what it was set up to do.
pub(crate) const PROGRAM: &str = "postill";

pub(crate) const APPEND: &str = "insert into audit (workspace, at, actor, event, subject, detail)
    values ($1, $2, $3, $4, $5, $6) returning sequence";

const TRAIL: &str = "select sequence, workspace, at, actor, event, subject, detail from audit
    where workspace = $1 and sequence < $2 order by sequence desc limit $3";

row! {
    pub(crate) struct AuditRow {
        sequence: i64,
        workspace: String,
        at: i64,
        actor: String,
        event: String,
        subject: Option<String>,
        detail: String,
    }
}

/// Appends within a transaction that also does what the entry speaks of. It locks the end of the workspace's trail until commit: nothing
/// that other transactions lock may be locked after it, but the ends of other trails, by the workspaces' names.
macro_rules! append {
    ($transaction:ident, $now:ident, $entry:expr) => {{
        let entry: &$crate::NewAuditEntry = &$entry;
        let head: $crate::audit_chain::HeadRow = sqlx::query_as($crate::audit_chain::HOLD_HEAD)
            .bind(entry.workspace.as_str())
            .bind($crate::audit_chain::BEGINNING)
            .fetch_one(&mut *$transaction)
            .await?;
        let detail = entry.detail.to_string();
        let sequence: i64 = sqlx::query_scalar($crate::audit::APPEND)
            .bind(entry.workspace.as_str())
            .bind($now)
            .bind(&entry.actor)
            .bind(&entry.event)
            .bind(entry.subject.as_deref())
            .bind(&detail)
            .fetch_one(&mut *$transaction)
            .await?;
        let link = head.followed_by(&$crate::audit_chain::Content::of(entry, $now, &detail))?;
        $crate::audit_chain::store_link!($transaction, entry.workspace, sequence, link);
    }};
}

pub(crate) use append;

impl Ledger {
    /// Adds a row to the trail.
    pub async fn append_audit(&self, entry: &NewAuditEntry) -> Result<(), LedgerError> {
        in_transaction!(self, |transaction, now| {
            append!(transaction, now, entry);
        })
    }

    /// The newest `limit` rows of a workspace, newest first; older than row `before`, when there is one.
    pub async fn audit_trail(
        &self,
        workspace: &WorkspaceId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, LedgerError> {
        let rows: Vec<AuditRow> = reading!(self, |connection| {
            sqlx::query_as(TRAIL)
                .bind(workspace.as_str())
                .bind(before.unwrap_or(i64::MAX))
                .bind(i64::from(limit))
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.into_iter().map(AuditEntry::try_from).collect()
    }
}

impl AuditRow {
    /// What the chain covers of it.
    pub(crate) fn content(&self) -> Content<'_> {
        Content {
            workspace: &self.workspace,
            at: self.at,
            actor: &self.actor,
            event: &self.event,
            subject: self.subject.as_deref(),
            detail: &self.detail,
        }
    }
}

impl TryFrom<AuditRow> for AuditEntry {
    type Error = LedgerError;

    fn try_from(row: AuditRow) -> Result<Self, LedgerError> {
        let entry = NewAuditEntry {
            workspace: read(&row.workspace, "workspace")?,
            actor: row.actor,
            event: row.event,
            subject: row.subject,
            detail: read(&row.detail, "detail of the audit trail")?,
        };
        Ok(Self { sequence: row.sequence, at: read_time(row.at)?, entry })
    }
}

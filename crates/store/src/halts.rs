//! Halts: the kill switch and the breaker. Looked at where something is about to be written at Stripe, and nowhere else.

use domain::{Halt, HaltKind, Scope, WorkspaceId};
use serde_json::json;

use crate::audit::append;
use crate::engine::{in_transaction, reading, row};
use crate::error::{read, read_time};
use crate::workspaces::of_scope;
use crate::{Ledger, LedgerError, NewAuditEntry};

pub(crate) const SET_HALT: &str =
    "insert into halt (scope, kind, actor, reason, since) values ($1, $2, $3, $4, $5)
    on conflict (scope, kind) do nothing";

/// A stop comes first: it holds up more than a breaker.
pub(crate) const HALTS_OF: &str = "select scope, kind, actor, reason, since from halt
    where scope in ('*', $1) order by kind desc, scope";

row! {
    pub(crate) struct HaltRow {
        scope: String,
        kind: String,
        actor: String,
        reason: String,
        since: i64,
    }
}

impl Ledger {
    /// Halts a workspace, or all. `false` when it was halted so before; who did that, and why, stays. Once this has returned, no
    /// [`Ledger::mark_sent`] is granted that the halt holds up.
    pub async fn halt(
        &self,
        scope: &Scope,
        kind: HaltKind,
        actor: &str,
        reason: &str,
    ) -> Result<bool, LedgerError> {
        in_transaction!(self, |transaction, now| {
            let affected = of_scope!(transaction, scope);
            let set = sqlx::query(SET_HALT)
                .bind(scope.as_str())
                .bind(kind.as_str())
                .bind(actor)
                .bind(reason)
                .bind(now)
                .execute(&mut *transaction)
                .await?;
            if set.rows_affected() == 1 {
                for workspace in &affected {
                    append!(transaction, now, set_entry(workspace, scope, kind, actor, reason));
                }
            }
            set.rows_affected() == 1
        })
    }

    /// Lifts what halts a workspace by name, or what halts all; a workspace that was halted by name stays so when the halt of all is
    /// lifted. Says how many halts there were.
    pub async fn resume(&self, scope: &Scope, actor: &str) -> Result<u64, LedgerError> {
        in_transaction!(self, |transaction, now| {
            let affected = of_scope!(transaction, scope);
            let lifted: Vec<String> = sqlx::query_scalar("delete from halt where scope = $1 returning kind")
                .bind(scope.as_str())
                .fetch_all(&mut *transaction)
                .await?;
            if !lifted.is_empty() {
                for workspace in &affected {
                    append!(transaction, now, lifted_entry(workspace, scope, &lifted, actor));
                }
            }
            lifted.len() as u64
        })
    }

    /// Everything that is halted.
    pub async fn halts(&self) -> Result<Vec<Halt>, LedgerError> {
        const SQL: &str = "select scope, kind, actor, reason, since from halt order by scope, kind";
        let rows: Vec<HaltRow> =
            reading!(self, |connection| sqlx::query_as(SQL).fetch_all(&mut *connection).await?)?;
        rows.into_iter().map(Halt::try_from).collect()
    }

    /// What halts a workspace, by name or with all others; a stop before a breaker.
    pub async fn halts_of(&self, workspace: &WorkspaceId) -> Result<Vec<Halt>, LedgerError> {
        let rows: Vec<HaltRow> = reading!(self, |connection| {
            sqlx::query_as(HALTS_OF).bind(workspace.as_str()).fetch_all(&mut *connection).await?
        })?;
        rows.into_iter().map(Halt::try_from).collect()
    }
}

/// The first stop among the halts of a workspace.
pub(crate) fn stop_among(rows: Vec<HaltRow>) -> Result<Option<Halt>, LedgerError> {
    first_of(rows, |kind| kind == HaltKind::Stop)
}

/// The first halt of a kind that holds up.
pub(crate) fn first_of(
    rows: Vec<HaltRow>,
    holds_up: impl Fn(HaltKind) -> bool,
) -> Result<Option<Halt>, LedgerError> {
    let halts = rows.into_iter().map(Halt::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(halts.into_iter().find(|halt| holds_up(halt.kind)))
}

pub(crate) fn set_entry(
    workspace: &WorkspaceId,
    scope: &Scope,
    kind: HaltKind,
    actor: &str,
    reason: &str,
) -> NewAuditEntry {
    let detail = json!({ "scope": scope.as_str(), "kind": kind.as_str(), "reason": reason });
    entry(workspace, "halt.set", detail, actor)
}

fn lifted_entry(workspace: &WorkspaceId, scope: &Scope, kinds: &[String], actor: &str) -> NewAuditEntry {
    entry(workspace, "halt.lifted", json!({ "scope": scope.as_str(), "kinds": kinds }), actor)
}

fn entry(workspace: &WorkspaceId, event: &str, detail: serde_json::Value, actor: &str) -> NewAuditEntry {
    NewAuditEntry {
        workspace: workspace.clone(),
        actor: actor.to_owned(),
        event: event.to_owned(),
        subject: None,
        detail,
    }
}

impl TryFrom<HaltRow> for Halt {
    type Error = LedgerError;

    fn try_from(row: HaltRow) -> Result<Self, LedgerError> {
        Ok(Self {
            scope: read(&row.scope, "scope of a halt")?,
            kind: read(&row.kind, "kind of halt")?,
            actor: row.actor,
            reason: row.reason,
            since: read_time(row.since)?,
        })
    }
}

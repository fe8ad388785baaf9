//! Workspaces, their connections to Stripe and their switches.

use std::collections::BTreeMap;

use domain::policy::Switch;
use domain::{Function, Mode, Timestamp, WorkspaceId};
use serde_json::{Value, json};

use crate::audit::{PROGRAM, append};
use crate::engine::{in_transaction, reading, row};
use crate::error::{read, read_time};
use crate::vault::{Sealed, Vault, VaultError};
use crate::{Ledger, LedgerError, NewAuditEntry};

/// A workspace's key to Stripe, to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConnection {
    /// Whose key it is.
    pub workspace: WorkspaceId,
    /// What data it opens.
    pub mode: Mode,
    /// The key, sealed.
    pub sealed_key: Sealed,
    /// The key's last four characters, by which its owner knows it again.
    pub key_hint: String,
}

impl NewConnection {
    /// Seals a key for the workspace and the mode of the data it opens.
    pub fn sealed(vault: &Vault, workspace: &WorkspaceId, mode: Mode, key: &str) -> Result<Self, VaultError> {
        Ok(Self {
            workspace: workspace.clone(),
            mode,
            sealed_key: vault.seal(workspace, mode, key)?,
            key_hint: key.get(key.len().saturating_sub(4)..).unwrap_or_default().to_owned(),
        })
    }
}

/// A workspace's key to Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The key and whose it is.
    pub key: NewConnection,
    /// Whether Stripe still accepts it.
    pub status: ConnectionStatus,
    /// When it was stored.
    pub connected_at: Timestamp,
}

/// Whether Stripe accepts a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionStatus {
    /// It did when last asked.
    Connected,
    /// It was revoked or has expired; mail waits or goes to a person until another is stored.
    Refused,
}

impl ConnectionStatus {
    /// The name in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Refused => "refused",
        }
    }
}

const ADD: &str = "insert into workspace (id, created_at) values ($1, $2) on conflict (id) do nothing";

const PUT: &str = "
    insert into connection (workspace, mode, sealed_key, key_hint, status, connected_at)
    values ($1, $2, $3, $4, 'connected', $5)
    on conflict (workspace, mode) do update
    set sealed_key = excluded.sealed_key, key_hint = excluded.key_hint, status = excluded.status,
        connected_at = excluded.connected_at";

const CONNECTIONS: &str = "select workspace, mode, sealed_key, key_hint, status, connected_at from connection
    where workspace = coalesce($1, workspace) order by workspace, mode";

row! {
    struct ConnectionRow {
        workspace: String,
        mode: String,
        sealed_key: Vec<u8>,
        key_hint: String,
        status: String,
        connected_at: i64,
    }
}

const SET_SWITCH: &str = "
    insert into function_switch (workspace, function, switch, actor, set_at) values ($1, $2, $3, $4, $5)
    on conflict (workspace, function) do update
    set switch = excluded.switch, actor = excluded.actor, set_at = excluded.set_at";

row! {
    struct SwitchRow {
        function: String,
        switch: String,
    }
}

/// The workspaces that a scope speaks of, by name: in whose trails it is noted. A name that is no workspace's is refused: a halt
/// of it would hold up nothing.
macro_rules! of_scope {
    ($transaction:ident, $scope:expr) => {{
        let all: Vec<String> =
            sqlx::query_scalar("select id from workspace where $1 in ('*', id) order by id")
                .bind($scope.as_str())
                .fetch_all(&mut *$transaction)
                .await?;
        if all.is_empty() && *$scope != domain::Scope::All {
            return Err($crate::LedgerError::NoSuchWorkspace);
        }
        all.iter()
            .map(|id| $crate::error::read(id, "workspace"))
            .collect::<Result<Vec<domain::WorkspaceId>, $crate::LedgerError>>()?
    }};
}

pub(crate) use of_scope;

impl Ledger {
    /// Makes a workspace unless it is there.
    pub async fn ensure_workspace(&self, workspace: &WorkspaceId) -> Result<(), LedgerError> {
        in_transaction!(self, |transaction, now| {
            sqlx::query(ADD).bind(workspace.as_str()).bind(now).execute(&mut *transaction).await?;
        })
    }

    /// Makes a workspace, and notes in its audit trail who did. `false` when it is there already.
    pub async fn add_workspace(&self, workspace: &WorkspaceId, by: &str) -> Result<bool, LedgerError> {
        in_transaction!(self, |transaction, now| {
            let added =
                sqlx::query(ADD).bind(workspace.as_str()).bind(now).execute(&mut *transaction).await?;
            let is_new = added.rows_affected() > 0;
            if is_new {
                let entry = NewAuditEntry {
                    workspace: workspace.clone(),
                    actor: by.to_owned(),
                    event: "workspace.added".to_owned(),
                    subject: None,
                    detail: json!({}),
                };
                append!(transaction, now, entry);
            }
            is_new
        })
    }

    /// All workspaces, by name.
    pub async fn workspaces(&self) -> Result<Vec<WorkspaceId>, LedgerError> {
        let ids: Vec<String> = reading!(self, |connection| {
            sqlx::query_scalar("select id from workspace order by id").fetch_all(&mut *connection).await?
        })?;
        ids.iter().map(|id| read(id, "workspace")).collect()
    }

    /// Stores a key in place of the one of its workspace and mode, if there is one, and notes in the audit trail who did.
    pub async fn put_connection(&self, new: &NewConnection, by: &str) -> Result<(), LedgerError> {
        in_transaction!(self, |transaction, now| {
            sqlx::query(PUT)
                .bind(new.workspace.as_str())
                .bind(new.mode.as_str())
                .bind(new.sealed_key.as_bytes())
                .bind(&new.key_hint)
                .bind(now)
                .execute(&mut *transaction)
                .await?;
            let detail = json!({ "key_hint": new.key_hint });
            append!(transaction, now, step(&new.workspace, new.mode, "connection.stored", detail, by));
        })
    }

    /// Forgets the keys of a workspace, and notes in the audit trail who did. Says how many there were.
    pub async fn remove_connections(&self, workspace: &WorkspaceId, by: &str) -> Result<u64, LedgerError> {
        const SQL: &str = "delete from connection where workspace = $1 returning mode";
        in_transaction!(self, |transaction, now| {
            let modes: Vec<String> =
                sqlx::query_scalar(SQL).bind(workspace.as_str()).fetch_all(&mut *transaction).await?;
            for mode in &modes {
                let entry = step(workspace, read_mode(mode)?, "connection.removed", json!({}), by);
                append!(transaction, now, entry);
            }
            modes.len() as u64
        })
    }

    /// Notes whether Stripe accepts the key of a workspace and mode, also in the audit trail when that is news. `false` when there is none.
    pub async fn set_connection_status(
        &self,
        workspace: &WorkspaceId,
        mode: Mode,
        status: ConnectionStatus,
    ) -> Result<bool, LedgerError> {
        const SQL: &str =
            "update connection set status = $3 where workspace = $1 and mode = $2 and status <> $3";
        const IS_THERE: &str = "select 1 from connection where workspace = $1 and mode = $2";
        in_transaction!(self, |transaction, now| {
            let changed = sqlx::query(SQL)
                .bind(workspace.as_str())
                .bind(mode.as_str())
                .bind(status.as_str())
                .execute(&mut *transaction)
                .await?;
            if changed.rows_affected() > 0 {
                let detail = json!({ "status": status.as_str() });
                append!(transaction, now, step(workspace, mode, "connection.status", detail, PROGRAM));
                true
            } else {
                let there = sqlx::query(IS_THERE)
                    .bind(workspace.as_str())
                    .bind(mode.as_str())
                    .fetch_optional(&mut *transaction)
                    .await?;
                there.is_some()
            }
        })
    }

    /// The key of a workspace and mode.
    pub async fn connection(
        &self,
        workspace: &WorkspaceId,
        mode: Mode,
    ) -> Result<Option<Connection>, LedgerError> {
        let connections = self.connections_of(workspace).await?;
        Ok(connections.into_iter().find(|connection| connection.key.mode == mode))
    }

    /// The keys of a workspace: at most one for each mode.
    pub async fn connections_of(&self, workspace: &WorkspaceId) -> Result<Vec<Connection>, LedgerError> {
        self.list_connections(Some(workspace)).await
    }

    /// The keys of all workspaces.
    pub async fn connections(&self) -> Result<Vec<Connection>, LedgerError> {
        self.list_connections(None).await
    }

    async fn list_connections(
        &self,
        workspace: Option<&WorkspaceId>,
    ) -> Result<Vec<Connection>, LedgerError> {
        let rows: Vec<ConnectionRow> = reading!(self, |connection| {
            sqlx::query_as(CONNECTIONS)
                .bind(workspace.map(WorkspaceId::as_str))
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.into_iter().map(Connection::try_from).collect()
    }

    /// Sets a function's switch, and notes in the audit trail who did.
    pub async fn set_switch(
        &self,
        workspace: &WorkspaceId,
        function: Function,
        switch: Switch,
        actor: &str,
    ) -> Result<(), LedgerError> {
        let entry = NewAuditEntry {
            workspace: workspace.clone(),
            actor: actor.to_owned(),
            event: "switch.set".to_owned(),
            subject: Some(function.as_str().to_owned()),
            detail: json!({ "switch": switch.as_str() }),
        };
        in_transaction!(self, |transaction, now| {
            sqlx::query(SET_SWITCH)
                .bind(workspace.as_str())
                .bind(function.as_str())
                .bind(switch.as_str())
                .bind(actor)
                .bind(now)
                .execute(&mut *transaction)
                .await?;
            append!(transaction, now, entry);
        })
    }

    /// The switches that were set; a function that is not listed stands as the policy has it.
    pub async fn switches(&self, workspace: &WorkspaceId) -> Result<BTreeMap<Function, Switch>, LedgerError> {
        const SQL: &str = "select function, switch from function_switch where workspace = $1";
        let rows: Vec<SwitchRow> = reading!(self, |connection| {
            sqlx::query_as(SQL).bind(workspace.as_str()).fetch_all(&mut *connection).await?
        })?;
        rows.into_iter()
            .map(|row| Ok((read(&row.function, "function")?, read(&row.switch, "switch")?)))
            .collect()
    }
}

/// A step of a connection, for the audit trail.
pub(crate) fn step(
    workspace: &WorkspaceId,
    mode: Mode,
    event: &str,
    detail: Value,
    by: &str,
) -> NewAuditEntry {
    NewAuditEntry {
        workspace: workspace.clone(),
        actor: by.to_owned(),
        event: event.to_owned(),
        subject: Some(mode.as_str().to_owned()),
        detail,
    }
}

impl TryFrom<ConnectionRow> for Connection {
    type Error = LedgerError;

    fn try_from(row: ConnectionRow) -> Result<Self, LedgerError> {
        let key = NewConnection {
            workspace: read(&row.workspace, "workspace")?,
            mode: read_mode(&row.mode)?,
            sealed_key: Sealed::from_bytes(row.sealed_key),
            key_hint: row.key_hint,
        };
        let status = read_status(&row.status)?;
        Ok(Self { key, status, connected_at: read_time(row.connected_at)? })
    }
}

fn read_mode(text: &str) -> Result<Mode, LedgerError> {
    [Mode::Test, Mode::Live]
        .into_iter()
        .find(|mode| mode.as_str() == text)
        .ok_or(LedgerError::Unreadable { what: "mode" })
}

fn read_status(text: &str) -> Result<ConnectionStatus, LedgerError> {
    [ConnectionStatus::Connected, ConnectionStatus::Refused]
        .into_iter()
        .find(|status| status.as_str() == text)
        .ok_or(LedgerError::Unreadable { what: "status of a connection" })
}

//! Stored keys and the master key they are sealed with: how each stands, and sealing them anew after the master key was changed.

use domain::{Mode, Scope, WorkspaceId};
use serde_json::json;

use crate::audit::append;
use crate::engine::in_transaction;
use crate::vault::{Seal, Sealed, Vault, VaultError};
use crate::workspaces::step;
use crate::{Connection, Ledger, LedgerError};

/// What became of the stored keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedAnew {
    /// How many are now sealed with the present master key, and were not before.
    pub sealed: usize,
    /// How many neither master key opens; they stay as they are.
    pub locked: usize,
}

/// The stored keys could not be sealed anew. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SealAnewError {
    /// The ledger does not answer, or refused.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A key could be opened, and not be sealed.
    #[error("a key cannot be sealed")]
    Vault(#[from] VaultError),
}

/// A key that is sealed with the master key of before.
struct Outdated {
    workspace: WorkspaceId,
    mode: Mode,
    before: Sealed,
    now: Sealed,
}

impl Ledger {
    /// Seals the stored keys of one workspace or of all with the present master key, where they are sealed with the one of before; all in one
    /// transaction, noted in the trail of each workspace. Afterwards nothing there needs the master key of before.
    ///
    /// A key that somebody stores meanwhile stays as they stored it.
    pub async fn seal_anew(
        &self,
        vault: &Vault,
        scope: &Scope,
        by: &str,
    ) -> Result<SealedAnew, SealAnewError> {
        let stored = match scope {
            Scope::All => self.connections().await?,
            Scope::Workspace(workspace) => self.connections_of(workspace).await?,
        };
        let seal = |connection: &Connection| vault.seal_of(&connection.key);
        let locked = stored.iter().filter(|connection| seal(connection) == Seal::Locked).count();
        let outdated = stored.into_iter().filter(|connection| seal(connection) == Seal::Before);
        let outdated: Vec<Outdated> =
            outdated.map(|connection| sealed_anew(vault, connection)).collect::<Result<_, _>>()?;
        Ok(SealedAnew { sealed: self.store_anew(&outdated, by).await?, locked })
    }

    async fn store_anew(&self, outdated: &[Outdated], by: &str) -> Result<usize, LedgerError> {
        const SQL: &str =
            "update connection set sealed_key = $4 where workspace = $1 and mode = $2 and sealed_key = $3";
        in_transaction!(self, |transaction, now| {
            let mut changed = Vec::with_capacity(outdated.len());
            for key in outdated {
                let stored = sqlx::query(SQL)
                    .bind(key.workspace.as_str())
                    .bind(key.mode.as_str())
                    .bind(key.before.as_bytes())
                    .bind(key.now.as_bytes())
                    .execute(&mut *transaction)
                    .await?;
                changed.extend((stored.rows_affected() > 0).then_some(key));
            }
            // The ends of trails are locked last, by the workspaces' names, as the keys were listed.
            for key in &changed {
                let entry = step(&key.workspace, key.mode, "connection.sealed_anew", json!({}), by);
                append!(transaction, now, entry);
            }
            changed.len()
        })
    }
}

fn sealed_anew(vault: &Vault, connection: Connection) -> Result<Outdated, VaultError> {
    let key = connection.key;
    let opened = vault.open(&key.workspace, key.mode, &key.sealed_key)?;
    let now = vault.seal(&key.workspace, key.mode, opened.reveal())?;
    Ok(Outdated { workspace: key.workspace, mode: key.mode, before: key.sealed_key, now })
}

//! The master key, and how the stored keys stand to it.

use domain::WorkspaceId;
use store::vault::Seal;

use crate::Desk;
use crate::complaint::Complaint;

/// The stored keys of those workspaces that somebody looks after.
pub(super) struct Keys {
    /// Whether these are the keys of everybody.
    pub(super) are_all: bool,
    /// Whether there is a master key.
    pub(super) has_master_key: bool,
    /// How many are sealed with it.
    pub(super) present: usize,
    /// Whose are sealed with the one of before.
    pub(super) before: Vec<String>,
    /// Whose no master key opens.
    pub(super) locked: Vec<String>,
}

impl Keys {
    pub(super) async fn of(
        desk: &Desk,
        workspaces: &[WorkspaceId],
        are_all: bool,
    ) -> Result<Self, Complaint> {
        let has_master_key = desk.vault.is_some();
        let mut keys = Self { are_all, has_master_key, present: 0, before: Vec::new(), locked: Vec::new() };
        let stored = desk.ledger.connections().await?;
        for key in stored.into_iter().map(|stored| stored.key) {
            if !workspaces.contains(&key.workspace) {
                continue;
            }
            let named = || format!("{} ({}, …{})", key.workspace, key.mode.as_str(), key.key_hint);
            match desk.vault.as_ref().map_or(Seal::Locked, |vault| vault.seal_of(&key)) {
                Seal::Present => keys.present += 1,
                Seal::Before => keys.before.push(named()),
                Seal::Locked => keys.locked.push(named()),
            }
        }
        Ok(keys)
    }
}

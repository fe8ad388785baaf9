//! What a workspace brings along: its way to Stripe and its policy.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::{Mode, Permit, Policy, WorkspaceId};
use stripe_client::{Stripe, StripeReader, Write};

/// One tenant, as mails are processed for it.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// Its name.
    pub id: WorkspaceId,
    /// Its way to Stripe.
    pub stripe: Access,
    /// Its rules.
    pub policy: Policy,
    /// The [`Policy::version`] of these rules, which every draft names.
    pub policy_version: String,
}

impl Workspace {
    /// A tenant with these rules.
    pub fn new(id: WorkspaceId, stripe: Access, policy: Policy) -> Self {
        let policy_version = policy.version();
        Self { id, stripe, policy, policy_version }
    }
}

/// How far a way to Stripe goes.
#[derive(Debug, Clone)]
pub enum Access {
    /// Reading only: for replays and the simulator, where writing is impossible by type.
    Reading(StripeReader),
    /// Reading, and writing with a permit.
    Full(Stripe),
}

impl Access {
    /// The part that reads.
    pub const fn reader(&self) -> &StripeReader {
        match self {
            Self::Reading(reader) => reader,
            Self::Full(stripe) => stripe.reader(),
        }
    }

    /// The part that writes, where there is one: one write per permit.
    pub(crate) fn write(&self, permit: Permit) -> Option<Write<'_>> {
        match self {
            Self::Reading(_) => None,
            Self::Full(stripe) => Some(stripe.write(permit)),
        }
    }

    /// Test or live data.
    pub fn mode(&self) -> Mode {
        self.reader().mode()
    }
}

/// The connected workspaces by name; replaced as a whole when keys or switches change.
#[derive(Debug, Clone, Default)]
pub struct Workspaces(Arc<RwLock<HashMap<WorkspaceId, Arc<Workspace>>>>);

impl Workspaces {
    /// The workspace, when it is connected.
    pub fn get(&self, id: &WorkspaceId) -> Option<Arc<Workspace>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// All of them, in no order.
    pub fn all(&self) -> Vec<Arc<Workspace>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// For how long Stripe has refused the key of a workspace; none: it is not connected, or its key is accepted.
    pub fn key_refused_for(&self, id: &WorkspaceId) -> Option<Duration> {
        self.get(id)?.stripe.reader().key_refused_for()
    }

    /// Whether there is work for nobody: workspaces are connected, and Stripe refuses the key of each.
    pub fn all_keys_are_refused(&self) -> bool {
        let workspaces = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let is_refused = |workspace: &Arc<Workspace>| workspace.stripe.reader().key_refused_for().is_some();
        !workspaces.is_empty() && workspaces.values().all(is_refused)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nothing is connected.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts `workspaces` in place of those before. Mails already being worked on keep what they began with.
    pub fn replace(&self, workspaces: impl IntoIterator<Item = Workspace>) {
        let map =
            workspaces.into_iter().map(|workspace| (workspace.id.clone(), Arc::new(workspace))).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = map;
    }
}

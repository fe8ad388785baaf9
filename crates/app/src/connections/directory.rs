//! The workspaces as configuration and ledger have them: keys, and switches over the policy.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use domain::policy::Switch;
use domain::{Function, Mode, Policy, WorkspaceId};
use engine::{Access, Workspace, Workspaces};
use meters::Meters;
use store::vault::{Vault, VaultError};
use store::{Connection, Ledger};
use stripe_client::{KeyError, Stripe};

use super::{stripe_config, vault};
use crate::complaint::Advice;
use crate::settings::{OnOff, PolicyFile, Reread, Settings, StripeKey, WAYS_TO_AUTHENTICATE, doubts};

/// Who notes in the audit trail which policy is in force.
const ACTOR: &str = "worker";

/// Keeps the workspaces up to date.
#[derive(Debug)]
pub(crate) struct Directory {
    settings: Settings,
    /// Where the policy is read again; none for what runs once.
    policy_file: Option<PolicyFile>,
    ledger: Ledger,
    /// Clients by workspace and key, so that a refresh keeps connections and rate limits.
    clients: HashMap<(WorkspaceId, String), Stripe>,
    /// The version of each policy as the audit trail has it; none for what runs once.
    noted: Option<BTreeMap<WorkspaceId, String>>,
    /// Count the calls to Stripe; none for what runs once.
    meters: Option<Arc<Meters>>,
    /// Workspaces whose stored key is not used, and why.
    unusable: BTreeMap<WorkspaceId, Unusable>,
    /// Workspaces whose switches allow money though nobody's sender can be authenticated.
    held_back: BTreeSet<WorkspaceId>,
    /// What the engine sees.
    pub(crate) workspaces: Workspaces,
}

impl Directory {
    /// Reads keys and switches for the first time. A workspace that allows money while nobody can be believed does not start.
    pub(crate) async fn load(settings: &Settings, ledger: &Ledger) -> anyhow::Result<Self> {
        let mut directory = Self {
            settings: settings.clone(),
            policy_file: None,
            ledger: ledger.clone(),
            clients: HashMap::new(),
            noted: None,
            meters: None,
            unusable: BTreeMap::new(),
            held_back: BTreeSet::new(),
            workspaces: Workspaces::default(),
        };
        directory.refresh().await?;
        match directory.held_back.first() {
            Some(id) => Err(money_without_verifier(id)),
            None => Ok(directory),
        }
    }

    /// The same for a worker: from now on the policy follows the configuration file, the audit trail follows the policy, and calls to
    /// Stripe are counted.
    pub(crate) async fn following(
        self,
        policy_file: Option<PolicyFile>,
        meters: &Arc<Meters>,
    ) -> anyhow::Result<Self> {
        warn_of_doubts(&self.settings.policy);
        let meters = Some(Arc::clone(meters));
        let (clients, noted) = (HashMap::new(), Some(BTreeMap::new()));
        let mut directory = Self { policy_file, clients, noted, meters, ..self };
        directory.refresh().await?;
        Ok(directory)
    }

    /// Reads policy, keys and switches again. What is wrong with one workspace holds up no other: where a key cannot be used, that workspace is
    /// left out, and where money is allowed while nobody can be believed, it stays off there.
    pub(crate) async fn refresh(&mut self) -> anyhow::Result<()> {
        self.reread_policy().await;
        let StoredKeys { usable: mut keys, unusable } =
            StoredKeys::read(&self.settings, &self.ledger).await?;
        if let Some(key) = &self.settings.stripe.key {
            keys.insert(self.settings.workspace.clone(), key.clone());
        }
        self.note_unusable(unusable);
        let mut held_back = BTreeSet::new();
        let mut loaded = Vec::with_capacity(keys.len());
        for (id, key) in keys {
            if self.workspaces.get(&id).is_none() {
                self.ledger.ensure_workspace(&id).await?;
            }
            let stripe = self.client(&id, &key)?;
            let mut policy = policy(&self.settings, &self.ledger, &id).await?;
            if hold_back_money(&mut policy, &self.settings) {
                held_back.insert(id.clone());
            }
            loaded.push(Workspace::new(id, Access::Full(stripe), policy));
        }
        self.note_policies(&loaded).await?;
        self.workspaces.replace(loaded);
        self.note_held_back(held_back);
        Ok(())
    }

    /// Each policy stands in the audit trail before anything is judged by it.
    async fn note_policies(&mut self, workspaces: &[Workspace]) -> anyhow::Result<()> {
        let Some(noted) = &mut self.noted else { return Ok(()) };
        for Workspace { id, policy_version, .. } in workspaces {
            if noted.get(id) != Some(policy_version) {
                self.ledger.note_policy(id, policy_version, ACTOR).await?;
                noted.insert(id.clone(), policy_version.clone());
            }
        }
        Ok(())
    }

    /// Takes over the policy of a configuration file that changed. One that is wrong or gone leaves the policy of before.
    async fn reread_policy(&mut self) {
        let Some(file) = &mut self.policy_file else { return };
        let found = file.reread().await;
        let path = file.path().display();
        match found {
            Reread::Same => {}
            Reread::Right(policy) => {
                let waiting = file.waiting_for_restart();
                if !waiting.is_empty() {
                    let settings = waiting.join(", ");
                    tracing::warn!(file = %path, settings, "the configuration file changes more than the policy; that takes a restart");
                }
                replace_policy(&mut self.settings.policy, policy);
            }
            Reread::Wrong(wrong) => {
                tracing::error!(file = %path, error = %wrong, "the configuration file is wrong; the policy stays as it was");
            }
            Reread::Unreadable(reason) => {
                tracing::error!(file = %path, error = reason, "the configuration file cannot be read; the policy stays as it was");
            }
        }
    }

    /// The workspace, or what keeps it from being used.
    pub(crate) fn workspace(&self, id: &WorkspaceId) -> anyhow::Result<Arc<Workspace>> {
        match (self.workspaces.get(id), self.unusable.get(id)) {
            (Some(workspace), _) => Ok(workspace),
            (None, Some(reason)) => Err(Advice::usage(
                format!("the stored Stripe key of the workspace {id} cannot be used"),
                reason.to_string(),
            )),
            (None, None) => Err(no_key(&format!("none is connected to the workspace {id}"))),
        }
    }

    /// A worker without any key has nothing to do.
    pub(crate) fn require_a_key(&self) -> anyhow::Result<()> {
        match (self.workspaces.is_empty(), self.unusable.first_key_value()) {
            (false, _) => Ok(()),
            (true, None) => Err(no_key("none is connected")),
            (true, Some((id, _))) => self.workspace(id).map(drop),
        }
    }

    /// Each reason is logged once, not at every refresh.
    fn note_unusable(&mut self, unusable: BTreeMap<WorkspaceId, Unusable>) {
        for (id, reason) in &unusable {
            if self.unusable.get(id) != Some(reason) {
                tracing::warn!(workspace.id = %id, %reason, "a stored Stripe key is not used");
            }
        }
        self.unusable = unusable;
    }

    /// As [`Directory::note_unusable`].
    fn note_held_back(&mut self, held_back: BTreeSet<WorkspaceId>) {
        for id in held_back.difference(&self.held_back) {
            tracing::error!(
                workspace.id = %id,
                advice = WAYS_TO_AUTHENTICATE,
                "refunds and cancellations stay off: nobody's sender can be authenticated"
            );
        }
        self.held_back = held_back;
    }

    fn client(&mut self, id: &WorkspaceId, key: &StripeKey) -> anyhow::Result<Stripe> {
        let slot = (id.clone(), key.expose().to_owned());
        if let Some(stripe) = self.clients.get(&slot) {
            return Ok(stripe.clone());
        }
        let meters = self.meters.as_ref().map(|meters| meters.of(id));
        let config = stripe_client::Config { meters, ..stripe_config(&self.settings.stripe) };
        let stripe = Stripe::new(&key.key, config)?;
        self.clients.insert(slot, stripe.clone());
        Ok(stripe)
    }
}

fn replace_policy(running: &mut Policy, policy: Policy) {
    let (before, now) = (running.version(), policy.version());
    if before == now {
        return;
    }
    *running = policy;
    tracing::info!(
        policy.before = before,
        policy.now = now,
        "the policy of the configuration file is taken over"
    );
    warn_of_doubts(running);
}

fn warn_of_doubts(policy: &Policy) {
    for doubt in doubts(policy) {
        tracing::warn!(doubt, "the policy says what can hardly be meant");
    }
}

/// The policy of the configuration, with the switches of a workspace laid over it.
pub(crate) async fn policy(settings: &Settings, ledger: &Ledger, id: &WorkspaceId) -> anyhow::Result<Policy> {
    let mut policy = settings.policy.clone();
    policy.functions.extend(ledger.switches(id).await?);
    Ok(policy)
}

/// Switches off what moves money where nobody's sender can be authenticated, and says whether anything was on.
pub(crate) fn hold_back_money(policy: &mut Policy, settings: &Settings) -> bool {
    if !policy.allows_money() || settings.verifies_senders() {
        return false;
    }
    let moving_money = Function::ALL.into_iter().filter(|function| function.moves_money());
    policy.functions.extend(moving_money.map(|function| (function, Switch::Off)));
    true
}

/// A switch in the ledger outlives the configuration that allowed it.
pub(crate) fn money_without_verifier(id: &WorkspaceId) -> anyhow::Error {
    Advice::usage(
        format!("the workspace {id} may refund or cancel, but nobody's sender can be authenticated"),
        format!(
            "{WAYS_TO_AUTHENTICATE}; or switch them off with `postill functions off refund` and \
             `postill functions off cancel_subscription`"
        ),
    )
}

/// That a key is needed, and how to give one.
pub(crate) fn no_key(what: &str) -> anyhow::Error {
    Advice::usage(
        format!("Stripe Secret Key is required: {what}"),
        "set POSTILL_STRIPE_KEY to a restricted key (rk_test_…), or store one with `postill connect`",
    )
}

/// The keys of the ledger, opened.
#[derive(Debug, Default)]
pub(crate) struct StoredKeys {
    /// One for each workspace; where both are stored and allowed, live goes before test.
    pub(crate) usable: BTreeMap<WorkspaceId, StripeKey>,
    /// Workspaces whose keys are stored and not used, and why.
    pub(crate) unusable: BTreeMap<WorkspaceId, Unusable>,
}

/// Why a stored key is not used, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error(
        "it is a live key, and live keys are not switched on: set stripe.allow_live = \"on\" when you mean real money"
    )]
    LiveIsOff,
    #[error(
        "the master key that opens it is missing: set POSTILL_MASTER_KEY or POSTILL_MASTER_KEY_FILE, or connect it anew"
    )]
    NoMasterKey,
    #[error("{0}: configure the master key it was sealed with, or connect it anew")]
    Sealed(#[from] VaultError),
    #[error("{0}")]
    NotAKey(#[from] KeyError),
}

impl StoredKeys {
    pub(crate) async fn read(settings: &Settings, ledger: &Ledger) -> anyhow::Result<Self> {
        let connections = ledger.connections().await?;
        let mut keys = Self::default();
        if connections.is_empty() {
            return Ok(keys);
        }
        let vault = vault(settings)?;
        for connection in connections {
            let (id, mode) = (connection.key.workspace.clone(), connection.key.mode);
            match open(settings, vault.as_ref(), &connection) {
                Ok(_test) if mode == Mode::Test && keys.usable.contains_key(&id) => {}
                Ok(key) => _ = keys.usable.insert(id, key),
                Err(reason) => _ = keys.unusable.insert(id, reason),
            }
        }
        let Self { usable, unusable } = &mut keys;
        unusable.retain(|id, _| !usable.contains_key(id));
        Ok(keys)
    }
}

/// Opens one key, or says what keeps it from being used.
fn open(settings: &Settings, vault: Option<&Vault>, connection: &Connection) -> Result<StripeKey, Unusable> {
    let stored = &connection.key;
    if stored.mode == Mode::Live && settings.stripe.allow_live == OnOff::Off {
        return Err(Unusable::LiveIsOff);
    }
    let vault = vault.ok_or(Unusable::NoMasterKey)?;
    let secret = vault.open(&stored.workspace, stored.mode, &stored.sealed_key)?;
    Ok(secret.reveal().parse()?)
}

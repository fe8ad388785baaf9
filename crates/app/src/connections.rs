//! From settings to open connections: the ledger, the workspaces with their Stripe keys, the engine.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use domain::{Clock, Mode, Policy, SystemClock, WorkspaceId};
use engine::{Access, Engine, Limits, Workspace, Workspaces};
use store::vault::{MasterKey, Vault};
use store::{Ledger, MigrateError};
use stripe_client::{BaseUrl, Rates, SecretKey, Stripe};

use crate::complaint::Advice;
use crate::settings::{MailSettings, OnOff, Settings, StripeSettings};

/// Opens the ledger and makes sure that its tables are up to date.
pub(crate) async fn ledger(settings: &Settings) -> anyhow::Result<Ledger> {
    let ledger = open_ledger(settings).await?;
    let pending = ledger.pending_migrations().await?;
    if pending.is_empty() {
        return Ok(ledger);
    }
    let what = format!("the ledger lacks {} migrations", pending.len());
    Err(Advice::usage(what, "run `postill migrate` once, before workers start"))
}

/// Opens the ledger as it is.
pub(crate) async fn open_ledger(settings: &Settings) -> anyhow::Result<Ledger> {
    let url = settings.database.url.expose().parse().context("database.url (POSTILL_DATABASE_URL)")?;
    let mut config = store::Config::new(url);
    config.max_connections = settings.database.connections;
    Ledger::open(&config, Arc::new(SystemClock))
        .await
        .context("the ledger (database.url, POSTILL_DATABASE_URL)")
}

/// Opens the ledger and brings its tables up to date: for one machine, where nobody else uses it.
pub(crate) async fn embedded_ledger(url: &str) -> anyhow::Result<Ledger> {
    let ledger = Ledger::open(&store::Config::new(url.parse()?), Arc::new(SystemClock)).await?;
    ledger.migrate().await.map_err(|error: MigrateError| anyhow::Error::from(error))?;
    Ok(ledger)
}

/// The ledger of the configuration; on one machine with SQLite it is made when it is not there.
pub(crate) async fn embedded_or_ledger(settings: &Settings) -> anyhow::Result<Ledger> {
    let url = settings.database.url.expose();
    if url.starts_with("sqlite:") { embedded_ledger(url).await } else { ledger(settings).await }
}

/// Whom to believe about a sender.
pub(crate) fn reader(settings: &MailSettings) -> mail::Reader {
    let trust = mail::Trust {
        authserv_ids: settings.trusted_authserv_ids.clone(),
        own_hosts: settings.own_hosts.clone(),
        own_addresses: settings.own_addresses.clone(),
        producers: settings.trusted_producers.clone(),
    };
    mail::Reader::new(
        trust,
        mail::Limits { max_message_bytes: settings.max_bytes, ..mail::Limits::default() },
    )
}

/// The engine over `ledger` and `workspaces`.
pub(crate) fn engine(settings: &Settings, ledger: Ledger, workspaces: Workspaces, patience: usize) -> Engine {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let limits = Limits {
        lease: settings.worker.lease,
        crash_limit: settings.worker.crash_limit,
        patience: u32::try_from(patience).unwrap_or(u32::MAX),
    };
    Engine { reader: reader(&settings.mail), ledger, workspaces, clock, limits }
}

/// The configuration of the Stripe client.
pub(crate) fn stripe_config(settings: &StripeSettings) -> anyhow::Result<stripe_client::Config> {
    let base_url: BaseUrl = settings.url.parse().context("stripe.url (POSTILL_STRIPE_URL)")?;
    let rates = settings.requests_per_second.map_or_else(Rates::default, |rate| Rates {
        per_endpoint: rate,
        search: rate,
        account_live: rate,
        account_test: rate,
    });
    Ok(stripe_client::Config {
        base_url,
        rates,
        timeout: settings.timeout,
        deadline: settings.deadline,
        ..stripe_client::Config::default()
    })
}

/// Checks that a key may be used here: live data need a second switch.
pub(crate) fn allowed_key(settings: &StripeSettings, text: &str) -> anyhow::Result<SecretKey> {
    let key: SecretKey = text.parse()?;
    if key.mode() == Mode::Live && settings.allow_live == OnOff::Off {
        let what = "this is a live key, and live keys are not switched on";
        return Err(Advice::usage(
            what,
            "use a test key (rk_test_…), or set stripe.allow_live = \"on\" when you mean real money",
        ));
    }
    Ok(key)
}

/// The vault of Stripe keys. On one machine with SQLite, the master key lies in a file beside the ledger and is made when missing.
pub(crate) fn vault(settings: &Settings) -> anyhow::Result<Option<Vault>> {
    if let Some(text) = &settings.master_key {
        return Ok(Some(Vault::new(
            MasterKey::parse(text.expose()).context("master_key (POSTILL_MASTER_KEY)")?,
            None,
        )));
    }
    let Some(path) = master_key_file(settings.database.url.expose()) else { return Ok(None) };
    let key = if path.exists() { MasterKey::read(&path) } else { MasterKey::generate(&path) };
    Ok(Some(Vault::new(key.with_context(|| format!("the master key in {}", path.display()))?, None)))
}

/// `postill.db` → `postill.db.key`; none for a server.
fn master_key_file(database_url: &str) -> Option<PathBuf> {
    let path = database_url.strip_prefix("sqlite:")?.trim_start_matches("//");
    let path = path.split('?').next().unwrap_or(path);
    (!path.starts_with(':') && !path.is_empty()).then(|| PathBuf::from(format!("{path}.key")))
}

/// Keeps the workspaces as configuration and ledger have them: keys, and switches over the policy.
#[derive(Debug)]
pub(crate) struct Directory {
    settings: Settings,
    ledger: Ledger,
    vault: Option<Vault>,
    /// Clients by workspace and key, so that a refresh keeps connections and rate limits.
    clients: HashMap<(WorkspaceId, String), Stripe>,
    /// What the engine sees.
    pub(crate) workspaces: Workspaces,
}

impl Directory {
    pub(crate) async fn load(settings: &Settings, ledger: &Ledger) -> anyhow::Result<Self> {
        let mut directory = Self {
            settings: settings.clone(),
            ledger: ledger.clone(),
            vault: vault(settings)?,
            clients: HashMap::new(),
            workspaces: Workspaces::default(),
        };
        directory.refresh().await?;
        Ok(directory)
    }

    /// Reads keys and switches again.
    pub(crate) async fn refresh(&mut self) -> anyhow::Result<()> {
        let mut keys = self.stored_keys().await?;
        if let Some(key) = &self.settings.stripe.key {
            let key = allowed_key(&self.settings.stripe, key.expose())
                .context("stripe.key (POSTILL_STRIPE_KEY)")?;
            keys.insert(
                self.settings.workspace.clone(),
                (
                    key,
                    self.settings.stripe.key.as_ref().map(|key| key.expose().to_owned()).unwrap_or_default(),
                ),
            );
        }
        let mut loaded = Vec::with_capacity(keys.len());
        for (id, (key, text)) in keys {
            if self.workspaces.get(&id).is_none() {
                self.ledger.ensure_workspace(&id).await?;
            }
            let stripe = self.client(&id, &key, text)?;
            let policy = self.policy(&id).await?;
            loaded.push(Workspace { id, stripe: Access::Full(stripe), policy });
        }
        self.workspaces.replace(loaded);
        Ok(())
    }

    async fn stored_keys(&self) -> anyhow::Result<HashMap<WorkspaceId, (SecretKey, String)>> {
        let mut keys = HashMap::new();
        let Some(vault) = &self.vault else { return Ok(keys) };
        for connection in self.ledger.connections().await? {
            let stored = connection.key;
            if stored.mode == Mode::Live && self.settings.stripe.allow_live == OnOff::Off {
                continue;
            }
            let secret = vault
                .open(&stored.workspace, stored.mode, &stored.sealed_key)
                .with_context(|| format!("the stored Stripe key of the workspace {}", stored.workspace))?;
            let text = secret.reveal().to_owned();
            let live_goes_first = stored.mode == Mode::Live || !keys.contains_key(&stored.workspace);
            if live_goes_first {
                keys.insert(stored.workspace, (text.parse()?, text));
            }
        }
        Ok(keys)
    }

    fn client(&mut self, id: &WorkspaceId, key: &SecretKey, text: String) -> anyhow::Result<Stripe> {
        let slot = (id.clone(), text);
        if let Some(stripe) = self.clients.get(&slot) {
            return Ok(stripe.clone());
        }
        let stripe = Stripe::new(key, stripe_config(&self.settings.stripe)?)?;
        self.clients.insert(slot, stripe.clone());
        Ok(stripe)
    }

    async fn policy(&self, id: &WorkspaceId) -> anyhow::Result<Policy> {
        let mut policy = self.settings.policy.clone();
        policy.functions.extend(self.ledger.switches(id).await?);
        Ok(policy)
    }
}

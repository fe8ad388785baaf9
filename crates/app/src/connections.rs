//! From settings to open connections: the ledger, the workspaces with their Stripe keys, the engine.

mod directory;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use domain::{Clock, Mode, RunKind, SystemClock};
use engine::{Brake, Engine, Limits, SecondReader, Senders, Workspaces};
use intent::Classifier;
use language_model::LanguageModel;
use store::vault::{MasterKey, Vault};
use store::{DatabaseUrl, Ledger, OpenError};
use stripe_client::Rates;
use verifier::Verifier;

use crate::complaint::{Advice, chain, read_file};
use crate::settings::{LanguageModelSettings, MailSettings, OnOff, Settings, StripeKey, StripeSettings};
pub(crate) use directory::{Directory, StoredKeys, hold_back_money, money_without_verifier, no_key, policy};

/// Opens the ledger and makes sure that its tables are up to date.
pub(crate) async fn ledger(settings: &Settings) -> anyhow::Result<Ledger> {
    let ledger = open_ledger(settings).await?;
    let pending = ledger.pending_migrations().await?;
    if pending.is_empty() {
        return Ok(ledger);
    }
    let what = match pending.len() {
        1 => "the ledger lacks 1 migration".to_owned(),
        several => format!("the ledger lacks {several} migrations"),
    };
    Err(Advice::usage(
        format!("{what} ({})", settings.database.url),
        "run `postill migrate` once, before workers start",
    ))
}

/// Opens the ledger as it is.
pub(crate) async fn open_ledger(settings: &Settings) -> anyhow::Result<Ledger> {
    let mut config = store::Config::new(settings.database.url.clone());
    config.max_connections = settings.database.connections;
    Ledger::open(&config, Arc::new(SystemClock)).await.map_err(explain)
}

/// What a person can do when the database cannot be used.
fn explain(error: OpenError) -> anyhow::Error {
    let advice = match &error {
        OpenError::Unreachable { .. } => {
            "is the database running there? Set POSTILL_DATABASE_URL, as in postgres://user:password@host:5432/postill"
        }
        OpenError::CredentialsRefused { .. } => "check user and password in POSTILL_DATABASE_URL",
        OpenError::NoSuchDatabase { .. } => {
            "make it, as with `createdb`, or correct the last part of POSTILL_DATABASE_URL; then run `postill migrate`"
        }
        OpenError::FileRefused { .. } => {
            "the folder must exist and be writable; POSTILL_DATABASE_URL says where the file lies"
        }
        OpenError::NotADatabase { .. } => {
            "POSTILL_DATABASE_URL names another kind of file; choose a name that is free"
        }
    };
    Advice::unavailable(chain(&error), advice)
}

/// The ledger of the configuration. On one machine, with SQLite, it is made and brought up to date on the way; a server's tables
/// are changed by `postill migrate` alone.
pub(crate) async fn embedded_or_ledger(settings: &Settings) -> anyhow::Result<Ledger> {
    if sqlite_file(&settings.database.url).is_none() {
        return ledger(settings).await;
    }
    let ledger = open_ledger(settings).await?;
    ledger.migrate().await?;
    Ok(ledger)
}

/// The ledger for its keys and switches alone. Where there is none, an empty one in its place, so that looking leaves no file behind.
pub(crate) async fn ledger_to_look_into(settings: &Settings) -> anyhow::Result<Ledger> {
    if sqlite_file(&settings.database.url).is_some_and(|file| !file.exists()) {
        return empty_ledger(settings).await;
    }
    ledger(settings).await
}

/// An empty ledger in memory, gone with the program.
pub(crate) async fn empty_ledger(settings: &Settings) -> anyhow::Result<Ledger> {
    let mut settings = settings.clone();
    settings.database.url = "sqlite::memory:".parse()?;
    let ledger = open_ledger(&settings).await?;
    ledger.migrate().await?;
    Ok(ledger)
}

/// The ledger that workers use, which is there already: a new one, made where somebody mistyped a path, would answer that nothing
/// waits, and take a halt that halts nobody.
pub(crate) async fn ledger_in_use(settings: &Settings) -> anyhow::Result<Ledger> {
    let url = &settings.database.url;
    if sqlite_file(url).is_some_and(|file| !file.exists()) {
        return Err(Advice::usage(
            format!("{url} does not exist, so no worker uses it; nothing was changed"),
            "give the worker's configuration with --config FILE, or its ledger with POSTILL_DATABASE_URL",
        ));
    }
    ledger(settings).await
}

/// The file of the ledger; none for a server, and none in memory.
pub(crate) fn sqlite_file(url: &DatabaseUrl) -> Option<PathBuf> {
    let path = url.to_string();
    let path = path.strip_prefix("sqlite:")?;
    (!path.starts_with(':')).then(|| PathBuf::from(path))
}

/// Whom to believe about a sender.
pub(crate) fn reader(settings: &MailSettings) -> mail::Reader {
    let trust = mail::Trust {
        authserv_ids: settings.trusted_authserv_ids.clone(),
        microsoft_365: settings.microsoft_365 == OnOff::On,
        arc_sealers: settings.arc_sealers.clone(),
        own_hosts: settings.own_hosts.clone(),
        own_addresses: settings.own_addresses.clone(),
        producers: settings.trusted_producers.clone(),
    };
    mail::Reader::new(trust, limits(settings))
}

/// How much of a mail is read.
pub(crate) fn limits(settings: &MailSettings) -> mail::Limits {
    mail::Limits { max_message_bytes: settings.max_bytes, ..mail::Limits::default() }
}

/// What verifies signatures, whether or not the worker is to do it.
pub(crate) fn verifier(settings: &MailSettings) -> anyhow::Result<Verifier> {
    Verifier::new(settings.verification.clone()).map_err(|error| {
        let advice = "set mail.dns_servers to a name server that can be reached from here";
        Advice::unavailable(chain(&error), advice)
    })
}

/// The engine over `ledger` and `workspaces`. It verifies nothing itself; a worker adds that.
pub(crate) fn engine(
    settings: &Settings,
    ledger: Ledger,
    workspaces: Workspaces,
    patience: usize,
) -> anyhow::Result<Engine> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let limits = Limits {
        lease: settings.worker.lease,
        crash_limit: settings.worker.crash_limit,
        patience: u32::try_from(patience).unwrap_or(u32::MAX),
    };
    let senders = Senders::default();
    Ok(Engine {
        reader: reader(&settings.mail),
        verifier: None,
        classifier: classifier(settings.model_file.as_deref())?,
        second_reader: second_reader(settings, &clock)?,
        ledger,
        workspaces,
        brake: Brake { file: settings.halt_file.clone() },
        clock,
        limits,
        senders,
        meters: None,
    })
}

/// The model in the binary, or the one of a file that `postill train` wrote.
pub(crate) fn classifier(model_file: Option<&Path>) -> anyhow::Result<Classifier> {
    let Some(file) = model_file else { return Ok(Classifier::embedded()) };
    Classifier::from_bytes(&read_file(file)?).map_err(|error| {
        let what = format!("the model {} cannot be used: {}", file.display(), chain(&error));
        Advice::usage(
            what,
            "write it anew with `postill train`, or name none, in classifier.model_file or by a flag, for the one in the binary",
        )
    })
}

/// The language model that is asked where the classifier is not sure, where there is one.
fn second_reader(settings: &Settings, clock: &Arc<dyn Clock>) -> anyhow::Result<Option<SecondReader>> {
    let Some(settings) = &settings.language_model else { return Ok(None) };
    let mut asked_in = vec![RunKind::Live, RunKind::Simulator];
    if settings.replay == OnOff::On {
        asked_in.extend([RunKind::Replay, RunKind::Load]);
    }
    Ok(Some(SecondReader { model: language_model(settings, Arc::clone(clock))?, asked_in }))
}

/// Its client.
pub(crate) fn language_model(
    settings: &LanguageModelSettings,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<LanguageModel> {
    Ok(LanguageModel::new(settings.config.clone(), clock)?)
}

/// The configuration of the Stripe client.
pub(crate) fn stripe_config(settings: &StripeSettings) -> stripe_client::Config {
    let rates = settings.requests_per_second.map_or_else(Rates::default, |rate| Rates {
        per_endpoint: rate,
        search: rate,
        account_live: rate,
        account_test: rate,
    });
    stripe_client::Config {
        base_url: settings.url.clone(),
        rates,
        timeout: settings.timeout,
        deadline: settings.deadline,
        ..stripe_client::Config::default()
    }
}

/// Reads a key that may be used here: live data need a second switch.
pub(crate) fn allowed_key(settings: &StripeSettings, text: &str) -> anyhow::Result<StripeKey> {
    let key: StripeKey = text.parse()?;
    if key.key.mode() == Mode::Live && settings.allow_live == OnOff::Off {
        let what = "this is a live key, and live keys are not switched on";
        return Err(Advice::usage(
            what,
            "use a test key (rk_test_…), or set stripe.allow_live = \"on\" when you mean real money",
        ));
    }
    Ok(key)
}

/// The vault to store a key with. On one machine with SQLite, the master key lies in a file beside the ledger and is made when missing.
pub(crate) fn vault_to_store(settings: &Settings) -> anyhow::Result<Vault> {
    if let Some(vault) = vault(settings)? {
        return Ok(vault);
    }
    let Some(path) = master_key_file(&settings.database.url) else {
        let advice = "set POSTILL_MASTER_KEY or POSTILL_MASTER_KEY_FILE to 32 random bytes, as from `openssl rand -base64 32`";
        return Err(Advice::usage("a key cannot be stored without a master key to seal it with", advice));
    };
    let key =
        MasterKey::generate(&path).with_context(|| format!("making the master key {}", path.display()))?;
    Ok(Vault::new(key, None))
}

/// The vault that opens stored keys, where there is a master key.
pub(crate) fn vault(settings: &Settings) -> anyhow::Result<Option<Vault>> {
    let before = settings.master_key_before.clone();
    if let Some(key) = &settings.master_key {
        return Ok(Some(Vault::new(key.clone(), before)));
    }
    let Some(path) = master_key_file(&settings.database.url).filter(|path| path.exists()) else {
        return Ok(None);
    };
    let key = MasterKey::read(&path).with_context(|| format!("the master key in {}", path.display()))?;
    Ok(Some(Vault::new(key, before)))
}

/// `postill.db` → `postill.db.key`; none for a server.
fn master_key_file(url: &DatabaseUrl) -> Option<PathBuf> {
    let mut path = sqlite_file(url)?.into_os_string();
    path.push(".key");
    Some(path.into())
}

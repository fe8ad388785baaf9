//! Configuration: defaults < TOML file < `POSTILL_*` environment < `--set`. This is the only place that reads the environment.
//!
//! Everything that is wrong is said at once, before anything connects.

mod ingest;
mod language_model;
mod layers;
mod otlp;
mod policy;
mod reading;
mod registry;
mod reload;
mod shown;

use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use broker::{AmqpUrl, Names};
use console::Proxies;
use domain::{EmailAddress, Mode, Policy, WorkspaceId};
use store::DatabaseUrl;
use store::vault::MasterKey;
use stripe_client::{BaseUrl, KeyError, SecretKey};

pub(crate) use ingest::{IngestSettings, S3Settings, Secret};
pub(crate) use language_model::LanguageModelSettings;
pub(crate) use layers::{Layers, Origin, Sources};
pub(crate) use otlp::OtlpSettings;
pub(crate) use policy::{doubts, money};
pub(crate) use reading::Expected;
use reading::Reading;
use registry as key;
pub(crate) use registry::{SETTINGS, Setting, environment_name};
pub(crate) use reload::{PolicyFile, Reread, changed_beside_policy, is_policy};
use shown::in_force;
pub(crate) use shown::{origin, shown};

/// In days: longer than anything is sent to Stripe again or looked up there, and than a monthly period, in which a cancellation can be taken back.
const SHORTEST_RETENTION: u64 = 35;

/// The configuration, parsed.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) workspace: WorkspaceId,
    pub(crate) amqp: AmqpSettings,
    pub(crate) database: DatabaseSettings,
    pub(crate) master_key: Option<MasterKey>,
    /// Opens what was sealed before the master key was changed.
    pub(crate) master_key_before: Option<MasterKey>,
    pub(crate) stripe: StripeSettings,
    pub(crate) mail: MailSettings,
    pub(crate) ingest: IngestSettings,
    pub(crate) policy: Policy,
    /// A model to read mail with instead of the one in the binary.
    pub(crate) model_file: Option<PathBuf>,
    /// Asked where the classifier is not sure.
    pub(crate) language_model: Option<LanguageModelSettings>,
    /// While it exists, nothing is changed at Stripe.
    pub(crate) halt_file: Option<PathBuf>,
    /// How long what an ended mail left of a customer is kept; none: for ever.
    pub(crate) retention: Option<Duration>,
    pub(crate) console: ConsoleSettings,
    pub(crate) worker: WorkerSettings,
    /// Where a worker says how it goes.
    pub(crate) observe_bind: Option<SocketAddr>,
    /// Where spans go; none: nowhere.
    pub(crate) otlp: Option<OtlpSettings>,
    pub(crate) log: LogSettings,
    /// Every setting as people may see it.
    pub(crate) in_force: Vec<console::Setting>,
}

#[derive(Debug, Clone)]
pub(crate) struct AmqpSettings {
    pub(crate) url: AmqpUrl,
    pub(crate) names: Names,
    pub(crate) prefetch: NonZeroU16,
    pub(crate) declare: OnOff,
}

#[derive(Debug, Clone)]
pub(crate) struct DatabaseSettings {
    pub(crate) url: DatabaseUrl,
    pub(crate) connections: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct StripeSettings {
    pub(crate) key: Option<StripeKey>,
    pub(crate) url: BaseUrl,
    pub(crate) allow_live: OnOff,
    /// Instead of Stripe's own limits.
    pub(crate) requests_per_second: Option<NonZeroU32>,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
}

/// A Stripe key and its text, which is sealed when it is stored. `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StripeKey {
    pub(crate) key: SecretKey,
    text: String,
}

impl StripeKey {
    /// The key itself, to be sealed.
    pub(crate) fn expose(&self) -> &str {
        &self.text
    }
}

impl FromStr for StripeKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Ok(Self { key: text.parse()?, text: text.trim().to_owned() })
    }
}

impl std::fmt::Debug for StripeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.key.fmt(f)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct MailSettings {
    pub(crate) trusted_authserv_ids: Vec<String>,
    pub(crate) microsoft_365: OnOff,
    pub(crate) arc_sealers: Vec<String>,
    pub(crate) own_hosts: Vec<String>,
    pub(crate) own_addresses: Vec<EmailAddress>,
    pub(crate) trusted_producers: Vec<String>,
    pub(crate) verify_dkim: OnOff,
    /// How signatures are verified here, where they are.
    pub(crate) verification: verifier::Config,
    pub(crate) max_bytes: usize,
}

impl MailSettings {
    /// The same with more to believe, from the command line.
    pub(crate) fn with(&self, authserv_ids: &[String], own_hosts: &[String]) -> Self {
        let mut settings = self.clone();
        settings.trusted_authserv_ids.extend_from_slice(authserv_ids);
        settings.own_hosts.extend_from_slice(own_hosts);
        settings
    }
}

#[derive(Debug, Clone)]
pub(crate) struct WorkerSettings {
    pub(crate) in_flight: usize,
    /// Bytes of mail in hand.
    pub(crate) in_flight_bytes: NonZeroUsize,
    /// What one workspace may have alone beside others.
    pub(crate) workspace_percent: usize,
    pub(crate) lease: Duration,
    pub(crate) grace: Duration,
    pub(crate) crash_limit: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct ConsoleSettings {
    pub(crate) bind: Option<SocketAddr>,
    pub(crate) https: OnOff,
    pub(crate) proxies: Proxies,
    pub(crate) idle: Duration,
    pub(crate) lasts: Duration,
    /// The largest report of a replay that is taken.
    pub(crate) report_bytes: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct LogSettings {
    pub(crate) filter: String,
    pub(crate) format: Option<LogFormat>,
}

/// A switch in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnOff {
    On,
    Off,
}

impl FromStr for OnOff {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "on" | "true" | "yes" | "1" => Ok(Self::On),
            "off" | "false" | "no" | "0" => Ok(Self::Off),
            _ => Err("expected on or off"),
        }
    }
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("expected text or json"),
        }
    }
}

/// Everything that is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} {}:\n  - {}", .0.len(), if .0.len() == 1 { "error" } else { "errors" }, .0.join("\n  - "))]
pub(crate) struct WrongSettings(pub(crate) Vec<String>);

/// The file, from `--config`, else `POSTILL_CONFIG`, else `postill.toml` where there is one.
pub(crate) fn configuration_file(flag: Option<PathBuf>) -> Option<PathBuf> {
    let from_environment = || {
        process_environment()
            .into_iter()
            .find(|(name, _)| name == "POSTILL_CONFIG")
            .map(|(_, path)| path.into())
    };
    let beside = || Some(PathBuf::from("postill.toml")).filter(|path| path.exists());
    flag.or_else(from_environment).or_else(beside)
}

/// The environment of this process, what is not UTF-8 left out.
pub(crate) fn process_environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)))
        .collect()
}

impl Settings {
    /// Parses every value; says everything that is wrong at once.
    pub(crate) fn parse(layers: Layers) -> Result<Self, WrongSettings> {
        let in_force = in_force(&layers);
        let mut read = Reading { layers };
        let workspace = read.optional(key::WORKSPACE).unwrap_or_default();
        let amqp = amqp(&mut read);
        let database_url = read.needed::<DatabaseUrl>(key::DATABASE_URL);
        let connections = read.number(key::DATABASE_CONNECTIONS, 1);
        let master_key = read.with(key::MASTER_KEY, MasterKey::parse);
        let master_key_before = read.with(key::MASTER_KEY_BEFORE, MasterKey::parse);
        let stripe = stripe(&mut read);
        let mail = mail(&mut read);
        let ingest = ingest::read(&mut read);
        let policy = policy::read(&mut read);
        let model_file = read.optional(key::CLASSIFIER_MODEL_FILE);
        let halt_file = read.with(key::HALT_FILE, absolute_path);
        let retention = read.with(key::RETENTION_DAYS, days);
        let console = console(&mut read);
        let worker = worker(&mut read);
        let language_model = language_model::read(&mut read, &worker);
        let observe_bind = read.optional(key::OBSERVE_BIND);
        let otlp = otlp::read(&mut read);
        let log = LogSettings { filter: read.log_filter(), format: read.optional(key::LOG_FORMAT) };
        check_money(&mut read, &policy, &mail);
        check_live(&mut read, &stripe);
        check_times(&mut read, &stripe, &worker);
        match (read.layers.into_problems(), database_url) {
            (problems, Some(url)) if problems.is_empty() => {
                let database = DatabaseSettings { url, connections };
                Ok(Self {
                    workspace,
                    amqp,
                    database,
                    master_key,
                    master_key_before,
                    stripe,
                    mail,
                    ingest,
                    policy,
                    model_file,
                    language_model,
                    halt_file,
                    retention,
                    console,
                    worker,
                    observe_bind,
                    otlp,
                    log,
                    in_force,
                })
            }
            (problems, _) => Err(WrongSettings(problems)),
        }
    }

    /// Whether anybody's sender can be authenticated at all.
    pub(crate) fn verifies_senders(&self) -> bool {
        self.mail.verifies_senders()
    }
}

fn console(read: &mut Reading) -> ConsoleSettings {
    ConsoleSettings {
        bind: read.optional(key::CONSOLE_BIND),
        https: read.optional(key::CONSOLE_HTTPS).unwrap_or(OnOff::Off),
        proxies: read.optional(key::CONSOLE_PROXIES).unwrap_or_default(),
        idle: Duration::from_mins(read.number(key::CONSOLE_IDLE, 1)),
        lasts: Duration::from_hours(read.number(key::CONSOLE_LASTS, 1)),
        report_bytes: read.number(key::CONSOLE_REPORT_BYTES, 1),
    }
}

fn amqp(read: &mut Reading) -> AmqpSettings {
    AmqpSettings {
        url: read.needed(key::AMQP_URL).unwrap_or_default(),
        names: read.with(key::AMQP_PREFIX, Names::with_prefix).unwrap_or_default(),
        prefetch: read.number(key::AMQP_PREFETCH, NonZeroU16::MIN),
        declare: read.with_default(key::AMQP_DECLARE, OnOff::Off),
    }
}

fn stripe(read: &mut Reading) -> StripeSettings {
    StripeSettings {
        key: read.optional(key::STRIPE_KEY),
        url: read.needed(key::STRIPE_URL).unwrap_or_else(BaseUrl::stripe),
        allow_live: read.with_default(key::STRIPE_ALLOW_LIVE, OnOff::Off),
        requests_per_second: read.optional(key::STRIPE_RATE),
        timeout: Duration::from_millis(read.number(key::STRIPE_TIMEOUT, 1)),
        deadline: Duration::from_millis(read.number(key::STRIPE_DEADLINE, 1)),
    }
}

/// How many questions to DNS a mail may wait for.
const QUESTIONS_WAITED_FOR: u32 = 3;

fn mail(read: &mut Reading) -> MailSettings {
    let max_bytes = read.number(key::MAIL_MAX_BYTES, 1);
    MailSettings {
        trusted_authserv_ids: read.list(key::MAIL_AUTHSERV_IDS),
        microsoft_365: read.with_default(key::MAIL_MICROSOFT, OnOff::Off),
        arc_sealers: read.list(key::MAIL_ARC_SEALERS),
        own_hosts: read.list(key::MAIL_OWN_HOSTS),
        own_addresses: read.addresses(key::MAIL_OWN_ADDRESSES),
        trusted_producers: read.list(key::MAIL_PRODUCERS),
        verify_dkim: read.with_default(key::MAIL_VERIFY_DKIM, OnOff::Off),
        verification: verification(read, max_bytes),
        max_bytes,
    }
}

fn verification(read: &mut Reading, max_message_bytes: usize) -> verifier::Config {
    let lookup_timeout = Duration::from_millis(read.number(key::MAIL_DNS_TIMEOUT, 1));
    verifier::Config {
        servers: read.name_servers(key::MAIL_DNS_SERVERS),
        lookup_timeout,
        total_timeout: lookup_timeout.saturating_mul(QUESTIONS_WAITED_FOR),
        max_message_bytes,
    }
}

/// What lets a sender be authenticated; one of them is enough.
pub(crate) const WAYS_TO_AUTHENTICATE: &str = "set mail.trusted_authserv_ids to the name your mail server writes into Authentication-Results, \
     mail.microsoft_365 = \"on\" where Exchange Online is your mail server, mail.trusted_producers to whoever hands mail on with a verdict \
     of its own, or mail.verify_dkim = \"on\" to have signatures verified here";

impl MailSettings {
    /// ARC sealers are no verifiers: their word alone is believed by nobody, and never enough for money.
    fn verifies_senders(&self) -> bool {
        !self.trusted_authserv_ids.is_empty()
            || !self.trusted_producers.is_empty()
            || self.verify_dkim == OnOff::On
            || self.microsoft_365 == OnOff::On
    }
}

/// A path that does not depend on where the program is started.
fn absolute_path(text: &str) -> Result<PathBuf, Expected> {
    let path = PathBuf::from(text);
    if path.is_absolute() { Ok(path) } else { Err(Expected("an absolute path, such as /run/postill/halt")) }
}

/// How long something is kept.
fn days(text: &str) -> Result<Duration, Expected> {
    match text.parse() {
        Ok(days @ SHORTEST_RETENTION..=36_500) => Ok(Duration::from_hours(24 * days)),
        Ok(_) | Err(_) => Err(Expected("a whole number of days, at least 35")),
    }
}

fn worker(read: &mut Reading) -> WorkerSettings {
    WorkerSettings {
        in_flight: read.number(key::WORKER_IN_FLIGHT, 1),
        in_flight_bytes: read.number(key::WORKER_IN_FLIGHT_BYTES, NonZeroUsize::MIN),
        workspace_percent: read.percent(key::WORKER_WORKSPACE_PERCENT),
        lease: Duration::from_secs(read.number(key::WORKER_LEASE, 1)),
        grace: Duration::from_secs(read.number(key::WORKER_GRACE, 0)),
        crash_limit: read.number(key::WORKER_CRASH_LIMIT, 1),
    }
}

fn check_money(read: &mut Reading, policy: &Policy, mail: &MailSettings) {
    if policy.allows_money() && !mail.verifies_senders() {
        let text = format!(
            "policy.functions allows refunds or cancellations, but nobody's sender can be authenticated: \
             {WAYS_TO_AUTHENTICATE}; or switch them off"
        );
        read.layers.complain(text);
    }
}

fn check_live(read: &mut Reading, stripe: &StripeSettings) {
    if stripe.key.as_ref().is_some_and(|key| key.key.mode() == Mode::Live) && stripe.allow_live == OnOff::Off
    {
        let text = "stripe.key is a live key, and live keys are not switched on: use a test key (rk_test_…), or set \
                    stripe.allow_live = \"on\" when you mean real money";
        read.layers.complain(text.to_owned());
    }
}

fn check_times(read: &mut Reading, stripe: &StripeSettings, worker: &WorkerSettings) {
    if stripe.deadline < stripe.timeout {
        let text = format!("{} must not be shorter than {}", key::STRIPE_DEADLINE, key::STRIPE_TIMEOUT);
        read.layers.complain(text);
    }
    if worker.lease <= stripe.deadline * 3 {
        let text = format!(
            "{} must be longer than three times {}, or a slow mail is taken over while it is worked on",
            key::WORKER_LEASE,
            key::STRIPE_DEADLINE
        );
        read.layers.complain(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(flags: &[&str]) -> Result<Settings, WrongSettings> {
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Settings::parse(Layers::read(&Sources {
            file: None,
            built_in: None,
            environment: &[],
            flags: &flags,
        }))
    }

    #[test]
    fn the_defaults_are_right_and_move_no_money() {
        let settings = parse(&[]).unwrap();
        assert!(!settings.policy.allows_money());
        assert_eq!(settings.stripe.allow_live, OnOff::Off);
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let error = parse(&[
            "amqp.prefetch=0",
            "policy.functions.refund=maybe",
            "policy.refund.limit=eur",
            "mail.own_addresses=me",
        ])
        .unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("the configuration has 4 errors:"), "{text}");
        for part in [
            "amqp.prefetch is \"0\" (--set)",
            "expected on, off or approval",
            "such as eur=100.00",
            "own_addresses",
        ] {
            assert!(text.contains(part), "{part} is missing from: {text}");
        }
    }

    #[test]
    fn money_without_a_trusted_verifier_does_not_start() {
        let error = parse(&["policy.functions.refund=on"]).unwrap_err().to_string();
        assert!(error.contains("mail.trusted_authserv_ids"), "{error}");
        for verifier in [
            "mail.trusted_authserv_ids=mx.example",
            "mail.verify_dkim=on",
            "mail.microsoft_365=on",
            "mail.trusted_producers=ses",
        ] {
            assert!(parse(&["policy.functions.refund=on", verifier]).is_ok(), "{verifier}");
        }
        assert!(parse(&["policy.functions.refund=on", "mail.arc_sealers=forwarder.example"]).is_err());
    }

    #[test]
    fn the_kill_switch_is_the_same_file_wherever_a_worker_starts() {
        assert_eq!(parse(&[]).unwrap().halt_file, None);
        let halt_file = parse(&["halt.file=/run/postill/halt"]).unwrap().halt_file;
        assert_eq!(halt_file, Some(PathBuf::from("/run/postill/halt")));
        let error = parse(&["halt.file=halt"]).unwrap_err().to_string();
        assert!(error.contains("an absolute path, such as /run/postill/halt"), "{error}");
    }

    #[test]
    fn signatures_are_verified_only_when_asked_for() {
        assert!(parse(&["mail.dns_servers=127.0.0.1"]).unwrap().mail.verify_dkim == OnOff::Off);
        let flags =
            ["mail.verify_dkim=on", "mail.dns_servers=127.0.0.1,[::1]:5353", "mail.dns_timeout_ms=500"];
        let mail = parse(&flags).unwrap().mail;
        assert_eq!(mail.verify_dkim, OnOff::On);
        let verification = mail.verification;
        assert_eq!(verification.servers, ["127.0.0.1:53".parse().unwrap(), "[::1]:5353".parse().unwrap()]);
        assert_eq!(verification.total_timeout, Duration::from_millis(1_500));
        assert!(parse(&["mail.dns_servers=ns.example"]).is_err());
    }
}

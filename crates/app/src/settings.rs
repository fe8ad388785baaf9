//! Configuration: defaults < TOML file < `POSTILL_*` environment < `--set`. This is the only place that reads the environment.
//!
//! Everything that is wrong is said at once, before anything connects.

mod layers;
mod registry;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use domain::policy::{RefundRules, Switch};
use domain::{Currency, EmailAddress, Function, Money, Policy, WorkspaceId};

pub(crate) use layers::{Layers, Origin, Sources};
use registry as key;
pub(crate) use registry::{SETTINGS, Secrecy, Setting, environment_name};

/// The configuration, parsed.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) workspace: WorkspaceId,
    pub(crate) amqp: AmqpSettings,
    pub(crate) database: DatabaseSettings,
    pub(crate) master_key: Option<Secret>,
    pub(crate) stripe: StripeSettings,
    pub(crate) mail: MailSettings,
    pub(crate) policy: Policy,
    pub(crate) worker: WorkerSettings,
    pub(crate) log: LogSettings,
}

/// A value that must never be shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[derive(Debug, Clone)]
pub(crate) struct AmqpSettings {
    pub(crate) url: Secret,
    pub(crate) prefix: String,
    pub(crate) prefetch: u16,
    pub(crate) declare: OnOff,
}

#[derive(Debug, Clone)]
pub(crate) struct DatabaseSettings {
    pub(crate) url: Secret,
    pub(crate) connections: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct StripeSettings {
    pub(crate) key: Option<Secret>,
    pub(crate) url: String,
    pub(crate) allow_live: OnOff,
    /// Instead of Stripe's own limits.
    pub(crate) requests_per_second: Option<NonZeroU32>,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
}

#[derive(Debug, Clone)]
pub(crate) struct MailSettings {
    pub(crate) trusted_authserv_ids: Vec<String>,
    pub(crate) own_hosts: Vec<String>,
    pub(crate) own_addresses: Vec<EmailAddress>,
    pub(crate) trusted_producers: Vec<String>,
    pub(crate) max_bytes: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct WorkerSettings {
    pub(crate) in_flight: usize,
    pub(crate) lease: Duration,
    pub(crate) grace: Duration,
    pub(crate) crash_limit: u32,
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
        let mut read = Reading { layers };
        let settings = Self {
            workspace: read.required(key::WORKSPACE),
            amqp: AmqpSettings {
                url: read.secret(key::AMQP_URL).unwrap_or_else(|| Secret(String::new())),
                prefix: read.text(key::AMQP_PREFIX),
                prefetch: read.number(key::AMQP_PREFETCH, 1),
                declare: read.with_default(key::AMQP_DECLARE, OnOff::Off),
            },
            database: DatabaseSettings {
                url: read.secret(key::DATABASE_URL).unwrap_or_else(|| Secret(String::new())),
                connections: read.number(key::DATABASE_CONNECTIONS, 1),
            },
            master_key: read.secret(key::MASTER_KEY),
            stripe: StripeSettings {
                key: read.secret(key::STRIPE_KEY),
                url: read.text(key::STRIPE_URL),
                allow_live: read.with_default(key::STRIPE_ALLOW_LIVE, OnOff::Off),
                requests_per_second: read.optional(key::STRIPE_RATE),
                timeout: Duration::from_millis(read.number(key::STRIPE_TIMEOUT, 1)),
                deadline: Duration::from_millis(read.number(key::STRIPE_DEADLINE, 1)),
            },
            mail: MailSettings {
                trusted_authserv_ids: read.list(key::MAIL_AUTHSERV_IDS),
                own_hosts: read.list(key::MAIL_OWN_HOSTS),
                own_addresses: read.addresses(key::MAIL_OWN_ADDRESSES),
                trusted_producers: read.list(key::MAIL_PRODUCERS),
                max_bytes: read.number(key::MAIL_MAX_BYTES, 1),
            },
            policy: read.policy(),
            worker: WorkerSettings {
                in_flight: read.number(key::WORKER_IN_FLIGHT, 1),
                lease: Duration::from_secs(read.number(key::WORKER_LEASE, 1)),
                grace: Duration::from_secs(read.number(key::WORKER_GRACE, 0)),
                crash_limit: read.number(key::WORKER_CRASH_LIMIT, 1),
            },
            log: LogSettings { filter: read.text(key::LOG_FILTER), format: read.optional(key::LOG_FORMAT) },
        };
        read.check_together(&settings);
        let problems = read.layers.into_problems();
        if problems.is_empty() { Ok(settings) } else { Err(WrongSettings(problems)) }
    }
}

impl Settings {
    /// Whether anybody's sender can be authenticated at all.
    pub(crate) fn verifies_senders(&self) -> bool {
        !self.mail.trusted_authserv_ids.is_empty() || !self.mail.trusted_producers.is_empty()
    }
}

/// Reads typed values and collects what is wrong with them.
struct Reading {
    layers: Layers,
}

impl Reading {
    fn text(&mut self, key: &'static str) -> String {
        self.layers.get(key).map(|value| value.text.clone()).unwrap_or_default()
    }

    fn secret(&mut self, key: &'static str) -> Option<Secret> {
        Some(self.text(key)).filter(|text| !text.is_empty()).map(Secret)
    }

    fn list(&mut self, key: &'static str) -> Vec<String> {
        self.text(key).split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    fn optional<T: FromStr<Err: std::fmt::Display>>(&mut self, key: &'static str) -> Option<T> {
        let text = Some(self.text(key)).filter(|text| !text.is_empty())?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.complain(key, &text, &error.to_string());
                None
            }
        }
    }

    fn with_default<T: FromStr<Err: std::fmt::Display>>(&mut self, key: &'static str, default: T) -> T {
        self.optional(key).unwrap_or(default)
    }

    fn required<T: FromStr<Err: std::fmt::Display> + Default>(&mut self, key: &'static str) -> T {
        self.optional(key).unwrap_or_default()
    }

    fn number<T: FromStr + PartialOrd + Copy + std::fmt::Display>(
        &mut self,
        key: &'static str,
        least: T,
    ) -> T {
        let text = self.text(key);
        match text.parse() {
            Ok(number) if number >= least => number,
            Ok(_) | Err(_) => {
                self.complain(key, &text, &format!("expected a whole number of at least {least}"));
                least
            }
        }
    }

    fn addresses(&mut self, key: &'static str) -> Vec<EmailAddress> {
        let texts = self.list(key);
        let (addresses, wrong): (Vec<_>, Vec<_>) = texts
            .into_iter()
            .map(|text| text.parse().map_err(|_not_an_address| text))
            .partition(Result::is_ok);
        for text in wrong.into_iter().filter_map(Result::err) {
            self.complain(key, &text, "expected addresses with commas between them");
        }
        addresses.into_iter().filter_map(Result::ok).collect()
    }

    fn policy(&mut self) -> Policy {
        let mut functions = BTreeMap::new();
        for setting in SETTINGS.iter().filter(|setting| setting.key.starts_with(key::POLICY_FUNCTIONS)) {
            let name = setting.key.trim_start_matches(key::POLICY_FUNCTIONS);
            let text = self.text(setting.key);
            match (name.parse::<Function>(), text.parse::<Switch>()) {
                (Ok(function), Ok(switch)) => _ = functions.insert(function, switch),
                (Ok(_) | Err(_), _) => self.complain(setting.key, &text, "expected on, off or approval"),
            }
        }
        let refund = RefundRules {
            limit_minor: self.limits(),
            window_days: self.number(key::POLICY_REFUND_WINDOW, 0),
        };
        Policy { functions, refund }
    }

    fn limits(&mut self) -> BTreeMap<Currency, i64> {
        let mut limits = BTreeMap::new();
        for pair in self.list(key::POLICY_REFUND_LIMIT) {
            match parse_limit(&pair) {
                Some((currency, minor)) => _ = limits.insert(currency, minor),
                None => self.complain(
                    key::POLICY_REFUND_LIMIT,
                    &pair,
                    "expected CURRENCY=AMOUNT, such as eur=100.00",
                ),
            }
        }
        limits
    }

    /// What is wrong only because of two settings at once.
    fn check_together(&mut self, settings: &Settings) {
        if settings.policy.allows_money() && !settings.verifies_senders() {
            let text = "policy.functions allows refunds or cancellations, but nobody's sender can be authenticated: set \
                        mail.trusted_authserv_ids to the name your mail server writes into Authentication-Results, or switch them off";
            self.layers.complain(text.to_owned());
        }
        if settings.stripe.deadline < settings.stripe.timeout {
            self.layers.complain(format!(
                "{} must not be shorter than {}",
                key::STRIPE_DEADLINE,
                key::STRIPE_TIMEOUT
            ));
        }
        if settings.worker.lease <= settings.stripe.deadline * 3 {
            let text = format!(
                "{} must be longer than three times {}, or a slow mail is taken over while it is worked on",
                key::WORKER_LEASE,
                key::STRIPE_DEADLINE
            );
            self.layers.complain(text);
        }
    }

    fn complain(&mut self, key: &'static str, text: &str, expected: &str) {
        let origin =
            self.layers.get(key).map_or_else(|| "default".to_owned(), |value| value.origin.to_string());
        let secret = SETTINGS.iter().any(|setting| setting.key == key && setting.secrecy == Secrecy::Secret);
        let shown = if secret { "…" } else { text };
        self.layers.complain(format!("{key} is \"{shown}\" ({origin}): {expected}"));
    }
}

/// `eur=100.00` as minor units.
fn parse_limit(pair: &str) -> Option<(Currency, i64)> {
    let (currency, amount) = pair.split_once('=')?;
    let currency: Currency = currency.trim().parse().ok()?;
    let (whole, fraction) = amount.trim().split_once('.').unwrap_or((amount.trim(), ""));
    let digits: i64 = format!("{whole}{fraction}").parse().ok()?;
    let decimals = u8::try_from(fraction.len()).ok()?;
    Some((currency, Money::from_digits(digits, decimals, currency)?.minor))
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
        assert!(parse(&["policy.functions.refund=on", "mail.trusted_authserv_ids=mx.example"]).is_ok());
    }

    #[test]
    fn limits_are_written_in_whole_units_and_kept_in_minor_ones() {
        let settings = parse(&["policy.refund.limit=eur=100.00, jpy=15000,kwd=30.5"]).unwrap();
        let limit = |code: &str| settings.policy.refund.limit_minor.get(&code.parse().unwrap()).copied();
        assert_eq!((limit("eur"), limit("jpy"), limit("kwd")), (Some(10_000), Some(15_000), Some(30_500)));
        assert!(parse(&["policy.refund.limit=jpy=1.5"]).is_err());
    }
}

//! Settings of the second reader.

use std::num::NonZeroUsize;
use std::time::Duration;

use language_model::{Allowance, Allowances, ApiKey, BreakerRules, Config, Endpoint, ModelName};

use super::Reading;
use super::key;
use super::{OnOff, WorkerSettings};

/// Less is spent by the first mail or two, so that nobody can have meant it.
const FEWEST_TOKENS: u64 = 20_000;

/// A language model that is asked where the classifier is not sure.
#[derive(Debug, Clone)]
pub(crate) struct LanguageModelSettings {
    pub(crate) config: Config,
    /// Whether archived and injected mail is asked about too.
    pub(crate) replay: OnOff,
}

/// None without an address. What is wrong with the rest is said all the same.
pub(super) fn read(read: &mut Reading, worker: &WorkerSettings) -> Option<LanguageModelSettings> {
    let endpoint: Option<Endpoint> = read.optional(key::LANGUAGE_MODEL_URL);
    let model: Option<ModelName> = read.optional(key::LANGUAGE_MODEL_MODEL);
    let key: Option<ApiKey> = read.optional(key::LANGUAGE_MODEL_API_KEY);
    let bounds = Bounds::read(read);
    let replay = read.with_default(key::LANGUAGE_MODEL_REPLAY, OnOff::Off);
    check_together(read);
    let (endpoint, model) = (endpoint?, model?);
    check_concurrency(read, bounds.concurrency, worker);
    check_lease(read, bounds.timeout, worker);
    let config = Config {
        key,
        connect_timeout: bounds.connect_timeout,
        timeout: bounds.timeout,
        concurrency: bounds.concurrency,
        allowances: bounds.allowances,
        breaker: bounds.breaker,
        ..Config::new(endpoint, model)
    };
    Some(LanguageModelSettings { config, replay })
}

struct Bounds {
    connect_timeout: Duration,
    timeout: Duration,
    concurrency: NonZeroUsize,
    allowances: Allowances,
    breaker: BreakerRules,
}

impl Bounds {
    fn read(read: &mut Reading) -> Self {
        let bounds = Self {
            connect_timeout: Duration::from_millis(read.number(key::LANGUAGE_MODEL_CONNECT_TIMEOUT, 1)),
            timeout: Duration::from_millis(read.number(key::LANGUAGE_MODEL_TIMEOUT, 1)),
            concurrency: read.number(key::LANGUAGE_MODEL_CONCURRENCY, NonZeroUsize::MIN),
            allowances: Allowances {
                process: allowance(read, [key::LANGUAGE_MODEL_CALLS, key::LANGUAGE_MODEL_TOKENS]),
                workspace: allowance(
                    read,
                    [key::LANGUAGE_MODEL_WORKSPACE_CALLS, key::LANGUAGE_MODEL_WORKSPACE_TOKENS],
                ),
            },
            breaker: BreakerRules {
                failures: read.number(key::LANGUAGE_MODEL_FAILURES, std::num::NonZeroU32::MIN),
                pause: Duration::from_secs(read.number(key::LANGUAGE_MODEL_PAUSE, 1)),
            },
        };
        if bounds.timeout < bounds.connect_timeout {
            let (whole, connect) = (key::LANGUAGE_MODEL_TIMEOUT, key::LANGUAGE_MODEL_CONNECT_TIMEOUT);
            read.layers.complain(format!("{whole} must not be shorter than {connect}"));
        }
        bounds
    }
}

fn allowance(read: &mut Reading, [calls, tokens]: [&'static str; 2]) -> Allowance {
    let fewest = std::num::NonZeroU64::MIN.saturating_add(FEWEST_TOKENS - 1);
    Allowance {
        calls_per_hour: read.number(calls, std::num::NonZeroU32::MIN),
        tokens_per_day: read.number(tokens, fewest),
    }
}

/// An address without a model, or the reverse, would be found out by the first mail; a key alone was meant for something.
fn check_together(read: &mut Reading) {
    let is_set = |key| !read.text(key).is_empty();
    let (url, model) = (is_set(key::LANGUAGE_MODEL_URL), is_set(key::LANGUAGE_MODEL_MODEL));
    let key = is_set(key::LANGUAGE_MODEL_API_KEY);
    if url != model {
        let text = format!(
            "{} and {} belong together: set both or none",
            key::LANGUAGE_MODEL_URL,
            key::LANGUAGE_MODEL_MODEL
        );
        read.layers.complain(text);
    } else if key && !url {
        let text = format!(
            "{} is set and no language model: set {} and {} too",
            key::LANGUAGE_MODEL_API_KEY,
            key::LANGUAGE_MODEL_URL,
            key::LANGUAGE_MODEL_MODEL
        );
        read.layers.complain(text);
    }
}

fn check_concurrency(read: &mut Reading, concurrency: NonZeroUsize, worker: &WorkerSettings) {
    if concurrency.get() >= worker.in_flight {
        let text = format!(
            "{} must be smaller than {}, or a slow language model holds up every mail",
            key::LANGUAGE_MODEL_CONCURRENCY,
            key::WORKER_IN_FLIGHT
        );
        read.layers.complain(text);
    }
}

/// The rest of the lease is for Stripe.
fn check_lease(read: &mut Reading, timeout: Duration, worker: &WorkerSettings) {
    if worker.lease < timeout * 10 {
        let text = format!(
            "{} must be a tenth of {} at most, or a slow mail is taken over while it is worked on",
            key::LANGUAGE_MODEL_TIMEOUT,
            key::WORKER_LEASE
        );
        read.layers.complain(text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Layers, Settings, Sources};

    fn parse(flags: &[&str]) -> Result<Settings, String> {
        let flags: Vec<String> = flags.iter().map(|flag| format!("language_model.{flag}")).collect();
        let sources = Sources { file: None, built_in: None, environment: &[], flags: &flags };
        Settings::parse(Layers::read(&sources)).map_err(|wrong| wrong.to_string())
    }

    const URL: &str = "url=https://llm.example/v1";

    #[test]
    fn without_an_address_there_is_no_second_reader() {
        assert!(parse(&[]).unwrap().language_model.is_none());
    }

    #[test]
    fn the_defaults_of_the_settings_are_those_of_the_client() {
        let set = parse(&[URL, "model=small-1"]).unwrap().language_model.unwrap();
        let own = language_model::Config::new(set.config.endpoint.clone(), set.config.model.clone());
        assert_eq!(format!("{:?}", set.config), format!("{own:?}"));
        assert_eq!(set.replay, super::OnOff::Off);
    }

    #[test]
    fn everything_wrong_is_said_and_no_key_is_shown() {
        for (flags, words) in [
            (vec![URL], "language_model.url and language_model.model belong together"),
            (vec!["model=small-1"], "language_model.url and language_model.model belong together"),
            (vec!["api_key=sk-1"], "language_model.api_key is set and no language model"),
            (
                vec!["url=http://llm.example/v1", "model=m"],
                "over http the text of mails goes to loopback only",
            ),
            (vec![URL, "model=a b"], "expected a model's name"),
            (vec![URL, "model=m", "api_key=sk 1"], "expected a key of visible characters"),
            (vec![URL, "model=m", "timeout_ms=5"], "language_model.timeout_ms must not be shorter than"),
            (vec![URL, "model=m", "timeout_ms=30001"], "must be a tenth of worker.lease_seconds at most"),
            (vec![URL, "model=m", "concurrency=256"], "language_model.concurrency must be smaller than"),
            (vec![URL, "model=m", "tokens_per_day=5"], "expected a whole number of at least 20000"),
            (vec![URL, "model=m", "calls_per_hour=0"], "expected a whole number of at least 1"),
        ] {
            let text = parse(&flags).unwrap_err();
            assert!(text.contains(words) && text.starts_with("the configuration has 1 error"), "{text}");
            assert!(!text.contains("sk"), "{text}");
        }
    }
}

//! The settings of the client, each with its reason.

use std::fmt;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::str::FromStr;
use std::time::Duration;

use reqwest::Url;

use crate::budget::Allowance;

/// Which model is asked, where, and how much of it. [`Config::new`] has the defaults.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it is.
    pub endpoint: Endpoint,
    /// Which one.
    pub model: ModelName,
    /// What it is asked with; servers on one's own machine need none.
    pub key: Option<ApiKey>,
    /// The most a connection may take to stand.
    pub connect_timeout: Duration,
    /// The most a call may take, from the first byte sent to the last received. A mail waits as long; the classifier's answer is there
    /// already, so this is short.
    pub timeout: Duration,
    /// How many mails may wait for an answer at the same time; one more is not asked about. Less than are worked on at once, so that a
    /// slow model never holds up all of them.
    pub concurrency: NonZeroUsize,
    /// What may be spent.
    pub allowances: Allowances,
    /// When it is left alone.
    pub breaker: BreakerRules,
    /// The largest answer that is read, in bytes: a completion has about 1 KiB, one that thinks aloud some ten times as much.
    pub max_body_bytes: usize,
}

/// What may be spent, by the process and for one workspace.
#[derive(Debug, Clone, Copy)]
pub struct Allowances {
    /// For all workspaces together: what a flood or a mistake can cost.
    pub process: Allowance,
    /// For one workspace: a flood in one leaves something for the others.
    pub workspace: Allowance,
}

/// When a failing endpoint is left alone, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct BreakerRules {
    /// After so many failures in a row.
    pub failures: NonZeroU32,
    /// For so long; then one mail tries it.
    pub pause: Duration,
}

impl Config {
    /// The defaults, for `model` at `endpoint` without a key.
    pub fn new(endpoint: Endpoint, model: ModelName) -> Self {
        Self {
            endpoint,
            model,
            key: None,
            connect_timeout: Duration::from_secs(1),
            timeout: Duration::from_secs(5),
            concurrency: NonZeroUsize::MIN.saturating_add(7),
            allowances: Allowances {
                process: allowance(1_000, 4_000_000),
                workspace: allowance(300, 1_000_000),
            },
            breaker: BreakerRules {
                failures: NonZeroU32::MIN.saturating_add(4),
                pause: Duration::from_secs(30),
            },
            max_body_bytes: 64 << 10,
        }
    }
}

const fn allowance(calls_per_hour: u32, tokens_per_day: u64) -> Allowance {
    Allowance {
        calls_per_hour: NonZeroU32::MIN.saturating_add(calls_per_hour - 1),
        tokens_per_day: NonZeroU64::MIN.saturating_add(tokens_per_day - 1),
    }
}

/// Where chat completions are made: https, or http on this machine's loopback, since the text of mails goes there.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
    loopback: bool,
}

/// Why a text is not an address that mails may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not an absolute address of a host.
    #[error(
        "expected the address of an OpenAI-compatible API, as https://host/v1, or http://127.0.0.1:11434/v1 on this machine"
    )]
    NotAUrl,
    /// Mails would cross a network in clear.
    #[error("expected https: over http the text of mails goes to loopback only")]
    NotEncrypted,
    /// It has a query, a fragment or a user name.
    #[error("expected a host, a port and a path, nothing more: the key has a setting of its own")]
    TooMuch,
}

/// What every such API has at the end of its path.
const COMPLETIONS: &str = "/chat/completions";

impl Endpoint {
    /// The whole address, with `/chat/completions`.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    pub(crate) fn url(&self) -> Url {
        self.url.clone()
    }

    pub(crate) const fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    /// With or without `/chat/completions`; a host alone has its API under `/v1`.
    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let mut url = Url::parse(text.trim()).map_err(|_syntax| EndpointError::NotAUrl)?;
        let loopback = is_loopback(&url);
        match url.scheme() {
            _ if !url.has_host() => return Err(EndpointError::NotAUrl),
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(EndpointError::NotEncrypted),
            _ => return Err(EndpointError::NotAUrl),
        }
        let bare = url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::TooMuch);
        }
        let path = match url.path().trim_end_matches('/') {
            "" => format!("/v1{COMPLETIONS}"),
            path if path.ends_with(COMPLETIONS) => path.to_owned(),
            path => format!("{path}{COMPLETIONS}"),
        };
        url.set_path(&path);
        Ok(Self { url, loopback })
    }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

/// The name of a model, as its API knows it: up to 100 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelName(String);

/// The text is no model's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a model's name of up to 100 visible characters, as its API lists it")]
pub struct ModelNameError;

impl ModelName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModelName {
    type Err = ModelNameError;

    fn from_str(text: &str) -> Result<Self, ModelNameError> {
        let text = text.trim();
        let fits = (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(ModelNameError) }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the API is asked with. Nothing shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// The text cannot be sent as a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a key of visible characters, without spaces")]
pub struct ApiKeyError;

impl ApiKey {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for ApiKey {
    type Err = ApiKeyError;

    /// White space around the key is ignored: it comes along with a file.
    fn from_str(text: &str) -> Result<Self, ApiKeyError> {
        let text = text.trim();
        let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(ApiKeyError) }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// TLS could not be set up, most often because the system's certificates cannot be read.
    #[error("the HTTPS client could not be set up")]
    Https(#[source] reqwest::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, EndpointError>) {
        assert_eq!(text.parse::<Endpoint>().map(|url| url.to_string()), expected.map(str::to_owned));
    }

    #[test]
    fn an_address_may_be_written_as_apis_write_it() {
        let whole = "https://llm.example/v1/chat/completions";
        for text in ["https://llm.example", "https://llm.example/v1", "https://llm.example/v1/", whole] {
            check(text, Ok(whole));
        }
        check("https://llm.example/openai/v1", Ok("https://llm.example/openai/v1/chat/completions"));
        check("http://127.0.0.1:11434/v1", Ok("http://127.0.0.1:11434/v1/chat/completions"));
    }

    #[test]
    fn mails_cross_a_network_only_encrypted() {
        check("http://llm.example/v1", Err(EndpointError::NotEncrypted));
        check("http://localhost.example/v1", Err(EndpointError::NotEncrypted));
        check("ftp://127.0.0.1", Err(EndpointError::NotAUrl));
        check("llm.example", Err(EndpointError::NotAUrl));
        check("https://key@llm.example/v1", Err(EndpointError::TooMuch));
        check("https://llm.example/v1?key=x", Err(EndpointError::TooMuch));
    }

    #[test]
    fn a_key_is_not_shown_and_cannot_break_out_of_its_header() {
        let key: ApiKey = "sk-secret\n".parse().unwrap();
        assert_eq!(format!("{key:?} {}", key.expose()), "ApiKey(…) sk-secret");
        assert!("a\r\nX-Evil: 1".parse::<ApiKey>().is_err() && " ".parse::<ApiKey>().is_err());
    }
}

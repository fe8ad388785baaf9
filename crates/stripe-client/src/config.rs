//! The settings of the client, each with its reason.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use domain::Mode;
use meters::OfWorkspace;
use reqwest::Url;

/// How the client behaves. `Default` is right for Stripe itself.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where Stripe is. Anything but the default is a sandbox or a forwarding proxy of the operator.
    pub base_url: BaseUrl,
    /// The most a connection may take to stand. A request that did not get this far was certainly not seen by Stripe, so a short
    /// limit here turns "unknown" into "not done".
    pub connect_timeout: Duration,
    /// The most one try may take, from the first byte sent to the last received. Stripe's slowest writes take some seconds; a write
    /// that is cut off has an unknown outcome, so this is generous.
    pub timeout: Duration,
    /// The most a whole call may take: waiting for a slot, all tries, all pages of a list. Keeps one slow account from holding a
    /// worker for longer than a queue's consumer may be silent.
    pub deadline: Duration,
    /// How often a failed try is repeated. Two, as in Stripe's own SDKs.
    pub retries: u32,
    /// The pause before the first repetition; it doubles from there. Half a second, as in Stripe's own SDKs.
    pub first_pause: Duration,
    /// The longest pause between two tries. Five seconds, as in Stripe's own SDKs.
    pub longest_pause: Duration,
    /// How many requests a second may be sent. Stripe answers more with 429, which its SDKs do not repeat, so it is prevented here.
    pub rates: Rates,
    /// How many pages of a list are read, of [`PAGE_SIZE`] objects each. A list that goes on is handed out as incomplete.
    pub max_pages: NonZeroU32,
    /// The largest answer that is read, in bytes. A page of a hundred invoices with their lines has about 2 MiB.
    pub max_body_bytes: usize,
    /// Counts every request, where somebody watches.
    pub meters: Option<Arc<OfWorkspace>>,
}

/// How many objects a page of a list holds: the most Stripe allows.
pub const PAGE_SIZE: u32 = 100;

/// Requests a second, from Stripe's page "Rate limits". The buckets are shared by all clones of one [`crate::Stripe`].
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// To any one endpoint.
    pub per_endpoint: NonZeroU32,
    /// To the search endpoints.
    pub search: NonZeroU32,
    /// To the account with live data.
    pub account_live: NonZeroU32,
    /// To the account with test data.
    pub account_test: NonZeroU32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base_url: BaseUrl::stripe(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            deadline: Duration::from_mins(1),
            retries: 2,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(5),
            rates: Rates::default(),
            max_pages: at_least_one(10),
            max_body_bytes: 8 << 20,
            meters: None,
        }
    }
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            per_endpoint: at_least_one(25),
            search: at_least_one(20),
            account_live: at_least_one(100),
            account_test: at_least_one(25),
        }
    }
}

impl Rates {
    pub(crate) const fn account(self, mode: Mode) -> NonZeroU32 {
        match mode {
            Mode::Live => self.account_live,
            Mode::Test => self.account_test,
        }
    }
}

const fn at_least_one(n: u32) -> NonZeroU32 {
    match NonZeroU32::new(n) {
        Some(n) => n,
        None => NonZeroU32::MIN,
    }
}

/// The root of Stripe's API: https, or http on this machine's loopback.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// Scheme, host and port, without a slash at the end.
    root: String,
    loopback: bool,
}

/// Why a text is not an address the key may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not an absolute address of a host.
    #[error("the address of Stripe is https://host, or http://127.0.0.1:port for a sandbox")]
    NotAUrl,
    /// The key would cross a network in clear.
    #[error("the address of Stripe needs https: over http a key is sent to loopback only")]
    NotEncrypted,
    /// It has a path, a query, or a user name.
    #[error("the address of Stripe is a host and a port, nothing more")]
    MoreThanAHost,
}

impl BaseUrl {
    /// `https://api.stripe.com`
    pub fn stripe() -> Self {
        Self { root: "https://api.stripe.com".to_owned(), loopback: false }
    }

    /// Scheme, host and port, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.root
    }

    pub(crate) fn url(&self) -> Result<Url, BaseUrlError> {
        Url::parse(&self.root).map_err(|_it_was_read_before| BaseUrlError::NotAUrl)
    }

    /// Whether it is on this machine.
    pub(crate) const fn is_loopback(&self) -> bool {
        self.loopback
    }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text).map_err(|_syntax| BaseUrlError::NotAUrl)?;
        if !url.has_host() {
            return Err(BaseUrlError::NotAUrl);
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(BaseUrlError::NotEncrypted),
            _ => return Err(BaseUrlError::NotAUrl),
        }
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if bare && url.username().is_empty() && url.password().is_none() {
            Ok(Self { root: url.as_str().trim_end_matches('/').to_owned(), loopback: is_loopback(&url) })
        } else {
            Err(BaseUrlError::MoreThanAHost)
        }
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// TLS could not be set up, most often because the system's certificates cannot be read.
    #[error("the HTTPS client could not be set up")]
    Https(#[source] reqwest::Error),
    /// The address is none.
    #[error("Stripe's address cannot be used")]
    BaseUrl(#[from] BaseUrlError),
    /// The key has characters that cannot be sent.
    #[error("the Stripe key cannot be sent")]
    Key,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, BaseUrlError>) {
        assert_eq!(text.parse::<BaseUrl>().map(|url| url.to_string()), expected.map(str::to_owned));
    }

    #[test]
    fn a_key_crosses_a_network_only_encrypted() {
        assert_eq!(BaseUrl::stripe().to_string(), "https://api.stripe.com");
        check("https://stripe.internal.example", Ok("https://stripe.internal.example"));
        check("http://127.0.0.1:12111/", Ok("http://127.0.0.1:12111"));
        check("http://localhost:12111", Ok("http://localhost:12111"));
        check("http://[::1]:12111", Ok("http://[::1]:12111"));
        check("http://api.stripe.com", Err(BaseUrlError::NotEncrypted));
        check("http://localhost.example", Err(BaseUrlError::NotEncrypted));
        check("ftp://127.0.0.1", Err(BaseUrlError::NotAUrl));
        check("api.stripe.com", Err(BaseUrlError::NotAUrl));
        check("https://user@api.stripe.com", Err(BaseUrlError::MoreThanAHost));
        check("https://api.stripe.com/v1", Err(BaseUrlError::MoreThanAHost));
    }
}

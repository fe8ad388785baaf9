//! Settings of `postill ingest --http`.

use std::str::FromStr;
use std::time::Duration;

use super::Reading;
use super::key;
use super::reading::Expected;

/// A shorter token could be guessed.
const MIN_TOKEN_BYTES: usize = 16;

#[derive(Debug, Clone)]
pub(crate) struct IngestSettings {
    pub(crate) token: Option<Secret>,
    pub(crate) mailgun_signing_key: Option<Secret>,
    pub(crate) in_flight: usize,
    pub(crate) read_timeout: Duration,
    pub(crate) s3: Option<S3Settings>,
}

/// Where SES stores mail, and who may read it there.
#[derive(Debug, Clone)]
pub(crate) struct S3Settings {
    pub(crate) region: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: Secret,
    /// Without a slash at its end.
    pub(crate) endpoint: String,
}

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// The text itself.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

pub(super) fn read(read: &mut Reading) -> IngestSettings {
    IngestSettings {
        token: read.with(key::INGEST_TOKEN, token),
        mailgun_signing_key: read.optional(key::INGEST_MAILGUN_KEY),
        in_flight: read.number(key::INGEST_IN_FLIGHT, 1),
        read_timeout: Duration::from_secs(read.number(key::INGEST_READ, 1)),
        s3: s3(read),
    }
}

fn token(text: &str) -> Result<Secret, Expected> {
    let text = text.trim();
    if text.len() < MIN_TOKEN_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Expected("at least 16 visible ASCII characters, as from `openssl rand -hex 24`"));
    }
    Ok(Secret(text.to_owned()))
}

/// All three or none: a part alone would fail at the first mail.
fn s3(read: &mut Reading) -> Option<S3Settings> {
    let region = read.with(key::INGEST_S3_REGION, region);
    let access_key: Option<String> = read.optional(key::INGEST_S3_ACCESS_KEY);
    let secret_key: Option<Secret> = read.optional(key::INGEST_S3_SECRET_KEY);
    let endpoint = read.with(key::INGEST_S3_ENDPOINT, endpoint);
    match (region, access_key, secret_key) {
        (Some(region), Some(access_key), Some(secret_key)) => {
            let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
            Some(S3Settings { region, access_key, secret_key, endpoint })
        }
        (None, None, None) => None,
        (_, _, _) => {
            let keys = [key::INGEST_S3_REGION, key::INGEST_S3_ACCESS_KEY, key::INGEST_S3_SECRET_KEY];
            read.layers.complain(format!("{} belong together: set all three or none", keys.join(", ")));
            None
        }
    }
}

fn region(text: &str) -> Result<String, Expected> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.bytes().all(allowed) { Ok(text.to_owned()) } else { Err(Expected("a region, as eu-west-1")) }
}

/// The signature does not hide what is fetched, so http is for this machine only.
fn endpoint(text: &str) -> Result<String, Expected> {
    let url: reqwest::Url = text.parse().map_err(|_not_a_url| Expected("a URL, as https://s3.example"))?;
    let host = url.host_str().unwrap_or_default();
    let is_loopback = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match url.scheme() {
        _ if url.path() != "/" || url.query().is_some() => Err(Expected("a URL without a path")),
        "https" => Ok(text.trim_end_matches('/').to_owned()),
        "http" if is_loopback => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err(Expected("https, or http to this machine")),
    }
}

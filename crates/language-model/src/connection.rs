//! One call to the endpoint: one try, bounded in time and in bytes.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::Response;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use tokio::time::timeout;

use crate::MAX_ANSWER_TOKENS;
use crate::answer;
use crate::config::{Config, ConfigError};
use crate::error::ReadError;
use crate::question::Question;

const USER_AGENT: &str = concat!("postill/", env!("CARGO_PKG_VERSION"));
/// How long a connection is kept for the next mail.
const IDLE: Duration = Duration::from_secs(45);

pub(crate) struct Connection {
    http: reqwest::Client,
    config: Config,
}

/// Hides the key.
impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("endpoint", &self.config.endpoint).finish_non_exhaustive()
    }
}

/// A text that the model wrote.
pub(crate) struct Answered {
    pub(crate) content: String,
    /// What the call cost, where the endpoint says so.
    pub(crate) tokens: Option<u64>,
}

impl Connection {
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let http = http_client(config).map_err(ConfigError::Https)?;
        Ok(Self { http, config: config.clone() })
    }

    /// The most tokens that a call can cost: no token is shorter than a byte.
    pub(crate) fn most_tokens(&self, question: &Question<'_>) -> u64 {
        let bytes = question.body(&self.config.model).to_string().len();
        u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(MAX_ANSWER_TOKENS.into())
    }

    pub(crate) async fn ask(&self, question: &Question<'_>) -> Result<Answered, ReadError> {
        let body = timeout(self.config.timeout, self.fetch(question))
            .await
            .map_err(|_elapsed| ReadError::TimedOut)??;
        let (content, tokens) = answer::text(&body)?;
        Ok(Answered { content, tokens })
    }

    async fn fetch(&self, question: &Question<'_>) -> Result<Bytes, ReadError> {
        let mut request = self.http.post(self.config.endpoint.url()).json(&question.body(&self.config.model));
        if let Some(key) = &self.config.key {
            request = request.bearer_auth(key.expose());
        }
        let response = request.send().await.map_err(|source| not_answered(source.without_url()))?;
        match response.status().as_u16() {
            200 => self.whole_body(response).await,
            status => Err(not_ok(status, response.headers())),
        }
    }

    async fn whole_body(&self, mut response: Response) -> Result<Bytes, ReadError> {
        let mut body = BytesMut::new();
        let broken = |source: reqwest::Error| ReadError::Broken { source: source.without_url() };
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > self.config.max_body_bytes {
                return Err(ReadError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

fn not_answered(source: reqwest::Error) -> ReadError {
    if source.is_connect() {
        ReadError::Unreachable { source }
    } else if source.is_timeout() {
        ReadError::TimedOut
    } else {
        ReadError::Broken { source }
    }
}

/// Told by the status alone: what else stands in there may quote the mail.
fn not_ok(status: u16, headers: &HeaderMap) -> ReadError {
    match status {
        300..=399 => ReadError::Redirected { status },
        401 | 403 => ReadError::KeyRefused { status },
        429 => ReadError::RateLimited { retry_after: retry_after(headers) },
        500..=599 => ReadError::ServerFailed { status },
        status => ReadError::Refused { status },
    }
}

/// In seconds; as a date it is not understood, and the breaker's own pause counts.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn http_client(config: &Config) -> Result<reqwest::Client, reqwest::Error> {
    install_crypto();
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(config.connect_timeout)
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .https_only(!config.endpoint.is_loopback());
    if config.endpoint.is_loopback() {
        builder = builder.no_proxy();
    }
    builder.build()
}

/// Makes *ring* the process's provider of cryptography, unless the program has chosen one already.
fn install_crypto() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Losing a race means that another thread has just done the same.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
}

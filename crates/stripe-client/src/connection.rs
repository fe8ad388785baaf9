//! One call to Stripe: a slot, a try, perhaps another, until it is answered or the deadline has come.

mod attempt;
mod key_state;
mod limiter;
mod pause;

use std::sync::Arc;
use std::time::Duration;

use domain::Mode;
use meters::TRACE;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument as _, debug, info_span};

use crate::answer::Answer;
use crate::config::{Config, ConfigError};
use crate::error::{Call, CallError};
use crate::form::Form;
use crate::tally::{Counting, Tally};
use crate::{Endpoint, SecretKey};
use attempt::Failed;
use key_state::KeyState;
use limiter::Limiter;
use pause::Pauses;

/// The API version all our types are written for; sent with every request, so that the account's own default does not matter.
pub const STRIPE_VERSION: &str = "2026-10-28.endive";
const USER_AGENT: &str = concat!("postill/", env!("CARGO_PKG_VERSION"));
/// How long a connection is kept for the next mail. Stripe closes idle ones after a minute; being first saves a broken try.
const IDLE: Duration = Duration::from_secs(45);

/// Everything that clones of one client share: connections and limits.
pub(crate) struct Connection {
    /// Sends the key with each request.
    http: reqwest::Client,
    /// Where every address begins. Read once: reading an address takes longer than making its path and query.
    root: Url,
    pub(crate) config: Config,
    pub(crate) mode: Mode,
    limiter: Limiter,
    pauses: Pauses,
    tally: Counting,
    key: KeyState,
}

/// What is asked. Each try sends the same bytes.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) endpoint: Endpoint,
    /// The object's id, where the path has one; else empty.
    pub(crate) id: String,
    /// The query of a GET, the body of a POST.
    pub(crate) form: Form,
    /// On every POST, and on no GET.
    pub(crate) idempotency_key: Option<String>,
}

/// A call that failed, and whether any of its tries may have had an effect.
pub(crate) struct Failure {
    pub(crate) error: CallError,
    pub(crate) effect_unknown: bool,
}

impl Connection {
    pub(crate) fn new(key: &SecretKey, config: Config) -> Result<Arc<Self>, ConfigError> {
        Ok(Arc::new(Self {
            http: http_client(key, &config)?,
            root: config.base_url.url()?,
            mode: key.mode(),
            limiter: Limiter::new(config.rates, key.mode()),
            pauses: Pauses::new(&config),
            tally: Counting::default(),
            key: KeyState::default(),
            config,
        }))
    }

    /// When a call that starts now has to be over.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.config.deadline
    }

    pub(crate) fn expected_wait(&self) -> Duration {
        self.limiter.expected_wait()
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally.until_now()
    }

    pub(crate) fn key_refused_for(&self) -> Option<Duration> {
        self.key.refused_for(Instant::now())
    }

    /// Sends `request` until it is answered, refused for good, tried often enough, or late.
    pub(crate) async fn call(&self, request: &Request, deadline: Instant) -> Result<Answer, Failure> {
        let mut effect_unknown = false;
        let mut tries = 0;
        loop {
            if self.limiter.slot(request.endpoint, deadline).await.is_err() {
                let call = Call { endpoint: request.endpoint, status: None, request_id: None, tries };
                return Err(Failure { error: CallError::Congested { call }, effect_unknown });
            }
            let sent_at = Instant::now();
            let Failed { error, should_retry } = match self.observed_try(request, tries + 1, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            if let CallError::RateLimited { .. } = error {
                self.limiter.slow_down(sent_at);
            }
            // A later refusal says nothing of an earlier try that went unanswered: only a success, or reading back, settles that.
            effect_unknown |= error.leaves_effect_unknown();
            let repeat = should_retry.unwrap_or_else(|| error.is_repeated());
            let pause = self.pauses.after(tries);
            if !repeat || tries >= self.config.retries || Instant::now() + pause >= deadline {
                return Err(Failure { error, effect_unknown });
            }
            tokio::time::sleep(pause).await;
            tries += 1;
        }
    }

    async fn observed_try(
        &self,
        request: &Request,
        number: u32,
        deadline: Instant,
    ) -> Result<Answer, Failed> {
        let started = Instant::now();
        let until = deadline.min(started + self.config.timeout);
        let span = info_span!(
            target: TRACE, "stripe", otel.name = request.endpoint.template(), otel.kind = "client",
            stripe.tries = number, http.response.status_code = Empty, stripe.request_id = Empty
        );
        let outcome = self.attempt(request, number, until).instrument(span.clone()).await;
        let call = match &outcome {
            Ok(answer) => &answer.call,
            Err(failed) => failed.error.call(),
        };
        let took = started.elapsed();
        span.record("http.response.status_code", call.status);
        span.record("stripe.request_id", call.request_id.as_ref().map(crate::RequestId::as_str));
        self.tally.count(call.status);
        self.key.note(call.status, started);
        if let Some(meters) = &self.config.meters {
            meters.called(call.endpoint.template(), call.status, number, took);
        }
        debug!(
            stripe.endpoint = call.endpoint.template(),
            stripe.request_id = call.request_id.as_ref().map(crate::RequestId::as_str),
            stripe.status = call.status,
            stripe.tries = number,
            elapsed_ms = took.as_secs_f64() * 1000.0,
            "called Stripe"
        );
        outcome
    }
}

fn http_client(key: &SecretKey, config: &Config) -> Result<reqwest::Client, ConfigError> {
    install_crypto();
    let mut headers = HeaderMap::new();
    headers.insert("stripe-version", HeaderValue::from_static(STRIPE_VERSION));
    headers.insert(AUTHORIZATION, bearer(key)?);
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .default_headers(headers)
        .connect_timeout(config.connect_timeout)
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .https_only(!config.base_url.is_loopback());
    if config.base_url.is_loopback() {
        builder = builder.no_proxy();
    }
    builder.build().map_err(ConfigError::Https)
}

/// Marked as not to be shown, wherever headers are.
fn bearer(key: &SecretKey) -> Result<HeaderValue, ConfigError> {
    let bearer = HeaderValue::try_from(format!("Bearer {}", key.expose()));
    let mut bearer = bearer.map_err(|_it_has_only_letters_digits_and_underscores| ConfigError::Key)?;
    bearer.set_sensitive(true);
    Ok(bearer)
}

/// Makes *ring* the process's provider of cryptography, unless the program has chosen one already.
fn install_crypto() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Losing a race means that another thread has just done the same.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("base_url", &self.config.base_url)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

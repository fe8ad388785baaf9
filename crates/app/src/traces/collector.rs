//! The way to the collector: our own HTTP client, on our own runtime.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::Handle;

/// How long the collector may take for a batch. Spans that come meanwhile wait, up to two thousand of them; more are dropped.
const WITHIN: Duration = Duration::from_secs(10);

/// Posts batches of spans.
#[derive(Debug, Clone)]
pub(super) struct Collector {
    http: reqwest::Client,
    runtime: Handle,
    /// So that a collector that is away is told of once.
    is_away: Arc<AtomicBool>,
}

impl Collector {
    pub(super) fn new() -> anyhow::Result<Self> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Losing a race means that another thread has just done the same.
            drop(rustls::crypto::ring::default_provider().install_default());
        }
        let http =
            reqwest::Client::builder().timeout(WITHIN).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, runtime: Handle::current(), is_away: Arc::default() })
    }

    async fn post(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.http.execute(request.try_into()?).await;
        let answer = answer.map_err(reqwest::Error::without_url)?;
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.clone_from(answer.headers());
        }
        Ok(response.body(answer.bytes().await?)?)
    }

    fn tell(&self, answered: Result<&Response<Bytes>, &HttpError>) {
        let is_away = !answered.is_ok_and(|answer| answer.status().is_success());
        if self.is_away.swap(is_away, Ordering::Relaxed) == is_away {
            return;
        }
        match answered {
            Ok(answer) if is_away => {
                tracing::warn!(
                    status = answer.status().as_u16(),
                    "the collector refuses spans; they are lost until it takes them"
                );
            }
            Ok(_) => tracing::info!("the collector takes spans again"),
            Err(_) => tracing::warn!("the collector of spans cannot be reached; they are lost until it can"),
        }
    }
}

/// Whoever exports has a thread without a runtime, so the request is made on ours.
impl HttpClient for Collector {
    fn send_bytes<'a, 'async_trait>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'async_trait>>
    where
        'a: 'async_trait,
        Self: 'async_trait,
    {
        let collector = self.clone();
        let posting = self.runtime.spawn(async move {
            let answered = collector.post(request).await;
            collector.tell(answered.as_ref());
            answered
        });
        Box::pin(async move { posting.await? })
    }
}

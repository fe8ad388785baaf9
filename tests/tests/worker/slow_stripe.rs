//! Something between the worker and Stripe that lets one key wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A way to Stripe on which the answers for one key take longer.
pub(crate) struct SlowStripe {
    pub(crate) url: String,
    delay_ms: Arc<AtomicU64>,
    _server: JoinSet<()>,
}

#[derive(Clone)]
struct Way {
    stripe: String,
    slow_key: &'static str,
    delay_ms: Arc<AtomicU64>,
    client: reqwest::Client,
}

impl SlowStripe {
    pub(crate) async fn before(stripe: String, slow_key: &'static str, delay: Duration) -> Result<Self> {
        let delay_ms = Arc::new(AtomicU64::new(u64::try_from(delay.as_millis())?));
        let client = reqwest::Client::builder().no_proxy().build()?;
        let way = Way { stripe, slow_key, delay_ms: Arc::clone(&delay_ms), client };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, Router::new().fallback(pass_on).with_state(way)).await.ok();
        });
        Ok(Self { url, delay_ms, _server: server })
    }

    /// From now on every key is answered at once.
    pub(crate) fn recovers(&self) {
        self.delay_ms.store(0, Ordering::Relaxed);
    }
}

async fn pass_on(State(way): State<Way>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let is_slow = head
        .headers
        .get("authorization")
        .is_some_and(|value| value.as_bytes().ends_with(way.slow_key.as_bytes()));
    if is_slow {
        tokio::time::sleep(Duration::from_millis(way.delay_ms.load(Ordering::Relaxed))).await;
    }
    let Ok(body) = axum::body::to_bytes(body, 1 << 20).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let request = way.client.request(head.method, format!("{}{path}", way.stripe));
    match request.headers(without_length(head.headers)).body(body).send().await {
        Ok(answer) => {
            let (status, headers) = (answer.status(), without_length(answer.headers().clone()));
            let body: Bytes = answer.bytes().await.unwrap_or_default();
            (status, headers, body).into_response()
        }
        Err(_unreachable) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

/// Said anew for what is sent on.
fn without_length(mut headers: HeaderMap) -> HeaderMap {
    for name in ["host", "content-length", "transfer-encoding", "connection"] {
        headers.remove(name);
    }
    headers
}

//! HTTP in and out: routes to endpoints, answers to responses.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, RawPathParams, Request, State as Shared};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, on};
use futures_util::FutureExt as _;
use tokio::task::JoinError;
use tokio_util::task::TaskTracker;

use crate::control;
use crate::endpoints::{ENDPOINTS, Endpoint};
use crate::exchange::{API_VERSION, Answer, Exchange, Incoming, exchange};
use crate::form::decode;
use crate::line::Line;
use crate::state::State;

/// Bytes. The longest form the endpoints take is a few kilobytes of metadata.
const LARGEST_BODY: usize = 1 << 20;

/// What a route needs.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) state: Arc<State>,
    pub(crate) exchanges: TaskTracker,
}

pub(crate) fn router(site: Site) -> Router {
    let mut router = Router::new();
    for endpoint in ENDPOINTS {
        router = router.route(endpoint.path, route(endpoint));
    }
    router
        .fallback(unrecognized)
        .method_not_allowed_fallback(unrecognized)
        .merge(control::routes())
        .with_state(site)
}

fn route(endpoint: &'static Endpoint) -> MethodRouter<Site> {
    let handler =
        async move |site: Shared<Site>, line: ConnectInfo<Line>, ids: RawPathParams, request: Request| {
            let id = ids.iter().next().map(|(_, id)| id.to_owned()).unwrap_or_default();
            answer(site.0, Some(endpoint), line.0, id, request).await
        };
    on(endpoint.method, handler)
}

async fn unrecognized(
    Shared(site): Shared<Site>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    answer(site, None, line, String::new(), request).await
}

async fn answer(
    site: Site,
    endpoint: Option<&'static Endpoint>,
    line: Line,
    id: String,
    request: Request,
) -> Response {
    let Some(incoming) = read(id, request).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    match finished(site, endpoint, incoming).await {
        Ok(Exchange { answer: Ok(answer), request_id }) => response(answer, &request_id),
        Ok(Exchange { answer: Err(end), .. }) => {
            line.cut(end);
            StatusCode::OK.into_response()
        }
        Err(error) => {
            tracing::error!(%error, "an exchange did not finish");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Runs an exchange to its end. Most are over with their first step, which nobody can stop; one that waits becomes a task of its own,
/// because a client that hangs up must not stop it half-way.
async fn finished(
    site: Site,
    endpoint: Option<&'static Endpoint>,
    incoming: Incoming,
) -> Result<Exchange, JoinError> {
    let Site { state, exchanges } = site;
    let mut running = Box::pin(async move { exchange(&state, endpoint, incoming).await });
    match running.as_mut().now_or_never() {
        Some(exchange) => Ok(exchange),
        None => exchanges.spawn(running).await,
    }
}

async fn read(id: String, request: Request) -> Option<Incoming> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_BODY).await.ok()?;
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let form = if body.is_empty() { query.to_vec() } else { [query, body.as_ref()].join(&b'&') };
    Some(Incoming {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        id,
        headers: parts.headers,
        parameters: Arc::new(decode(&form)),
        form,
    })
}

fn response(answer: Answer, request_id: &str) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("stripe-version", HeaderValue::from_static(API_VERSION));
    let mut add = |name: &'static str, text: Option<&str>| {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(name, value);
        }
    };
    add("request-id", Some(request_id));
    add("idempotency-key", answer.idempotency_key.as_deref());
    add("original-request", answer.replay_of.as_deref());
    add("idempotent-replayed", answer.replay_of.is_some().then_some("true"));
    add("stripe-should-retry", answer.should_retry.map(|retry| if retry { "true" } else { "false" }));
    response
}

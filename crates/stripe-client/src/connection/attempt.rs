//! One try: the request goes out once, and what comes back is sorted.

use bytes::{Bytes, BytesMut};
use domain::{Permission, Timestamp};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use reqwest::{Response, StatusCode};
use tokio::time::{Instant, timeout_at};

use super::{Connection, Request};
use crate::answer::{Answer, answered_at};
use crate::error::{Call, CallError, KeyRefusal, MissingPermission, Refusal, permission_slugs};
use crate::{Endpoint, RequestId};

/// A try that failed, and what `Stripe-Should-Retry` said of it.
pub(super) struct Failed {
    pub(super) error: CallError,
    pub(super) should_retry: Option<bool>,
}

impl From<CallError> for Failed {
    fn from(error: CallError) -> Self {
        Self { error, should_retry: None }
    }
}

impl Connection {
    pub(super) async fn attempt(
        &self,
        request: &Request,
        number: u32,
        until: Instant,
    ) -> Result<Answer, Failed> {
        let mut call = Call { endpoint: request.endpoint, status: None, request_id: None, tries: number };
        let response = match timeout_at(until, self.http_request(request).send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(source)) => return Err(not_answered(call, source.without_url()).into()),
            Err(_elapsed) => return Err(CallError::TimedOut { call }.into()),
        };
        let (status, head) = (response.status(), Head::of(response.headers()));
        (call.status, call.request_id) = (Some(status.as_u16()), head.request_id);
        let body = match timeout_at(until, self.whole_body(response, &call)).await {
            Ok(body) => body,
            Err(_elapsed) => Err(CallError::TimedOut { call: call.clone() }),
        };
        if status == StatusCode::OK {
            return Ok(Answer { body: body?, replayed: head.replayed, answered_at: head.answered_at, call });
        }
        Err(Failed { should_retry: head.should_retry, error: not_ok(status, body, call) })
    }

    fn http_request(&self, request: &Request) -> reqwest::RequestBuilder {
        let mut url = self.root.clone();
        url.set_path(&request.endpoint.path(&request.id));
        if request.endpoint.is_read() {
            request.form.write_query(&mut url);
            return self.http.get(url);
        }
        let key = request.idempotency_key.as_deref().unwrap_or_default();
        self.http
            .post(url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("idempotency-key", key)
            .body(request.form.encode())
    }

    async fn whole_body(&self, mut response: Response, call: &Call) -> Result<Bytes, CallError> {
        let mut body = BytesMut::new();
        let broken =
            |source: reqwest::Error| CallError::Broken { call: call.clone(), source: source.without_url() };
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > self.config.max_body_bytes {
                return Err(CallError::TooLarge { call: call.clone() });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

static REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
static IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
static SHOULD_RETRY: HeaderName = HeaderName::from_static("stripe-should-retry");

/// What the headers of an answer say.
struct Head {
    request_id: Option<RequestId>,
    answered_at: Option<Timestamp>,
    replayed: bool,
    should_retry: Option<bool>,
}

impl Head {
    fn of(headers: &HeaderMap) -> Self {
        Self {
            request_id: text(headers, &REQUEST_ID).and_then(RequestId::from_header),
            answered_at: answered_at(headers),
            replayed: text(headers, &IDEMPOTENT_REPLAYED) == Some("true"),
            should_retry: text(headers, &SHOULD_RETRY).and_then(|value| value.parse().ok()),
        }
    }
}

fn not_answered(call: Call, source: reqwest::Error) -> CallError {
    if source.is_connect() {
        CallError::Unreachable { call, source }
    } else if source.is_timeout() {
        CallError::TimedOut { call }
    } else {
        CallError::Broken { call, source }
    }
}

/// What a status other than 200 means. 401, 403, 409, 429 and 5xx are told by the status alone, since their bodies may be anybody's;
/// for the rest the body has to be Stripe's, and whole.
fn not_ok(status: StatusCode, body: Result<Bytes, CallError>, call: Call) -> CallError {
    let refusal = body.as_ref().ok().and_then(|body| Refusal::read(body));
    let code = refusal.as_ref().and_then(|refusal| refusal.code.as_deref());
    match status.as_u16() {
        401 if code == Some("api_key_expired") => {
            CallError::KeyRefused { refusal: KeyRefusal::Expired, call }
        }
        401 => CallError::KeyRefused { refusal: KeyRefusal::Unknown, call },
        403 => {
            let missing = missing_permission(body.as_deref().unwrap_or_default(), refusal, call.endpoint);
            CallError::PermissionMissing { missing: Box::new(missing), call }
        }
        409 if code == Some("idempotency_key_in_use") => CallError::KeyInUse { call },
        409 => CallError::Conflict { call },
        429 if code == Some("lock_timeout") => CallError::ObjectInUse { call },
        429 => CallError::RateLimited { call },
        500..=599 => CallError::ServerFailed { call },
        status => match (body, refusal) {
            (Err(error), _) => error,
            (Ok(_), Some(refusal)) if refusal.kind == "idempotency_error" => CallError::KeyMismatch { call },
            (Ok(_), Some(refusal)) if (400..500).contains(&status) => {
                CallError::Refused { refusal: Box::new(refusal), call }
            }
            (Ok(_), Some(_) | None) => CallError::Foreign { call },
        },
    }
}

fn missing_permission(body: &[u8], refusal: Option<Refusal>, endpoint: Endpoint) -> MissingPermission {
    let slugs = permission_slugs(&String::from_utf8_lossy(body));
    let mut rows: Vec<Permission> = slugs.iter().filter_map(|slug| Permission::from_slug(slug)).collect();
    if rows.is_empty() {
        rows.extend(endpoint.permission());
    }
    let message = refusal.map(|refusal| refusal.message).unwrap_or_default();
    MissingPermission { rows, slugs, message }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

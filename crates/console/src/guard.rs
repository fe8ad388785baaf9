//! Around every page: headers that keep a browser from being used against us, and forms from elsewhere refused.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};

use crate::complaint::Complaint;
use crate::{Cookies, Desk};

/// Nothing from another host, nothing inline, in nobody's frame.
const CONTENT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
];

/// Half a year, as browsers' own lists ask for at least.
const HTTPS_ONLY: &str = "max-age=15768000";

pub(crate) fn around(routes: Router<Arc<Desk>>, desk: &Arc<Desk>) -> Router<Arc<Desk>> {
    routes.layer(middleware::from_fn_with_state(Arc::clone(desk), guard))
}

async fn guard(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let mut response = if is_from_elsewhere(request.method(), request.headers()) {
        Complaint::FormFromElsewhere.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, text) in HEADERS {
        headers.insert(name, HeaderValue::from_static(text));
    }
    if desk.sessions.cookies == Cookies::Secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HTTPS_ONLY));
    }
    // Pages show what only who is signed in may see; files say for themselves how long they last.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a browser says that another site made it send this. Only browsers can be made to, and they say so.
fn is_from_elsewhere(method: &Method, headers: &HeaderMap) -> bool {
    if method == Method::GET || method == Method::HEAD {
        return false;
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    origin.is_none_or(|(_, authority)| Some(authority) != host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: &Method, sent: &[(&'static str, &'static str)], elsewhere: bool) {
        let headers = sent
            .iter()
            .map(|(name, text)| (HeaderName::from_static(name), HeaderValue::from_static(text)))
            .collect();
        assert_eq!(is_from_elsewhere(method, &headers), elsewhere, "{method} {sent:?}");
    }

    #[test]
    fn a_form_of_another_site_is_refused() {
        let (get, post) = (&Method::GET, &Method::POST);
        check(get, &[("sec-fetch-site", "cross-site")], false);
        check(post, &[("sec-fetch-site", "same-origin"), ("origin", "https://console.example")], false);
        check(post, &[("sec-fetch-site", "cross-site")], true);
        check(post, &[("sec-fetch-site", "same-site")], true);
        check(post, &[("origin", "http://10.0.0.1:8080"), ("host", "10.0.0.1:8080")], false);
        check(post, &[("origin", "http://10.0.0.1:9090"), ("host", "10.0.0.1:8080")], true);
        check(post, &[("origin", "http://evil.example"), ("host", "10.0.0.1:8080")], true);
        check(post, &[("origin", "null"), ("host", "10.0.0.1:8080")], true);
        check(post, &[("host", "10.0.0.1:8080")], false);
    }
}

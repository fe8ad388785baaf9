//! What is answered to whoever asks how the program goes: `/livez`, `/readyz`.
//!
//! No answer holds a secret or anything of a mail; whoever can reach the port may ask.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Routes for a program that is alive while it answers, and ready when nothing is complained of.
pub(crate) fn probes<F>(complaints: impl Fn() -> F + Clone + Send + Sync + 'static) -> Router
where
    F: Future<Output = Vec<String>> + Send + 'static,
{
    let ready = async move || verdict("ready", &complaints().await);
    Router::new().route("/livez", get(async || verdict("alive", &[]))).route("/readyz", get(ready))
}

/// 200, or 503 with a line for each complaint.
pub(crate) fn verdict(good: &str, complaints: &[String]) -> Response {
    if complaints.is_empty() {
        return (StatusCode::OK, format!("{good}\n")).into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, complaints.join("\n") + "\n").into_response()
}

//! A collector of spans that keeps what it gets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Takes spans on loopback.
pub(crate) struct Collector {
    pub(crate) url: String,
    kept: Kept,
    _server: JoinSet<()>,
}

type Kept = Arc<Mutex<Vec<Bytes>>>;

impl Collector {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let (url, kept) = (format!("http://{}", listener.local_addr()?), Kept::default());
        let routes = Router::new().route("/v1/traces", post(keep)).with_state(Arc::clone(&kept));
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, routes).await.ok();
        });
        Ok(Self { url, kept, _server: server })
    }

    /// Everything that came, as it came.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).concat()
    }

    /// Everything that came, read.
    pub(crate) fn spans(&self) -> Result<Vec<Span>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut spans = Vec::new();
        for bytes in kept {
            for resource in ExportTraceServiceRequest::decode(bytes)?.resource_spans {
                spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
            }
        }
        Ok(spans)
    }
}

async fn keep(State(kept): State<Kept>, body: Bytes) {
    kept.lock().unwrap_or_else(PoisonError::into_inner).push(body);
}

/// What a span says, by name.
pub(crate) fn attributes(span: &Span) -> Result<BTreeMap<&str, String>> {
    let said = span.attributes.iter().map(|attribute| {
        let value = attribute.value.as_ref().and_then(|value| value.value.as_ref());
        let value = value.context("an attribute without a value")?;
        let text = if let Value::StringValue(text) = value { text.clone() } else { number(value)? };
        Ok((attribute.key.as_str(), text))
    });
    said.collect()
}

fn number(value: &Value) -> Result<String> {
    if let Value::IntValue(number) = value {
        Ok(number.to_string())
    } else {
        bail!("neither text nor number")
    }
}

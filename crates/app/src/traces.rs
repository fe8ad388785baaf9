//! Spans for a collector: what each mail went through, without anything of what it says.
//!
//! Spans have a target of their own, [`meters::TRACE`], which no log shows; everything else that is logged is never exported. While no
//! endpoint is set nobody listens to that target, and a span is not even made.

mod collector;

use std::collections::HashMap;

use broker::{HeaderValue, Headers};
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::settings::OtlpSettings;
use collector::Collector;

/// The headers of the W3C trace context.
const HEADERS: [&str; 2] = ["traceparent", "tracestate"];
const PROGRAM: &str = "postill";

/// Where spans go, until they have gone. None: nowhere.
#[derive(Debug, Default)]
pub(crate) struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// What makes spans for a collector, and what sends them.
    pub(crate) fn to(settings: &OtlpSettings) -> anyhow::Result<(Self, SdkTracer)> {
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(Collector::new()?)
            .with_endpoint(format!("{}/v1/traces", settings.endpoint))
            .build()?;
        let share = 1.0 / f64::from(settings.one_in.get());
        let resource = Resource::builder_empty()
            .with_service_name(PROGRAM)
            .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share))))
            .with_resource(resource.build())
            .build();
        let tracer = provider.tracer(PROGRAM);
        Ok((Self(Some(provider)), tracer))
    }

    /// Sends what is left.
    pub(crate) async fn finish(self) {
        let Some(provider) = self.0 else { return };
        // It waits for its own thread, which waits for this runtime.
        let sent = tokio::task::spawn_blocking(move || provider.shutdown()).await;
        if !matches!(sent, Ok(Ok(()))) {
            tracing::warn!("the last spans did not reach the collector");
        }
    }
}

/// Makes a span the child of what a message says it belongs to, where it says so.
pub(crate) fn continue_from(span: &Span, headers: &Headers) {
    if span.is_disabled() {
        return;
    }
    let said = HEADERS.into_iter().filter_map(|name| match headers.get(name)? {
        HeaderValue::Text(text) => Some((name.to_owned(), text.clone())),
        HeaderValue::Integer(_) | HeaderValue::Flag(_) => None,
    });
    let said: HashMap<String, String> = said.collect();
    let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &said);
    if parent.span().span_context().is_valid() && span.set_parent(parent).is_err() {
        tracing::debug!("a trace that a message came with is not gone on with");
    }
}

/// Makes a span what a message belongs to: whatever is made of the message goes on from it.
pub(crate) fn go_on(span: &Span, headers: &mut Headers) {
    if span.is_disabled() {
        return;
    }
    let mut said = HashMap::new();
    TraceContextPropagator::new().inject_context(&span.context(), &mut said);
    for (name, text) in said.into_iter().filter(|(_, text)| !text.is_empty()) {
        headers.insert(name, HeaderValue::Text(text));
    }
}

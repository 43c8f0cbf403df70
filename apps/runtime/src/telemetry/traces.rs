//! Traces: spans of requests and of upstream calls, sent to a collector over OTLP.
//!
//! A span is made where its target is [`TARGET`]; everything else stays in the log. `traceparent`
//! comes in with a request and goes out with the upstream's, so that a trace goes through.

use std::collections::HashMap;
use std::error::Error as StdError;

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::{Layer, Registry};

use super::otlp_client::OtlpClient;
use crate::settings::TraceSettings;

/// The target of spans that are sent.
const TARGET: &str = "trace";

/// What sends traces.
pub(crate) struct Traces(SdkTracerProvider);

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

impl Traces {
    /// Begins to send: what was made, and the layer that hears of spans.
    ///
    /// # Errors
    /// When no client can be made here.
    pub(crate) fn start(
        settings: &TraceSettings,
    ) -> Result<(Self, Boxed), Box<dyn StdError + Send + Sync>> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(OtlpClient::new(Handle::current())?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(settings.endpoint.as_str())
            .build()?;
        let service = Resource::builder()
            .with_service_name(settings.service_name.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        // Who calls us may have decided already whether the whole trace is kept.
        let sampler =
            Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.sample_rate)));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(service)
            .build();
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("mcp-registry"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|about| about.is_span() && about.target() == TARGET));
        Ok((Self(provider), Box::new(layer)))
    }

    /// Sends what is left, and ends.
    pub(crate) async fn finish(self) {
        // It waits for the exporter's thread, which waits for the runtime that this runs on.
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown()).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// Makes a span part of the trace that a caller's `traceparent` names.
pub(crate) fn continue_trace(span: &Span, traceparent: &str) {
    let carrier = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    if context.has_active_span() {
        // A span that has begun already stays in its own trace.
        let _ = span.set_parent(context);
    }
}

/// Names a span. Once a span has begun, its fields do not name it any more.
pub(crate) fn name_span(span: &Span, name: String) {
    span.context().span().update_name(name);
}

/// The `traceparent` by which others continue a span's trace.
pub(crate) fn traceparent_of(span: &Span) -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&span.context(), &mut carrier);
    carrier.remove("traceparent")
}

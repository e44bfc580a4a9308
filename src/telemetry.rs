//! Traces and metrics for a collector, by OTLP over HTTP (`[telemetry]`).
//!
//! Spans are those of precis alone, with routes, steps, times and request ids: no event of the log, no
//! question and no text of a record leaves this way.

mod push;

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Status, TracerProvider};
use opentelemetry_otlp::{
    ExporterBuildError, MetricExporter, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use secrecy::ExposeSecret;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

pub use push::push;

use crate::config::TelemetryConfig;

/// How long the collector may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How our crates' modules begin.
const OURS: &str = "precis";

/// What is sent from this process; nothing where no collector is configured.
static STARTED: OnceLock<Telemetry> = OnceLock::new();

struct Telemetry {
    traces: SdkTracerProvider,
    metrics: SdkMeterProvider,
}

/// Begins to send, and makes the layer of the log that takes down spans.
///
/// # Errors
/// When the address or the headers are none that can be sent to.
pub fn start<S>(
    config: &TelemetryConfig,
) -> Result<impl Layer<S> + Send + Sync + 'static, ExporterBuildError>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let telemetry = Telemetry::new(config)?;
    let tracer = telemetry.traces.tracer(OURS);
    // A log that was started before has its own.
    let _ = STARTED.set(telemetry);
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false);
    let is_span_of_ours = |metadata: &tracing::Metadata<'_>| {
        metadata.is_span()
            && metadata.target().starts_with(OURS)
            && *metadata.level() <= tracing::Level::INFO
    };
    Ok(layer.with_filter(filter_fn(is_span_of_ours)))
}

/// Sends what is left, at the end of the process.
pub fn stop() {
    if let Some(telemetry) = STARTED.get() {
        // A collector that is away has been told of in the log.
        let _ = telemetry.traces.shutdown();
        let _ = telemetry.metrics.shutdown();
    }
}

impl Telemetry {
    fn new(config: &TelemetryConfig) -> Result<Self, ExporterBuildError> {
        let resource = Resource::builder()
            .with_service_name(OURS)
            .with_attribute(opentelemetry::KeyValue::new(
                "service.version",
                env!("CARGO_PKG_VERSION"),
            ))
            .build();
        let headers: HashMap<String, String> = config
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.expose_secret().to_owned()))
            .collect();
        let place =
            |path: &str| format!("{}{path}", config.endpoint.as_str().trim_end_matches('/'));
        let spans = SpanExporter::builder()
            .with_http()
            .with_endpoint(place("/v1/traces"))
            .with_timeout(TIMEOUT)
            .with_headers(headers.clone())
            .build()?;
        let figures = MetricExporter::builder()
            .with_http()
            .with_endpoint(place("/v1/metrics"))
            .with_timeout(TIMEOUT)
            .with_headers(headers)
            .build()?;
        let reader = PeriodicReader::builder(figures).with_interval(config.metrics_every);
        let sampler = Sampler::TraceIdRatioBased(config.trace_share);
        Ok(Self {
            traces: SdkTracerProvider::builder()
                .with_resource(resource.clone())
                .with_sampler(Sampler::ParentBased(Box::new(sampler)))
                .with_batch_exporter(spans)
                .build(),
            metrics: SdkMeterProvider::builder()
                .with_resource(resource)
                .with_reader(reader.build())
                .build(),
        })
    }
}

/// Makes the span of a request part of the trace that its `traceparent` names (W3C Trace Context), and names
/// it as monitors expect it (OpenTelemetry semantic conventions for HTTP).
pub fn request_begins(span: &Span, method: &str, route: &str, headers: &HeaderMap) {
    if STARTED.get().is_none() {
        return;
    }
    let parent = TraceContextPropagator::new().extract(&Carrier(headers));
    // A span that nobody takes down has no parent either.
    let _ = span.set_parent(parent);
    span.record("otel.name", format!("{method} {route}"));
    span.record("otel.kind", "server");
    span.set_attribute("http.request.method", method.to_owned());
    span.set_attribute("http.route", route.to_owned());
}

/// Notes how a request ended.
pub fn request_ends(span: &Span, status: StatusCode) {
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.set_status(Status::error(status.as_str().to_owned()));
    }
}

struct Carrier<'a>(&'a HeaderMap);

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}

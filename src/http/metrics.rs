//! `GET /metrics`: counts for a monitoring system, in the OpenMetrics text format that Prometheus
//! reads. It tells names of objects and routes and how many there are of what; nothing of a record.
//!
//! A monitoring system has no Salesforce user to ask as: `http.metrics` says who may read, at first
//! programs on this machine alone. From elsewhere, and through a proxy, it takes the token of
//! `http.metrics_token`, or the operator's.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use axum::Extension;
use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use secrecy::{ExposeSecret, SecretString};

use super::admin;
use super::caller::{Operator, bearer};
use super::error::ApiError;
use super::openapi::OperatorRefusals;
use crate::app::App;
use crate::config::MetricsReaders;
use crate::keys;
use crate::metrics::{self, Kind, Metric};

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Seconds, from a health check to the longest that `http.timeout_seconds` lets a request take.
const BUCKETS: [f64; 10] = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];
/// Headers by which a proxy says that somebody else asks.
const FORWARDED: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// Counts for a monitoring system
///
/// In the OpenMetrics text format. `http.metrics` says who may read them.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "GetMetrics",
    tag = "Operate",
    responses(
        (
            status = 200,
            description = "The metrics.",
            body = String,
            content_type = "application/openmetrics-text"
        ),
        OperatorRefusals,
    )
)]
pub async fn metrics(
    State(app): State<Arc<App>>,
    _monitor: Monitor,
    Extension(times): Extension<RequestTimes>,
) -> Result<Response, ApiError> {
    let report = match app.status().await {
        Ok(report) => report,
        Err(error) => return Err(admin::failed(&error)),
    };
    let mut registry = Registry::with_prefix("precis");
    let spent = app.engine.spent.so_far();
    for metric in metrics::metrics(&report, &app.usage(), &spent) {
        register(&mut registry, &metric);
    }
    let help = "Time until the reply of an HTTP request begins";
    registry.register_with_unit("http_request_duration", help, Unit::Seconds, times.0);
    let mut body = String::new();
    text::encode(&mut body, &registry).map_err(|fmt::Error| {
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the metrics could not be written",
        )
    })?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response())
}

/// Whom `http.metrics` lets read, the bearer of `http.metrics_token`, or the operator.
pub struct Monitor;

impl FromRequestParts<Arc<App>> for Monitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let config = &app.config.http;
        let is_let_in = match config.metrics.readers {
            MetricsReaders::Everybody => true,
            // A proxy on this machine is not the one who asks.
            MetricsReaders::Local => is_from_this_machine(parts) && !config.behind_proxy,
            MetricsReaders::Operator => false,
        };
        if is_let_in || has_token(parts, config.metrics.token.as_ref()) {
            return Ok(Self);
        }
        match Operator::from_request_parts(parts, app).await {
            Ok(_) => Ok(Self),
            Err(refusal) => {
                let detail = "the metrics are not open to you: http.metrics and http.metrics_token in the \
                              config say who reads them";
                Err(ApiError::new(refusal.status, detail))
            }
        }
    }
}

/// Hashes are compared, so the time that this takes says nothing about the token.
fn has_token(parts: &Parts, token: Option<&SecretString>) -> bool {
    let Some(token) = token else {
        return false;
    };
    bearer(parts).is_ok_and(|sent| keys::hash(sent) == keys::hash(token.expose_secret()))
}

fn is_from_this_machine(parts: &Parts) -> bool {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let is_loopback = peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    is_loopback
        && !FORWARDED
            .iter()
            .any(|name| parts.headers.contains_key(*name))
}

/// How long requests took, by route and class of status. Cheap to clone.
#[derive(Debug, Clone)]
pub struct RequestTimes(Family<RequestLabels, Histogram>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    /// The route's template: paths are the callers' own.
    route: String,
    status: &'static str,
}

impl Default for RequestTimes {
    fn default() -> Self {
        Self(Family::new_with_constructor(|| Histogram::new(BUCKETS)))
    }
}

/// Takes the time of a request.
pub async fn timed(State(times): State<RequestTimes>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("other", MatchedPath::as_str).to_owned();
    let begun = Instant::now();
    let reply = next.run(request).await;
    let status = match reply.status().as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    };
    let times = times
        .0
        .get_or_create_owned(&RequestLabels { route, status });
    times.observe(begun.elapsed().as_secs_f64());
    reply
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ObjectLabel {
    object: String,
}

fn register(registry: &mut Registry, metric: &Metric) {
    let alone = metric.values.iter().find(|value| value.object.is_none());
    match (alone, metric.kind) {
        (Some(value), Kind::Counter) => add(registry, metric, ConstCounter::new(value.value)),
        (Some(value), Kind::Gauge) => add(registry, metric, ConstGauge::new(value.value)),
        (None, Kind::Counter | Kind::Gauge) => add(registry, metric, by_object(metric)),
    }
}

fn add(registry: &mut Registry, metric: &Metric, values: impl prometheus_client::registry::Metric) {
    let (name, help) = (metric.name, metric.help);
    match metric.unit {
        Some(metrics::Unit::Seconds) => {
            registry.register_with_unit(name, help, Unit::Seconds, values);
        }
        None => registry.register(name, help, values),
    }
}

fn by_object(metric: &Metric) -> Family<ObjectLabel, Gauge<u64, AtomicU64>> {
    let gauges = Family::<ObjectLabel, Gauge<u64, AtomicU64>>::default();
    for value in &metric.values {
        if let Some(object) = value.object.clone() {
            gauges
                .get_or_create(&ObjectLabel { object })
                .set(value.value);
        }
    }
    gauges
}

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
use crate::status::StatusReport;

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
    register_objects(&mut registry, &report);
    register_syncs(&mut registry, &report, &app.usage());
    register_audit(&mut registry, &report);
    register_model(&mut registry, &app);
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

/// One gauge for each object.
#[derive(Debug, Clone, Default)]
struct ByObject(Family<ObjectLabel, Gauge<u64, AtomicU64>>);

impl ByObject {
    /// What is not known has no value.
    fn set(&self, object: &domain::ObjectName, value: Option<u64>) {
        if let Some(value) = value {
            let object = object.to_string();
            self.0.get_or_create(&ObjectLabel { object }).set(value);
        }
    }
}

fn register_objects(registry: &mut Registry, report: &StatusReport) {
    let mut gauges = ObjectGauges::default();
    for object in &report.ledger.objects {
        gauges.add(object);
    }
    gauges.register(registry);
}

/// Rows, failures and times are those of each object that rows are read of; documents are those of
/// the objects that are documents.
#[derive(Default)]
struct ObjectGauges {
    source_rows: ByObject,
    failed: ByObject,
    lag: ByObject,
    last_success: ByObject,
    documents: ByObject,
    indexed: ByObject,
    skipped: ByObject,
    vectorless: ByObject,
    waiting: ByObject,
}

impl ObjectGauges {
    fn add(&mut self, object: &indexer::ObjectStatus) {
        for source in &object.sources {
            let checked = source.checked_at.map(|at| at.timestamp());
            self.source_rows.set(&source.object, source.source_rows);
            self.failed.set(&source.object, Some(source.failed));
            self.lag.set(&source.object, source.lag_seconds);
            let checked = checked.and_then(|at| u64::try_from(at).ok());
            self.last_success.set(&source.object, checked);
        }
        let name = &object.object;
        self.documents.set(name, Some(object.documents));
        self.indexed.set(name, Some(object.indexed));
        self.skipped.set(name, Some(object.skipped));
        self.vectorless.set(name, Some(object.vectorless));
        self.waiting.set(name, Some(object.waiting));
    }

    fn register(self, registry: &mut Registry) {
        let mut add =
            |name: &str, help: &str, gauge: ByObject| registry.register(name, help, gauge.0);
        add("source_rows", "Rows that the org has", self.source_rows);
        add(
            "failed_records",
            "Records that could not be taken over",
            self.failed,
        );
        add(
            "documents",
            "Records that are to be documents of the index",
            self.documents,
        );
        add(
            "indexed_documents",
            "Documents that the index has",
            self.indexed,
        );
        add(
            "skipped_records",
            "Records that are told in another document",
            self.skipped,
        );
        add(
            "vectorless_documents",
            "Documents that wait for their vectors",
            self.vectorless,
        );
        add(
            "waiting_changes",
            "Changes that are read and not in the index yet",
            self.waiting,
        );
        let help = "Time since everything that the org had was read";
        registry.register_with_unit("lag", help, Unit::Seconds, self.lag.0);
        let help = "When everything that the org had was last read, in Unix time";
        registry.register_with_unit(
            "last_success_timestamp",
            help,
            Unit::Seconds,
            self.last_success.0,
        );
    }
}

fn register_audit(registry: &mut Registry, report: &StatusReport) {
    let Some(audit) = &report.audit else {
        return;
    };
    let mut tell = |name: &str, help: &str, value: u64| {
        registry.register(name, help, ConstGauge::new(value));
    };
    tell(
        "audit_lines",
        "Number of the audit trail's last line",
        audit.last_seq,
    );
    let help = "Replies of the last 30 days that somebody said helped";
    tell("feedback_up", help, audit.feedback.up);
    let help = "Replies of the last 30 days that somebody said did not help";
    tell("feedback_down", help, audit.feedback.down);
    if let Some(azure) = &audit.azure {
        let behind = audit.last_seq.saturating_sub(azure.sent_seq);
        let help = "Lines of the audit trail that Azure does not have";
        tell("audit_azure_waiting_lines", help, behind);
        let since = azure.waiting_since.map(|since| report.at - since);
        let seconds = since.map_or(0, |waiting| waiting.num_seconds());
        let help = "Age of the oldest line that Azure does not have";
        let age = ConstGauge::new(u64::try_from(seconds).unwrap_or(0));
        registry.register_with_unit("audit_azure_waiting", help, Unit::Seconds, age);
    }
}

fn register_model(registry: &mut Registry, app: &App) {
    let spent = app.engine.spent.so_far();
    let mut add = |name: &str, help: &str, count: u64| {
        registry.register(name, help, ConstCounter::new(count));
    };
    add(
        "model_replies",
        "Replies of the language model",
        spent.requests,
    );
    add(
        "model_prompt_tokens",
        "Tokens that the language model was sent",
        spent.prompt_tokens,
    );
    add(
        "model_completion_tokens",
        "Tokens that the language model wrote",
        spent.completion_tokens,
    );
    add(
        "claims_shown",
        "Sentences of the language model that were shown",
        spent.shown,
    );
    add(
        "claims_dropped",
        "Sentences of the language model that did not hold",
        spent.dropped,
    );
}

fn register_syncs(registry: &mut Registry, report: &StatusReport, usage: &salesforce::Usage) {
    let mut count = |name: &str, help: &str, calls: u64| {
        registry.register(name, help, ConstCounter::new(calls));
    };
    let help = "API calls of this process, access checks included";
    count("salesforce_calls", help, usage.calls);
    let help = "Requests of this process that failed, whether or not a repeat then worked";
    count("salesforce_failed_calls", help, usage.failed);

    let mut tell = |name: &str, help: &str, value: u64| {
        registry.register(name, help, ConstGauge::new(value));
    };
    if let Some(used) = report.ledger.api.org_used {
        let help = "API calls that the whole org has used in 24 hours";
        tell("salesforce_api_used", help, used);
    }
    if let Some(limit) = report.ledger.api.org_limit {
        let help = "API calls that the org may make in 24 hours";
        tell("salesforce_api_limit", help, limit);
    }
    let paused = u64::from(report.ledger.paused.is_some());
    tell("sync_paused", "Whether a sync waits for API calls", paused);
    let running = u64::from(report.running.is_some());
    tell("sync_running", "Whether a sync is running", running);
    let help = "Whether nothing disagrees between the org and the index";
    tell("complete", help, u64::from(report.complete));
}

//! `[telemetry]`: the collector that traces and metrics are sent to.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::raw::RawTelemetry;
use super::reading::Reading;

#[derive(Debug, Clone)]
pub struct TelemetryConfig {
    /// Of OTLP over HTTP; `/v1/traces` and `/v1/metrics` are below it.
    pub endpoint: Url,
    /// Headers that the collector asks for.
    pub headers: Vec<(String, SecretString)>,
    /// How many of the requests without a trace of their own are traced, of 1.
    pub trace_share: f64,
    pub metrics_every: Duration,
}

impl Reading {
    /// None where no collector is named.
    pub(super) fn telemetry(&mut self, raw: &RawTelemetry) -> Option<TelemetryConfig> {
        if !(0.0..=1.0).contains(&raw.trace_share) {
            self.problem::<()>("telemetry.trace_share", "must be from 0 to 1");
        }
        if !(1..=3600).contains(&raw.metrics_seconds) {
            self.problem::<()>("telemetry.metrics_seconds", "must be from 1 to 3600");
        }
        if raw.otlp_endpoint.trim().is_empty() {
            return None;
        }
        let endpoint = self.url("telemetry.otlp_endpoint", &raw.otlp_endpoint);
        let headers = match raw.otlp_headers.trim().is_empty() {
            true => Some(Vec::new()),
            false => self.collector_headers(&raw.otlp_headers),
        };
        Some(TelemetryConfig {
            endpoint: endpoint?,
            headers: headers?,
            trace_share: raw.trace_share,
            metrics_every: Duration::from_secs(raw.metrics_seconds),
        })
    }

    fn collector_headers(&mut self, reference: &str) -> Option<Vec<(String, SecretString)>> {
        const KEY: &str = "telemetry.otlp_headers";
        let secret = self.secret(KEY, reference)?;
        let pairs = secret.expose_secret().trim().split(',').map(|pair| {
            let (name, value) = pair.split_once('=')?;
            Some((name.trim().to_owned(), SecretString::from(value.trim())))
        });
        match pairs.collect() {
            Some(headers) => Some(headers),
            None => self.problem(KEY, "must lead to Name=value, more of them after commas"),
        }
    }
}

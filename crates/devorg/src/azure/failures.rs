//! What the services do wrong, and how often they were called.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One service of the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    VirtualMachine,
    AppService,
    Entra,
    Vault,
    Logs,
}

/// The next requests to a service fail like this.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    pub service: Service,
    pub status: u16,
    /// How many requests; 1 when it is not said.
    #[serde(default = "once")]
    pub times: u32,
    /// Seconds in `Retry-After`.
    #[serde(default)]
    pub retry_after: Option<u32>,
    /// Sent instead of the service's own body: a text that is no JSON is sent as it is.
    #[serde(default)]
    pub body: Option<String>,
}

fn once() -> u32 {
    1
}

impl Failure {
    pub fn new(service: Service, status: u16, times: u32) -> Self {
        Self {
            service,
            status,
            times,
            retry_after: None,
            body: None,
        }
    }
}

#[derive(Default)]
pub(super) struct Failures {
    waiting: Vec<Failure>,
    calls: BTreeMap<Service, u64>,
}

impl Failures {
    pub fn push(&mut self, failure: Failure) {
        self.waiting.push(failure);
    }

    pub fn calls(&self, service: Service) -> u64 {
        self.calls.get(&service).copied().unwrap_or_default()
    }

    pub fn all_calls(&self) -> Value {
        json!(self.calls)
    }

    /// Counts a request; it fails if there is a failure for it.
    pub fn meet(&mut self, service: Service) -> Option<Response> {
        *self.calls.entry(service).or_default() += 1;
        let position = self
            .waiting
            .iter()
            .position(|failure| failure.service == service && failure.times > 0)?;
        let failure = self.waiting.get_mut(position)?;
        failure.times -= 1;
        let reply = reply(failure);
        self.waiting.retain(|failure| failure.times > 0);
        Some(reply)
    }
}

fn reply(failure: &Failure) -> Response {
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = match &failure.body {
        Some(body) => (status, body.clone()).into_response(),
        None => {
            let code = match failure.status {
                429 => "Throttled",
                403 => "Forbidden",
                _ => "InternalServerError",
            };
            let error = match failure.service {
                Service::Vault | Service::Logs => {
                    json!({"code": code, "message": "Scripted failure."})
                }
                Service::VirtualMachine | Service::AppService | Service::Entra => json!(code),
            };
            let body = json!({"error": error, "error_description": "Scripted failure."});
            (status, Json(body)).into_response()
        }
    };
    if let Some(seconds) = failure.retry_after {
        let value = HeaderValue::from(seconds);
        reply.headers_mut().insert(RETRY_AFTER, value);
    }
    reply
}

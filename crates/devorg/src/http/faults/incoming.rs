//! What a request asks for, as far as rules tell requests apart.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Method;
use serde_json::Value;

use crate::faults::Call;
use crate::http::state::App;
use crate::org::id;
use crate::soql;

/// No statement is longer.
const MAX_STATEMENT: usize = 1024 * 1024;

pub struct Incoming {
    pub call: Call,
    /// The object that the call is about, where it is about one.
    pub object: Option<String>,
}

impl Incoming {
    /// Looks at a request, whose path is the one below the version, and gives it back whole; the error
    /// is the request that no rule can be about.
    pub async fn of(app: &App, request: Request) -> Result<(Self, Request), Request> {
        let path = request.uri().path().to_owned();
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let Some(call) = call(request.method(), &segments) else {
            return Err(request);
        };
        let (object, request) = match (call, segments.as_slice()) {
            (Call::Query, _) => (queried(&request), request),
            (Call::BulkJob, _) => statement_of_job(request).await,
            (Call::QueryPage, [_, locator]) => (app.cursors.object_of(locator), request),
            (_, ["jobs", "query", id, ..]) => (app.jobs.object_of(id), request),
            (_, ["sobjects", object, ..]) => (Some((*object).to_owned()), request),
            _ => (None, request),
        };
        Ok((Self { call, object }, request))
    }
}

fn call(method: &Method, segments: &[&str]) -> Option<Call> {
    let is_get = method == Method::GET;
    Some(match segments {
        ["query" | "queryAll"] => Call::Query,
        ["query" | "queryAll", _] => Call::QueryPage,
        ["jobs", "query"] if method == Method::POST => Call::BulkJob,
        ["jobs", "query", _] if is_get => Call::BulkStatus,
        ["jobs", "query", _, "results"] => Call::BulkResults,
        ["sobjects"] | ["sobjects", _, "describe"] => Call::Describe,
        ["sobjects", _] if is_get => Call::Describe,
        ["sobjects", _, "updated" | "deleted"] => Call::Replication,
        ["sobjects", _, key, _] if is_get && id::is_valid(key) => Call::Blob,
        ["sobjects", _, ..] if is_get => Call::Record,
        ["sobjects", _, ..] => Call::Write,
        ["limits"] => Call::Limits,
        ["composite", ..] => Call::Composite,
        ["services", "oauth2", "token"] => Call::Token,
        _ => return None,
    })
}

fn queried(request: &Request) -> Option<String> {
    let query = request.uri().query()?.as_bytes();
    let (_, statement) = url::form_urlencoded::parse(query).find(|(key, _)| key == "q")?;
    soql::object_of(&statement)
}

/// The object of a new job's statement, which stands in its body.
async fn statement_of_job(request: Request) -> (Option<String>, Request) {
    let (parts, body) = request.into_parts();
    // A body that cannot be read is left empty, for which the resource has its own words.
    let bytes = to_bytes(body, MAX_STATEMENT).await.unwrap_or_default();
    let spec: Option<Value> = serde_json::from_slice(&bytes).ok();
    let statement = spec.as_ref().and_then(|spec| spec.get("query")?.as_str());
    let object = statement.and_then(soql::object_of);
    (object, Request::from_parts(parts, Body::from(bytes)))
}

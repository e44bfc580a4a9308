//! The Logs Ingestion API: rows for one stream of one data collection rule, checked as the service's
//! documentation says, and kept for tests to read.

use std::collections::HashMap;
use std::io::Read;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use flate2::read::GzDecoder;
use serde_json::{Map, Value, json};

use super::Azure;
use super::failures::Service;

/// Whom a token has to be for.
const RESOURCE: &str = "https://monitor.azure.com";
const API_VERSION: &str = "2023-01-01";
/// Bytes of one call, before and after compression.
const MOST_BYTES: usize = 1024 * 1024;
/// Bytes of one value; the service cuts what is longer.
const MOST_VALUE: usize = 64 * 1024;
/// Columns that are the service's own.
const RESERVED: [&str; 7] = [
    "_ResourceId",
    "id",
    "_SubscriptionId",
    "TenantId",
    "Type",
    "UniqueId",
    "Title",
];
/// Characters of a column's name.
const LONGEST_NAME: usize = 45;

/// What came.
#[derive(Default)]
pub(super) struct Logs {
    rows: Vec<Value>,
    batches: Vec<Value>,
}

impl Logs {
    /// Rows in the order in which they came, and the size of each call.
    pub fn body(&self) -> Value {
        json!({"rows": self.rows, "batches": self.batches})
    }
}

/// Why a call is refused.
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let error = json!({"error": {"code": self.code, "message": self.message}});
        (self.status, Json(error)).into_response()
    }
}

fn bad(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal {
        status: StatusCode::BAD_REQUEST,
        code,
        message: message.into(),
    }
}

/// `POST /dataCollectionRules/{dcr}/streams/{stream}?api-version=2023-01-01`
pub(super) async fn ingest(
    State(app): State<Azure>,
    Path((dcr, stream)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let accepted = || -> Result<Response, Refusal> {
        let mut state = app.state();
        if let Some(failure) = state.failures.meet(Service::Logs) {
            return Ok(failure);
        }
        authorized(&headers, |token| state.tokens.check(token, RESOURCE))?;
        addressed(&dcr, &stream, &query)?;
        let text = text(&headers, &body)?;
        let rows = rows(&text)?;
        let sizes = json!({"rows": rows.len(), "bytes": text.len(), "compressed": body.len()});
        state.logs.batches.push(sizes);
        state.logs.rows.extend(rows);
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    std::future::ready(accepted().unwrap_or_else(IntoResponse::into_response)).await
}

fn authorized(headers: &HeaderMap, is_good: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
    match bearer.is_some_and(is_good) {
        true => Ok(()),
        false => Err(Refusal {
            status: StatusCode::UNAUTHORIZED,
            code: "InvalidAuthenticationToken",
            message: "The authentication token is missing, has ended, or is for another audience."
                .to_owned(),
        }),
    }
}

fn addressed(dcr: &str, stream: &str, query: &HashMap<String, String>) -> Result<(), Refusal> {
    if query.get("api-version").map(String::as_str) != Some(API_VERSION) {
        let message = format!("The api-version is not {API_VERSION}.");
        return Err(bad("InvalidApiVersionParameter", message));
    }
    let is_known = dcr.starts_with("dcr-") && stream.starts_with("Custom-");
    match is_known {
        true => Ok(()),
        false => Err(Refusal {
            status: StatusCode::NOT_FOUND,
            code: "NotFound",
            message: format!("Data collection rule '{dcr}' with stream '{stream}' not found."),
        }),
    }
}

/// The body without its compression, when neither is too large.
fn text(headers: &HeaderMap, body: &Bytes) -> Result<Vec<u8>, Refusal> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_json = header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/json"));
    if !is_json {
        return Err(bad(
            "UnsupportedMediaType",
            "Content-Type is not application/json.",
        ));
    }
    let mut text = Vec::new();
    match header(CONTENT_ENCODING) {
        Some("gzip") => {
            // One byte more than it may have tells that it has more.
            let mut unzipped = GzDecoder::new(body.as_ref()).take(MOST_BYTES as u64 + 1);
            unzipped.read_to_end(&mut text).map_err(|error| {
                bad("InvalidRequestBody", format!("The gzip is broken: {error}"))
            })?;
        }
        Some(other) => {
            let message = format!("Content-Encoding {other} is not supported.");
            return Err(bad("UnsupportedContentEncoding", message));
        }
        None => text.extend_from_slice(body),
    }
    match text.len() > MOST_BYTES || body.len() > MOST_BYTES {
        true => Err(Refusal {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            code: "ContentLengthLimitExceeded",
            message: "Maximum allowed content length: 1048576 bytes (1 MB).".to_owned(),
        }),
        false => Ok(text),
    }
}

fn rows(text: &[u8]) -> Result<Vec<Value>, Refusal> {
    let rows: Vec<Map<String, Value>> = serde_json::from_slice(text).map_err(|error| {
        bad(
            "InvalidRequestBody",
            format!("No JSON array of objects: {error}"),
        )
    })?;
    for row in &rows {
        check(row)?;
    }
    Ok(rows.into_iter().map(Value::Object).collect())
}

fn check(row: &Map<String, Value>) -> Result<(), Refusal> {
    let time = row.get("TimeGenerated").and_then(Value::as_str);
    if time.is_none_or(|time| DateTime::parse_from_rfc3339(time).is_err()) {
        return Err(bad("InvalidRecord", "TimeGenerated is missing or no time."));
    }
    for (name, value) in row {
        let has_letter = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
        if RESERVED.contains(&name.as_str()) || !has_letter || name.len() > LONGEST_NAME {
            return Err(bad(
                "InvalidRecord",
                format!("'{name}' cannot be a column."),
            ));
        }
        let length = value
            .as_str()
            .map_or_else(|| value.to_string().len(), str::len);
        if length > MOST_VALUE {
            // The service would cut it without a word: better to know.
            let message = format!("'{name}' has more than 64 KB.");
            return Err(bad("InvalidRecord", message));
        }
    }
    Ok(())
}

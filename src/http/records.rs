//! Records to read, with an `ETag`, so that a reader who has one is told that it is still the same.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use super::error::ApiError;
use super::etag;
use super::openapi::LookupRefusals;
use crate::app::App;
use crate::asking::Asking;
use crate::identity::Caller;
use crate::query::Record;

/// A browser may keep a record, and asks each time whether it is still the same and still to be read.
const REVALIDATED: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Read a record
///
/// The fields of a record, and of what hangs on it, that the caller may read: the clean text that citations
/// point into. Send the `ETag` back as `If-None-Match` to be told that it is still the same.
#[utoipa::path(
    get,
    path = "/v1/records/{record}",
    operation_id = "GetRecord",
    tag = "Ask",
    params(
        ("record" = String, Path, description = "The id or the number of a record.", example = "00001026"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the caller has."),
    ),
    responses(
        (
            status = 200,
            description = "The record.",
            body = Record,
            headers(("ETag" = String, description = "Of what is shown to this caller."))
        ),
        (status = 304, description = "The caller has it already."),
        LookupRefusals,
    )
)]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Extension(asking): Extension<Asking>,
    named: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Path(named) =
        named.map_err(|error| ApiError::new(StatusCode::BAD_REQUEST, error.body_text()))?;
    let record = asking.record(&app, &caller, &named).await?;
    let tag = tag(&record)?;
    let is_kept = etag::is_among(&headers, &tag);
    let head = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, REVALIDATED),
        (header::VARY, HeaderValue::from_static("authorization")),
    ];
    Ok(match is_kept {
        true => (StatusCode::NOT_MODIFIED, head).into_response(),
        false => (head, Json(record)).into_response(),
    })
}

/// What is shown of the record, whatever the index is as of: another viewer's fields make another tag.
/// Weak (RFC 9110, 8.8.1), because `as_of` is not part of it.
fn tag(record: &Record) -> Result<HeaderValue, ApiError> {
    let shown = serde_json::to_vec(&(&record.document, &record.records));
    let shown = shown.map_err(|error| {
        tracing::error!(%error, "record not written");
        let detail = "the record could not be written; the log says why";
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    })?;
    Ok(etag::of(&shown))
}

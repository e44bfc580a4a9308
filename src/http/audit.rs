//! The audit trail, for the operator alone. Who reads it is on it.

#![expect(
    unused_qualifications,
    reason = "the derived descriptions of the interface name types in full"
)]

use std::io;
use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::body::{Body as ReplyBody, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::IntoParams;

use super::caller::Operator;
use super::error::ApiError;
use super::openapi::OperatorRefusals;
use crate::app::App;
use crate::asking::Asking;
use crate::audit::{Asked, Outcome, Page, Pruned, Selection, parse_since, parse_until};

/// The most lines of one page.
const MOST_LINES: usize = 1_000;

/// Query of `GET /v1/admin/audit`, and of its export as far as it names a time.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TrailQuery {
    /// A day, or a time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The same; a day is included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// A Salesforce username.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `search`, `answer`…: the path below `/v1/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// How requests ended: `shown`, `refused`…
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// 1 to 1,000; 50 when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000, default = 50)]
    pub limit: Option<usize>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<u64>,
}

impl TrailQuery {
    /// # Errors
    /// A sentence that names the field.
    pub fn selection(&self) -> Result<Selection, String> {
        let limit = self.limit.unwrap_or(50);
        if !(1..=MOST_LINES).contains(&limit) {
            return Err(format!("limit must be from 1 to {MOST_LINES}"));
        }
        let since = self.since.as_deref().map(parse_since).transpose();
        let until = self.until.as_deref().map(parse_until).transpose();
        Ok(Selection {
            since: since.map_err(|problem| format!("since: {problem}"))?,
            until: until.map_err(|problem| format!("until: {problem}"))?,
            user: self.user.clone(),
            operation: self.operation.clone(),
            outcome: self.outcome.clone(),
            before: self.cursor,
            limit,
        })
    }

    /// What the trail says of a reading of it.
    pub fn asked(&self) -> Asked {
        Asked {
            filters: Some(json!(self)),
            ..Asked::default()
        }
    }
}

/// A query string, or a sentence about what is wrong with it.
type TrailQueryOrNot = Result<Query<TrailQuery>, QueryRejection>;

/// Read the audit trail
///
/// Who asked what, when, and which records they were shown, newest first.
#[utoipa::path(
    get,
    path = "/v1/admin/audit",
    operation_id = "GetAuditTrail",
    tag = "Operate",
    params(TrailQuery),
    responses((status = 200, description = "A page of lines.", body = Page), OperatorRefusals)
)]
pub async fn page(
    State(app): State<Arc<App>>,
    _operator: Operator,
    Extension(asking): Extension<Asking>,
    query: TrailQueryOrNot,
) -> Result<Json<Page>, ApiError> {
    let (query, selection) = read(query)?;
    let page = app.audit.page(selection).await;
    let outcome = match page {
        Ok(_) => Outcome::Shown,
        Err(_) => Outcome::Failed,
    };
    let entry = asking.operator_entry().asking(query.asked());
    asking.write(&app, entry.ended(outcome, None)).await?;
    Ok(Json(page?))
}

/// Export the audit trail
///
/// The lines as they stand in the files, oldest first; only `since` and `until` choose among them.
#[utoipa::path(
    get,
    path = "/v1/admin/audit/export",
    operation_id = "ExportAuditTrail",
    tag = "Operate",
    params(TrailQuery),
    responses(
        (status = 200, description = "The lines.", body = String, content_type = "application/x-ndjson"),
        OperatorRefusals,
    )
)]
pub async fn export(
    State(app): State<Arc<App>>,
    _operator: Operator,
    Extension(asking): Extension<Asking>,
    query: TrailQueryOrNot,
) -> Result<Response, ApiError> {
    let (query, selection) = read(query)?;
    let entry = asking.operator_entry().asking(query.asked());
    let entry = entry.ended(Outcome::Shown, None);
    asking.write(&app, entry).await?;
    let selection = Selection::of_time(selection.since, selection.until);
    let lines = app.audit.export(selection);
    let lines = futures::stream::unfold(lines, async |mut lines| {
        let chunk: io::Result<Bytes> = lines.recv().await?.map(Bytes::from);
        Some((chunk, lines))
    });
    let content_type = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((content_type, ReplyBody::from_stream(lines)).into_response())
}

/// Remove old lines of the audit trail
///
/// What retention does once a day, now.
#[utoipa::path(
    post,
    path = "/v1/admin/audit/prune",
    operation_id = "PruneAuditTrail",
    tag = "Operate",
    responses((status = 200, description = "What was removed.", body = Pruned), OperatorRefusals)
)]
pub async fn prune(
    State(app): State<Arc<App>>,
    _operator: Operator,
    Extension(asking): Extension<Asking>,
) -> Result<Json<Pruned>, ApiError> {
    let entry = asking.operator_entry().ended(Outcome::Shown, None);
    asking.write(&app, entry).await?;
    Ok(Json(app.audit.prune().await?))
}

fn read(query: TrailQueryOrNot) -> Result<(TrailQuery, Selection), ApiError> {
    let bad = |detail: String| ApiError::new(StatusCode::BAD_REQUEST, detail);
    let Query(query) = query.map_err(|rejection| bad(rejection.body_text()))?;
    let selection = query.selection().map_err(bad)?;
    Ok((query, selection))
}

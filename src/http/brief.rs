//! Account briefs, as JSON, as Markdown, or as a page to print.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;

use super::asking::Asking;
use super::body::Body;
use super::error::ApiError;
use crate::app::App;
use crate::audit::Asked;
use crate::identity::Caller;
use crate::query::{self, Audience, Brief, BriefRequest, content_security_policy};

/// How a brief is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Json,
    Markdown,
    Html,
}

/// Query of `POST`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatQuery {
    format: Option<Format>,
}

/// Query of `GET`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BriefQuery {
    format: Option<Format>,
    #[serde(default)]
    audience: Audience,
    since: Option<String>,
}

type Named = Result<Path<String>, PathRejection>;

/// `POST /v1/accounts/{id or name}/brief`
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    Extension(asking): Extension<Asking>,
    named: Named,
    query: Result<Query<FormatQuery>, QueryRejection>,
    headers: HeaderMap,
    Body(request): Body<BriefRequest>,
) -> Result<Response, ApiError> {
    let Query(query) = query.map_err(|error| refused(&error.body_text()))?;
    let format = query.format.unwrap_or_else(|| accepted(&headers));
    answer(&app, &caller, &asking, named, &request, format).await
}

/// `GET /v1/accounts/{id or name}/brief`: the same for a browser.
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Extension(asking): Extension<Asking>,
    named: Named,
    query: Result<Query<BriefQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Query(query) = query.map_err(|error| refused(&error.body_text()))?;
    let format = query.format.unwrap_or_else(|| accepted(&headers));
    let request = BriefRequest {
        audience: query.audience,
        since: query.since,
    };
    answer(&app, &caller, &asking, named, &request, format).await
}

async fn answer(
    app: &App,
    caller: &Caller,
    asking: &Asking,
    named: Named,
    request: &BriefRequest,
    format: Format,
) -> Result<Response, ApiError> {
    let Path(named) = named.map_err(|error| refused(&error.body_text()))?;
    let entry = asking.entry(caller).asking(Asked::brief(&named, request));
    let brief = query::brief(&app.engine, &caller.viewer, &named, request, asking.id()).await;
    asking.write(app, entry.of_brief(&brief)).await?;
    Ok(written(&brief?, format))
}

fn written(brief: &Brief, format: Format) -> Response {
    let kind = |kind: &'static str| [(header::CONTENT_TYPE, kind)];
    match format {
        Format::Json => Json(brief).into_response(),
        Format::Markdown => {
            let kind = kind("text/markdown; charset=utf-8");
            (kind, query::markdown(brief)).into_response()
        }
        Format::Html => {
            let policy: [(HeaderName, String); 1] =
                [(header::CONTENT_SECURITY_POLICY, content_security_policy())];
            let kind = kind("text/html; charset=utf-8");
            (kind, policy, query::page(brief)).into_response()
        }
    }
}

/// The first kind of text in `Accept` that there is.
fn accepted(headers: &HeaderMap) -> Format {
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|value| value.to_str().ok());
    let kinds = accept.unwrap_or_default().split(',');
    let known = kinds.filter_map(
        |kind| match kind.split(';').next().unwrap_or_default().trim() {
            "application/json" => Some(Format::Json),
            "text/markdown" => Some(Format::Markdown),
            "text/html" | "application/xhtml+xml" => Some(Format::Html),
            _ => None,
        },
    );
    let mut known = known;
    known.next().unwrap_or(Format::Json)
}

fn refused(problem: &str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, problem)
}

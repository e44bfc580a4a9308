//! Account briefs, as JSON, as Markdown, as a page to print, or as a card.

#![expect(
    unused_qualifications,
    reason = "the derived descriptions of the interface name types in full"
)]

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::body::OptionalBody;
use super::error::ApiError;
use super::format;
use super::openapi::{LookupRefusals, NamedQuestionRefusals};
use crate::app::App;
use crate::asking::Asking;
use crate::card::{self, Card};
use crate::identity::Caller;
use crate::query::{self, Audience, Brief, BriefRequest, content_security_policy};

/// How a brief is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BriefFormat)]
pub enum Format {
    Json,
    Markdown,
    Html,
    /// An Adaptive Card.
    Card,
}

/// Query of `POST`.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FormatQuery {
    /// How it is written down; left out, what `Accept` says, or JSON.
    #[param(inline)]
    format: Option<Format>,
}

/// Query of `GET`.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BriefQuery {
    /// How it is written down; left out, what `Accept` says, or JSON.
    #[param(inline)]
    format: Option<Format>,
    /// Whom it is for.
    #[serde(default)]
    #[param(inline)]
    audience: Audience,
    /// A time in RFC 3339, a date, or how long ago (`30d`).
    #[param(example = "90d")]
    since: Option<String>,
}

type Named = Result<Path<String>, PathRejection>;

/// Brief on an account
///
/// What to know before a call, a renewal or a board meeting: figures, people, deals, cases, promises and
/// risks, each with the records it was made of.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/brief",
    operation_id = "BriefAccount",
    tag = "Accounts",
    params(
        ("account" = String, Path, description = "The id or the name of an account.", min_length = 1,
         max_length = 255, example = "Acme GmbH"),
        FormatQuery,
    ),
    request_body(
        content = Option<BriefRequest>,
        example = json!({"audience": "renewal", "since": "90d"})
    ),
    responses(
        (status = 200, description = "The brief.", content(
            (Brief = "application/json"),
            (String = "text/markdown"),
            (String = "text/html"),
            (Card = "application/vnd.microsoft.card.adaptive"),
        )),
        NamedQuestionRefusals,
    )
)]
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    Extension(asking): Extension<Asking>,
    named: Named,
    query: Result<Query<FormatQuery>, QueryRejection>,
    headers: HeaderMap,
    OptionalBody(request): OptionalBody<BriefRequest>,
) -> Result<Response, ApiError> {
    let Query(query) = query.map_err(|error| format::refused(&error))?;
    let format = query.format.unwrap_or_else(|| accepted(&headers));
    answer(&app, &caller, &asking, named, &request, format).await
}

/// Brief on an account, for a browser
///
/// The same with its settings in the address.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/brief",
    operation_id = "GetBrief",
    tag = "Accounts",
    params(
        ("account" = String, Path, description = "The id or the name of an account.", min_length = 1,
         max_length = 255, example = "Acme GmbH"),
        BriefQuery,
    ),
    responses(
        (status = 200, description = "The brief.", content(
            (Brief = "application/json"),
            (String = "text/markdown"),
            (String = "text/html"),
            (Card = "application/vnd.microsoft.card.adaptive"),
        )),
        LookupRefusals,
    )
)]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Extension(asking): Extension<Asking>,
    named: Named,
    query: Result<Query<BriefQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Query(query) = query.map_err(|error| format::refused(&error))?;
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
    let refused = |error: PathRejection| ApiError::new(StatusCode::BAD_REQUEST, error.body_text());
    let Path(named) = named.map_err(refused)?;
    let brief = asking.brief(app, caller, &named, request).await?;
    Ok(written(&brief, format))
}

fn written(brief: &Brief, format: Format) -> Response {
    let kind = |kind: &'static str| [(header::CONTENT_TYPE, kind)];
    match format {
        Format::Json => Json(brief).into_response(),
        Format::Card => format::as_card(&card::brief(brief)),
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

/// What `Accept` asks for.
fn accepted(headers: &HeaderMap) -> Format {
    let known = format::accepted(headers, |kind| match kind {
        "application/json" => Some(Format::Json),
        "text/markdown" => Some(Format::Markdown),
        "text/html" | "application/xhtml+xml" => Some(Format::Html),
        card::MEDIA_TYPE => Some(Format::Card),
        _ => None,
    });
    known.unwrap_or(Format::Json)
}

//! How a reply is written down: what the query says, else what `Accept` does, else JSON.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::error::ApiError;
use crate::card::{self, Card};

/// How an answer or a triage is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReplyFormat)]
pub enum Format {
    Json,
    /// An Adaptive Card.
    Card,
}

/// Query of what replies with JSON or a card.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FormatQuery {
    /// How it is written down; left out, what `Accept` says, or JSON.
    #[param(inline)]
    format: Option<Format>,
}

/// The format that a request asks for.
pub struct Wanted(pub Format);

impl<S: Send + Sync> FromRequestParts<S> for Wanted {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::<FormatQuery>::from_request_parts(parts, state).await;
        let Query(query) = query.map_err(|error| refused(&error))?;
        let format = query.format.unwrap_or_else(|| {
            let known = accepted(&parts.headers, |kind| match kind {
                "application/json" => Some(Format::Json),
                card::MEDIA_TYPE => Some(Format::Card),
                _ => None,
            });
            known.unwrap_or(Format::Json)
        });
        Ok(Self(format))
    }
}

impl Format {
    /// The reply, as it is or as a card of it.
    pub fn written<T: Serialize>(self, reply: &T, card: impl FnOnce(&T) -> Card) -> Response {
        match self {
            Self::Json => Json(reply).into_response(),
            Self::Card => as_card(&card(reply)),
        }
    }
}

pub fn as_card(card: &Card) -> Response {
    let kind = [(header::CONTENT_TYPE, card::MEDIA_TYPE)];
    (kind, Json(card)).into_response()
}

/// The first media type of `Accept` that is `known`.
pub fn accepted<T>(headers: &HeaderMap, known: impl Fn(&str) -> Option<T>) -> Option<T> {
    let accept = headers.get(header::ACCEPT)?.to_str().ok()?;
    let mut kinds = accept.split(',');
    kinds.find_map(|kind| known(kind.split(';').next().unwrap_or_default().trim()))
}

pub fn refused(error: &QueryRejection) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, error.body_text())
}

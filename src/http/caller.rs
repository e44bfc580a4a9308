//! Who calls: an API key that is bound to a Salesforce user, or the operator of this machine.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use domain::Viewer;

use super::error::ApiError;
use crate::access;
use crate::app::App;

/// With the operator's token, and only with it: the username to run as.
pub const AS_HEADER: &str = "x-precis-as";

/// The viewer of a request. A handler without one does not compile into a reader.
pub struct Caller(pub Arc<Viewer>);

/// The operator: whoever can read the token file in the data folder.
pub struct Operator;

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let username = match username(parts, app)? {
            Some(username) => username,
            None => app.own_username().await.map_err(access::Error::from)?,
        };
        let viewer = app.access.viewer(&username).await?;
        Ok(Self(viewer))
    }
}

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        if app.keys.is_operator(bearer(parts)?) {
            return Ok(Self);
        }
        let detail = "this path is for the operator of precis: run the command on its machine";
        Err(ApiError::new(StatusCode::FORBIDDEN, detail))
    }
}

/// Whom the request runs as; none is the user that precis signs in as, whom only the operator can be.
fn username(parts: &Parts, app: &App) -> Result<Option<String>, ApiError> {
    let token = bearer(parts)?;
    if app.keys.is_operator(token) {
        let named = parts.headers.get(AS_HEADER).and_then(|v| v.to_str().ok());
        return Ok(named.map(str::to_owned));
    }
    app.keys.username_of(token).map(Some).ok_or_else(|| {
        let detail = "the API key is unknown: `precis key new` makes one, api_keys stores it";
        ApiError::new(StatusCode::UNAUTHORIZED, detail)
    })
}

fn bearer(parts: &Parts) -> Result<&str, ApiError> {
    let header = parts.headers.get(header::AUTHORIZATION);
    let token = header
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    token.filter(|token| !token.is_empty()).ok_or_else(|| {
        let detail = "send an API key as `Authorization: Bearer KEY`";
        ApiError::new(StatusCode::UNAUTHORIZED, detail)
    })
}

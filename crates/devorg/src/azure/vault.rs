//! The secrets of one key vault, in versions.

use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use serde_json::json;
use uuid::Uuid;

use super::Azure;
use super::failures::Service;

/// Whom a token has to be for.
const RESOURCE: &str = "https://vault.azure.net";

/// By name; the newest version is the last.
#[derive(Default)]
pub(super) struct Vault(HashMap<String, Vec<Version>>);

struct Version {
    id: String,
    value: String,
    enabled: bool,
    created: i64,
}

impl Vault {
    pub fn new(secrets: &BTreeMap<String, String>) -> Self {
        let mut vault = Self::default();
        for (name, value) in secrets {
            vault.set(name, value, true);
        }
        vault
    }

    /// Adds a version and returns its id.
    pub fn set(&mut self, name: &str, value: &str, enabled: bool) -> String {
        let id = Uuid::new_v4().simple().to_string();
        // A vault's names do not tell upper from lower case.
        let versions = self.0.entry(name.to_ascii_lowercase()).or_default();
        versions.push(Version {
            id: id.clone(),
            value: value.to_owned(),
            enabled,
            created: Utc::now().timestamp(),
        });
        id
    }

    fn find(&self, name: &str, version: Option<&str>) -> Option<&Version> {
        let versions = self.0.get(&name.to_ascii_lowercase())?;
        match version {
            None => versions.last(),
            Some(id) => versions.iter().find(|version| version.id == id),
        }
    }
}

type Parameters = Query<HashMap<String, String>>;

/// `GET /secrets/{name}?api-version=7.4`
pub(super) async fn newest(
    State(app): State<Azure>,
    Path(name): Path<String>,
    headers: HeaderMap,
    Query(query): Parameters,
) -> Response {
    std::future::ready(secret(&app, &name, None, &headers, &query)).await
}

/// `GET /secrets/{name}/{version}?api-version=7.4`
pub(super) async fn version(
    State(app): State<Azure>,
    Path((name, version)): Path<(String, String)>,
    headers: HeaderMap,
    Query(query): Parameters,
) -> Response {
    std::future::ready(secret(&app, &name, Some(&version), &headers, &query)).await
}

fn secret(
    app: &Azure,
    name: &str,
    version: Option<&str>,
    headers: &HeaderMap,
    query: &HashMap<String, String>,
) -> Response {
    let mut state = app.state();
    if let Some(failed) = state.failures.meet(Service::Vault) {
        return failed;
    }
    let token = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if !token.is_some_and(|token| state.tokens.check(token, RESOURCE)) {
        return unauthorized(&app.options.tenant);
    }
    if query.get("api-version").map(String::as_str) != Some("7.4") {
        let message = "The specified version is not recognized.";
        return refusal(StatusCode::BAD_REQUEST, "BadParameter", message);
    }
    match state.vault.find(name, version) {
        None => {
            let message = format!(
                "A secret with (name/id) {name} was not found in this key vault. If you recently deleted \
                 this secret you may be able to recover it."
            );
            refusal(StatusCode::NOT_FOUND, "SecretNotFound", &message)
        }
        Some(version) if !version.enabled => {
            let body = json!({"error": {
                "code": "Forbidden",
                "message": "Operation get is not allowed on a disabled secret.",
                "innererror": {"code": "SecretDisabled"},
            }});
            (StatusCode::FORBIDDEN, Json(body)).into_response()
        }
        Some(version) => Json(json!({
            "value": version.value,
            "id": format!("https://devorg.vault.azure.net/secrets/{name}/{}", version.id),
            "attributes": {"enabled": true, "created": version.created, "updated": version.created},
        }))
        .into_response(),
    }
}

fn unauthorized(tenant: &str) -> Response {
    let message = "AKV10000: Request is missing a Bearer or PoP token.";
    let mut reply = refusal(StatusCode::UNAUTHORIZED, "Unauthorized", message);
    let challenge = format!(
        "Bearer authorization=\"https://login.microsoftonline.com/{tenant}\", resource=\"{RESOURCE}\""
    );
    if let Ok(value) = challenge.parse() {
        reply.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
    reply
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({"error": {"code": code, "message": message}});
    (status, Json(body)).into_response()
}

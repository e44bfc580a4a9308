//! `/services/oauth2/token`: client credentials and JWT bearer, and the errors of both.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::extract::RawBody;
use super::jwt;
use super::state::App;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A refused token request: HTTP 400 `{"error", "error_description"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub error: &'static str,
    pub description: &'static str,
}

impl Refusal {
    pub const fn new(error: &'static str, description: &'static str) -> Self {
        Self { error, description }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": self.error, "error_description": self.description});
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    }
}

const UNKNOWN_CLIENT: Refusal = Refusal::new("invalid_client_id", "client identifier invalid");

/// `POST /services/oauth2/token`.
pub(crate) async fn token(
    State(app): State<App>,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Json<Value>, Refusal> {
    app.meter.count_sign_in();
    let form: HashMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    let user_id = match form.get("grant_type").map(String::as_str) {
        Some("client_credentials") => {
            check_client(&app, &headers, &form)?;
            app.settings.run_as.clone()
        }
        Some(JWT_BEARER) => jwt_user(&app, &form).await?,
        Some(_) | None => {
            return Err(Refusal::new(
                "unsupported_grant_type",
                "grant type not supported",
            ));
        }
    };
    require_active(&app, &user_id).await?;
    Ok(Json(token_reply(&app, &user_id)))
}

/// `POST /services/oauth2/revoke`: ends the session of `token`.
pub(crate) async fn revoke(
    State(app): State<App>,
    RawBody(body): RawBody,
) -> Result<StatusCode, Refusal> {
    let token = url::form_urlencoded::parse(&body).find(|(key, _)| key == "token");
    let (_, token) = token.ok_or(Refusal::new("invalid_token", "no token to revoke"))?;
    app.sessions.close(&token);
    std::future::ready(Ok(StatusCode::OK)).await
}

/// The app's key and secret, from `Authorization: Basic` or from the form.
fn check_client(
    app: &App,
    headers: &HeaderMap,
    form: &HashMap<String, String>,
) -> Result<(), Refusal> {
    let (id, secret) = basic(headers).unwrap_or_else(|| {
        let field = |name| form.get(name).cloned().unwrap_or_default();
        (field("client_id"), field("client_secret"))
    });
    if id != app.settings.client_id {
        return Err(UNKNOWN_CLIENT);
    }
    if secret != app.settings.client_secret {
        return Err(Refusal::new("invalid_client", "invalid client credentials"));
    }
    Ok(())
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// The id of the user that a checked assertion names.
async fn jwt_user(app: &App, form: &HashMap<String, String>) -> Result<String, Refusal> {
    let key = app.settings.jwt_key.as_ref().ok_or(Refusal::new(
        "invalid_client",
        "the app has no certificate: start the org with --jwt-public-key",
    ))?;
    let assertion = form.get("assertion").ok_or(Refusal::new(
        "invalid_request",
        "missing required parameters: assertion",
    ))?;
    let claims = jwt::check(assertion, key)?;
    if claims.iss != app.settings.client_id {
        return Err(UNKNOWN_CLIENT);
    }
    if !audiences(app)
        .await
        .contains(&claims.aud.trim_end_matches('/').to_owned())
    {
        return Err(Refusal::new("invalid_grant", "audience is invalid"));
    }
    user_named(app, claims.sub).await
}

/// What `aud` may be: the two login hosts, the org's My Domain, or the address it is served at.
async fn audiences(app: &App) -> Vec<String> {
    let domain = app
        .read(|world| Ok(world.org.settings().my_domain.clone()))
        .await;
    vec![
        "https://login.salesforce.com".to_owned(),
        "https://test.salesforce.com".to_owned(),
        format!("https://{}.my.salesforce.com", domain.unwrap_or_default()),
        app.settings.url.clone(),
    ]
}

async fn user_named(app: &App, username: String) -> Result<String, Refusal> {
    let unapproved = Refusal::new("invalid_grant", "user hasn't approved this consumer");
    let found = app.read(move |world| {
        let named = |row: &&crate::org::Row| {
            row.get("Username")
                .and_then(Value::as_str)
                .is_some_and(|name| name.eq_ignore_ascii_case(&username))
        };
        let user = world.org.rows("User").find(named);
        Ok(user
            .and_then(|row| row.get("Id"))
            .and_then(Value::as_str)
            .map(str::to_owned))
    });
    found.await.ok().flatten().ok_or(unapproved)
}

async fn require_active(app: &App, user_id: &str) -> Result<(), Refusal> {
    let id = user_id.to_owned();
    let active = app
        .read(move |world| Ok(world.active_user(&id).is_some()))
        .await;
    if active == Ok(true) {
        return Ok(());
    }
    Err(Refusal::new("inactive_user", "user is inactive"))
}

fn token_reply(app: &App, user_id: &str) -> Value {
    let identity = identity_url(app, user_id);
    let issued_at = app.clock.now().timestamp_millis().to_string();
    let mut signed = Sha256::new_with_prefix(&app.settings.client_secret);
    signed.update(&identity);
    signed.update(&issued_at);
    json!({
        "access_token": app.sessions.open(user_id),
        "signature": STANDARD.encode(signed.finalize()),
        "scope": "api",
        "instance_url": app.settings.url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
    })
}

/// Where a user's identity is served.
pub(crate) fn identity_url(app: &App, user_id: &str) -> String {
    format!("{}/id/{}/{user_id}", app.settings.url, app.org_id)
}

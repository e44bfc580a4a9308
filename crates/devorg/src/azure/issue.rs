//! Who gets a token, and what becomes of it.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use serde_json::{Value, json};
use uuid::Uuid;

use super::failures::Service;
use super::{Azure, Changing};

/// Tokens that are out there, with their resource and their end in Unix seconds.
pub(super) struct Tokens {
    pub lifetime: i64,
    issued: HashMap<String, (String, i64)>,
}

impl Tokens {
    pub fn new(lifetime: i64) -> Self {
        Self {
            lifetime,
            issued: HashMap::new(),
        }
    }

    /// The token and its end.
    fn issue(&mut self, resource: &str) -> (String, i64) {
        let token = format!("eyJ.devorg.{}", Uuid::new_v4().simple());
        let end = Utc::now().timestamp() + self.lifetime;
        let resource = resource.trim_end_matches('/').to_owned();
        self.issued.insert(token.clone(), (resource, end));
        (token, end)
    }

    pub fn expire(&mut self) {
        self.issued.clear();
    }

    /// Whether the token is for `resource` and has not ended.
    pub fn check(&self, token: &str, resource: &str) -> bool {
        self.issued
            .get(token)
            .is_some_and(|(of, end)| of == resource && Utc::now().timestamp() < *end)
    }
}

type Parameters = Query<HashMap<String, String>>;

/// `GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=`
pub(super) async fn virtual_machine(
    State(app): State<Azure>,
    headers: HeaderMap,
    Query(query): Parameters,
) -> Response {
    std::future::ready(of_virtual_machine(&app, &headers, &query)).await
}

fn of_virtual_machine(
    app: &Azure,
    headers: &HeaderMap,
    query: &HashMap<String, String>,
) -> Response {
    let mut state = app.state();
    if let Some(failed) = state.failures.meet(Service::VirtualMachine) {
        return failed;
    }
    let is_metadata = headers
        .get("metadata")
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    // A request that came through a proxy was not made by the machine itself.
    if !is_metadata || headers.contains_key("x-forwarded-for") {
        return bad_request("invalid_request", "Required metadata header not specified");
    }
    identity_token(app, &mut state, query, "2018-02-01")
}

/// `GET /msi/token?api-version=2019-08-01&resource=`
pub(super) async fn app_service(
    State(app): State<Azure>,
    headers: HeaderMap,
    Query(query): Parameters,
) -> Response {
    std::future::ready(of_app_service(&app, &headers, &query)).await
}

fn of_app_service(app: &Azure, headers: &HeaderMap, query: &HashMap<String, String>) -> Response {
    let mut state = app.state();
    if let Some(failed) = state.failures.meet(Service::AppService) {
        return failed;
    }
    let header = headers.get("x-identity-header");
    if header.is_none_or(|value| value.as_bytes() != app.options.identity_header.as_bytes()) {
        let body = json!({"statusCode": 401, "message": "X-IDENTITY-HEADER is missing or wrong."});
        return (StatusCode::UNAUTHORIZED, Json(body)).into_response();
    }
    identity_token(app, &mut state, query, "2019-08-01")
}

/// What both endpoints answer; `expires_on` is a text.
fn identity_token(
    app: &Azure,
    state: &mut Changing,
    query: &HashMap<String, String>,
    version: &str,
) -> Response {
    let text = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    if text("api-version") != version {
        return bad_request(
            "bad_request_102",
            "Required API version is missing or not supported",
        );
    }
    let resource = text("resource");
    if resource.is_empty() || resource.ends_with("/.default") {
        let description = "Required audience parameter is missing, or is a scope";
        return bad_request("invalid_resource", description);
    }
    let client_id = query.get("client_id");
    if client_id.is_some_and(|id| *id != app.options.user_assigned) {
        return bad_request("invalid_request", "Identity not found");
    }
    let (token, end) = state.tokens.issue(resource);
    Json(json!({
        "access_token": token,
        "client_id": client_id.unwrap_or(&app.options.client_id),
        "expires_on": end.to_string(),
        "resource": resource,
        "token_type": "Bearer",
    }))
    .into_response()
}

/// `POST /{tenant}/oauth2/v2.0/token`
pub(super) async fn entra(
    State(app): State<Azure>,
    Path(tenant): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    std::future::ready(of_entra(&app, &tenant, &form)).await
}

fn of_entra(app: &Azure, tenant: &str, form: &HashMap<String, String>) -> Response {
    let mut state = app.state();
    if let Some(failed) = state.failures.meet(Service::Entra) {
        return failed;
    }
    let text = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if tenant != app.options.tenant {
        let description = format!("AADSTS90002: Tenant '{tenant}' not found.");
        return bad_request("invalid_request", &description);
    }
    if text("grant_type") != "client_credentials" {
        let description = "AADSTS70003: The app requested an unsupported grant type.";
        return bad_request("unsupported_grant_type", description);
    }
    if text("client_id") != app.options.client_id {
        let description = "AADSTS700016: Application was not found in the directory.";
        return bad_request("unauthorized_client", description);
    }
    if text("client_secret") != app.options.client_secret {
        let description = "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 0";
        let body = oauth_error("invalid_client", description);
        return (StatusCode::UNAUTHORIZED, body).into_response();
    }
    let Some(resource) = text("scope").strip_suffix("/.default") else {
        let description = "AADSTS1002012: The provided value for scope is not valid.";
        return bad_request("invalid_scope", description);
    };
    let (token, _) = state.tokens.issue(resource);
    let lifetime = state.tokens.lifetime;
    Json(json!({
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": token,
    }))
    .into_response()
}

fn bad_request(error: &str, description: &str) -> Response {
    (StatusCode::BAD_REQUEST, oauth_error(error, description)).into_response()
}

fn oauth_error(error: &str, description: &str) -> Json<Value> {
    Json(json!({"error": error, "error_description": description}))
}

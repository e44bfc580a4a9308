//! `POST /mcp`: the Model Context Protocol over streamable HTTP, and what a client reads to find out how
//! to sign in (RFC 9728).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Serialize;
use tower::ServiceExt;

use super::error::{ApiError, OwnWords};
use super::headers::SpeaksTls;
use crate::app::App;
use crate::asking::Asking;
use crate::config::HttpConfig;
use crate::identity::Caller;
use crate::mcp::{Here, Server};

/// The path of the protocol, and where its description is.
pub const PATH: &str = "/mcp";
pub const METADATA: &str = "/.well-known/oauth-protected-resource";
pub const METADATA_OF_PATH: &str = "/.well-known/oauth-protected-resource/mcp";

/// What a client of the protocol has to accept.
const BOTH: &str = "application/json, text/event-stream";

/// Speaks the protocol.
#[derive(Clone)]
pub struct Protocol(StreamableHttpService<Server, NeverSessionManager>);

impl Protocol {
    pub fn new(config: &HttpConfig) -> Self {
        // Who asks is proved by a bearer, so the name that a request calls this host by proves nothing.
        // Pages of other origins have no business here, whatever they know.
        let mut service = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .with_max_request_body_bytes(config.max_body_bytes)
            .disable_allowed_hosts()
            .enforce_origin_validation();
        if let Some(url) = &config.public_url {
            service = service.with_allowed_origins([url.origin().ascii_serialization()]);
        }
        let server = || Ok(Server::of_requests());
        Self(StreamableHttpService::new(server, Arc::default(), service))
    }
}

/// `POST /mcp`. The caller is known before the protocol begins.
pub async fn call(
    State(app): State<Arc<App>>,
    Extension(Protocol(service)): Extension<Protocol>,
    Extension(asking): Extension<Asking>,
    Extension(tls): Extension<SpeaksTls>,
    caller: Result<Caller, ApiError>,
    mut request: Request,
) -> Response {
    let caller = match caller {
        Ok(caller) => Arc::new(caller),
        Err(error) if error.status == StatusCode::UNAUTHORIZED => {
            let base = base(&app.config.http, tls, request.headers());
            let place = format!("{base}{METADATA_OF_PATH}");
            return error.described_at(place).into_response();
        }
        Err(error) => return error.into_response(),
    };
    request.extensions_mut().insert(Here {
        app,
        caller,
        asking,
    });
    accept_leniently(request.headers_mut());
    match service.oneshot(request).await {
        Ok(reply) => in_own_words(reply.map(Body::new)),
        Err(never) => match never {},
    }
}

/// The protocol wants clients to accept JSON and event streams. Some name one of them, or nothing, and
/// all of them can read the JSON that each reply is.
fn accept_leniently(headers: &mut HeaderMap) {
    let takes_json = match headers.get(header::ACCEPT).map(|accept| accept.to_str()) {
        None => true,
        Some(Ok(accept)) => ["*/*", "application/*", "application/json"]
            .iter()
            .any(|kind| accept.contains(kind)),
        Some(Err(_)) => false,
    };
    if takes_json {
        headers.insert(header::ACCEPT, HeaderValue::from_static(BOTH));
    }
}

/// Errors of the protocol that are JSON stay so; plain sentences become problem documents.
fn in_own_words(mut reply: Response) -> Response {
    let kind = reply.headers().get(header::CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if is_json {
        reply.extensions_mut().insert(OwnWords);
    }
    reply
}

/// What RFC 9728 calls the metadata of a protected resource.
#[derive(Debug, Serialize)]
pub struct Metadata {
    resource: String,
    resource_name: &'static str,
    /// Empty where only API keys are taken.
    authorization_servers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<String>,
    bearer_methods_supported: [&'static str; 1],
}

/// `GET /.well-known/oauth-protected-resource`, also with the path of the resource behind it.
pub async fn metadata(
    State(app): State<Arc<App>>,
    Extension(tls): Extension<SpeaksTls>,
    parts: Parts,
) -> Json<Metadata> {
    let base = base(&app.config.http, tls, &parts.headers);
    let (authorization_servers, scopes_supported) = match &app.config.identity {
        Some(entra) => entra.offered(),
        None => (Vec::new(), Vec::new()),
    };
    Json(Metadata {
        resource: format!("{base}{PATH}"),
        resource_name: "precis",
        authorization_servers,
        scopes_supported,
        bearer_methods_supported: ["header"],
    })
}

/// Where clients reach this server: `http.public_url`, or what the request itself says.
fn base(config: &HttpConfig, SpeaksTls(tls): SpeaksTls, headers: &HeaderMap) -> String {
    if let Some(url) = &config.public_url {
        return url.as_str().trim_end_matches('/').to_owned();
    }
    let scheme = match tls || config.behind_proxy {
        true => "https",
        false => "http",
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    format!("{scheme}://{}", host.unwrap_or("localhost"))
}

//! The REST skin: routes and middleware. Handlers extract, call the core, and wrap.

mod admin;
mod asking;
mod audit;
mod body;
mod brief;
mod caller;
mod copilot;
mod error;
mod etag;
mod feedback;
mod format;
mod handlers;
mod headers;
mod limits;
mod mcp;
mod metrics;
mod openapi;
mod page;
mod peer;
mod records;
mod server;
mod streams;
mod tls;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use tracing::Instrument;
use uuid::Uuid;

pub use admin::{SyncRequest, SyncStarted};
pub use audit::TrailQuery;
pub use caller::{AS_HEADER, encode_username};
pub use error::{ApiError, Problem};
pub use openapi::{document_json, swagger};
pub use tls::{Certificates, TlsError, fingerprint};

use crate::app::App;
use crate::telemetry;
use asking::Unknown;
use headers::SpeaksTls;
use limits::{BodyTime, Places};
use metrics::RequestTimes;
use peer::Peer;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, for the reply, the log and the audit trail.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);

/// Every route of precis.
pub fn router(app: Arc<App>) -> Router {
    let limits = &app.config.http;
    let timeout = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, limits.timeout);
    let body_limit = DefaultBodyLimit::max(limits.max_body_bytes);
    let times = RequestTimes::default();
    let places = Places::new(limits.connections.requests);
    let tls = SpeaksTls(limits.tls.is_some());
    let behind_proxy = limits.behind_proxy;
    let in_time = middleware::from_fn_with_state(Arc::clone(&app), copilot::in_time);
    let page = page::routes(app.config.page.is_served);
    Router::new()
        .route("/v1/search", post(handlers::search))
        .route("/v1/answer", post(handlers::answer))
        .route("/v1/records/{record}", get(records::get))
        .route(
            "/v1/copilot/knowledge",
            post(copilot::knowledge).layer(in_time),
        )
        .route("/v1/cases/{case}/triage", post(handlers::triage_case))
        .route("/v1/triage", post(handlers::triage_new))
        .route("/v1/feedback", post(feedback::feedback))
        .route(
            "/v1/accounts/{account}/brief",
            get(brief::get).post(brief::post),
        )
        .route(mcp::PATH, post(mcp::call))
        // The operator gets an answer also when nobody else does.
        .route_layer(middleware::from_fn_with_state(places, limits::placed))
        .route("/v1/admin/status", get(admin::status))
        .route("/v1/admin/access", get(admin::access))
        .route("/v1/admin/sync", post(admin::sync))
        .route("/v1/admin/sync/{run}", get(admin::run))
        .route("/v1/admin/audit", get(audit::page))
        .route("/v1/admin/audit/prune", post(audit::prune))
        .route("/metrics", get(metrics::metrics))
        .route_layer(timeout)
        // An export takes as long as it takes.
        .route("/v1/admin/export", get(admin::export))
        .route("/v1/admin/audit/export", get(audit::export))
        .route(mcp::METADATA, get(mcp::metadata))
        .route(mcp::METADATA_OF_PATH, get(mcp::metadata))
        .route("/openapi.json", get(openapi::latest))
        .route("/openapi-2.0.json", get(openapi::older))
        .route("/docs", get(openapi::page))
        .route("/docs/", get(openapi::asset))
        .route("/docs/{file}", get(openapi::asset))
        .merge(page)
        .route("/healthz", get(handlers::healthz))
        .route("/readyz", get(handlers::readyz))
        .fallback(handlers::not_found)
        .method_not_allowed_fallback(handlers::method_not_allowed)
        .layer(body_limit)
        .layer(Extension(mcp::Protocol::new(limits)))
        .layer(Extension(tls))
        .layer(Extension(BodyTime(limits.connections.read)))
        .layer(middleware::from_fn(limits::short))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(middleware::from_fn_with_state(
            (Arc::clone(&app), Unknown::default()),
            asking::recorded,
        ))
        .layer(middleware::from_fn_with_state(
            times.clone(),
            metrics::timed,
        ))
        .layer(Extension(times))
        .layer(middleware::from_fn_with_state(behind_proxy, identified))
        .layer(middleware::from_fn_with_state(tls, headers::secured))
        .with_state(app)
}

/// Serves until `stop` is cancelled, then lets running requests finish.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    certificates: Option<Certificates>,
    stop: CancellationToken,
) {
    let limits = app.config.http.connections;
    server::serve(listener, router(app), certificates, limits, stop).await;
}

/// What a caller's own log knows the request by, if it is a UUID.
fn sent_id(request: &Request) -> Option<Uuid> {
    let sent = request.headers().get(X_REQUEST_ID)?;
    Uuid::parse_str(sent.to_str().ok()?).ok()
}

/// Gives the request an id and a span, the reply the id, and plain failures a problem body. The span
/// has the template of the route: a path is the caller's own words.
async fn identified(
    State(behind_proxy): State<bool>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId(sent_id(&request).unwrap_or_else(Uuid::new_v4));
    let peer = Peer::of(&request, behind_proxy);
    let matched = request.extensions().get::<MatchedPath>();
    let span = tracing::info_span!(
        "request",
        request.id = %id.0,
        method = %request.method(),
        route = matched.map_or("other", MatchedPath::as_str),
        peer = peer.map(|peer| tracing::field::display(peer.0)),
        otel.name = tracing::field::Empty,
        otel.kind = tracing::field::Empty,
    );
    let route = matched.map_or("other", MatchedPath::as_str);
    telemetry::request_begins(&span, request.method().as_str(), route, request.headers());
    request.extensions_mut().insert(id);
    if let Some(peer) = peer {
        request.extensions_mut().insert(peer);
    }
    let reply = next.run(request).instrument(span.clone()).await;
    telemetry::request_ends(&span, reply.status());
    let mut reply = error::with_problem_body(reply, id);
    if let Ok(value) = HeaderValue::from_str(&id.0.to_string()) {
        reply.headers_mut().insert(X_REQUEST_ID, value);
    }
    reply
}

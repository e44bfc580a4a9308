//! The REST skin: routes and middleware. Handlers extract, call the core, and wrap.

mod admin;
mod body;
mod caller;
mod error;
mod handlers;
mod metrics;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Extension, Router};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use tracing::Instrument;
use uuid::Uuid;

pub use admin::{SyncRequest, SyncStarted};
pub use caller::{AS_HEADER, encode_username};
pub use error::Problem;

use crate::app::App;
use metrics::RequestTimes;

/// The id of a request, for the reply, the log and the audit trail.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);

/// Every route of precis.
pub fn router(app: Arc<App>) -> Router {
    let limits = &app.config.http;
    let timeout = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, limits.timeout);
    let body_limit = DefaultBodyLimit::max(limits.max_body_bytes);
    let times = RequestTimes::default();
    Router::new()
        .route("/v1/search", post(handlers::search))
        .route("/v1/answer", post(handlers::answer))
        .route("/v1/admin/status", get(admin::status))
        .route("/v1/admin/access", get(admin::access))
        .route("/v1/admin/sync", post(admin::sync))
        .route("/v1/admin/sync/{run}", get(admin::run))
        .route("/metrics", get(metrics::metrics))
        .route_layer(timeout)
        // An export takes as long as it takes.
        .route("/v1/admin/export", get(admin::export))
        .route("/healthz", get(handlers::healthz))
        .route("/readyz", get(handlers::readyz))
        .fallback(handlers::not_found)
        .method_not_allowed_fallback(handlers::method_not_allowed)
        .layer(body_limit)
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(middleware::from_fn_with_state(
            times.clone(),
            metrics::timed,
        ))
        .layer(Extension(times))
        .layer(middleware::from_fn(identified))
        .with_state(app)
}

/// Serves until `stop` is cancelled, then lets running requests finish.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let router = router(app).into_make_service_with_connect_info::<SocketAddr>();
    // A reply that waits for the caller's acknowledgement of its first half comes 40 ms late. A
    // connection that takes no options is about to fail anyway.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    axum::serve(listener, router)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

/// Gives the request an id and a span, the reply the id, and plain failures a problem body.
async fn identified(mut request: Request, next: Next) -> Response {
    let id = RequestId(Uuid::new_v4());
    request.extensions_mut().insert(id);
    let span = tracing::info_span!(
        "request",
        request.id = %id.0,
        method = %request.method(),
        route = request.uri().path(),
    );
    let reply = next.run(request).instrument(span).await;
    let mut reply = error::with_problem_body(reply, id);
    if let Ok(value) = HeaderValue::from_str(&id.0.to_string()) {
        let name = HeaderName::from_static("x-request-id");
        reply.headers_mut().insert(name, value);
    }
    reply
}

//! The org's HTTP surface: OAuth, the REST resources, Bulk 2.0, and the control routes.
//!
//! A REST call passes the gate (version, session), the fault plan and the meter (quota), and then reaches
//! its resource, which works on the [`World`](world::World) with the eyes of the session's user.

mod bulk;
mod collections;
mod composite;
mod control;
mod describe;
mod extract;
mod faults;
mod gate;
mod identity;
mod jwt;
mod knowledge;
mod limits;
mod meter;
mod oauth;
mod query;
mod records;
mod render;
mod reply;
mod session;
mod sobjects;
mod state;
mod version;
mod world;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::DATE;
use axum::http::{HeaderValue, Uri};
use axum::middleware::{from_fn_with_state, map_request, map_response_with_state};
use axum::response::Response;
use axum::routing::{get, post};

use crate::org::clock::Clock;

pub(crate) use state::{App, Settings};
pub(crate) use world::is_active;

/// The largest body: one Bulk 2.0 upload, 150 MB after base64 in Salesforce's limits.
const MAX_BODY: usize = 150 * 1024 * 1024;

/// Everything that one org answers.
pub(crate) fn router(app: App) -> Router {
    // A router's own layers run after its routing, so what rewrites the path is a router around it.
    let rest = Router::new()
        .fallback_service(resources(app.clone()))
        .layer(from_fn_with_state(app.clone(), meter::count))
        .layer(from_fn_with_state(app.clone(), faults::inject))
        .layer(from_fn_with_state(app.clone(), gate::gate));
    let sign_in = post(oauth::token).layer(from_fn_with_state(app.clone(), faults::inject));
    let clock = app.clock.clone();
    let routes = Router::new()
        .route("/services/oauth2/token", sign_in)
        .route("/services/oauth2/revoke", post(oauth::revoke))
        .route(
            "/services/oauth2/userinfo",
            get(identity::userinfo).post(identity::userinfo),
        )
        .route("/id/{org}/{user}", get(identity::identity))
        .route("/services/data", get(version::list))
        .nest("/__devorg", control::routes())
        // Not a route with a wildcard: what it captures would be a segment of the resource's path.
        .fallback_service(rest)
        .method_not_allowed_fallback(reply::method_not_allowed)
        .with_state(app);
    Router::new()
        .fallback_service(routes)
        .layer(map_request(trim_trailing_slash))
        .layer(map_response_with_state(clock, dated))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// The REST resources below `/services/data/vNN.N`, for callers that passed the gate.
fn resources(app: App) -> Router {
    Router::new()
        .route("/", get(version::resources))
        .route("/limits", get(limits::limits))
        .route(
            "/recent",
            get(|| async { axum::Json(serde_json::json!([])) }),
        )
        .merge(query::routes())
        .merge(describe::routes())
        .merge(sobjects::routes())
        .merge(collections::routes())
        .merge(composite::routes())
        .merge(bulk::routes())
        .merge(knowledge::routes())
        .fallback(reply::no_such_resource)
        .method_not_allowed_fallback(reply::method_not_allowed)
        .with_state(app)
}

/// Every reply says what time it is in the org.
async fn dated(State(clock): State<Clock>, mut response: Response) -> Response {
    if let Ok(date) = HeaderValue::from_str(&describe::http_date(clock.now())) {
        response.headers_mut().insert(DATE, date);
    }
    std::future::ready(response).await
}

/// Clients differ in whether they end a resource with a slash; Salesforce takes both.
async fn trim_trailing_slash(mut request: Request) -> Request {
    let path = request.uri().path();
    let trimmed = path.trim_end_matches('/');
    if !trimmed.is_empty() && trimmed.len() < path.len() {
        let uri = with_path(request.uri(), trimmed);
        *request.uri_mut() = uri;
    }
    request
}

/// The same address with another path; the query string stays.
fn with_path(uri: &Uri, path: &str) -> Uri {
    let target = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    // A part of a valid path with its query string is valid again.
    target.parse().unwrap_or_else(|_| uri.clone())
}

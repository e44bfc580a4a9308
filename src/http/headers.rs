//! Headers that every reply carries, so that a browser which gets hold of one does nothing with it.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// Set unless a handler has set its own.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    // Replies are for one viewer, and true at one moment.
    (header::CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// A year, as browsers want it before they believe it.
const TRANSPORT_SECURITY: &str = "max-age=31536000";

/// Whether this server speaks TLS itself. A proxy that does says so itself.
#[derive(Debug, Clone, Copy)]
pub struct SpeaksTls(pub bool);

/// Adds the headers to a reply.
pub async fn secured(State(tls): State<SpeaksTls>, request: Request, next: Next) -> Response {
    let mut reply = next.run(request).await;
    let headers = reply.headers_mut();
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if tls.0 {
        let value = HeaderValue::from_static(TRANSPORT_SECURITY);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    reply
}

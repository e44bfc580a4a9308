//! What one request may take, and all of them together.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::ApiError;

/// No route takes more than a handful of short parameters.
const LONGEST_URL: usize = 8 * 1024;
/// A question takes seconds at most, so a place is soon free.
const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// How long a client may take to send a request's body.
#[derive(Debug, Clone, Copy)]
pub struct BodyTime(pub Duration);

/// Places for questions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Places(Arc<Semaphore>);

impl Places {
    pub fn new(count: std::num::NonZeroUsize) -> Self {
        Self(Arc::new(Semaphore::new(count.get())))
    }
}

/// The place of a question, for a reply that goes on after its handler: it is taken until all clones are
/// dropped.
#[derive(Debug, Clone)]
pub struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
}

/// Refuses a question when all places are taken: a queue would let everybody wait for nothing.
pub async fn placed(State(places): State<Places>, mut request: Request, next: Next) -> Response {
    let Ok(permit) = Arc::clone(&places.0).try_acquire_owned() else {
        let detail = "too many questions are being answered (http.max_concurrent_requests); ask again in a \
                      moment";
        let mut reply = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response();
        reply
            .headers_mut()
            .insert(header::RETRY_AFTER, RETRY_SECONDS);
        return reply;
    };
    let place = Place {
        _permit: Arc::new(permit),
    };
    request.extensions_mut().insert(place.clone());
    let reply = next.run(request).await;
    drop(place);
    reply
}

/// Refuses addresses that nobody has a use for.
pub async fn short(request: Request, next: Next) -> Response {
    let target = request.uri().path_and_query();
    if target.is_some_and(|target| target.as_str().len() > LONGEST_URL) {
        let detail =
            format!("the URL has more than {LONGEST_URL} bytes: questions go into the body");
        return ApiError::new(StatusCode::URI_TOO_LONG, detail).into_response();
    }
    next.run(request).await
}

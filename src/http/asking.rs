//! The line on the audit trail of requests that no handler has written one for: of callers who are
//! refused, bodies that cannot be read, and requests that take too long.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use super::RequestId;
use super::error::ApiError;
use super::mcp;
use super::peer::Peer;
use crate::app::App;
use crate::asking::Asking;
use crate::audit::{Entry, Outcome, Surface};

/// Lines a minute for callers who do not prove who they are: they must not fill the disk. The others
/// are counted on the next such line.
const MOST_UNKNOWN: u64 = 100;
const MINUTE: Duration = Duration::from_secs(60);

/// Refusals of unknown callers in this minute. Cheap to clone.
#[derive(Clone, Default)]
pub struct Unknown(Arc<Mutex<Window>>);

#[derive(Default)]
struct Window {
    begun: Option<Instant>,
    recorded: u64,
    unrecorded: u64,
}

impl Unknown {
    /// How many went unrecorded before this one; none if this one does too.
    fn admit(&self, now: Instant) -> Option<u64> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if window.begun.is_none_or(|begun| now - begun >= MINUTE) {
            window.begun = Some(now);
            window.recorded = 0;
        }
        if window.recorded >= MOST_UNKNOWN {
            window.unrecorded += 1;
            return None;
        }
        window.recorded += 1;
        Some(std::mem::take(&mut window.unrecorded))
    }
}

fn begun(request: &Request) -> Asking {
    let extensions = request.extensions();
    let id = extensions.get::<RequestId>();
    let route = extensions.get::<MatchedPath>();
    let route = route.map_or("", MatchedPath::as_str);
    let operation = route.strip_prefix("/v1/").unwrap_or(route);
    let (surface, operation) = match operation {
        mcp::PATH => (Surface::Mcp, "mcp"),
        operation if operation.starts_with("copilot/") => (Surface::Copilot, operation),
        operation => (Surface::Rest, operation),
    };
    Asking::new(id.map_or_else(Uuid::new_v4, |id| id.0), surface, operation)
}

/// Puts requests that end without a line on the trail.
pub async fn recorded(
    State((app, unknown)): State<(Arc<App>, Unknown)>,
    mut request: Request,
    next: Next,
) -> Response {
    let asking = begun(&request);
    let mut line = asking.line();
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    request.extensions_mut().insert(asking.clone());
    let reply = next.run(request).await;
    if !is_to_be_recorded(&asking, &reply) {
        return reply;
    }
    let Some(unrecorded) = complete(&mut line, &asking, peer, &unknown) else {
        return reply;
    };
    line.unrecorded = unrecorded;
    let (outcome, reason) = why(&reply);
    if let Err(error) = app.audit.write(line.ended(outcome, Some(reason))).await {
        // It shows nothing, so it may leave all the same.
        tracing::error!(error = %error, "refusal not recorded");
    }
    reply
}

fn is_to_be_recorded(asking: &Asking, reply: &Response) -> bool {
    let status = reply.status();
    let is_error = status.is_client_error() || status.is_server_error();
    // Only what has a route, and not the routes of probes and monitors.
    let is_ours = !asking.operation().is_empty() && !asking.operation().starts_with('/');
    is_ours && is_error && !asking.known().is_recorded
}

/// Adds what is known of the caller; none if the line is one too many.
fn complete(
    line: &mut Entry,
    asking: &Asking,
    peer: Option<IpAddr>,
    unknown: &Unknown,
) -> Option<u64> {
    let known = asking.known();
    line.identity = known.identity.clone();
    line.username = known.username.clone();
    if line.identity.is_some() {
        return Some(0);
    }
    line.peer = peer;
    unknown.admit(Instant::now())
}

/// What an error says; of an invalid request only that it is, because its words may be in it.
fn why(reply: &Response) -> (Outcome, String) {
    let status = reply.status();
    let outcome = match status.is_client_error() {
        true => Outcome::Refused,
        false => Outcome::Failed,
    };
    let detail = reply.extensions().get::<ApiError>();
    let reason = match (status, detail) {
        (StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND, _) => "the request is invalid".to_owned(),
        (_, Some(error)) => error.detail.clone(),
        (_, None) => status.canonical_reason().unwrap_or("refused").to_owned(),
    };
    (outcome, format!("{}: {reason}", status.as_u16()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_do_not_fill_the_trail_and_are_counted() {
        let unknown = Unknown::default();
        let now = Instant::now();
        for _ in 0..MOST_UNKNOWN {
            assert_eq!(unknown.admit(now), Some(0));
        }
        assert_eq!((unknown.admit(now), unknown.admit(now)), (None, None));
        assert_eq!(unknown.admit(now + MINUTE), Some(2));
        assert_eq!(unknown.admit(now + MINUTE), Some(0));
    }
}

//! Spoils replies: cut off, replaced, or refused after all.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};

use super::refusal;
use crate::error::ApiError;
use crate::faults::{Injection, Kind};

/// A reply that is to be cut is brought into memory first: larger ones pass.
const MAX_BODY: usize = 512 * 1024 * 1024;
/// How long the connection stays open behind the last byte of a cut reply, so that the bytes leave.
const LINGER: Duration = Duration::from_millis(20);
/// What a proxy shows instead of what was asked for.
const GARBAGE: &str = "<!DOCTYPE html>\n<html><head><title>Maintenance</title></head>\n\
     <body><p>We are down for maintenance. Sorry for the inconvenience.</p></body></html>\n";

pub fn is_json(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/json"))
}

pub async fn reply(fault: Injection, response: Response) -> Response {
    match fault.kind {
        Kind::QueryTimeout => refusal::query_timeout().into_response(),
        Kind::Garbage => garbage(),
        Kind::CutReply => cut(response, |body| share(body.len(), fault.place), true).await,
        Kind::BulkCut => cut(response, |body| within_row(body, fault.place), false).await,
        // These strike requests, writes and the clock.
        Kind::ServerError
        | Kind::ConcurrentLimit
        | Kind::LockRow
        | Kind::SessionExpired
        | Kind::QueryLocator
        | Kind::DuplicatePage
        | Kind::BulkFailed
        | Kind::BulkAborted
        | Kind::BulkLost
        | Kind::DropConnection
        | Kind::Slow
        | Kind::LateCommit
        | Kind::ClockSkew
        | Kind::QuotaSpent => response,
    }
}

/// HTML that calls itself JSON.
fn garbage() -> Response {
    let json = [(CONTENT_TYPE, "application/json;charset=UTF-8")];
    (StatusCode::OK, json, GARBAGE).into_response()
}

/// The reply up to the byte that `end` names; then the connection closes. With `announced` the whole
/// length stands in `Content-Length`, else the last chunk is missing.
async fn cut(response: Response, end: impl FnOnce(&[u8]) -> usize, announced: bool) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        let message = "the reply is too large to be cut";
        return ApiError::new(500, "UNKNOWN_EXCEPTION", message).into_response();
    };
    parts.headers.remove(CONTENT_LENGTH);
    if announced {
        parts
            .headers
            .insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let head = body.slice(..end(&body));
    let broken = stream::once(async {
        tokio::time::sleep(LINGER).await;
        Err(io::Error::from(io::ErrorKind::BrokenPipe))
    });
    let stream = stream::iter([Ok::<Bytes, io::Error>(head)]).chain(broken);
    Response::from_parts(parts, Body::from_stream(stream))
}

/// A place between a tenth and nine tenths of the length, before the end in any case.
fn share(length: usize, place: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place that is off by a few bytes is as good"
    )]
    let position = (length as f64 * (0.1 + 0.8 * place)) as usize;
    position.min(length.saturating_sub(1))
}

/// A place inside a line of text that is longer than a character, so that no row looks whole.
fn within_row(csv: &[u8], place: f64) -> usize {
    let near = share(csv.len(), place);
    let start = csv[..near].iter().rposition(|byte| *byte == b'\n');
    let start = start.map_or(0, |newline| newline + 1);
    let length = csv[start..].iter().position(|byte| *byte == b'\n');
    let length = length.unwrap_or(csv.len() - start);
    start + length / 2
}

#[cfg(test)]
mod tests {
    use super::{share, within_row};

    #[test]
    fn a_cut_leaves_part_of_a_row() {
        let csv = b"\"Id\",\"Name\"\n\"1\",\"One\"\n\"2\",\"Two\"\n";
        for place in [0.0, 0.3, 0.6, 0.99] {
            let end = within_row(csv, place);
            assert!(end < csv.len());
            let last = csv[..end].rsplit(|byte| *byte == b'\n').next();
            let last = last.map_or(0, <[u8]>::len);
            assert!((2..9).contains(&last), "{place}: {last}");
        }
    }

    #[test]
    fn a_cut_comes_before_the_end() {
        assert_eq!(share(0, 0.9), 0);
        assert_eq!(share(1, 0.9), 0);
        assert_eq!(share(1_000, 0.0), 100);
        assert!(share(1_000, 1.0) < 1_000);
    }
}

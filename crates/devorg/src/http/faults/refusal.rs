//! Failures in Salesforce's words.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

/// What the edge shows while no server answers.
const BAD_GATEWAY: &str = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n\
     <center><h1>502 Bad Gateway</h1></center>\n<hr><center>sfdcedge</center>\n</body>\n</html>\n";

/// Who failed.
pub enum ServerError {
    OfOrg(Response),
    OfEdge(Response),
}

/// 500, 502 and 503 in turn. Only the first has reached the org.
pub fn server_error(turn: u64) -> ServerError {
    match turn % 3 {
        0 => {
            let message = "An unexpected error occurred. Please include this ErrorId if you contact \
                           support: 1436913487-88415 (-1407834219)";
            let error = ApiError::new(500, "UNKNOWN_EXCEPTION", message);
            ServerError::OfOrg(error.into_response())
        }
        1 => {
            let html = [(CONTENT_TYPE, "text/html")];
            ServerError::OfEdge((StatusCode::BAD_GATEWAY, html, BAD_GATEWAY).into_response())
        }
        _ => {
            let message = "Server Unavailable";
            let error = ApiError::new(503, "SERVER_UNAVAILABLE", message);
            ServerError::OfEdge(error.into_response())
        }
    }
}

pub fn concurrent_limit() -> ApiError {
    let message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded.";
    ApiError::new(403, "REQUEST_LIMIT_EXCEEDED", message)
}

pub fn lock_row() -> ApiError {
    let message = "unable to obtain exclusive access to this record or 1 records";
    ApiError::bad_request("UNABLE_TO_LOCK_ROW", message)
}

pub fn query_timeout() -> ApiError {
    let message = "Your query request was running for too long.";
    ApiError::bad_request("QUERY_TIMEOUT", message)
}

//! Refusals on the wire: Salesforce's error array, for our errors and for axum's.

use axum::Json;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::error::ApiError;

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(json!([self.to_json()]))).into_response()
    }
}

pub(crate) fn not_found() -> ApiError {
    ApiError::new(404, "NOT_FOUND", "The requested resource does not exist")
}

pub(crate) async fn no_such_resource() -> ApiError {
    std::future::ready(not_found()).await
}

pub(crate) async fn method_not_allowed(request: Request) -> ApiError {
    let message = format!("HTTP Method '{}' not allowed.", request.method());
    std::future::ready(ApiError::new(405, "METHOD_NOT_ALLOWED", message)).await
}

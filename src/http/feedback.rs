//! What people think of replies.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;

use super::body::Body;
use super::error::ApiError;
use super::openapi::NamedQuestionRefusals;
use crate::app::App;
use crate::asking::Asking;
use crate::audit::Feedback;
use crate::identity::Caller;

/// Say whether a reply helped
///
/// Of an answer, a brief, a triage or a search that the same caller was shown within the last seven days,
/// by its `request_id`. It is kept on the audit trail; the last verdict counts.
#[utoipa::path(
    post,
    path = "/v1/feedback",
    operation_id = "SendFeedback",
    tag = "Ask",
    request_body(content = Feedback, example = json!({
        "request_id": "6f1c2a54-3f0e-4a56-9a39-0d3f2f2f8d11", "verdict": "up"
    })),
    responses((status = 204, description = "It is noted."), NamedQuestionRefusals)
)]
pub async fn feedback(
    State(app): State<Arc<App>>,
    caller: Caller,
    Extension(asking): Extension<Asking>,
    Body(feedback): Body<Feedback>,
) -> Result<StatusCode, ApiError> {
    asking.feedback(&app, &caller, &feedback).await?;
    Ok(StatusCode::NO_CONTENT)
}

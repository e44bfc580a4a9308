//! The life of articles, which Salesforce offers outside REST.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Ids;
use crate::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::state::App;

/// `POST /publish` `{"id"}` of a draft: the version that is online then, with its new id.
pub(super) async fn publish(
    State(app): State<App>,
    JsonBody(ids): JsonBody<Ids>,
) -> Result<Json<Value>, ApiError> {
    let ids = ids.all()?;
    app.write(move |world| {
        let done: Result<Vec<String>, ApiError> =
            ids.iter().map(|id| world.org.publish(id)).collect();
        versions(&done?)
    })
    .await
}

/// `POST /archive` `{"id"}` of an online version.
pub(super) async fn archive(
    State(app): State<App>,
    JsonBody(ids): JsonBody<Ids>,
) -> Result<Json<Value>, ApiError> {
    let ids = ids.all()?;
    app.write(move |world| {
        let done: Result<Vec<String>, ApiError> =
            ids.iter().map(|id| world.org.archive(id)).collect();
        versions(&done?)
    })
    .await
}

/// `POST /unpublish` `{"id"}` of an online version: it is a draft then.
pub(super) async fn unpublish(
    State(app): State<App>,
    JsonBody(ids): JsonBody<Ids>,
) -> Result<Json<Value>, ApiError> {
    let ids = ids.all()?;
    app.write(move |world| {
        let done: Result<Vec<String>, ApiError> =
            ids.iter().map(|id| world.org.unpublish(id)).collect();
        versions(&done?)
    })
    .await
}

fn versions(ids: &[String]) -> Result<Json<Value>, ApiError> {
    Ok(Json(json!({"id": ids.first(), "ids": ids})))
}

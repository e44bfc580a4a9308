//! The life of articles, which Salesforce offers outside REST.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Ids;
use crate::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::state::App;
use crate::org::Org;

/// `POST /publish` `{"id"}` of a draft: the version that is online then, with its new id.
pub(super) async fn publish(
    State(app): State<App>,
    JsonBody(ids): JsonBody<Ids>,
) -> Result<Json<Value>, ApiError> {
    versions(&app, ids, Org::publish).await
}

/// `POST /archive` `{"id"}` of an online version.
pub(super) async fn archive(
    State(app): State<App>,
    JsonBody(ids): JsonBody<Ids>,
) -> Result<Json<Value>, ApiError> {
    versions(&app, ids, Org::archive).await
}

/// `POST /unpublish` `{"id"}` of an online version: it is a draft then.
pub(super) async fn unpublish(
    State(app): State<App>,
    JsonBody(ids): JsonBody<Ids>,
) -> Result<Json<Value>, ApiError> {
    versions(&app, ids, Org::unpublish).await
}

/// Carries out a change of each article, and answers with the versions that came of it.
async fn versions(
    app: &App,
    ids: Ids,
    change: fn(&mut Org, &str) -> Result<String, ApiError>,
) -> Result<Json<Value>, ApiError> {
    let ids = ids.all()?;
    app.write(move |world| {
        let done = ids.iter().map(|id| change(&mut world.org, id));
        let done = done.collect::<Result<Vec<String>, ApiError>>()?;
        Ok(Json(json!({"id": done.first(), "ids": done})))
    })
    .await
}

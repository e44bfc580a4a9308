//! What happens to records outside REST: the recycle bin, merges, and changes that nobody signs.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Ids;
use crate::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::state::App;
use crate::org::{Org, Row};

/// `POST /undelete` `{"id"}`: out of the recycle bin, with what went in along with it.
pub(super) async fn undelete(
    State(app): State<App>,
    JsonBody(ids): JsonBody<Ids>,
) -> Result<Json<Value>, ApiError> {
    each(&app, ids, Org::undelete).await
}

/// Carries out a change of each record.
async fn each(
    app: &App,
    ids: Ids,
    change: fn(&mut Org, &str) -> Result<(), ApiError>,
) -> Result<Json<Value>, ApiError> {
    let ids = ids.all()?;
    app.write(move |world| {
        for id in &ids {
            change(&mut world.org, id)?;
        }
        Ok(Json(json!({"ids": ids})))
    })
    .await
}

/// `{"master": "001…", "merged": ["001…"], "object": "Account"}`; the object may be left out.
#[derive(Deserialize)]
pub(super) struct Merge {
    object: Option<String>,
    #[serde(alias = "masterId", alias = "masterRecordId", alias = "into")]
    master: String,
    #[serde(alias = "mergedIds", alias = "mergeIds", alias = "ids")]
    merged: Vec<String>,
}

/// `POST /merge`: the merged records go to the recycle bin, their children to the master.
pub(super) async fn merge(
    State(app): State<App>,
    JsonBody(merge): JsonBody<Merge>,
) -> Result<Json<Value>, ApiError> {
    app.write(move |world| {
        let object = match &merge.object {
            Some(object) => object.clone(),
            None => world
                .org
                .object_of_id(&merge.master)
                .unwrap_or_default()
                .to_owned(),
        };
        let merged: Vec<&str> = merge.merged.iter().map(String::as_str).collect();
        world.org.merge(&object, &merge.master, &merged)?;
        Ok(Json(
            json!({"id": merge.master, "mergedRecordIds": merge.merged}),
        ))
    })
    .await
}

/// `POST /hard-delete` `{"id"}`: gone at once with what hangs on it, and neither a query nor `/deleted`
/// ever tells.
pub(super) async fn hard_delete(
    State(app): State<App>,
    JsonBody(ids): JsonBody<Ids>,
) -> Result<Json<Value>, ApiError> {
    each(&app, ids, Org::hard_delete).await
}

/// `POST /empty-bin`, the body may be missing: what lies in the recycle bin is gone, and `/deleted`
/// refuses to tell of the time before.
pub(super) async fn empty_bin(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    let purged = app.write(|world| Ok(world.org.empty_bin()));
    Ok(Json(json!({"purged": purged.await?})))
}

/// `{"object": "Case", "id": "500…", "fields": {"Age__c": 7}}`; the object may be left out.
#[derive(Deserialize)]
pub(super) struct Set {
    object: Option<String>,
    id: String,
    fields: Row,
}

/// `POST /set`: changes fields as a formula or a roll-up does, without any stamp. Null empties a field.
pub(super) async fn set(
    State(app): State<App>,
    JsonBody(set): JsonBody<Set>,
) -> Result<Json<Value>, ApiError> {
    app.write(move |world| {
        let org = &mut world.org;
        let object = set
            .object
            .or_else(|| org.object_of_id(&set.id).map(str::to_owned));
        let object = object.ok_or_else(ApiError::not_found)?;
        org.set_unstamped(&object, &set.id, set.fields)?;
        Ok(Json(json!({"id": set.id})))
    })
    .await
}

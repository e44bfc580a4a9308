//! Global describe, object metadata, object describe and its `If-Modified-Since`.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use axum::extract::State;
use axum::http::header::{IF_MODIFIED_SINCE, LAST_MODIFIED};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::extract::Segments;
use super::gate::Caller;
use super::reply;
use super::sobjects;
use super::state::App;
use super::version::ApiVersion;
use super::world::World;
use crate::error::ApiError;
use crate::org::ObjectDescribe;
use crate::soql::Visibility;

/// The members of a describe that are too long for the list of all objects.
const DETAILS: [&str; 6] = [
    "fields",
    "childRelationships",
    "recordTypeInfos",
    "namedLayoutInfos",
    "supportedScopes",
    "actionOverrides",
];

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/sobjects", get(global))
        .route("/sobjects/{object}", get(metadata).post(sobjects::create))
        .route("/sobjects/{object}/describe", get(describe))
}

/// `GET /sobjects`: every object that the user may read.
async fn global(State(app): State<App>, caller: Caller) -> Result<Json<Value>, ApiError> {
    let listing = app.read(move |world| {
        let sharing = world.sharing();
        let viewer = sharing.viewer(&world.org, &caller.user);
        let readable = world
            .org
            .schema()
            .objects()
            .filter(|object| viewer.object(&object.name));
        let sobjects: Vec<Value> = readable
            .map(|object| summary(object, caller.version))
            .collect();
        Ok(json!({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": sobjects}))
    });
    listing.await.map(Json)
}

/// `GET /sobjects/{object}`.
async fn metadata(
    State(app): State<App>,
    caller: Caller,
    Segments(object): Segments<String>,
) -> Result<Json<Value>, ApiError> {
    let summary = app.read(move |world| {
        let object = readable(world, &caller.user, &object)?;
        Ok(json!({"objectDescribe": summary(object, caller.version), "recentItems": []}))
    });
    summary.await.map(Json)
}

/// `GET /sobjects/{object}/describe`, with the fields that the user may read.
async fn describe(
    State(app): State<App>,
    caller: Caller,
    Segments(object): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let known = if_modified_since(&headers)?;
    let user = caller.user.to_string();
    let (name, body) = app
        .read(move |world| {
            let object = readable(world, &caller.user, &object)?;
            Ok((
                object.name.clone(),
                visible(world, &caller, object).to_string(),
            ))
        })
        .await?;
    let changed = app.stamps.of(
        &format!("{user}/{name}"),
        &body,
        app.loaded,
        app.clock.now(),
    );
    let modified = [(LAST_MODIFIED, http_date(changed))];
    if known.is_some_and(|known| changed <= known) {
        return Ok((StatusCode::NOT_MODIFIED, modified).into_response());
    }
    let json = [("content-type", "application/json;charset=UTF-8")];
    Ok((modified, json, body).into_response())
}

/// When each user's view of each object last changed, to the second.
#[derive(Default)]
pub(crate) struct Stamps(Mutex<HashMap<String, (u64, DateTime<Utc>)>>);

impl Stamps {
    /// The stamp of `body`: that of the last call unless the body differs from it.
    fn of(&self, key: &str, body: &str, first: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        let hash = hasher.finish();
        let mut stamps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match stamps.get_mut(key) {
            None => {
                let stamp = first.trunc_subsecs(0);
                stamps.insert(key.to_owned(), (hash, stamp));
                stamp
            }
            Some((known, stamp)) if *known == hash => *stamp,
            Some((known, stamp)) => {
                *known = hash;
                // Two changes within a second must not share a stamp.
                *stamp = now.trunc_subsecs(0).max(*stamp + TimeDelta::seconds(1));
                *stamp
            }
        }
    }
}

/// The object as the schema spells it.
///
/// # Errors
/// `NOT_FOUND` when there is no such object or the user may not read it.
pub(crate) fn readable<'a>(
    world: &'a World,
    user: &str,
    object: &str,
) -> Result<&'a ObjectDescribe, ApiError> {
    let object = world
        .org
        .schema()
        .object(object)
        .ok_or_else(reply::not_found)?;
    let visible = world
        .sharing()
        .viewer(&world.org, user)
        .object(&object.name);
    if visible {
        Ok(object)
    } else {
        Err(reply::not_found())
    }
}

fn summary(object: &ObjectDescribe, version: ApiVersion) -> Value {
    let mut body = object.to_json();
    if let Some(members) = body.as_object_mut() {
        for detail in DETAILS {
            members.shift_remove(detail);
        }
        members.insert("urls".to_owned(), urls(&object.name, version));
    }
    body
}

fn visible(world: &World, caller: &Caller, object: &ObjectDescribe) -> Value {
    let sharing = world.sharing();
    let viewer = sharing.viewer(&world.org, &caller.user);
    let mut body = object.to_json();
    let Some(members) = body.as_object_mut() else {
        return body;
    };
    keep(members, "fields", |field| {
        field["name"]
            .as_str()
            .is_some_and(|name| viewer.field(&object.name, name))
    });
    keep(members, "childRelationships", |child| {
        let object = child["childSObject"].as_str().unwrap_or_default();
        let field = child["field"].as_str().unwrap_or_default();
        viewer.object(object) && viewer.field(object, field)
    });
    members.insert("urls".to_owned(), urls(&object.name, caller.version));
    body
}

fn keep(members: &mut Map<String, Value>, list: &str, wanted: impl Fn(&Value) -> bool) {
    if let Some(entries) = members.get_mut(list).and_then(Value::as_array_mut) {
        entries.retain(wanted);
    }
}

fn urls(object: &str, version: ApiVersion) -> Value {
    let own = format!("{}/sobjects/{object}", version.root());
    json!({
        "sobject": own,
        "describe": format!("{own}/describe"),
        "rowTemplate": format!("{own}/{{ID}}"),
    })
}

/// # Errors
/// HTTP 400 when the header is there and is not an RFC 1123 date.
fn if_modified_since(headers: &HeaderMap) -> Result<Option<DateTime<Utc>>, ApiError> {
    let Some(value) = headers.get(IF_MODIFIED_SINCE) else {
        return Ok(None);
    };
    let date = value
        .to_str()
        .ok()
        .and_then(|text| DateTime::parse_from_rfc2822(text).ok());
    let date = date.ok_or_else(|| {
        ApiError::bad_request(
            "INVALID_FIELD",
            "If-Modified-Since is not a date of RFC 1123",
        )
    })?;
    Ok(Some(date.to_utc()))
}

pub(crate) fn http_date(date: DateTime<Utc>) -> String {
    date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

//! `/__devorg/…`: what Salesforce offers outside REST, and what only a box can do. These routes take
//! no session; the address is loopback.

mod articles;
mod records;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::extract::JsonBody;
use super::faults;
use super::meter::Calls;
use super::sobjects::datetime;
use super::state::App;
use crate::error::ApiError;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/undelete", post(records::undelete))
        .route("/merge", post(records::merge))
        .route("/publish", post(articles::publish))
        .route("/archive", post(articles::archive))
        .route("/unpublish", post(articles::unpublish))
        .route("/hard-delete", post(records::hard_delete))
        .route("/empty-bin", post(records::empty_bin))
        .route("/set", post(records::set))
        .route("/expire-sessions", post(expire_sessions))
        .route("/clock", get(read_clock).post(set_clock))
        .route("/faults", get(faults::report).post(faults::replace))
        .route("/calls", get(calls))
}

/// `{"id"}` or `{"ids"}`.
#[derive(Deserialize)]
struct Ids {
    id: Option<String>,
    #[serde(default)]
    ids: Vec<String>,
}

impl Ids {
    /// # Errors
    /// `MISSING_ARGUMENT` when there is none.
    fn all(self) -> Result<Vec<String>, ApiError> {
        let ids: Vec<String> = self.id.into_iter().chain(self.ids).collect();
        if ids.is_empty() {
            let message = r#"the body must be {"id": "…"} or {"ids": ["…"]}"#;
            return Err(ApiError::bad_request("MISSING_ARGUMENT", message));
        }
        Ok(ids)
    }
}

/// `{}` for all sessions, `{"userId"}` for those of one user.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Expire {
    user_id: Option<String>,
}

/// `POST /expire-sessions`; the body may be missing.
async fn expire_sessions(State(app): State<App>, body: Option<Json<Expire>>) -> Json<Value> {
    let user = body.unwrap_or_default().0.user_id;
    let expired = app.sessions.expire(user.as_deref());
    std::future::ready(Json(json!({"expired": expired}))).await
}

/// `{"now": "2026-01-31T12:00:00Z"}` stops the clock there, `{"advanceSeconds": 3600}` stops it that
/// much later than it is; with `"running": true` it runs on from that time instead. `{}` lets it run
/// with the machine's again.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Clock {
    #[serde(alias = "time")]
    now: Option<DateTime<Utc>>,
    #[serde(alias = "advance")]
    advance_seconds: Option<i64>,
    #[serde(default)]
    running: bool,
}

impl Clock {
    /// The time to set; none for the machine's.
    ///
    /// # Errors
    /// `NUMBER_OUTSIDE_VALID_RANGE` for a step out of the calendar.
    fn target(&self, is: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, ApiError> {
        let Some(seconds) = self.advance_seconds else {
            return Ok(self.now);
        };
        let time = TimeDelta::try_seconds(seconds)
            .and_then(|step| self.now.unwrap_or(is).checked_add_signed(step));
        let message = "advanceSeconds leads out of the calendar";
        time.map(Some)
            .ok_or_else(|| ApiError::bad_request("NUMBER_OUTSIDE_VALID_RANGE", message))
    }
}

async fn set_clock(
    State(app): State<App>,
    JsonBody(clock): JsonBody<Clock>,
) -> Result<Json<Value>, ApiError> {
    // The skew of a fault plan comes on top of what is set.
    let is = app.clock.now() - app.faults.skew();
    match clock.target(is)? {
        Some(time) if clock.running => app.clock.run_from(time),
        Some(time) => app.clock.stop_at(time),
        None => app.clock.run(),
    }
    std::future::ready(Ok(time(&app))).await
}

async fn read_clock(State(app): State<App>) -> Json<Value> {
    std::future::ready(time(&app)).await
}

fn time(app: &App) -> Json<Value> {
    Json(json!({"now": datetime(app.clock.now())}))
}

/// `GET /calls`: API calls so far, by kind.
async fn calls(State(app): State<App>) -> Json<Calls> {
    std::future::ready(Json(app.meter.calls(app.clock.now()))).await
}

//! The fault plan on the wire: it strikes calls before they reach their resource, or their replies.
//!
//! Whether a call that fails counts against the allocation is as Salesforce has it: what the edge, the
//! session check or a limit refuses does not count, what an org answers does.

mod incoming;
mod refusal;
mod spoil;

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::extract::JsonBody;
use super::gate::bearer;
use super::meter;
use super::state::App;
use crate::error::ApiError;
use crate::faults::{FaultPlan, Injection, Kind, Reply};
use crate::server::Connection;
use incoming::Incoming;

/// On a request for a next page: repeat rows of the page before it.
#[derive(Clone, Copy)]
pub(crate) struct RepeatRows;

/// On a request for a new job: it will not complete.
#[derive(Clone, Copy)]
pub(crate) enum JobEnding {
    Failed,
    Aborted,
}

/// On a query's reply: how many rows it carries.
#[derive(Clone, Copy)]
pub(crate) struct Rows(pub u64);

/// `POST /__devorg/faults`: from now on this plan; `{}` ends all faults.
pub(crate) async fn replace(
    State(app): State<App>,
    JsonBody(plan): JsonBody<Value>,
) -> Result<Json<Value>, ApiError> {
    let plan = FaultPlan::from_json(plan)
        .map_err(|problems| ApiError::bad_request("INVALID_FAULT_PLAN", problems.to_string()))?;
    app.faults.replace(plan);
    let skew = app.faults.skew();
    let changed = app.write(move |world| {
        world.org.set_skew(skew);
        Ok(())
    });
    changed.await?;
    Ok(Json(app.faults.report()))
}

/// `GET /__devorg/faults`: the rules with what they did.
pub(crate) async fn report(State(app): State<App>) -> Json<Value> {
    std::future::ready(Json(app.faults.report())).await
}

/// Lets the plan have its way with a call.
pub(crate) async fn inject(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.faults.is_idle() {
        return next.run(request).await;
    }
    let (incoming, request) = match Incoming::of(&app, request).await {
        Ok(known) => known,
        Err(other) => return next.run(other).await,
    };
    let object = incoming.object.as_deref();
    let (delay, fault) = app.faults.on_request(incoming.call, object);
    tokio::time::sleep(delay).await;
    if let Some(fault) = fault {
        tracing::debug!(
            kind = fault.kind.name(),
            call = incoming.call.name(),
            "fault injected"
        );
        return strike(&app, fault, request, next).await;
    }
    let response = next.run(request).await;
    let reply = Reply {
        rows: response.extensions().get::<Rows>().map(|rows| rows.0),
        json: response.status() != StatusCode::NO_CONTENT && spoil::is_json(&response),
    };
    match app.faults.on_reply(incoming.call, object, reply) {
        Some(fault) => spoil::reply(fault, response).await,
        None => response,
    }
}

/// Lets a call fail, or marks it so that its resource lets it.
async fn strike(app: &App, fault: Injection, mut request: Request, next: Next) -> Response {
    let kind = fault.kind;
    match kind {
        Kind::ServerError => match refusal::server_error(fault.turn) {
            refusal::ServerError::OfOrg(reply) => counted(app, &request, reply),
            refusal::ServerError::OfEdge(reply) => reply,
        },
        Kind::ConcurrentLimit => refusal::concurrent_limit().into_response(),
        Kind::QuotaSpent => quota_spent(app),
        Kind::LockRow => counted(app, &request, refusal::lock_row().into_response()),
        Kind::QueryTimeout => counted(app, &request, refusal::query_timeout().into_response()),
        Kind::SessionExpired => {
            if let Some(token) = bearer(request.headers()) {
                app.sessions.close(token);
            }
            super::gate::invalid_session().into_response()
        }
        Kind::QueryLocator => {
            if let Some(locator) = request.uri().path().rsplit('/').next() {
                app.cursors.forget(locator);
            }
            next.run(request).await
        }
        Kind::BulkLost => {
            if let Some(id) = request.uri().path().split('/').nth(3) {
                app.jobs.lose(id);
            }
            next.run(request).await
        }
        Kind::DuplicatePage => marked(request, RepeatRows, next).await,
        Kind::BulkFailed => marked(request, JobEnding::Failed, next).await,
        Kind::BulkAborted => marked(request, JobEnding::Aborted, next).await,
        Kind::DropConnection => {
            if let Some(ConnectInfo(connection)) = request.extensions_mut().remove() {
                let connection: Connection = connection;
                connection.break_off();
            }
            StatusCode::BAD_GATEWAY.into_response()
        }
        // These strike replies, writes and the clock.
        Kind::BulkCut
        | Kind::CutReply
        | Kind::Garbage
        | Kind::Slow
        | Kind::LateCommit
        | Kind::ClockSkew => next.run(request).await,
    }
}

async fn marked<M: Clone + Send + Sync + 'static>(
    mut request: Request,
    mark: M,
    next: Next,
) -> Response {
    request.extensions_mut().insert(mark);
    next.run(request).await
}

/// The reply to a call that counts although it fails.
fn counted(app: &App, request: &Request, reply: Response) -> Response {
    let kind = meter::kind(request.method(), request.uri().path());
    match app.meter.count(kind, app.clock.now()) {
        Ok(()) => reply,
        Err(refusal) => refusal.into_response(),
    }
}

/// The refusal with a header that says the same.
fn quota_spent(app: &App) -> Response {
    let usage = format!("api-usage={0}/{0}", app.meter.limit());
    ([("sforce-limit-info", usage)], meter::spent()).into_response()
}

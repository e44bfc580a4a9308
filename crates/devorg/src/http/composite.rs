//! `/composite` and `/composite/batch`: several calls in one.

mod references;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tower::ServiceExt;

use super::extract::JsonBody;
use super::gate::Caller;
use super::meter;
use super::state::App;
use crate::error::ApiError;

const MAX_CALLS: usize = 25;
/// No answer to a call within a call is larger.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/composite", post(composite))
        .route("/composite/batch", post(batch))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Composite {
    #[serde(default)]
    all_or_none: bool,
    composite_request: Vec<Subrequest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subrequest {
    method: String,
    url: String,
    #[serde(default)]
    body: Value,
    reference_id: String,
    #[serde(default)]
    http_headers: Map<String, Value>,
}

/// What a call within a call answered.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

/// `POST /composite`: calls that may use what earlier ones answered, as `@{reference.path}`. Counts
/// as one call.
///
/// With `allOrNone` the calls after a failed one are not made; those before it are not taken back,
/// which Salesforce would do.
async fn composite(
    State(app): State<App>,
    caller: Caller,
    JsonBody(request): JsonBody<Composite>,
) -> Result<Json<Value>, ApiError> {
    limit(request.composite_request.len())?;
    let resources = super::resources(app);
    let mut answers: Map<String, Value> = Map::new();
    let mut failed = false;
    let mut results = Vec::new();
    for subrequest in request.composite_request {
        let answer = if failed && request.all_or_none {
            halted()
        } else {
            match subrequest.resolve(&answers) {
                Ok(call) => call.send(&resources, &caller).await,
                Err(error) => refused(&error),
            }
        };
        failed |= answer.status >= 400;
        if answer.status < 400 {
            answers.insert(subrequest.reference_id.clone(), answer.body.clone());
        }
        results.push(json!({
            "body": answer.body,
            "httpHeaders": location(&answer.headers),
            "httpStatusCode": answer.status,
            "referenceId": subrequest.reference_id,
        }));
    }
    Ok(Json(json!({"compositeResponse": results})))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    #[serde(default)]
    halt_on_error: bool,
    batch_requests: Vec<BatchRequest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchRequest {
    method: String,
    /// Starts at the version: `v66.0/sobjects/…`.
    url: String,
    #[serde(default)]
    rich_input: Value,
}

/// `POST /composite/batch`: independent calls, each of which counts.
async fn batch(
    State(app): State<App>,
    caller: Caller,
    JsonBody(request): JsonBody<Batch>,
) -> Result<Json<Value>, ApiError> {
    limit(request.batch_requests.len())?;
    let resources = super::resources(app.clone());
    let mut failed = false;
    let mut results = Vec::new();
    for entry in request.batch_requests {
        let answer = if failed && request.halt_on_error {
            let message = "Batch processing halted per request";
            refused(&ApiError::new(412, "BATCH_PROCESSING_HALTED", message))
        } else {
            let url = format!("/services/data/{}", entry.url.trim_start_matches('/'));
            let headers = HeaderMap::new();
            let call = Call {
                method: entry.method,
                url,
                body: entry.rich_input,
                headers,
            };
            match app
                .meter
                .count(meter::kind(&call.method(), call.path()), app.clock.now())
            {
                Ok(()) => call.send(&resources, &caller).await,
                Err(error) => refused(&error),
            }
        };
        failed |= answer.status >= 400;
        results.push(json!({"statusCode": answer.status, "result": answer.body}));
    }
    Ok(Json(json!({"hasErrors": failed, "results": results})))
}

fn limit(calls: usize) -> Result<(), ApiError> {
    if calls > MAX_CALLS {
        let message = format!("Limit of {MAX_CALLS} reached for operations in a Composite request");
        return Err(ApiError::bad_request("LIMIT_EXCEEDED", message));
    }
    Ok(())
}

impl Subrequest {
    /// The call with its references replaced.
    fn resolve(&self, answers: &Map<String, Value>) -> Result<Call, ApiError> {
        let headers = self.http_headers.iter().filter_map(|(name, value)| {
            let name: HeaderName = name.parse().ok()?;
            Some((name, HeaderValue::from_str(value.as_str()?).ok()?))
        });
        Ok(Call {
            method: self.method.clone(),
            url: references::in_text(&self.url, answers)?,
            body: references::in_value(self.body.clone(), answers)?,
            headers: headers.collect(),
        })
    }
}

/// A call to a resource from within another.
struct Call {
    method: String,
    url: String,
    body: Value,
    headers: HeaderMap,
}

impl Call {
    fn method(&self) -> Method {
        Method::from_bytes(self.method.as_bytes()).unwrap_or(Method::GET)
    }

    /// The path below the version, without a slash at its end.
    fn path(&self) -> &str {
        let path = self.url.split('?').next().unwrap_or_default();
        let path = path.strip_prefix("/services/data/").unwrap_or(path);
        let start = path.find('/').unwrap_or(path.len());
        path[start..].trim_end_matches('/')
    }

    /// Path and query. Clients leave blanks in statements here, as nothing goes through a URL parser.
    fn target(&self) -> String {
        let target = match self.url.split_once('?') {
            Some((_, query)) => format!("{}?{query}", self.path()),
            None => self.path().to_owned(),
        };
        target.replace(' ', "%20")
    }

    async fn send(self, resources: &Router, caller: &Caller) -> Answer {
        let request = Request::builder().method(self.method()).uri(self.target());
        let mut request = request.extension(caller.clone());
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.headers);
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let body = if self.body.is_null() {
            Body::empty()
        } else {
            Body::from(self.body.to_string())
        };
        let Ok(request) = request.body(body) else {
            return refused(&ApiError::bad_request(
                "INVALID_URL",
                "the url of a call is no URL",
            ));
        };
        match resources.clone().oneshot(request).await {
            Ok(response) => read(response).await,
            Err(never) => match never {},
        }
    }
}

async fn read(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, MAX_ANSWER).await.unwrap_or_default();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
    }
}

fn refused(error: &ApiError) -> Answer {
    Answer {
        status: error.status,
        headers: HeaderMap::new(),
        body: json!([error.to_json()]),
    }
}

fn halted() -> Answer {
    refused(&ApiError::bad_request(
        "PROCESSING_HALTED",
        "The transaction was rolled back since another operation in the same transaction failed.",
    ))
}

fn location(headers: &HeaderMap) -> Value {
    match headers
        .get("location")
        .and_then(|value| value.to_str().ok())
    {
        Some(location) => json!({"Location": location}),
        None => json!({}),
    }
}

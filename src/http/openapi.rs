//! The description of the HTTP interface, made from handlers and types: OpenAPI 3.1, the same as 2.0, and a
//! page to read it on, which asks no other host for anything.

mod docs;
mod examples;
mod refusals;
mod swagger;

use axum::Json;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{Modify, OpenApi};

pub use docs::{asset, page};
use examples::Examples;
pub use refusals::{
    LookupRefusals, NamedQuestionRefusals, OpenRefusals, OperatorRefusals, OrderRefusals,
    QuestionRefusals,
};
pub use swagger::swagger;

use super::{admin, audit, brief, copilot, error, feedback, handlers, metrics, records, streams};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "precis",
        description = "Search, cited answers, account briefs and case triage over Salesforce records, as one \
                       person may read them. Every statement carries the record and the field it was read \
                       from.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        handlers::search,
        handlers::answer,
        records::get,
        copilot::knowledge,
        brief::get,
        brief::post,
        handlers::triage_case,
        handlers::triage_new,
        feedback::feedback,
        admin::status,
        admin::access,
        admin::sync,
        admin::run,
        admin::export,
        audit::page,
        audit::export,
        audit::prune,
        metrics::metrics,
        handlers::healthz,
        handlers::readyz,
    ),
    components(schemas(error::Problem, streams::ShownClaim, crate::query::Values)),
    modifiers(&Bearer, &LeftOut, &Examples),
    security(("bearer" = [])),
    tags(
        (name = "Ask", description = "Questions of people and agents, answered from what they may read."),
        (name = "Cases", description = "What is known about a case, and what to do next."),
        (name = "Accounts", description = "What to know of an account."),
        (name = "Operate", description = "For the operator of this server."),
    )
)]
struct Document;

/// Who asks.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.description = Some(
            "An API key of `precis key`, or an access token of Microsoft Entra ID, as \
             `Authorization: Bearer …`."
                .to_owned(),
        );
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// A body that need not be sent is left out, and never null.
struct LeftOut;

impl Modify for LeftOut {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let orders = document.paths.paths.values_mut();
        for order in orders.filter_map(|path| path.post.as_mut()) {
            let Some(RefOr::T(body)) = &mut order.request_body else {
                continue;
            };
            for content in body.content.values_mut() {
                let RefOr::T(content) = content else { continue };
                if let Some(RefOr::T(Schema::OneOf(alternatives))) = &mut content.schema {
                    // Null stands before it.
                    content.schema = alternatives.items.pop();
                }
            }
        }
    }
}

/// The document in OpenAPI 3.1, from the code.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// [`document`] as JSON.
pub fn document_json() -> Value {
    serde_json::to_value(document()).unwrap_or_else(|error| {
        tracing::error!(%error, "the OpenAPI document was not written");
        json!({})
    })
}

/// `GET /openapi.json`
pub async fn latest() -> impl IntoResponse {
    Json(document_json())
}

/// `GET /openapi-2.0.json`
pub async fn older() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, Json(swagger(&document_json())))
}

#[cfg(test)]
mod tests;

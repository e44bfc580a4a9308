//! The errors that groups of routes have in common, each a problem document.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::{ContentBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Type};

const PROBLEM_JSON: &str = "application/problem+json";

/// Of a question in a body.
pub struct QuestionRefusals;

/// Of a question about what the path names, without a body.
pub struct LookupRefusals;

/// Of a question about what the path names, with a body.
pub struct NamedQuestionRefusals;

/// Of what only the operator may ask.
pub struct OperatorRefusals;

/// Of what only the operator may order, with a body.
pub struct OrderRefusals;

/// Of what everybody may ask.
pub struct OpenRefusals;

/// Statuses of every route: the layers around the handlers answer with them.
const EVERYWHERE: [u16; 3] = [414, 500, 503];
const CALLER: [u16; 4] = [401, 403, 409, 429];
const BODY: [u16; 4] = [400, 408, 413, 415];

impl IntoResponses for QuestionRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals(&[&EVERYWHERE, &CALLER, &BODY])
    }
}

impl IntoResponses for LookupRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals(&[&EVERYWHERE, &CALLER, &[400, 404]])
    }
}

impl IntoResponses for NamedQuestionRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals(&[&EVERYWHERE, &CALLER, &BODY, &[404]])
    }
}

impl IntoResponses for OperatorRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals(&[&EVERYWHERE, &CALLER, &[400]])
    }
}

impl IntoResponses for OrderRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals(&[&EVERYWHERE, &CALLER, &BODY])
    }
}

impl IntoResponses for OpenRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals(&[&EVERYWHERE])
    }
}

fn refusals(groups: &[&[u16]]) -> BTreeMap<String, RefOr<Response>> {
    let statuses = groups.iter().copied().flatten().copied();
    statuses
        .map(|status| (status.to_string(), refusal(status).into()))
        .collect()
}

fn refusal(status: u16) -> Response {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
    let response = ResponseBuilder::new()
        .description(meaning(status))
        .content(PROBLEM_JSON, problem.build());
    match status {
        401 => response.header("WWW-Authenticate", text("The challenge of RFC 6750.")),
        429 | 503 => response.header(
            "Retry-After",
            text("Whole seconds until it is worth asking again."),
        ),
        _ => response,
    }
    .build()
}

fn text(description: &str) -> utoipa::openapi::Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some(description))
        .build()
}

fn meaning(status: u16) -> &'static str {
    match status {
        400 => "The request is not valid; `detail` names the field and what it takes.",
        401 => "No API key or access token was sent, or it proves nothing.",
        403 => "The caller may not ask this.",
        404 => "It is not there, or the caller may not read it: which of both is not told.",
        408 => "The body took too long to arrive.",
        409 => {
            "The request names several things, which `choices` tells apart, or this node does not \
             do what is asked."
        }
        413 => "The body is too large.",
        414 => "The URL is too long: questions go into the body.",
        415 => "The body is not `application/json`.",
        429 => "Too many requests; `Retry-After` says when to come back.",
        503 => "Something that the reply needs is away or busy: try again.",
        _ => "A fault inside precis; the log says more under the same `request_id`.",
    }
}

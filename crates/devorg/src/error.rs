//! The refusal that a Salesforce REST resource would answer with.

use serde_json::{Value, json};

/// One entry of Salesforce's error array, with the HTTP status it travels under.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// HTTP status of the reply.
    pub status: u16,
    /// Salesforce's `errorCode`, such as `MALFORMED_QUERY`.
    pub code: &'static str,
    pub message: String,
    /// API names of the fields at fault, empty when the error is not about fields.
    pub fields: Vec<String>,
}

impl ApiError {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            fields: Vec::new(),
        }
    }

    /// A refusal under HTTP 400, which is what nearly all of them are.
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    pub fn with_fields<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.fields = fields.into_iter().map(Into::into).collect();
        self
    }

    /// The 404 for an id that names nothing, or nothing that the user may see.
    pub fn not_found() -> Self {
        Self::new(
            404,
            "NOT_FOUND",
            "Provided external ID field does not exist or is not accessible: Id",
        )
    }

    /// The element of the error array: `{"message", "errorCode"}`, and `fields` where there are any.
    pub fn to_json(&self) -> Value {
        let mut body = json!({"message": self.message, "errorCode": self.code});
        if !self.fields.is_empty() {
            body["fields"] = json!(self.fields);
        }
        body
    }
}

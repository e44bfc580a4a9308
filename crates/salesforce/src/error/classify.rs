//! The one place that decides what a refusal of Salesforce means.

#[cfg(test)]
mod tests;

use reqwest::StatusCode;
use serde::Deserialize;

use super::Error;

/// Texts of Salesforce are cut here: some repeat a whole query.
const LONGEST_MESSAGE: usize = 400;

/// Sorts a reply that is no success by its status, its error code and its message.
///
/// Bodies are `[{"message","errorCode"}]` (REST), one such object (Bulk), or
/// `{"error","error_description"}` (OAuth); anything else, such as a proxy's page, goes by status.
pub(crate) fn classify(status: StatusCode, body: &[u8]) -> Error {
    let refusal = Refusal::read(status, body);
    match refusal.known {
        Known::SessionInvalid => session_invalid(refusal),
        Known::RequestLimit => request_limit(refusal),
        Known::Busy => refusal.busy(),
        Known::TooBig => Error::TooBig {
            code: refusal.code,
            message: refusal.message,
        },
        Known::NotBulkable => Error::NotBulkable {
            message: refusal.message,
        },
        Known::CursorLost => Error::CursorLost {
            message: refusal.message,
        },
        Known::HistoryGone => Error::HistoryGone {
            message: refusal.message,
        },
        Known::Denied => Error::Denied {
            code: refusal.code,
            message: refusal.message,
        },
        Known::NotFound => Error::NotFound {
            code: refusal.code,
            message: refusal.message,
        },
        Known::BadQuery => Error::BadQuery {
            code: refusal.code,
            message: refusal.message,
        },
        Known::Setting(setting) => refusal.setting(setting),
        Known::Grant => grant(refusal),
        Known::ApiError => api_error(refusal),
        Known::Other => by_status(refusal),
    }
}

/// Whether a failure may mean that the org does not speak the API version that was asked for.
pub(crate) fn is_wrong_version_hint(error: &Error) -> bool {
    matches!(error, Error::NotFound { code, .. } if code == "NOT_FOUND" || code == "404")
}

/// What the error codes have in common. Several codes mean one thing to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    SessionInvalid,
    RequestLimit,
    Busy,
    TooBig,
    NotBulkable,
    CursorLost,
    HistoryGone,
    Denied,
    NotFound,
    BadQuery,
    /// OAuth: this setting is wrong.
    Setting(&'static str),
    /// OAuth: the description tells which setting is wrong.
    Grant,
    /// The Bulk API's word for several things.
    ApiError,
    Other,
}

impl Known {
    fn from_code(code: &str) -> Self {
        match code {
            "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER" | "Bad_OAuth_Token" => {
                Self::SessionInvalid
            }
            "REQUEST_LIMIT_EXCEEDED" => Self::RequestLimit,
            "UNABLE_TO_LOCK_ROW"
            | "SERVER_UNAVAILABLE"
            | "UNKNOWN_EXCEPTION"
            | "rate_limit_exceeded"
            | "server_error"
            | "temporarily_unavailable" => Self::Busy,
            "QUERY_TIMEOUT"
            | "QUERY_TOO_COMPLICATED"
            | "OPERATION_TOO_LARGE"
            | "EXCEEDED_ID_LIMIT"
            | "URI_TOO_LONG" => Self::TooBig,
            "INVALIDENTITY" | "INVALID_ENTITY" | "FEATURENOTENABLED" => Self::NotBulkable,
            "INVALID_QUERY_LOCATOR" | "INVALID_LOCATOR" => Self::CursorLost,
            "INVALID_REPLICATION_DATE" => Self::HistoryGone,
            "FUNCTIONALITY_NOT_ENABLED"
            | "INSUFFICIENT_ACCESS"
            | "INSUFFICIENT_ACCESS_OR_READONLY"
            | "API_DISABLED_FOR_ORG"
            | "API_CURRENTLY_DISABLED"
            | "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY" => Self::Denied,
            "NOT_FOUND" | "ENTITY_IS_DELETED" | "INVALID_CROSS_REFERENCE_KEY" => Self::NotFound,
            "MALFORMED_QUERY"
            | "INVALID_FIELD"
            | "INVALID_TYPE"
            | "MALFORMED_ID"
            | "NUMBER_OUTSIDE_VALID_RANGE"
            | "INVALID_QUERY_FILTER_OPERATOR" => Self::BadQuery,
            "API_ERROR" | "INVALIDJOB" | "INVALIDBATCH" => Self::ApiError,
            "UNSUPPORTED_API_VERSION" => Self::Setting("salesforce.api_version"),
            "invalid_client" => Self::Setting("salesforce.client_secret"),
            "invalid_client_id" | "unauthorized_client" | "inactive_org" => {
                Self::Setting("salesforce.client_id")
            }
            "inactive_user" => Self::Setting("salesforce.username"),
            "unsupported_grant_type" => Self::Setting("salesforce.auth"),
            "invalid_grant"
            | "invalid_app_access"
            | "invalid_request"
            | "invalid_assertion_type" => Self::Grant,
            _ => Self::Other,
        }
    }
}

struct Refusal {
    status: StatusCode,
    known: Known,
    code: String,
    message: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Rest(Vec<RestError>),
    Bulk(RestError),
    OAuth(OAuthError),
}

#[derive(Deserialize)]
struct RestError {
    #[serde(rename = "errorCode")]
    code: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct OAuthError {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Refusal {
    fn read(status: StatusCode, body: &[u8]) -> Self {
        let (code, message) = match serde_json::from_slice(body) {
            Ok(Body::Rest(errors)) => match errors.into_iter().next() {
                Some(error) => (error.code, error.message),
                None => Self::bare(status, body),
            },
            Ok(Body::Bulk(error)) => (error.code, error.message),
            Ok(Body::OAuth(error)) => (error.error, error.error_description),
            Err(_) => Self::bare(status, body),
        };
        Self {
            status,
            known: Known::from_code(&code),
            code: shorten(&code),
            message: shorten(without_query(&message)),
        }
    }

    /// For a body without an error of Salesforce in it. The identity service answers in plain text.
    fn bare(status: StatusCode, body: &[u8]) -> (String, String) {
        let text = std::str::from_utf8(body).unwrap_or_default().trim();
        if Known::from_code(text) != Known::Other {
            return (text.to_owned(), String::new());
        }
        let reason = status.canonical_reason().unwrap_or("no reason given");
        (status.as_str().to_owned(), reason.to_owned())
    }

    fn busy(self) -> Error {
        Error::Busy {
            code: self.code,
            message: self.message,
        }
    }

    fn setting(self, setting: &'static str) -> Error {
        let what = match setting {
            "salesforce.client_secret" => "Salesforce refused the client secret",
            "salesforce.client_id" => "Salesforce refused the consumer key",
            "salesforce.username" => "Salesforce refused the user",
            "salesforce.auth" => "Salesforce refused this way to sign in",
            "salesforce.api_version" => "the org does not offer this API version",
            _ => "Salesforce refused to sign in",
        };
        self.setting_because(setting, what)
    }

    fn setting_because(self, setting: &'static str, what: &str) -> Error {
        let problem = if self.message.is_empty() {
            format!("{what} ({})", self.code)
        } else {
            format!("{what} ({}: {})", self.code, self.message)
        };
        Error::Setting { setting, problem }
    }
}

/// A 401 is not always an expiry: with these texts a new session would fare no better.
fn session_invalid(refusal: Refusal) -> Error {
    let message = refusal.message.to_lowercase();
    let lasting = message.contains("connected app is not attached to agent")
        || message.contains("not valid for use with the rest api")
        || message.contains("api access");
    if lasting {
        return Error::Denied {
            code: refusal.code,
            message: refusal.message,
        };
    }
    Error::SessionExpired {
        message: if refusal.message.is_empty() {
            refusal.code
        } else {
            refusal.message
        },
    }
}

/// One code, two limits: calls at the same time pass in a moment, the calls of a day do not.
fn request_limit(refusal: Refusal) -> Error {
    if refusal.message.to_lowercase().contains("concurrent") {
        refusal.busy()
    } else {
        Error::QuotaSpent {
            message: refusal.message,
        }
    }
}

/// `invalid_grant` and `invalid_app_access` stand for many mistakes; the description tells which.
fn grant(refusal: Refusal) -> Error {
    let description = refusal.message.to_lowercase();
    let says = |text: &str| description.contains(text);
    let (setting, what) = if says("hasn't approved") || says("not admin approved") {
        (
            "salesforce.username",
            "Salesforce has not approved this user for the app: in the app's policies choose \"Admin \
             approved users are pre-authorized\" and give the user its permission set",
        )
    } else if says("audience") {
        (
            "salesforce.audience",
            "Salesforce refused the audience of the token",
        )
    } else if says("expired") {
        (
            "salesforce.private_key and the clock of this machine",
            "Salesforce refused the signed token",
        )
    } else if says("assertion") || says("signature") || says("jwt") {
        (
            "salesforce.private_key",
            "Salesforce refused the signed token",
        )
    } else if says("domain") {
        (
            "salesforce.login_url",
            "Salesforce signs this app in only at the org's My Domain address",
        )
    } else if says("no client credentials user") || says("run as") {
        (
            "salesforce.client_id",
            "the app has no \"Run As\" user for the client credentials flow",
        )
    } else if says("user") || says("inactive") {
        ("salesforce.username", "Salesforce refused the user")
    } else {
        (
            "salesforce.client_id, salesforce.username and salesforce.login_url",
            "Salesforce refused to sign in",
        )
    };
    refusal.setting_because(setting, what)
}

fn api_error(refusal: Refusal) -> Error {
    let message = refusal.message.to_lowercase();
    let unsupported = message.contains("not supported")
        || message.contains("implementation restriction")
        || message.contains("bulk");
    if unsupported {
        return Error::NotBulkable {
            message: refusal.message,
        };
    }
    by_status(refusal)
}

/// For a code without a meaning of its own here.
fn by_status(refusal: Refusal) -> Error {
    let Refusal {
        status,
        code,
        message,
        known: _,
    } = refusal;
    match status.as_u16() {
        401 => Error::SessionExpired { message },
        403 => Error::Denied { code, message },
        404 | 410 => Error::NotFound { code, message },
        414 | 431 => Error::TooBig { code, message },
        408 | 420 | 429 | 500..=599 => Error::Busy { code, message },
        status => Error::Rejected {
            status,
            code,
            message,
        },
    }
}

/// Cuts a text at a character, with a sign that it was cut.
/// The message of a refused query without the piece of the query before it, which may hold what somebody
/// asked for.
fn without_query(message: &str) -> &str {
    message
        .find("ERROR at Row:")
        .map_or(message, |start| &message[start..])
}

pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

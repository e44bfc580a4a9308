//! What can go wrong, in terms of what the caller can do about it.

mod classify;

use std::time::Duration;

pub(crate) use classify::{classify, is_wrong_version_hint};

/// A failed call. The client has already repeated it and signed in again where that could help.
///
/// The texts are for people and name the setting to change; they may quote Salesforce's own message
/// but never a token or a secret.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A setting is wrong: no call can succeed until somebody changes it.
    #[error("{problem}: check {setting}")]
    Setting {
        /// The key in the configuration, as `salesforce.client_secret`.
        setting: &'static str,
        problem: String,
    },
    /// No connection to the host; nothing was sent.
    #[error("cannot reach {host} ({cause}): check salesforce.login_url and the network")]
    Unreachable { host: String, cause: String },
    /// Salesforce no longer takes the session, even a new one.
    #[error("Salesforce ended the session: {message}")]
    SessionExpired { message: String },
    /// The connection broke or fell silent before the reply was complete.
    #[error("the reply of Salesforce broke off ({cause})")]
    Interrupted { cause: String },
    /// Salesforce cannot answer now: overload, maintenance, a locked row, too many calls at once.
    #[error("Salesforce is busy ({code}): {message}")]
    Busy { code: String, message: String },
    /// The org has used up its API calls of 24 hours.
    #[error("the API quota of the org is spent: {message}")]
    QuotaSpent { message: String },
    /// The same question about fewer rows or fields may work.
    #[error("too much for one call ({code}): {message}")]
    TooBig { code: String, message: String },
    /// The Bulk API does not serve this object or query; the REST API may.
    #[error("not available through the Bulk API: {message}")]
    NotBulkable { message: String },
    /// The place in a result is gone (cursors live two days, bulk results seven): ask anew.
    #[error("Salesforce no longer has this result: {message}")]
    CursorLost { message: String },
    /// The list of deletions or changes does not reach back that far: compare everything instead.
    #[error("Salesforce's list of changes does not reach back that far: {message}")]
    HistoryGone { message: String },
    /// The user whom precis signs in as lacks a permission.
    #[error("the user that precis signs in as may not do this ({code}): {message}")]
    Denied { code: String, message: String },
    /// No such record, object or resource, or none that the user may know of.
    #[error("Salesforce has no such thing ({code}): {message}")]
    NotFound { code: String, message: String },
    /// The query names what the org does not have, or is not SOQL as the org understands it.
    #[error("Salesforce does not take this query ({code}): {message}")]
    BadQuery { code: String, message: String },
    /// A bulk job ended without a result.
    #[error("bulk job {job} ended as {state}: {message}")]
    BulkFailed {
        job: String,
        state: String,
        message: String,
    },
    /// A file is larger than the client was told to accept.
    #[error("the file has more than {limit} bytes")]
    FileTooLarge { limit: usize },
    /// The reply is not of the documented shape; perhaps something else answered.
    #[error("unexpected reply to {call}: {cause}")]
    Unreadable { call: &'static str, cause: String },
    /// Any other refusal.
    #[error("Salesforce refused the call ({status} {code}): {message}")]
    Rejected {
        status: u16,
        code: String,
        message: String,
    },
}

/// What the caller should do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Sign in again, once. The client does this itself.
    Login,
    /// Repeat the same call, not before this wait.
    After(Duration),
    /// Ask for fewer rows or fields at a time.
    Smaller,
    /// Ask the same by REST query instead of a bulk job.
    UseRest,
    /// Start afresh with the next scheduled run.
    NextRun,
    /// Repeating cannot help.
    Never,
}

impl Error {
    /// What the caller should do. No wildcard arm: a new failure has to choose.
    pub fn retry(&self) -> Retry {
        match self {
            Self::SessionExpired { .. } => Retry::Login,
            Self::Unreachable { .. } => Retry::After(Duration::from_secs(10)),
            Self::Interrupted { .. } => Retry::After(Duration::from_secs(2)),
            Self::Busy { .. } => Retry::After(Duration::from_secs(5)),
            Self::TooBig { .. } => Retry::Smaller,
            Self::NotBulkable { .. } => Retry::UseRest,
            Self::QuotaSpent { .. }
            | Self::CursorLost { .. }
            | Self::HistoryGone { .. }
            | Self::BulkFailed { .. } => Retry::NextRun,
            Self::Setting { .. }
            | Self::Denied { .. }
            | Self::NotFound { .. }
            | Self::BadQuery { .. }
            | Self::FileTooLarge { .. }
            | Self::Unreadable { .. }
            | Self::Rejected { .. } => Retry::Never,
        }
    }

    /// Sorts a failure below HTTP. Only the cause is kept: the URL may hold a query.
    pub(crate) fn from_transport(error: &reqwest::Error, host: &str) -> Self {
        let cause = root_cause(error);
        if error.is_connect() {
            Self::Unreachable {
                host: host.to_owned(),
                cause,
            }
        } else if error.is_timeout() {
            Self::Interrupted {
                cause: "it took longer than salesforce.timeout_seconds".to_owned(),
            }
        } else {
            Self::Interrupted { cause }
        }
    }

    pub(crate) fn unreadable(call: &'static str, cause: impl ToString) -> Self {
        Self::Unreadable {
            call,
            cause: cause.to_string(),
        }
    }
}

/// The innermost cause: "connection refused" rather than "error sending request for url (…)".
pub(crate) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    classify::shorten(&innermost.to_string())
}

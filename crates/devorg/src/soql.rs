//! SOQL over an [`Org`], trimmed to what one user may see.
//!
//! A query is parsed, bound to the schema, and run over borrowed rows. What this engine cannot do it
//! refuses with the error that Salesforce would give; it never answers with a wrong result.

use serde_json::Value;

use crate::error::ApiError;
use crate::org::{Org, Row};

/// What the session's user may see. An object, field or record that is not visible behaves as if it
/// did not exist.
pub trait Visibility {
    /// May the user read the object at all?
    fn object(&self, object: &str) -> bool;
    /// May the user read the field? Asked with the names as the describe spells them.
    fn field(&self, object: &str, field: &str) -> bool;
    /// May the user read this record?
    fn record(&self, object: &str, row: &Row) -> bool;
    /// One row of `UserRecordAccess`, the virtual object that only sharing can answer.
    fn record_access(&self, user_id: &str, record_id: &str) -> RecordAccess;
}

/// What one user may do with one record, as `UserRecordAccess` says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordAccess {
    pub read: bool,
    pub edit: bool,
    pub delete: bool,
    pub transfer: bool,
    pub all: bool,
    pub max_level: AccessLevel,
}

/// `UserRecordAccess.MaxAccessLevel`, weakest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    #[default]
    None,
    Read,
    Edit,
    Delete,
    Transfer,
    All,
}

impl AccessLevel {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Read => "Read",
            Self::Edit => "Edit",
            Self::Delete => "Delete",
            Self::Transfer => "Transfer",
            Self::All => "All",
        }
    }
}

impl From<AccessLevel> for RecordAccess {
    /// Each level includes the weaker ones.
    fn from(level: AccessLevel) -> Self {
        Self {
            read: level >= AccessLevel::Read,
            edit: level >= AccessLevel::Edit,
            delete: level >= AccessLevel::Delete,
            transfer: level >= AccessLevel::Transfer,
            all: level >= AccessLevel::All,
            max_level: level,
        }
    }
}

/// Which resource asks: it decides whether deleted and archived rows appear, and what is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryMode {
    /// REST `/query`.
    Query,
    /// REST `/queryAll`: deleted and archived rows too.
    QueryAll,
    /// A Bulk 2.0 job with operation `query`.
    Bulk,
    /// A Bulk 2.0 job with operation `queryAll`.
    BulkAll,
}

impl QueryMode {
    pub fn includes_deleted(self) -> bool {
        matches!(self, Self::QueryAll | Self::BulkAll)
    }

    pub fn is_bulk(self) -> bool {
        matches!(self, Self::Bulk | Self::BulkAll)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct QueryResult {
    /// The object of the outer FROM, as the describe spells it.
    pub object: String,
    /// The columns in select order, `Account.Name` for a parent's field; the header of Bulk's CSV.
    pub columns: Vec<String>,
    /// The records as REST shows them: `attributes`, parents nested (or null), child results as
    /// `{totalSize, done, records}` (or null when empty).
    pub records: Vec<Value>,
    /// Number of records, or the count of a bare `COUNT()`, which has no records.
    pub total_size: usize,
}

/// Runs one SOQL statement for one user.
///
/// # Errors
/// Salesforce's own refusals: `MALFORMED_QUERY`, `INVALID_FIELD`, `INVALID_TYPE`,
/// `INVALID_QUERY_FILTER_OPERATOR`, `INVALID_QUERY_SCOPE`, …, all under HTTP 400.
pub fn query(
    _org: &Org,
    _visibility: &dyn Visibility,
    _soql: &str,
    _mode: QueryMode,
) -> Result<QueryResult, ApiError> {
    Err(ApiError::bad_request(
        "MALFORMED_QUERY",
        "no query engine yet",
    ))
}

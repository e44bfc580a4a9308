//! SOQL over an [`Org`], trimmed to what one user may see.
//!
//! A query is parsed, bound to the schema, and run over borrowed rows. What this engine cannot do it
//! refuses with the error that Salesforce would give; it never answers with a wrong result.

mod aggregate;
mod ast;
mod calendar;
mod cell;
mod column;
mod filter;
mod order;
mod parse;
mod plan;
mod project;
mod record_access;
mod rules;
mod select;
mod session;
mod source;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::error::ApiError;
use crate::org::{Org, Row};
pub(crate) use select::{Found, Rows, find_again};
use session::Session;

/// What the session's user may see. An object, field or record that is not visible behaves as if it
/// did not exist.
pub trait Visibility {
    /// May the user read the object at all?
    fn object(&self, object: &str) -> bool;
    /// May the user read the field? Asked with the names as the describe spells them.
    fn field(&self, object: &str, field: &str) -> bool;
    /// May the user read this record?
    fn record(&self, object: &str, row: &Row) -> bool;
    /// The user whose view this is, where it is one user's: what `UserRecordAccess` as a parent of a
    /// record speaks of.
    fn user_id(&self) -> Option<&str> {
        None
    }
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
/// `INVALID_QUERY_FILTER_OPERATOR`, `NUMBER_OUTSIDE_VALID_RANGE`, …, all under HTTP 400.
pub fn query(
    org: &Org,
    visibility: &dyn Visibility,
    soql: &str,
    mode: QueryMode,
) -> Result<QueryResult, ApiError> {
    Ok(match find(org, visibility, soql, mode)? {
        Found::Rows(rows) => rows.into_result(),
        Found::Result(result) => result,
    })
}

/// Finds what one SOQL statement asks for, and leaves it to the caller when rows become records.
///
/// # Errors
/// As [`query`].
pub(crate) fn find<'a>(
    org: &'a Org,
    visibility: &'a dyn Visibility,
    soql: &str,
    mode: QueryMode,
) -> Result<Found<'a>, ApiError> {
    let (session, statement) = begin(org, visibility, soql, mode)?;
    if statement.from.eq_ignore_ascii_case("UserRecordAccess") {
        return record_access::run(&session, &statement).map(Found::Result);
    }
    let object = session.object(&statement.from)?;
    rules::check_object(object, &statement)?;
    if aggregate::is_count(&statement) {
        return aggregate::count(&session, object, &statement).map(Found::Result);
    }
    if aggregate::is_aggregate(&statement) {
        return aggregate::run(&session, object, &statement).map(Found::Result);
    }
    select::find(session, object, &statement).map(Found::Rows)
}

/// The object that a statement is about, as the statement spells it; none when it cannot be read.
pub(crate) fn object_of(soql: &str) -> Option<String> {
    parse::parse(soql).ok().map(|statement| statement.from)
}

fn begin<'a>(
    org: &'a Org,
    visibility: &'a dyn Visibility,
    soql: &str,
    mode: QueryMode,
) -> Result<(Session<'a>, ast::Query), ApiError> {
    let statement = parse::parse(soql)?;
    rules::check(&statement, mode)?;
    let session = Session {
        org,
        visibility,
        mode,
    };
    Ok((session, statement))
}

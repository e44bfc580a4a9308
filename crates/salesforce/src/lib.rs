//! A client for Salesforce: OAuth, REST queries, SOQL, Bulk API 2.0, describe, replication, limits.
//!
//! It knows how Salesforce speaks and nothing of what its records are used for: no documents, no
//! indexes, no opinion on which fields matter. It refuses to
//!
//! - take SOQL as text: a [`Soql`] is built from checked names and typed literals, so a value can
//!   never become part of the query;
//! - write: there is no call that changes a record;
//! - send the access token to any host but the one that Salesforce named at sign-in, redirects
//!   included;
//! - retry for ever or sign in again in a loop: each [`Error`] says what its caller should do
//!   ([`Error::retry`]), and the client itself has already tried what a client can;
//! - log tokens, secrets, queries or the content of records.
//!
//! Start with [`Client::new`]; it does no I/O and signs in with the first call that needs it.

mod access;
mod auth;
mod bulk;
mod categories;
mod client;
mod describe;
mod error;
mod http;
mod limits;
mod options;
mod query;
mod record;
mod replication;
mod session;
mod soql;
mod time;
mod usage;

pub use auth::{Identity, Org};
pub use bulk::{Bulk, BulkJob, BulkPage, BulkState, BulkStatus, Locator};
pub use categories::{DataCategory, DataCategoryGroup};
pub use client::{Client, Version};
pub use describe::{
    ChildRelationship, Describe, Field, FieldType, ObjectSummary, PicklistValue, RecordTypeInfo,
};
pub use error::{Error, Retry};
pub use limits::{Allowance, Limits};
pub use options::{ApiVersion, Auth, InvalidVersion, Options, RetryPolicy};
pub use query::{Page, Scope};
pub use record::Record;
pub use replication::{Deleted, DeletedRecord, Updated};
pub use soql::{
    Children, Condition, Direction, FieldPath, InvalidPath, Literal, Nulls, Order, Pattern,
    Selected, Soql,
};
pub use usage::{Usage, UsageByKind};

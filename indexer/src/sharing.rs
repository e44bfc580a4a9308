//! Sharing: by what the root record of a document can be read.
//!
//! [`Rules`] say for each document object what its sharing depends on: an organization-wide default,
//! an owner, tables of share rows and team members, the records above it. They are made of the org's
//! own words (`describe`, `EntityDefinition`). What a record's reasons are is computed from the
//! mirror ([`Reasons`]) and kept there for records that have sharing of their own; [`settle`] keeps
//! it so, and touches the documents whose reasons have changed with a record's.
//!
//! Nothing is granted that the org does not allow: where sharing cannot be told, an object has no
//! rule, and its documents no grants.

mod articles;
mod grants;
mod models;
mod rules;
pub(crate) mod settle;
mod tables;
#[cfg(test)]
mod tests;

pub(crate) use articles::ArticlePlan;
pub(crate) use grants::Reasons;
pub(crate) use models::models;
pub(crate) use rules::Rules;
pub(crate) use settle::Note;

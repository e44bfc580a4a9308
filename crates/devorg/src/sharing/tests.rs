//! One small org for each rule, each with somebody who sees and somebody who does not.

/// Articles: status, channel, data categories.
mod articles;
/// When sharing is computed again.
mod cache;
/// Records that follow others: comments, line items, activities, details.
mod children;
/// Object permission and field-level security.
mod fields;
/// Notes and files.
mod files;
/// Writes an org folder and asks who sees what.
mod fixture;
/// Groups of every kind.
mod groups;
/// Random orgs against a second, naive implementation of the rules.
mod oracle;
/// SOQL through sharing, and `UserRecordAccess`.
mod queries;
/// Defaults, owners, roles, shares and teams.
mod records;

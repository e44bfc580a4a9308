//! The client against an org in a box, and against a server that breaks on demand.

mod support;

/// Who may read what, as the org decides it.
mod access;
/// Jobs, pages, places to go on from.
mod bulk;
/// Describes are cached and confirmed.
mod describe;
/// What a server must not be able to do to the client: break off, redirect, loop.
mod faults;
/// Pages, children, counts, bad queries.
mod query;
/// Changes and deletions since.
mod replication;
/// Both OAuth flows, and each way in which they fail.
mod sign_in;

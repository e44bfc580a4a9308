//! The wire contracts, over HTTP: through real client libraries, and where these do not reach.

/// Third-party clients, installed once.
#[path = "../../../../tests/clients/installing.rs"]
mod installing;
/// A signed-in HTTP client that hides nothing.
mod session;
/// A small org on disk, and a server over it.
mod support;

/// Tokens and secrets of Azure in a box.
mod azure;
/// Query and ingest jobs and their CSV.
mod bulk;
/// simple-salesforce and jsforce, from their registries.
mod clients;
/// Many records in one call.
mod collections;
/// What only a box can do.
mod control;
/// Describe, its 304, and the list of versions.
mod describe;
/// The allocation, malformed requests, and paths that are not there.
mod edges;
/// The Entra ID in a box.
mod entra;
/// Faults by plan, and the failures that they make.
mod faults;
/// Files: versions, documents, links.
mod files;
/// What becomes of records, and what queries tell of it.
mod lifecycle;
/// Sign-in, its errors, and sessions that end.
mod oauth;
/// The Azure OpenAI in a box.
mod openai;
/// Pages, locators and refused statements.
mod query;
/// Single records, blobs, upserts, and who may touch them.
mod records;

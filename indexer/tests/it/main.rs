//! Sync against an org in a box, end to end: from its folder to the documents of the index.

// An org folder that a test writes, and an indexer over it.
mod support;

// What the records of an org become.
mod documents;
// Whatever ends a run, the next one goes on.
mod resume;
// Later runs: what changed comes, what is equal costs nothing.
mod again;
// What the org lacks or hides is named, and the rest is synced.
mod gaps;
// Vectors: what gets one, and that none is made twice.
mod vectors;

// Changes that a query of changes does not tell.
mod traces;
// What a sync costs in API calls.
mod quota;
// By what documents can be read.
mod sharing;
// People, groups and roles of an org, and whom a grant reaches.
mod people;
// Who edits an org.
mod admin;
// Whatever is edited, the index follows.
mod equal;

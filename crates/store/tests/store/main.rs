//! The index in a temporary folder, with real engines.

mod support;

// What is written is found again, replaced, removed and kept over a restart.
mod round_trip;
// A process that ends between the two engines leaves no trace.
mod crash;
// What a viewer may not read does not match, by either engine.
mod access;
// What sharing opens to a viewer, and which articles they see.
mod reach;
// Filters, codes, phrases, typing mistakes, hostile text.
mod search;
// The same tests with the index on a Qdrant server, and what only a server has.
mod server;
// Damaged, foreign and busy folders are refused with a sentence.
mod folder;
// Words are found in the language of the text that they stand in.
mod languages;

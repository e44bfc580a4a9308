//! End-to-end tests: the program as people start it, over HTTP, against a Salesforce org in a box.

/// Starts programs and asks them.
mod support;

/// The demo's sample questions, answered.
mod demo;

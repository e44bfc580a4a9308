//! No sentence without its source: what a summary may say, and where it was read.
//!
//! Numbered passages go to the model, claims with quotes come back, and only what holds against the
//! passages is shown.

mod citation;
mod generate;
mod sentence;
mod verify;

pub use citation::{Citations, Source};
pub use generate::generate;
pub use sentence::{Span, cut, sentences, with_following};

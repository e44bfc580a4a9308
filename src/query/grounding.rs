//! No sentence without its source: what a summary may say, and where it was read.
//!
//! Numbered passages go to the model (`context`, `tell`), claims with quotes come back
//! (`contract`), and only what holds against the passages is shown (`verify`). Text of records that
//! talks to the model is left out (`orders`).

mod citation;
mod context;
mod contract;
mod facts;
mod judge;
mod orders;
mod quote;
mod sentence;
mod spent;
mod tell;
mod verification;
mod verify;

use regex::Regex;

pub use citation::{Citations, Source};
pub use context::packed;
pub use orders::{is_order, orders};
pub use sentence::{Span, cut, sentences, with_following};
pub use spent::Spent;
pub use tell::{Ending, Shown, Task, ToldClaim, tell};
pub use verification::{Usage, Verification};

/// A pattern of this room; each is used by its tests, so none of them can fail.
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is well formed")
}

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

pub use citation::{Citations, Source};
pub use context::packed;
pub use facts::month;
pub use orders::{is_order, orders, without_orders};
pub use sentence::{Span, cut, sentences, with_following, words};
pub use spent::{Spent, SpentSoFar};
pub use tell::{Ending, Shown, Task, ToldClaim, show_all, tell};
pub use verification::{Usage, Verification};

//! How good rankings and answers are: questions with known answers, run through the search and the
//! answers that people get.

pub mod answers;
mod metrics;
mod set;

pub use metrics::{Metrics, Quality, percentile};
pub use set::{Question, QuestionSet};

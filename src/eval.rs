//! How good a ranking is: questions with known answers, run through the search that people get.

mod metrics;
mod set;

pub use metrics::{Metrics, Quality};
pub use set::{Question, QuestionSet};

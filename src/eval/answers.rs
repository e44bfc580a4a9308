//! How good answers are: questions with reference answers, asked as people ask them, and each answer held
//! against what is known of its question and against the texts that it cites.
//!
//! The checks share nothing with the verification that answers go through, so that neither hides a
//! mistake of the other.

mod grade;
mod judge;
mod page;
mod set;
mod summary;
mod support;
mod texts;
mod words;

pub use grade::{Asked, Graded};
pub use judge::{Judgement, judge};
pub use page::page;
pub use set::{AnswerQuestion, AnswerSet};
pub use summary::{Group, Summary};
pub use texts::Texts;

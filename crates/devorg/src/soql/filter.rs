//! Conditions, compiled: every literal checked against the type of its field once, then tests that only
//! borrow.

mod check;
mod compile;
mod like;
mod semijoin;

pub use check::{Check, Comparison, Subject, check};
pub use compile::{Compiler, Place};

use super::cell::Cell;

/// A condition over values of a source `S`: a column of a row, or a result of a group.
#[derive(Debug)]
pub enum Filter<S> {
    All(Vec<Filter<S>>),
    Any(Vec<Filter<S>>),
    Not(Box<Filter<S>>),
    Test { source: S, check: Check },
}

impl<S> Filter<S> {
    /// Does it hold, with `cell` giving the value of a source?
    pub fn matches<'c>(&self, cell: &impl Fn(&S) -> Cell<'c>) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.matches(cell)),
            Self::Any(filters) => filters.iter().any(|filter| filter.matches(cell)),
            Self::Not(filter) => !filter.matches(cell),
            Self::Test { source, check } => check.matches(&cell(source)),
        }
    }
}

//! What goes between parent and child.
//!
//! To the child: one line of JSON, a [`Request`], then the bytes of the file. Back: one JSON value,
//! a [`Reply`]. Nothing else is written to standard output; standard error has at most a reason.

use serde::{Deserialize, Serialize};

use crate::{Content, Error, Kind, Limits};

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub kind: Kind,
    /// The size of the file, so that a broken pipe does not look like a damaged file.
    pub bytes: usize,
    pub limits: Limits,
}

pub(crate) type Reply = Result<Content, Error>;

/// The most bytes that a child which keeps to its limits can reply.
///
/// A character takes at most four bytes, and [`Pages`](crate::pages::Pages) charges each page for
/// its number and its label.
pub(crate) fn longest_reply(limits: &Limits) -> u64 {
    (limits.characters as u64)
        .saturating_mul(16)
        .saturating_add(1 << 20)
}

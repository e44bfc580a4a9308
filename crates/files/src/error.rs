//! What can go wrong, said so that the owner of the file understands it.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

/// Why a file has no text. Each message is the end of a sentence whose subject is the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Error {
    /// A larger [`Limits::seconds`](crate::Limits::seconds) may help.
    #[error("it took longer than {seconds} seconds")]
    TookTooLong { seconds: u64 },
    /// A larger [`Limits::memory_mb`](crate::Limits::memory_mb) may help.
    #[error("it needs more than {megabytes} MB of memory")]
    NeedsMemory { megabytes: u64 },
    /// A small file that becomes a huge one when it is unpacked.
    #[error("it unpacks to more than {megabytes} MB")]
    UnpacksTooBig { megabytes: u64 },
    /// Without its password nobody can read it.
    #[error("it is encrypted")]
    Encrypted,
    /// It is not what its name says, or not whole.
    #[error("it is damaged: {reason}")]
    Damaged { reason: String },
    /// The file is not at fault: the child process did not start or did not keep to the protocol.
    #[error("it was not read: {reason}")]
    NotRead { reason: String },
}

impl Error {
    /// Whether the same file under the same limits may be read at another time. All other errors
    /// are the file's own and come back with it.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::NotRead { .. } => true,
            Self::TookTooLong { .. }
            | Self::NeedsMemory { .. }
            | Self::UnpacksTooBig { .. }
            | Self::Encrypted
            | Self::Damaged { .. } => false,
        }
    }

    pub(crate) fn damaged(reason: impl Display) -> Self {
        Self::Damaged {
            reason: shorten(&reason.to_string()),
        }
    }

    pub(crate) fn not_read(reason: impl Display) -> Self {
        Self::NotRead {
            reason: shorten(&reason.to_string()),
        }
    }
}

/// A reason may quote the file: one line of it is enough.
fn shorten(reason: &str) -> String {
    let mut line: String = reason
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|character| !character.is_control())
        .take(200)
        .collect();
    line.truncate(line.trim_end().len());
    line
}

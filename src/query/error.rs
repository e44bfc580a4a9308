//! What can go wrong with a question.

use super::choice::Choice;
use crate::{access, prompts};

/// Why a question has no reply.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request itself; the message names the field.
    #[error("{0}")]
    Invalid(String),
    /// What the request names is not there, or the viewer may not read it: which of both is not told.
    #[error("{0}")]
    NotFound(String),
    /// It names several things; `choices` tell them apart.
    #[error("{sentence}")]
    Ambiguous {
        sentence: String,
        choices: Vec<Choice>,
    },
    #[error(transparent)]
    Access(#[from] access::Error),
    #[error("the index cannot be read: {0}")]
    Store(#[from] store::Error),
    #[error("{0}")]
    Model(#[from] models::Error),
    #[error("the prompt cannot be filled in: {0}")]
    Prompt(String),
}

/// What a surface has to tell apart. Each skin maps these in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request must change.
    Invalid,
    NotFound,
    /// The request must say which of several it means.
    Ambiguous,
    /// The caller may not ask.
    Forbidden,
    /// A system that the reply needs is away: try again.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl From<prompts::Error> for Error {
    fn from(error: prompts::Error) -> Self {
        Self::Prompt(error.to_string())
    }
}

impl Error {
    /// What the one who asked is told of it. Where our servers are is for the log.
    pub fn for_the_caller(&self) -> String {
        let index = match self {
            Self::Access(access::Error::Index(error)) | Self::Store(error) => error.vectors_away(),
            Self::Invalid(_)
            | Self::NotFound(_)
            | Self::Ambiguous { .. }
            | Self::Access(_)
            | Self::Model(_)
            | Self::Prompt(_) => None,
        };
        match index {
            Some(reason) => format!("the index cannot be read: {reason}"),
            None => self.to_string(),
        }
    }

    /// What the log is told: nothing that could repeat a question or a record. A model's own words can.
    pub fn for_the_log(&self) -> String {
        match self {
            Self::Model(error) => error.without_its_words(),
            Self::Access(_)
            | Self::Store(_)
            | Self::Invalid(_)
            | Self::NotFound(_)
            | Self::Ambiguous { .. }
            | Self::Prompt(_) => self.to_string(),
        }
    }

    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Access(access::Error::Index(error)) | Self::Store(error)
                if error.vectors_away().is_some() =>
            {
                ErrorKind::Unavailable
            }
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Ambiguous { .. } => ErrorKind::Ambiguous,
            Self::Access(access::Error::Refused(_)) => ErrorKind::Forbidden,
            Self::Access(access::Error::Undecided(_)) | Self::Model(_) => ErrorKind::Unavailable,
            Self::Access(access::Error::Ledger(_) | access::Error::Index(_))
            | Self::Store(_)
            | Self::Prompt(_) => ErrorKind::Internal,
        }
    }
}

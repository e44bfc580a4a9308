//! What can go wrong with an index, by what the caller can do about it.

use std::path::PathBuf;

/// Why the index did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has the folder open: stop it, or ask it instead.
    #[error("the index in {} is in use by another process", folder.display())]
    InUse { folder: PathBuf },
    /// Vectors of two models cannot be compared: configure the old model or sync into a new folder.
    #[error(
        "the index was made with the embedding model '{index}', but '{configured}' is configured; use that model again, or move the index folder away and sync again"
    )]
    OtherModel { index: String, configured: String },
    /// Made by a version of precis with another layout: move it away and sync again.
    #[error("the index in {} has layout {found}, this version of precis reads {expected}; move the folder away and sync again", folder.display())]
    OtherVersion {
        folder: PathBuf,
        found: u32,
        expected: u32,
    },
    /// The files are damaged: nothing is lost but time, because the source has everything.
    #[error("the index in {} is damaged ({detail}); move the folder away and sync again", folder.display())]
    Corrupt { folder: PathBuf, detail: String },
    /// The disk refused: permissions or space. What was not committed will be replayed.
    #[error("cannot use the index folder {}: {source}", folder.display())]
    Io {
        folder: PathBuf,
        source: std::io::Error,
    },
    /// A vector has not the length of the index's model: a mistake of the caller.
    #[error("a vector has {found} numbers, the index's model makes {expected}")]
    Dimension { found: usize, expected: usize },
    /// A vector holds something that is no number (NaN) or has no end.
    #[error("a vector of passage {passage} holds a value that is not a finite number")]
    NotFinite { passage: String },
    /// A write was given up half-way. It has been undone with everything since the last commit:
    /// go on from the cursor of that commit.
    #[error("a write was cut short and has been undone; go on from the last commit")]
    CutShort,
    /// The Qdrant server does not answer, or not in time: try again, and look after the server.
    #[error("the Qdrant server does not answer ({detail})")]
    Away { detail: String },
    /// The Qdrant server does not let us: the API key is wrong or may not do this.
    #[error("the Qdrant server refuses the API key ({detail}); vector.api_key sets another")]
    Refused { detail: String },
    /// Readers are still sent to what another model or version made; the next whole sync ends that.
    #[error("the collection {collection} {reason}; the next whole sync of the indexer ends that")]
    OtherCollection { collection: String, reason: String },
    /// An engine failed on an index that opened well. The cause is in the text.
    #[error("the {engine} engine failed: {detail}")]
    Engine {
        engine: &'static str,
        detail: String,
    },
}

impl Error {
    /// Why vectors cannot be searched for now, in words for whoever asks; none if something is
    /// broken. What is found by words is right all the same.
    pub fn vectors_away(&self) -> Option<&'static str> {
        match self {
            Self::Away { .. } => Some("the Qdrant server does not answer"),
            Self::Refused { .. } => Some("the Qdrant server refuses the API key"),
            Self::OtherCollection { .. } => Some("the vectors of this model are not complete yet"),
            Self::InUse { .. }
            | Self::OtherModel { .. }
            | Self::OtherVersion { .. }
            | Self::Corrupt { .. }
            | Self::Io { .. }
            | Self::Dimension { .. }
            | Self::NotFinite { .. }
            | Self::CutShort
            | Self::Engine { .. } => None,
        }
    }
}

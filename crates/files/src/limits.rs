//! How much one file may cost.

use serde::{Deserialize, Serialize};

/// How much one file may cost. Beyond `characters` the text is cut; beyond the others the file has
/// none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Time on the clock, and time of the processor.
    pub seconds: u64,
    /// Address space for the file, its unpacked form and all that is made of it, in 2^20 bytes.
    pub memory_mb: u64,
    /// Unicode scalar values of text; each page counts a few more.
    pub characters: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            seconds: 20,
            memory_mb: 512,
            characters: 2_000_000,
        }
    }
}

impl Limits {
    /// Unpacked parts that have to be in memory as a whole. What is made of them takes several
    /// times as much, so that this end comes before the limit of memory and says more.
    pub(crate) fn unpacked_in_memory_mb(&self) -> u64 {
        self.memory_mb / 4
    }

    /// Unpacked parts that are read as a stream: bounded by time alone otherwise.
    pub(crate) fn unpacked_streamed_mb(&self) -> u64 {
        self.memory_mb.saturating_mul(2)
    }
}

//! The engine's write-ahead log.
//!
//! precis replays from its own cursor and never from this log, and the engine neither reads it
//! back nor shortens it: left alone it would keep a second copy of every vector ever written. So
//! at each opening all but its last closed part is removed. The last one stays because it carries
//! the count of operations, which must go on.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use qdrant_edge::WalOptions;

/// Bytes of one part of the log.
const PART: usize = 8 * 1024 * 1024;

pub(super) fn options() -> WalOptions {
    WalOptions {
        segment_capacity: PART,
        segment_queue_len: 0,
        retain_closed: NonZeroUsize::MIN,
    }
}

/// Removes all closed parts of the log but the last. The engine must not have it open.
pub(super) fn trim(folder: &Path) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let mut closed: Vec<(u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let first = path
            .file_name()
            .and_then(|name| name.to_str()?.strip_prefix("closed-")?.parse().ok());
        if let Some(first) = first {
            closed.push((first, path));
        }
    }
    closed.sort_unstable();
    closed.pop();
    for (_, path) in closed {
        fs::remove_file(path)?;
    }
    Ok(())
}

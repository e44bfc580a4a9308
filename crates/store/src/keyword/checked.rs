//! Which files have been compared with their checksums, so that an opening reads only what is new:
//! a file of Tantivy's is written once and never changed. One that was touched since is read again.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use tantivy::Index;

const RECORD: &str = "checked.json";

/// A file as it was when its checksum was right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    bytes: u64,
    /// Nanoseconds since 1970, as text: JSON's numbers are too short.
    changed: String,
}

/// Compares the files of an index that nobody has compared yet with their checksums.
///
/// The error is a description of the damage.
pub(super) fn check(index: &Index, folder: &Path) -> Result<(), String> {
    let known = record(folder);
    let mut checked = BTreeMap::new();
    for file in files(index)? {
        // What is listed but not there (deletions of a segment without any) the engine itself knows.
        let Some(seen) = seen(&folder.join(&file)) else {
            continue;
        };
        let name = file.to_string_lossy().into_owned();
        if known.get(&name) != Some(&seen) {
            let fits = index.directory().validate_checksum(&file);
            if !fits.map_err(|error| error.to_string())? {
                return Err(format!("{name} does not fit its checksum"));
            }
        }
        checked.insert(name, seen);
    }
    if checked != known {
        keep(folder, &checked);
    }
    Ok(())
}

fn files(index: &Index) -> Result<HashSet<PathBuf>, String> {
    let metas = index.load_metas().map_err(|error| error.to_string())?;
    Ok(metas.list_segment_files())
}

fn seen(file: &Path) -> Option<Seen> {
    let metadata = fs::metadata(file).ok()?;
    let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Seen {
        bytes: metadata.len(),
        changed: changed.as_nanos().to_string(),
    })
}

/// Without a record, or with one that cannot be read, all is compared.
fn record(folder: &Path) -> BTreeMap<String, Seen> {
    let text = fs::read(folder.join(RECORD)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// A record that cannot be kept costs the next opening time, and nothing else.
fn keep(folder: &Path, checked: &BTreeMap<String, Seen>) {
    let draft = folder.join("checked.draft");
    let text = serde_json::to_vec(checked).unwrap_or_default();
    let written = fs::write(&draft, text).and_then(|()| fs::rename(&draft, folder.join(RECORD)));
    if let Err(error) = written {
        tracing::debug!(%error, "the record of checked files was not written");
    }
}

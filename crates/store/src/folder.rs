//! The folder of an index: its lock, its manifest and its parts.
//!
//! ```text
//! manifest.json   layout version and model; written last, so a folder with it is complete
//! lock            held by the process that has the index open
//! keyword/        Tantivy
//! vectors/        Qdrant
//! ```

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Error, ModelSpec};

/// Raised with every change of the fields, the analysis or the payloads.
const LAYOUT: u32 = 5;

const MANIFEST: &str = "manifest.json";
/// The model of an index that never had vectors in its folder.
const ON_SERVER: &str = "of a Qdrant server";

/// A locked index folder; the lock goes with it.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    layout: u32,
    model: String,
    dimension: usize,
}

/// Of a manifest of any version only this is sure to be there.
#[derive(Deserialize)]
struct Layout {
    layout: u32,
}

impl Folder {
    /// Makes the folder if there is none, and locks it.
    pub(crate) fn lock(path: &Path) -> Result<Self, Error> {
        let io = |source| io_error(path, source);
        fs::create_dir_all(path).map_err(io)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(io)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse {
                folder: path.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }

    pub(crate) fn keyword(&self) -> PathBuf {
        self.path.join("keyword")
    }

    pub(crate) fn vectors(&self) -> PathBuf {
        self.path.join("vectors")
    }

    /// Whether there is an index, made by this version, and by this model if that matters: with the
    /// vectors elsewhere it does not.
    pub(crate) fn has_index(&self, model: Option<&ModelSpec>) -> Result<bool, Error> {
        let text = match fs::read(self.path.join(MANIFEST)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(io_error(&self.path, error)),
        };
        let unreadable = |error: serde_json::Error| self.corrupt(format!("{MANIFEST}: {error}"));
        let Layout { layout } = serde_json::from_slice(&text).map_err(unreadable)?;
        if layout != LAYOUT {
            return Err(Error::OtherVersion {
                folder: self.path.clone(),
                found: layout,
                expected: LAYOUT,
            });
        }
        let manifest: Manifest = serde_json::from_slice(&text).map_err(unreadable)?;
        if let Some(model) = model
            && (manifest.model != model.id || manifest.dimension != model.dimension)
        {
            return Err(Error::OtherModel {
                index: format!("{} ({} numbers)", manifest.model, manifest.dimension),
                configured: format!("{} ({} numbers)", model.id, model.dimension),
            });
        }
        Ok(true)
    }

    /// Makes room for a new index, where only an unfinished one may stand.
    pub(crate) fn prepare(&self) -> Result<(), Error> {
        let io = |source| io_error(&self.path, source);
        if has_commits(&self.keyword()) {
            return Err(self.corrupt(format!("{MANIFEST} is missing")));
        }
        for part in [self.keyword(), self.vectors()] {
            match fs::remove_dir_all(&part) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(io(error)),
            }
            fs::create_dir(&part).map_err(io)?;
        }
        Ok(())
    }

    /// Declares the index complete; without a model it has no vectors of its own.
    pub(crate) fn finish(&self, model: Option<&ModelSpec>) -> Result<(), Error> {
        let manifest = Manifest {
            layout: LAYOUT,
            model: model.map_or_else(|| ON_SERVER.to_owned(), |model| model.id.clone()),
            dimension: model.map_or(0, |model| model.dimension),
        };
        let written = || -> io::Result<()> {
            let draft = self.path.join("manifest.draft");
            let mut file = File::create(&draft)?;
            file.write_all(&serde_json::to_vec_pretty(&manifest)?)?;
            file.sync_all()?;
            fs::rename(draft, self.path.join(MANIFEST))
        };
        written().map_err(|source| io_error(&self.path, source))
    }

    pub(crate) fn corrupt(&self, detail: String) -> Error {
        Error::Corrupt {
            folder: self.path.clone(),
            detail,
        }
    }
}

/// Whether a keyword index holds anything. Its own list of segments says so.
fn has_commits(keyword: &Path) -> bool {
    fs::read_to_string(keyword.join("meta.json")).is_ok_and(|meta| meta.contains("\"payload\""))
}

fn io_error(folder: &Path, source: io::Error) -> Error {
    Error::Io {
        folder: folder.to_owned(),
        source,
    }
}

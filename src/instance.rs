//! The one process that owns a data folder, and how another finds it.
//!
//! The owner writes `serve.json` with its address and a token that only the owner of the files can
//! read. The token is the operator's: it opens the admin routes and lets the command line ask as a
//! named user.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What stands in `serve.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Instance {
    pub url: String,
    pub token: String,
    pub pid: u32,
}

/// Removes the file when the owner stops.
pub struct Announced(PathBuf);

impl Instance {
    /// Writes the file for other processes of the same user to read.
    pub fn announce(&self, data_dir: &Path) -> std::io::Result<Announced> {
        let path = file(data_dir);
        let draft = data_dir.join("serve.json.new");
        // A left-over draft would keep its own permissions.
        let _ = std::fs::remove_file(&draft);
        let mut out = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        out.write_all(serde_json::to_string(self)?.as_bytes())?;
        out.sync_all()?;
        std::fs::rename(&draft, &path)?;
        Ok(Announced(path))
    }

    /// The instance that says it owns the folder; it may be gone without having said so.
    pub fn of(data_dir: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(file(data_dir)).ok()?;
        serde_json::from_str(&text).ok()
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("serve.json")
}

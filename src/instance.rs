//! The one process that owns a data folder, and how another finds it.
//!
//! The owner writes `serve.json` with its address and a token that only the owner of the files can
//! read. The token is the operator's: it opens the admin routes and lets the command line ask as a
//! named user.

pub mod pinned;

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

/// What stands in `serve.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Instance {
    pub url: String,
    #[serde(serialize_with = "exposed")]
    pub token: SecretString,
    pub pid: u32,
    /// SHA-256 of its certificate, when it speaks TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

/// The file is where the token is handed over; nobody but its owner reads it.
fn exposed<S: Serializer>(token: &SecretString, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(token.expose_secret())
}

/// Removes the file when the owner stops.
pub struct Announced(PathBuf);

impl Instance {
    /// Writes the file for other processes of the same user to read.
    pub fn announce(&self, data_dir: &Path) -> std::io::Result<Announced> {
        self.write(data_dir)?;
        Ok(Announced(file(data_dir)))
    }

    /// Writes the file, whole or not at all.
    pub fn write(&self, data_dir: &Path) -> std::io::Result<()> {
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
        std::fs::rename(&draft, file(data_dir))
    }

    /// A client that talks to this process and to no other.
    pub fn client(&self) -> anyhow::Result<reqwest::Client> {
        let builder = reqwest::Client::builder().no_proxy();
        let builder = match &self.certificate {
            Some(fingerprint) => {
                builder.tls_backend_preconfigured(pinned::tls(fingerprint.clone()))
            }
            None => builder,
        };
        builder.build().context("cannot make an HTTP client")
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

//! Up to where Azure has the trail: `azure-position.json`.

use std::io;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::audit::files::Folder;

const FILE: &str = "azure-position.json";

/// The end of the last batch that was accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The file of lines; none before the first one.
    pub day: Option<NaiveDate>,
    /// Bytes of it.
    pub offset: u64,
    /// The number of the last line.
    pub seq: u64,
}

impl Position {
    pub fn read(folder: &Folder) -> io::Result<Self> {
        Ok(folder.read_json(FILE)?.unwrap_or_default())
    }

    pub fn write(&self, folder: &Folder) -> io::Result<()> {
        folder.write_json(FILE, self, true)
    }
}

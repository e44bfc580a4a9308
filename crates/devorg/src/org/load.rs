//! Reading a folder.

use std::path::Path;

use super::{LoadError, Org};

pub fn folder(folder: &Path) -> Result<Org, LoadError> {
    Err(LoadError::Malformed {
        file: folder.to_owned(),
        line: 0,
        reason: "no loader yet".to_owned(),
    })
}

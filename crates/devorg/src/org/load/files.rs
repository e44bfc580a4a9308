//! The files of a folder, and errors that name them.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::Records;
use crate::org::{LoadError, OrgSettings, Row};

/// A record and the line of its file.
pub type Numbered = (usize, Row);

/// A describe body and its file.
pub type Describe = (PathBuf, Map<String, Value>);

pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        let path = path.to_owned();
        fs::read_dir(&path).map_err(|source| unreadable(&path, source))?;
        Ok(Self { path })
    }

    pub fn settings(&self) -> Result<OrgSettings, LoadError> {
        read_json(&self.path.join("org.json"))
    }

    /// What the org calls Knowledge: the stem of its `…__kav` file, `Knowledge` without one.
    pub fn article_prefix(&self) -> String {
        let mut stems = Vec::new();
        for folder in ["describe", "records"] {
            for file in self.files(folder).unwrap_or_default() {
                let name = stem(&file);
                stems.extend(name.strip_suffix("__kav").map(str::to_owned));
            }
        }
        let standard = "Knowledge".to_owned();
        if stems.is_empty() || stems.contains(&standard) {
            return standard;
        }
        stems.swap_remove(0)
    }

    /// The describe bodies, in the order of their file names.
    pub fn describes(&self) -> Result<Vec<Describe>, LoadError> {
        let mut bodies = Vec::new();
        for file in self.files("describe")? {
            if has_extension(&file, "json") {
                let body = read_json(&file)?;
                bodies.push((file, body));
            }
        }
        Ok(bodies)
    }

    pub fn describe_name(&self, file: &Path, body: &Map<String, Value>) -> String {
        let name = body.get("name").and_then(Value::as_str);
        name.map_or_else(|| stem(file), str::to_owned)
    }

    pub fn records(&self) -> Result<Records, LoadError> {
        let mut records = Records::new();
        for file in self.files("records")? {
            if has_extension(&file, "jsonl") {
                records.insert(stem(&file), read_lines(&file)?);
            }
        }
        Ok(records)
    }

    pub fn malformed_record(&self, object: &str, line: usize, reason: String) -> LoadError {
        let file = self.path.join("records").join(format!("{object}.jsonl"));
        malformed(&file, line, reason)
    }

    /// The files of a subfolder by name; none when it is missing.
    fn files(&self, folder: &str) -> Result<Vec<PathBuf>, LoadError> {
        let folder = self.path.join(folder);
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let mut files = Vec::new();
        let entries = fs::read_dir(&folder).map_err(|source| unreadable(&folder, source))?;
        for entry in entries {
            files.push(entry.map_err(|source| unreadable(&folder, source))?.path());
        }
        files.sort();
        Ok(files)
    }
}

pub fn malformed(file: &Path, line: usize, reason: impl Into<String>) -> LoadError {
    LoadError::Malformed {
        file: file.to_owned(),
        line,
        reason: reason.into(),
    }
}

fn unreadable(file: &Path, source: std::io::Error) -> LoadError {
    LoadError::Unreadable {
        file: file.to_owned(),
        source,
    }
}

fn read_json<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T, LoadError> {
    let text = fs::read_to_string(file).map_err(|source| unreadable(file, source))?;
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str(text).map_err(|error| malformed(file, error.line(), error.to_string()))
}

fn read_lines(file: &Path) -> Result<Vec<Numbered>, LoadError> {
    let reader = fs::File::open(file).map_err(|source| unreadable(file, source))?;
    let mut rows = Vec::new();
    for (line, text) in (1..).zip(BufReader::new(reader).lines()) {
        let text = text.map_err(|error| malformed(file, line, error.to_string()))?;
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            continue;
        }
        let row: Row = serde_json::from_str(text)
            .map_err(|error| malformed(file, line, format!("not a JSON object: {error}")))?;
        let mut exact = Row::with_capacity(row.len());
        exact.extend(row);
        rows.push((line, exact));
    }
    Ok(rows)
}

fn stem(file: &Path) -> String {
    file.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn has_extension(file: &Path, extension: &str) -> bool {
    file.extension().is_some_and(|found| found == extension)
}

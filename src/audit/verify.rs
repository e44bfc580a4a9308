//! Whether the trail is whole: nothing altered, missing, moved or cut off. It reads files and takes
//! no lock, so that it can run at any time.

mod walk;

use std::io::{self, ErrorKind};
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::AuditError;
use super::chain::{Link, Seal};
use super::files::Folder;
use crate::config::AuditConfig;
use walk::Walk;

/// Faults that are told one by one.
const MOST_FINDINGS: usize = 50;
/// How often it begins again when files are pruned under its eyes.
const ATTEMPTS: usize = 3;

/// What a check of the whole trail found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Report {
    /// Whether nothing is wrong: there are no findings.
    pub intact: bool,
    /// The name of the chain.
    pub trail: Option<Uuid>,
    pub files: usize,
    pub lines: u64,
    /// Times of the first and the last line.
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    /// The first line that is there follows this one; none if it is the first of all.
    pub after: Option<Link>,
    /// The last line. Noted elsewhere, it proves later that nothing up to it was changed.
    pub end: Option<Link>,
    pub findings: Vec<Finding>,
    /// Findings beyond those that are listed.
    pub more: u64,
    /// What happened and is no fault of the trail.
    pub notes: Vec<String>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub kind: FindingKind,
    /// In the folder of the trail.
    pub file: String,
    /// The line of the file, from 1; 0 when it is about the file as a whole.
    pub line: u64,
    /// One sentence.
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A line is not what was written.
    Altered,
    /// Lines that were written are not there.
    Missing,
    /// A line stands where it was not written, or twice.
    Moved,
    /// The end is missing.
    Truncated,
    /// There is no head, so a missing end could not be noticed.
    NoHead,
    /// Lines are not sealed with the key that is configured.
    Unsealed,
    /// A line that was noted elsewhere is another here.
    NotAsNoted,
}

/// Checks the trail of a data folder; `noted` is a line that was noted elsewhere.
///
/// # Errors
/// [`AuditError::Unreadable`]. What is wrong with the trail is in the report.
pub fn verify(
    data_dir: &Path,
    config: &AuditConfig,
    noted: Option<Link>,
) -> Result<Report, AuditError> {
    let folder = super::folder(data_dir);
    let seal = Seal::new(config.key.as_ref());
    let mut attempts = 0;
    loop {
        attempts += 1;
        match report(&folder, &seal, data_dir, noted) {
            Ok(report) => return Ok(report),
            // A file of the list was pruned before it was read.
            Err(error) if error.kind() == ErrorKind::NotFound && attempts < ATTEMPTS => {}
            Err(cause) => {
                let path = folder.path().to_owned();
                return Err(AuditError::Unreadable { path, cause });
            }
        }
    }
}

fn report(
    folder: &Folder,
    seal: &Seal,
    data_dir: &Path,
    noted: Option<Link>,
) -> io::Result<Report> {
    // First the head: lines that come later are beyond it.
    let (head, has_bad_head) = match folder.head() {
        Ok(head) => (head, false),
        Err(error) if error.kind() == ErrorKind::InvalidData => (None, true),
        Err(error) => return Err(error),
    };
    let days = folder.days()?;
    let mut walk = Walk::new(seal, head.as_ref(), noted);
    for day in &days {
        walk.file(folder, *day)?;
    }
    let mut report = walk.end(data_dir)?;
    report.files = days.len();
    report.trail = head.as_ref().map(|head| head.trail);
    if head.is_none() && (has_bad_head || report.lines > 0) {
        report.add(
            FindingKind::NoHead,
            "head.json",
            0,
            "the head cannot be read, so lines that are cut off at the end would not be noticed",
        );
    }
    report.intact = report.findings.is_empty();
    Ok(report)
}

impl Report {
    fn add(&mut self, kind: FindingKind, file: &str, line: u64, message: impl Into<String>) {
        if self.findings.len() >= MOST_FINDINGS {
            self.more += 1;
            return;
        }
        self.findings.push(Finding {
            kind,
            file: file.to_owned(),
            line,
            message: message.into(),
        });
    }
}

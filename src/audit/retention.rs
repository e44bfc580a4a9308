//! Files that are older than `audit.retention_days` go; a line of the trail says up to where, so
//! that the chain can be checked from there on.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::path::Path;

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::appender::Appender;
use super::chain::{Line, Link};
use super::event::Event;
use super::files::file_name;

/// What went.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct Pruned {
    /// Oldest first.
    pub files: Vec<String>,
    /// Files that are old enough to go but that Azure does not have yet.
    pub unsent: Vec<String>,
}

impl Appender {
    /// Removes the files of days before the last `days`. The file of `unsent`, up to which Azure has
    /// the lines, and those after it stay.
    pub fn prune(&mut self, days: u32, unsent: Option<NaiveDate>) -> io::Result<Pruned> {
        let today = Utc::now().date_naive();
        let Some(first_kept) = today.checked_sub_days(Days::new(days.into())) else {
            return Ok(Pruned::default());
        };
        let all = self.folder.days()?;
        let (past, current): (Vec<NaiveDate>, Vec<NaiveDate>) = all
            .into_iter()
            .partition(|day| *day < first_kept && *day < self.end.day);
        let is_sent = |day: &&NaiveDate| unsent.is_none_or(|unsent| **day < unsent);
        let going: Vec<_> = past.iter().take_while(is_sent).copied().collect();
        let staying = past.iter().skip(going.len()).copied();
        let pruned = Pruned {
            files: going.iter().copied().map(file_name).collect(),
            unsent: staying.clone().map(file_name).collect(),
        };
        if going.is_empty() {
            return Ok(pruned);
        }
        let next = staying.chain(current).next().unwrap_or(self.end.day);
        let through = before_first(&self.folder.file(next))?.unwrap_or(self.link());
        let files = pruned.files.clone();
        // The line comes first: files that go without one are missing.
        self.write_event(&Event::Pruned { files, through })?;
        self.sync()?;
        for day in going {
            std::fs::remove_file(self.folder.file(day))?;
        }
        self.prune_others(first_kept)?;
        Ok(pruned)
    }

    /// What is kept of torn lines and of the time before the chain is no younger than its day.
    fn prune_others(&self, first_kept: NaiveDate) -> io::Result<()> {
        for entry in std::fs::read_dir(self.folder.path())? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let day = name.strip_prefix("torn-").and_then(|rest| rest.get(..10));
            let day = day.and_then(|day| day.parse::<NaiveDate>().ok());
            if day.is_some_and(|day| day < first_kept) {
                std::fs::remove_file(entry.path())?;
            }
        }
        let old = &self.writing.old;
        let changed = match std::fs::metadata(old) {
            Ok(file) => DateTime::<Utc>::from(file.modified()?),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        match changed.date_naive() < first_kept {
            true => std::fs::remove_file(old),
            false => Ok(()),
        }
    }
}

/// The line before the first one of a file; none if that has none that can be read.
fn before_first(path: &Path) -> io::Result<Option<Link>> {
    let mut line = Vec::new();
    BufReader::new(File::open(path)?).read_until(b'\n', &mut line)?;
    let line = Line::read(line.trim_ascii_end());
    Ok(line.map(|line| Link {
        seq: line.link.seq.saturating_sub(1),
        hash: line.prev,
    }))
}

//! The files of a trail, in the folder `audit` of the data folder.
//!
//! | file | |
//! |---|---|
//! | `audit-2026-11-23.jsonl` | the lines of one day, in UTC |
//! | `head.json` | the end of the chain, written after each group of lines |
//! | `torn-2026-11-23-120.txt` | what a crash had left of the line after number 120 |
//! | `lock` | held by the one process that appends |
//! | `azure-position.json` | up to where Azure has the lines |

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::chain::{Line, Link};

const PREFIX: &str = "audit-";
const SUFFIX: &str = ".jsonl";
/// How much of a file's end is read first to find its last line.
const TAIL: u64 = 64 * 1024;

/// What `head.json` says: a trail that ends earlier was cut.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Head {
    /// The name of the chain, which tells those of several nodes apart.
    pub trail: Uuid,
    #[serde(flatten)]
    pub end: Link,
    pub file: String,
    pub time: DateTime<Utc>,
    /// Tells which `audit.key` sealed the end; none without one.
    pub key: Option<String>,
}

/// The folder of a trail. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

/// Held by the process that appends; the system frees it when that ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// The end of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    /// Its last line; none if it has none that can be read.
    pub last: Option<Link>,
    /// Bytes up to the end of that line.
    pub whole: u64,
    /// Bytes after it: a line that was never finished.
    pub torn: u64,
}

impl Folder {
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The days that have a file, oldest first. A folder that is not there has none.
    pub fn days(&self) -> io::Result<Vec<NaiveDate>> {
        let entries = match std::fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut days = Vec::new();
        for entry in entries {
            days.extend(day_of(&entry?.file_name().to_string_lossy()));
        }
        days.sort_unstable();
        Ok(days)
    }

    /// Those from this day on, the newest first.
    pub fn days_since(&self, first: NaiveDate) -> io::Result<impl Iterator<Item = NaiveDate>> {
        let days = self.days()?.into_iter().rev();
        Ok(days.take_while(move |day| *day >= first))
    }

    pub fn file(&self, day: NaiveDate) -> PathBuf {
        self.path.join(file_name(day))
    }

    pub fn in_folder(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// None if there is no such file.
    pub fn head(&self) -> io::Result<Option<Head>> {
        self.read_json("head.json")
    }

    pub fn write_head(&self, head: &Head, sync: bool) -> io::Result<()> {
        self.write_json("head.json", head, sync)
    }

    /// Reads a small file; none if there is no such file.
    pub fn read_json<T: for<'de> Deserialize<'de>>(&self, name: &str) -> io::Result<Option<T>> {
        match std::fs::read(self.path.join(name)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces a small file: whoever reads it sees the old or the new one.
    pub fn write_json<T: Serialize>(&self, name: &str, value: &T, sync: bool) -> io::Result<()> {
        let draft = self.path.join(format!("{name}.new"));
        let mut file = File::create(&draft)?;
        file.write_all(&serde_json::to_vec(value)?)?;
        if sync {
            file.sync_all()?;
        }
        std::fs::rename(&draft, self.path.join(name))
    }

    /// Takes the lock, or says which process has it.
    pub fn lock(&self) -> io::Result<Result<Lock, String>> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(self.path.join("lock"))?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                write!(file, "{}", std::process::id())?;
                Ok(Ok(Lock { _file: file }))
            }
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                file.read_to_string(&mut owner)?;
                Ok(Err(owner))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

pub fn file_name(day: NaiveDate) -> String {
    format!("{PREFIX}{day}{SUFFIX}")
}

/// The day of a file with this name; none if it is no file of lines.
pub fn day_of(name: &str) -> Option<NaiveDate> {
    let day = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    day.parse().ok()
}

/// The last line of a file that can be read, and what stands after it. Only the file's end is read,
/// more of it when no line is there.
pub fn tail(path: &Path) -> io::Result<Tail> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut window = TAIL;
    loop {
        let begin = length.saturating_sub(window);
        file.seek(SeekFrom::Start(begin))?;
        let mut bytes = Vec::new();
        Read::by_ref(&mut file)
            .take(length - begin)
            .read_to_end(&mut bytes)?;
        if let Some((end, last)) = last_line(&bytes, begin == 0) {
            let whole = begin + end;
            return Ok(Tail {
                last: Some(last),
                whole,
                torn: length - whole,
            });
        }
        if begin == 0 {
            return Ok(Tail {
                last: None,
                whole: 0,
                torn: length,
            });
        }
        window *= 8;
    }
}

/// Where the last readable line of `bytes` ends. What stands before the first line feed is a line
/// only at the beginning of a file.
fn last_line(bytes: &[u8], is_whole: bool) -> Option<(u64, Link)> {
    let mut end = bytes.iter().rposition(|byte| *byte == b'\n')?;
    loop {
        let begin = bytes[..end].iter().rposition(|byte| *byte == b'\n');
        let line = match begin {
            Some(begin) => &bytes[begin + 1..end],
            None if is_whole => &bytes[..end],
            None => return None,
        };
        if let Some(line) = Line::read(line) {
            return Some((end as u64 + 1, line.link));
        }
        end = begin?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::chain::Seal;

    #[test]
    fn the_end_of_a_file_is_found_behind_whatever_a_crash_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let mut lines = Vec::new();
        let mut end = Link::START;
        let long = format!(r#"{{"question":"{}"}}"#, "y".repeat(90_000));
        for body in ["{}", long.as_str(), r#"{"a":1}"#] {
            end = Seal::Plain.append(end, body.as_bytes(), &mut lines);
        }
        for torn in ["", "{\"seq\":4,\"prev\":\"00", "\0\0\0\0\n\0\0", "{}\n"] {
            let bytes = [lines.as_slice(), torn.as_bytes()].concat();
            std::fs::write(&path, bytes).unwrap();
            let wanted = Tail {
                last: Some(end),
                whole: lines.len() as u64,
                torn: torn.len() as u64,
            };
            assert_eq!(tail(&path).unwrap(), wanted, "{torn:?}");
        }
        // The last line is torn and longer than what is read first.
        std::fs::write(&path, &lines[..lines.len() - 250]).unwrap();
        assert_eq!(tail(&path).unwrap().last.map(|link| link.seq), Some(1));
        std::fs::write(&path, "no line at all").unwrap();
        assert_eq!(tail(&path).unwrap().last, None);
    }

    #[test]
    fn only_one_process_appends() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::new(folder.path().to_owned());
        let lock = folder.lock().unwrap().unwrap();
        assert_eq!(
            folder.lock().unwrap().unwrap_err(),
            std::process::id().to_string()
        );
        drop(lock);
        assert!(folder.lock().unwrap().is_ok());
    }
}

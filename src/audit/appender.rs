//! The one hand that writes: lines to the file of the day, then the head.
//!
//! What a crash or somebody else did to the files is found when the trail is opened, and noted on it:
//! the chain goes on from the head, so that what is missing stays visible.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::{NaiveDate, Utc};
use uuid::Uuid;

use super::AuditError;
use super::chain::{Link, Seal};
use super::event::{Event, Missing, OldFile, Recovered, Torn};
use super::files::{Folder, Head, Lock, file_name, tail};

/// How lines are written.
#[derive(Clone)]
pub struct Writing {
    pub seal: Seal,
    /// Each group of lines is on the disk before anybody is answered.
    pub sync: bool,
    /// The file of an earlier version, which had no chain.
    pub old: PathBuf,
}

/// The open end of a trail.
pub struct Appender {
    pub(super) folder: Folder,
    pub(super) writing: Writing,
    pub(super) end: End,
    buffer: Vec<u8>,
    _lock: Lock,
}

/// Where the next line goes.
pub(super) struct End {
    trail: Uuid,
    pub(super) day: NaiveDate,
    file: File,
    /// Bytes of the file; more than that is a write that failed.
    length: u64,
    pub(super) link: Link,
    unsynced: bool,
}

impl Appender {
    /// Opens the trail for appending, and notes on it what was found wrong.
    ///
    /// # Errors
    /// [`AuditError::InUse`], [`AuditError::OtherKey`], and whatever the files refuse.
    pub fn open(folder: Folder, writing: Writing) -> Result<Self, AuditError> {
        let unwritable = |cause| AuditError::Unwritable {
            path: folder.path().to_owned(),
            cause,
        };
        std::fs::create_dir_all(folder.path()).map_err(unwritable)?;
        let lock = match folder.lock().map_err(unwritable)? {
            Ok(lock) => lock,
            Err(process) => {
                let path = folder.path().to_owned();
                return Err(AuditError::InUse { path, process });
            }
        };
        let head = folder.head().map_err(unwritable)?;
        let sealed_with = head.as_ref().and_then(|head| head.key.clone());
        if sealed_with.is_some() && sealed_with != writing.seal.key_id() {
            return Err(AuditError::OtherKey(folder.path().to_owned()));
        }
        let is_new = head.is_some() && sealed_with.is_none();
        let sealed = (is_new && writing.seal.key_id().is_some()).then(|| Event::Sealed {
            seal: writing.seal.name().to_owned(),
        });
        let (end, mut events) = resume(&folder, &writing, head).map_err(unwritable)?;
        events.extend(sealed);
        let mut appender = Self {
            folder: folder.clone(),
            writing,
            end,
            buffer: Vec::new(),
            _lock: lock,
        };
        appender.write_events(&events).map_err(unwritable)?;
        Ok(appender)
    }

    /// Writes the lines of these bodies, all or none, and then the head.
    pub fn append<'a>(&mut self, bodies: impl Iterator<Item = &'a [u8]>) -> io::Result<()> {
        if !self.is_as_left()? {
            self.recover()?;
        }
        self.turn_the_day()?;
        self.write(bodies)
    }

    /// The end of the chain.
    pub fn link(&self) -> Link {
        self.end.link
    }

    /// Brings to the disk what is not there yet.
    pub fn sync(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.end.unsynced) {
            self.end.file.sync_data()?;
        }
        Ok(())
    }

    pub(super) fn write_event(&mut self, event: &Event) -> io::Result<()> {
        let body = event.body()?;
        self.append(std::iter::once(body.as_slice()))
    }

    /// Whether the file is what the last write made of it: it may have been moved, removed or cut.
    fn is_as_left(&self) -> io::Result<bool> {
        match std::fs::metadata(self.folder.file(self.end.day)) {
            Ok(file) => Ok(file.len() == self.end.length),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn recover(&mut self) -> io::Result<()> {
        let head = self.folder.head()?;
        let (end, events) = resume(&self.folder, &self.writing, head)?;
        self.end = end;
        self.write_events(&events)
    }

    fn write_events(&mut self, events: &[Event]) -> io::Result<()> {
        let bodies = events.iter().map(Event::body);
        let bodies = bodies.collect::<serde_json::Result<Vec<_>>>()?;
        match bodies.is_empty() {
            true => Ok(()),
            false => self.write(bodies.iter().map(Vec::as_slice)),
        }
    }

    /// The clock may go back; the files of the trail do not.
    fn turn_the_day(&mut self) -> io::Result<()> {
        let today = Utc::now().date_naive();
        if today <= self.end.day {
            return Ok(());
        }
        self.sync()?;
        let (file, length) = open(&self.folder.file(today))?;
        self.end.day = today;
        self.end.file = file;
        self.end.length = length;
        Ok(())
    }

    fn write<'a>(&mut self, bodies: impl Iterator<Item = &'a [u8]>) -> io::Result<()> {
        self.buffer.clear();
        let mut link = self.end.link;
        for body in bodies {
            link = self.writing.seal.append(link, body, &mut self.buffer);
        }
        if let Err(error) = self.end.file.write_all(&self.buffer) {
            // Half a group must not stay. Should this fail too, the next write finds it.
            let _ = self.end.file.set_len(self.end.length);
            return Err(error);
        }
        self.end.length += self.buffer.len() as u64;
        self.end.link = link;
        self.end.unsynced = true;
        if self.writing.sync {
            self.sync()?;
        }
        let head = Head {
            trail: self.end.trail,
            end: link,
            file: file_name(self.end.day),
            time: Utc::now(),
            key: self.writing.seal.key_id(),
        };
        self.folder.write_head(&head, self.writing.sync)
    }
}

/// The end of what is there, and what has to be said about it.
fn resume(folder: &Folder, writing: &Writing, head: Option<Head>) -> io::Result<(End, Vec<Event>)> {
    let days = folder.days()?;
    let torn = match days.last() {
        Some(day) => move_torn_aside(folder, *day)?,
        None => None,
    };
    let last = last_of(folder, &days)?;
    let trail = head.as_ref().map_or_else(Uuid::new_v4, |head| head.trail);
    let (link, missing) = continued(head.as_ref(), last);
    let recovered = Recovered {
        torn,
        missing,
        without_head: head.is_none() && last.is_some(),
    };
    let mut events = Vec::new();
    if link == Link::START {
        events.push(Event::Begun {
            trail,
            seal: writing.seal.name().to_owned(),
            before: old_file(&writing.old)?,
        });
    }
    if recovered.is_anything() {
        events.push(Event::Recovered(recovered));
    }
    let today = Utc::now().date_naive();
    let day = days.last().map_or(today, |newest| today.max(*newest));
    let (file, length) = open(&folder.file(day))?;
    let end = End {
        trail,
        day,
        file,
        length,
        link,
        unsynced: false,
    };
    Ok((end, events))
}

/// The newest line that can be read.
fn last_of(folder: &Folder, days: &[NaiveDate]) -> io::Result<Option<Link>> {
    for day in days.iter().rev() {
        let last = tail(&folder.file(*day))?.last;
        if last.is_some() {
            return Ok(last);
        }
    }
    Ok(None)
}

/// What the next line names as the one before it, and what lies between that and the last one that
/// is there: a crash leaves the head behind the lines, and only somebody's hand the lines behind the
/// head.
fn continued(head: Option<&Head>, last: Option<Link>) -> (Link, Option<Missing>) {
    let Some(head) = head else {
        return (last.unwrap_or(Link::START), None);
    };
    match last {
        Some(last) if last.seq > head.end.seq => (last, None),
        last => {
            let from = last.map_or(1, |last| last.seq + 1);
            let to = head.end.seq;
            (head.end, (from <= to).then_some(Missing { from, to }))
        }
    }
}

/// Appends to the file, which is made if need be; with its length.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// Half a line at the end of the newest file goes to a file of its own.
fn move_torn_aside(folder: &Folder, day: NaiveDate) -> io::Result<Option<Torn>> {
    let path = folder.file(day);
    let found = tail(&path)?;
    if found.torn == 0 {
        return Ok(None);
    }
    let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
    file.seek(SeekFrom::Start(found.whole))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let after = found.last.map_or(0, |last| last.seq);
    let kept_in = format!("torn-{day}-{after}.txt");
    let mut kept = File::create(folder.in_folder(&kept_in))?;
    kept.write_all(&bytes)?;
    kept.sync_all()?;
    file.set_len(found.whole)?;
    Ok(Some(Torn {
        file: file_name(day),
        bytes: found.torn,
        kept_in,
    }))
}

/// The lines that stood here before there was a chain; none if there are none.
fn old_file(path: &Path) -> io::Result<Option<OldFile>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let name = path.file_name().unwrap_or_default();
    Ok(Some(OldFile {
        file: name.to_string_lossy().into_owned(),
        bytes: bytes.len() as u64,
        sha256: Seal::Plain.hash(&[&bytes]),
    }))
}

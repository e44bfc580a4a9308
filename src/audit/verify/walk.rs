//! One line after the other, held against the line before it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};

use super::{FindingKind, Report};
use crate::audit::chain::{Hash, Line, Link, Seal};
use crate::audit::event::{Event, OldFile, Recovered};
use crate::audit::files::{Folder, Head, file_name};

/// A check under way.
pub struct Walk<'a> {
    seal: &'a Seal,
    /// None where the configured key is not that of the trail: hashes then say nothing.
    checks_hashes: bool,
    head: Option<&'a Head>,
    noted: Option<Link>,
    report: Report,
    last: Option<Last>,
    /// The line that the head names, as it is here.
    at_head: Option<Hash>,
    at_noted: Option<Hash>,
    gaps: Vec<Gap>,
    /// Up to where retention removed lines, as the trail tells it.
    pruned: Vec<Link>,
    old: Option<OldFile>,
    /// Lines without the key's seal before the first one with it.
    unsealed: u64,
    sealed: u64,
}

/// The line before.
struct Last {
    seq: u64,
    /// None for one that could not be read.
    hash: Option<Hash>,
    place: Place,
}

#[derive(Clone)]
struct Place {
    file: String,
    line: u64,
}

/// Numbers that did not come where they should have.
struct Gap {
    from: u64,
    to: u64,
    /// The line before which they are missing.
    place: Place,
}

impl<'a> Walk<'a> {
    pub fn new(seal: &'a Seal, head: Option<&'a Head>, noted: Option<Link>) -> Self {
        let mut report = Report::default();
        let key = head.and_then(|head| head.key.clone());
        let checks_hashes = key.is_none() || key == seal.key_id();
        if !checks_hashes {
            let message = "the trail is sealed with a key that is not the configured audit.key, so \
                           that altered lines cannot be told";
            report.add(FindingKind::Unsealed, "head.json", 0, message);
        }
        Self {
            seal,
            checks_hashes,
            head,
            noted,
            report,
            last: None,
            at_head: None,
            at_noted: None,
            gaps: Vec::new(),
            pruned: Vec::new(),
            old: None,
            unsealed: 0,
            sealed: 0,
        }
    }

    /// Reads the file of the next day.
    pub fn file(&mut self, folder: &Folder, day: NaiveDate) -> io::Result<()> {
        let mut lines = BufReader::with_capacity(256 * 1024, File::open(folder.file(day))?);
        let mut bytes = Vec::new();
        let mut place = Place {
            file: file_name(day),
            line: 0,
        };
        loop {
            bytes.clear();
            if lines.read_until(b'\n', &mut bytes)? == 0 {
                return Ok(());
            }
            place.line += 1;
            match bytes.strip_suffix(b"\n") {
                Some(line) => self.line(line, &place),
                None => {
                    let note = format!(
                        "{} ends in the middle of a line: it is being written, or a crash left it",
                        place.file
                    );
                    self.report.notes.push(note);
                }
            }
        }
    }

    fn line(&mut self, bytes: &[u8], place: &Place) {
        self.report.lines += 1;
        let Some(line) = Line::read(bytes) else {
            let message = "this is no line of the trail";
            self.altered(place, message);
            if let Some(last) = &mut self.last {
                last.seq += 1;
                last.hash = None;
                last.place = place.clone();
            }
            return;
        };
        if !self.holds(&line) {
            let message = format!("line {} was altered: its hash is another", line.link.seq);
            self.altered(place, message);
        }
        self.take_times(bytes);
        if let Some(event) = Event::of_members(line.members) {
            self.event(event, place);
        }
        if self.head.is_some_and(|head| head.end.seq == line.link.seq) {
            self.at_head = Some(line.link.hash);
        }
        if self.noted.is_some_and(|noted| noted.seq == line.link.seq) {
            self.at_noted = Some(line.link.hash);
        }
        self.follow(&line, place);
    }

    fn altered(&mut self, place: &Place, message: impl Into<String>) {
        let (file, line) = (&place.file, place.line);
        self.report.add(FindingKind::Altered, file, line, message);
    }

    /// Lines from before the key was set have no seal of it: the first sealed one vouches for them.
    fn holds(&mut self, line: &Line<'_>) -> bool {
        if !self.checks_hashes {
            return true;
        }
        let holds = self.seal.holds(line);
        let has_key = matches!(self.seal, Seal::Keyed(_));
        if has_key && !holds && self.sealed == 0 && Seal::Plain.holds(line) {
            self.unsealed += 1;
            return true;
        }
        self.sealed += u64::from(has_key && holds);
        holds
    }

    /// The times of the first line and of the newest. Only this member is looked for: to parse every
    /// line whole would take ten times as long.
    fn take_times(&mut self, bytes: &[u8]) {
        const MEMBER: &[u8] = b"\"time\":\"";
        let is_first = self.report.from.is_none();
        let found = bytes.windows(MEMBER.len()).position(|part| part == MEMBER);
        let text = found.map(|at| &bytes[at + MEMBER.len()..]);
        let text = text.and_then(|text| text.split(|byte| *byte == b'"').next());
        let text = text.and_then(|text| std::str::from_utf8(text).ok());
        let time = text.and_then(|text| text.parse::<DateTime<Utc>>().ok());
        if let Some(time) = time {
            if is_first {
                self.report.from = Some(time);
            }
            self.report.to = self.report.to.max(Some(time));
        }
    }

    fn event(&mut self, event: Event, place: &Place) {
        match event {
            Event::Begun { before, .. } => self.old = before,
            Event::Sealed { .. } => {}
            Event::Pruned { through, .. } => self.pruned.push(through),
            Event::Recovered(recovered) => self.recovered(&recovered, place),
        }
    }

    fn recovered(&mut self, recovered: &Recovered, place: &Place) {
        if recovered.without_head {
            let message =
                "the trail was opened without a head: lines at its end may have been missing";
            let (file, line) = (&place.file, place.line);
            self.report.add(FindingKind::NoHead, file, line, message);
        }
        if let Some(torn) = &recovered.torn {
            self.report.notes.push(format!(
                "a crash left {} bytes of a line in {}, whose request was not answered; {} has them",
                torn.bytes, torn.file, torn.kept_in
            ));
        }
        if let Some(missing) = recovered.missing {
            self.report.notes.push(format!(
                "lines {} to {} were missing when the trail was opened ({} line {})",
                missing.from, missing.to, place.file, place.line
            ));
        }
    }

    /// Holds a line against the one before it.
    fn follow(&mut self, line: &Line<'_>, place: &Place) {
        let link = line.link;
        let Some(last) = &self.last else {
            self.report.after = Some(Link {
                seq: link.seq.saturating_sub(1),
                hash: line.prev,
            });
            self.go_on(link, place);
            return;
        };
        if link.seq <= last.seq {
            self.moved(link.seq, place);
            return;
        }
        let replaced = last.hash.is_some_and(|hash| hash != line.prev);
        if link.seq > last.seq + 1 {
            let gap = Gap {
                from: last.seq + 1,
                to: link.seq - 1,
                place: place.clone(),
            };
            self.gaps.push(gap);
        } else if replaced {
            let message = format!(
                "line {} is not the one that line {} names as the one before it",
                last.seq, link.seq
            );
            let place = last.place.clone();
            self.altered(&place, message);
        }
        self.go_on(link, place);
    }

    fn go_on(&mut self, link: Link, place: &Place) {
        self.last = Some(Last {
            seq: link.seq,
            hash: Some(link.hash),
            place: place.clone(),
        });
    }

    /// A line with a number that should have come before: out of a gap, or once more.
    fn moved(&mut self, seq: u64, place: &Place) {
        let found = self
            .gaps
            .iter()
            .position(|gap| (gap.from..=gap.to).contains(&seq));
        let message = match found {
            Some(at) => {
                let gap = self.gaps.swap_remove(at);
                let place = || gap.place.clone();
                let parts = [(gap.from, seq.saturating_sub(1)), (seq + 1, gap.to)];
                let parts = parts.into_iter().filter(|(from, to)| from <= to);
                self.gaps.extend(parts.map(|(from, to)| Gap {
                    from,
                    to,
                    place: place(),
                }));
                format!("line {seq} stands behind later ones")
            }
            None => format!("line {seq} stands here once more"),
        };
        let (file, line) = (&place.file, place.line);
        self.report.add(FindingKind::Moved, file, line, message);
    }

    /// What can be said when all lines are read.
    pub fn end(mut self, data_dir: &Path) -> io::Result<Report> {
        self.check_gaps();
        self.check_beginning(data_dir)?;
        self.check_end();
        self.check_seal();
        self.check_noted();
        Ok(self.report)
    }

    fn check_gaps(&mut self) {
        for gap in std::mem::take(&mut self.gaps) {
            let message = format!("{} before this line", missing(gap.from, gap.to));
            let (file, line) = (&gap.place.file, gap.place.line);
            self.report.add(FindingKind::Missing, file, line, message);
        }
    }

    fn check_beginning(&mut self, data_dir: &Path) -> io::Result<()> {
        let first = self.report.after.unwrap_or(Link::START);
        let is_told = first == Link::START || self.pruned.contains(&first);
        if !is_told {
            let message = match first.seq {
                0 => "the first line names a line before it".to_owned(),
                seq => format!("{} at the beginning, and not by retention", missing(1, seq)),
            };
            self.report
                .add(FindingKind::Missing, "the trail", 0, message);
        }
        let Some(old) = &self.old else {
            return Ok(());
        };
        let (kind, what) = match std::fs::read(data_dir.join(&old.file)) {
            Ok(bytes) if Seal::Plain.hash(&[&bytes]) == old.sha256 => return Ok(()),
            Ok(_) => (FindingKind::Altered, "was altered"),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                (FindingKind::Missing, "is missing")
            }
            Err(error) => return Err(error),
        };
        let message =
            format!("the lines of the time before the chain are in this file, which {what}");
        self.report.add(kind, &old.file, 0, message);
        Ok(())
    }

    fn check_end(&mut self) {
        let last = self.last.as_ref();
        self.report.end = last.and_then(|last| {
            let hash = last.hash?;
            Some(Link {
                seq: last.seq,
                hash,
            })
        });
        let Some(head) = self.head else {
            return;
        };
        let seq = last.map_or(0, |last| last.seq);
        if seq < head.end.seq {
            let message = format!(
                "{} at the end: the head knows of them",
                missing(seq + 1, head.end.seq)
            );
            let place = last.map_or_else(
                || Place {
                    file: head.file.clone(),
                    line: 0,
                },
                |last| last.place.clone(),
            );
            let (file, line) = (&place.file, place.line);
            self.report.add(FindingKind::Truncated, file, line, message);
        } else if self.at_head.is_some_and(|hash| hash != head.end.hash) {
            let message = format!("line {} is not the one that the head knows", head.end.seq);
            self.report
                .add(FindingKind::Altered, &head.file, 0, message);
        }
    }

    fn check_seal(&mut self) {
        if self.unsealed == 0 {
            return;
        }
        if self.sealed == 0 {
            let message = "no line is sealed with audit.key";
            self.report
                .add(FindingKind::Unsealed, "the trail", 0, message);
            return;
        }
        self.report.notes.push(format!(
            "the first {} lines are from before audit.key was set; the first one with its seal vouches \
             for them",
            self.unsealed
        ));
    }

    fn check_noted(&mut self) {
        let Some(noted) = self.noted else {
            return;
        };
        if self.at_noted == Some(noted.hash) {
            return;
        }
        let message = match self.at_noted {
            Some(hash) => format!("line {} has the hash {hash} here", noted.seq),
            None if self
                .report
                .after
                .is_some_and(|after| noted.seq <= after.seq) =>
            {
                let note = format!("line {} is older than what is kept", noted.seq);
                self.report.notes.push(note);
                return;
            }
            None => format!("line {} is not here", noted.seq),
        };
        self.report
            .add(FindingKind::NotAsNoted, "the trail", 0, message);
    }
}

/// "line 7 is missing", "lines 7 to 9 are missing".
fn missing(from: u64, to: u64) -> String {
    match from == to {
        true => format!("line {from} is missing"),
        false => format!("lines {from} to {to} are missing"),
    }
}

//! Trails in folders of their own: what was done to them is found and named.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use secrecy::SecretString;
use tempfile::TempDir;

use super::appender::{Appender, Writing};
use super::chain::{Link, Seal};
use super::files::{Folder, file_name};
use super::verify::{FindingKind, Report, verify};
use super::{AuditError, Questions};
use crate::config::AuditConfig;

struct Trail {
    data: TempDir,
    key: Option<SecretString>,
}

impl Trail {
    fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        Self { data, key: None }
    }

    fn folder(&self) -> Folder {
        super::folder(self.data.path())
    }

    fn open(&self) -> Result<Appender, AuditError> {
        let writing = Writing {
            seal: Seal::new(self.key.as_ref()),
            sync: true,
            old: self.data.path().join("audit.jsonl"),
        };
        Appender::open(self.folder(), writing)
    }

    /// Appends lines, and moves the file to this day.
    fn day(&self, day: &str, lines: usize) {
        let mut trail = self.open().unwrap();
        append(&mut trail, lines);
        drop(trail);
        let newest = *self.folder().days().unwrap().last().unwrap();
        fs::rename(self.folder().file(newest), self.path(day)).unwrap();
    }

    /// Three days: lines 1 to 5 (with the beginning), 6 to 9, 10 to 13.
    fn of_three_days() -> Self {
        let trail = Self::new();
        trail.day("2026-01-01", 4);
        trail.day("2026-01-02", 4);
        trail.day("2026-01-03", 4);
        trail
    }

    fn path(&self, day: &str) -> PathBuf {
        self.folder().file(day.parse().unwrap())
    }

    fn report(&self) -> Report {
        self.report_noted(None)
    }

    fn report_noted(&self, noted: Option<Link>) -> Report {
        let config = AuditConfig {
            questions: Questions::Full,
            retention_days: 0,
            sync: false,
            key: self.key.clone(),
            azure: None,
        };
        verify(self.data.path(), &config, noted).unwrap()
    }

    /// The kinds of what is found, with their places.
    fn found(&self) -> Vec<(FindingKind, String, u64)> {
        let report = self.report();
        assert_eq!(report.intact, report.findings.is_empty());
        let findings = report.findings.into_iter();
        findings
            .map(|found| (found.kind, found.file, found.line))
            .collect()
    }

    fn change(&self, day: &str, change: impl FnOnce(Vec<String>) -> Vec<String>) {
        let path = self.path(day);
        let text = fs::read_to_string(&path).unwrap();
        let lines = change(text.lines().map(ToOwned::to_owned).collect());
        let text: String = lines.into_iter().map(|line| line + "\n").collect();
        fs::write(path, text).unwrap();
    }
}

fn append(trail: &mut Appender, lines: usize) {
    let bodies = vec![br#"{"time":"2026-01-01T10:00:00Z","question":"who"}"#.as_slice(); lines];
    trail.append(bodies.into_iter()).unwrap();
}

fn at(day: &str, line: u64, kind: FindingKind) -> (FindingKind, String, u64) {
    (kind, file_name(day.parse().unwrap()), line)
}

#[test]
fn a_trail_of_several_days_is_whole() {
    let trail = Trail::of_three_days();
    let report = trail.report();
    assert!(report.intact, "{report:?}");
    assert_eq!((report.files, report.lines), (3, 13));
    let end = report.end.unwrap();
    assert_eq!(end.seq, 13);
    assert!(trail.report_noted(Some(end)).intact);
    let other = Link { seq: 12, ..end };
    let noted = trail.report_noted(Some(other));
    assert_eq!(noted.findings[0].kind, FindingKind::NotAsNoted);
}

#[test]
fn an_altered_byte_is_found_at_its_line() {
    let trail = Trail::of_three_days();
    trail.change("2026-01-02", |mut lines| {
        lines[2] = lines[2].replace("who", "why");
        lines
    });
    assert_eq!(trail.found(), [at("2026-01-02", 3, FindingKind::Altered)]);
}

#[test]
fn a_line_made_anew_is_found_because_the_next_one_names_another() {
    let trail = Trail::of_three_days();
    trail.change("2026-01-03", |mut lines| {
        let line = super::chain::Line::read(lines[1].as_bytes()).unwrap();
        let before = Link {
            seq: line.link.seq - 1,
            hash: line.prev,
        };
        let mut forged = Vec::new();
        Seal::Plain.append(before, br#"{"question":"harmless"}"#, &mut forged);
        lines[1] = String::from_utf8(forged).unwrap().trim_end().to_owned();
        lines
    });
    assert_eq!(trail.found(), [at("2026-01-03", 2, FindingKind::Altered)]);
}

#[test]
fn a_removed_line_and_swapped_lines_are_found() {
    let trail = Trail::of_three_days();
    trail.change("2026-01-02", |mut lines| {
        lines.remove(1);
        lines
    });
    assert_eq!(trail.found(), [at("2026-01-02", 2, FindingKind::Missing)]);

    let trail = Trail::of_three_days();
    trail.change("2026-01-02", |mut lines| {
        lines.swap(1, 2);
        lines
    });
    assert_eq!(trail.found(), [at("2026-01-02", 3, FindingKind::Moved)]);

    let trail = Trail::of_three_days();
    trail.change("2026-01-02", |mut lines| {
        lines.push(lines[0].clone());
        lines
    });
    assert_eq!(trail.found(), [at("2026-01-02", 5, FindingKind::Moved)]);
}

#[test]
fn a_cut_end_is_found_now_and_after_the_next_start() {
    let trail = Trail::of_three_days();
    trail.change("2026-01-03", |mut lines| {
        lines.truncate(1);
        lines
    });
    assert_eq!(trail.found(), [at("2026-01-03", 1, FindingKind::Truncated)]);
    let mut opened = trail.open().unwrap();
    append(&mut opened, 2);
    drop(opened);
    let kinds: Vec<_> = trail.found().into_iter().map(|found| found.0).collect();
    assert_eq!(kinds, [FindingKind::Missing]);
    let message = &trail.report().findings[0].message;
    assert!(message.contains("lines 11 to 13 are missing"), "{message}");

    // A head that is gone as well does not go unnoticed.
    let trail = Trail::of_three_days();
    fs::remove_file(trail.folder().in_folder("head.json")).unwrap();
    assert_eq!(trail.found()[0].0, FindingKind::NoHead);
    drop(trail.open().unwrap());
    assert_eq!(trail.found()[0].0, FindingKind::NoHead);
}

#[test]
fn removed_files_are_found_wherever_they_were() {
    for (day, kind) in [
        ("2026-01-01", FindingKind::Missing),
        ("2026-01-02", FindingKind::Missing),
        ("2026-01-03", FindingKind::Truncated),
    ] {
        let trail = Trail::of_three_days();
        fs::remove_file(trail.path(day)).unwrap();
        let found = trail.report();
        assert_eq!(found.findings.len(), 1, "{day}: {found:?}");
        assert_eq!(found.findings[0].kind, kind, "{day}: {found:?}");
    }
    let trail = Trail::of_three_days();
    for day in trail.folder().days().unwrap() {
        fs::remove_file(trail.folder().file(day)).unwrap();
    }
    assert_eq!(trail.found()[0].0, FindingKind::Truncated);
}

#[test]
fn a_line_that_a_crash_has_torn_is_moved_aside_and_told() {
    let trail = Trail::of_three_days();
    let path = trail.path("2026-01-03");
    let whole = fs::read(&path).unwrap();
    let torn = br#"{"seq":14,"prev":"00"#.as_slice();
    fs::write(&path, [whole.as_slice(), torn].concat()).unwrap();
    assert!(trail.report().intact, "an unfinished line is no line");
    let mut opened = trail.open().unwrap();
    append(&mut opened, 1);
    drop(opened);
    let report = trail.report();
    assert!(report.intact, "{report:?}");
    assert_eq!(report.lines, 15, "the event and the line after it");
    assert!(
        report.notes[0].contains("torn-2026-01-03-13.txt"),
        "{report:?}"
    );
    let kept = fs::read(trail.folder().in_folder("torn-2026-01-03-13.txt")).unwrap();
    assert_eq!(kept, torn);
}

#[test]
fn a_file_that_is_cut_under_the_writer_is_noticed_at_the_next_line() {
    let trail = Trail::new();
    let mut opened = trail.open().unwrap();
    append(&mut opened, 3);
    let day = trail.folder().days().unwrap()[0];
    let path = trail.folder().file(day);
    let text = fs::read_to_string(&path).unwrap();
    let first: String = text
        .lines()
        .take(2)
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(&path, first).unwrap();
    append(&mut opened, 1);
    fs::remove_file(&path).unwrap();
    append(&mut opened, 1);
    drop(opened);
    let report = trail.report();
    assert!(!report.intact, "{report:?}");
    assert_eq!(report.end.unwrap().seq, 8, "{report:?}");
    assert_eq!(report.findings[0].kind, FindingKind::Missing);
}

#[test]
fn retention_leaves_a_chain_that_can_be_checked_and_nothing_else_does() {
    let trail = Trail::of_three_days();
    let mut opened = trail.open().unwrap();
    let unsent: NaiveDate = "2026-01-02".parse().unwrap();
    let pruned = opened.prune(30, Some(unsent)).unwrap();
    assert_eq!(pruned.files, [file_name("2026-01-01".parse().unwrap())]);
    assert_eq!(pruned.unsent.len(), 2);
    assert!(trail.report().intact);
    let pruned = opened.prune(30, None).unwrap();
    assert_eq!((pruned.files.len(), pruned.unsent.len()), (2, 0));
    append(&mut opened, 1);
    drop(opened);
    let report = trail.report();
    assert!(report.intact, "{report:?}");
    assert_eq!(report.after.unwrap().seq, 13);
    assert_eq!(
        trail.open().unwrap().prune(30, None).unwrap().files.len(),
        0
    );
}

#[test]
fn a_key_seals_what_nobody_without_it_can_make() {
    let mut trail = Trail::new();
    trail.day("2026-01-01", 3);
    trail.key = Some(SecretString::from("the key"));
    trail.day("2026-01-02", 3);
    let report = trail.report();
    assert!(
        report.intact && report.notes[0].contains("before audit.key was set"),
        "{report:?}"
    );
    // A whole chain without the key, made by who can write the files.
    let forged = Trail::new();
    forged.day("2026-01-01", 3);
    let forged = Trail {
        key: trail.key.clone(),
        ..forged
    };
    assert_eq!(forged.found()[0].0, FindingKind::Unsealed);
    trail.key = Some(SecretString::from("another key"));
    assert_eq!(trail.found()[0].0, FindingKind::Unsealed);
    assert!(matches!(trail.open(), Err(AuditError::OtherKey(_))));
    trail.key = None;
    assert!(matches!(trail.open(), Err(AuditError::OtherKey(_))));
}

#[test]
fn lines_from_before_there_was_a_chain_are_on_it_by_their_hash() {
    let trail = Trail::new();
    let old = trail.data.path().join("audit.jsonl");
    fs::write(&old, "{\"question\":\"old\"}\n").unwrap();
    drop(trail.open().unwrap());
    assert!(trail.report().intact);
    fs::write(&old, "{\"question\":\"new\"}\n").unwrap();
    assert_eq!(
        trail.found(),
        [(FindingKind::Altered, "audit.jsonl".to_owned(), 0)]
    );
    fs::remove_file(&old).unwrap();
    assert_eq!(
        trail.found(),
        [(FindingKind::Missing, "audit.jsonl".to_owned(), 0)]
    );
}

#[test]
fn two_writers_would_fork_the_chain() {
    let trail = Trail::new();
    let first = trail.open().unwrap();
    let Err(AuditError::InUse { process, .. }) = trail.open() else {
        panic!("two processes write one trail");
    };
    assert_eq!(process, std::process::id().to_string());
    drop(first);
    assert!(trail.open().is_ok());
    assert!(Path::new(&trail.folder().in_folder("lock")).exists());
}

/// `cargo test --release … -- --ignored each_group --nocapture`
#[test]
#[ignore = "a measurement"]
fn microseconds_for_each_group() {
    let trail = Trail::new();
    for (sync, groups) in [(false, 5_000), (true, 500)] {
        let mut opened = trail.open().unwrap();
        opened.writing.sync = sync;
        for lines in [1, 32] {
            let begun = std::time::Instant::now();
            for _ in 0..groups {
                append(&mut opened, lines);
            }
            let each = begun.elapsed().as_micros() / groups;
            println!("sync = {sync}: {each} µs for a group of {lines}");
        }
    }
    let begun = std::time::Instant::now();
    let lines = trail.report().lines;
    println!(
        "verify: {} ns a line",
        begun.elapsed().as_nanos() / u128::from(lines)
    );
}

//! Whether a reply helped: said by whoever it was shown to, on a line of its own.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Days, TimeDelta, Utc};
use memchr::memmem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::entry::Outcome;
use super::files::Folder;
use super::read::for_lines;
use crate::identity::Caller;

/// How long after a reply it can be said whether it helped.
pub const OPEN_DAYS: u64 = 7;
/// The time that is counted.
const COUNTED: TimeDelta = TimeDelta::days(30);
/// Characters of a comment.
const MOST_CHARS: usize = 2_000;
/// How the member begins on a line: others need not be read.
const MEMBER: &[u8] = b"\"feedback\":{";

/// Body of `POST /v1/feedback`, and as it stands on the trail.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FeedbackRequest)]
pub struct Feedback {
    /// The `request_id` of the reply.
    pub request_id: Uuid,
    pub verdict: Verdict,
    /// What was good or bad about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub comment: Option<String>,
}

/// Whether a reply helped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Up,
    Down,
}

/// Replies of the last 30 days that somebody has judged; who changes their mind counts once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeedbackCounts {
    /// That helped.
    pub up: u64,
    /// That did not.
    pub down: u64,
}

impl Feedback {
    /// # Errors
    /// A sentence that names the field.
    pub fn check(&self) -> Result<(), String> {
        let comment = self.comment.as_deref().unwrap_or_default();
        match comment.chars().count() > MOST_CHARS {
            true => Err(format!("comment must have at most {MOST_CHARS} characters")),
            false => Ok(()),
        }
    }
}

/// Whether a reply with this id was shown to the caller in the last days.
pub fn was_shown(folder: &Folder, request_id: Uuid, caller: &Caller) -> io::Result<bool> {
    let id = request_id.to_string();
    let by = By::caller(caller);
    let finder = memmem::Finder::new(id.as_bytes());
    let mut was_shown = false;
    for day in folder.days_since(Utc::now().date_naive() - Days::new(OPEN_DAYS))? {
        for_lines(folder, day, |line| {
            let line = finder.find(line).and_then(|_| parsed(line));
            was_shown = line.is_some_and(|line| {
                let showed = [Outcome::Shown, Outcome::Answered, Outcome::NotAnswered];
                line["request_id"] == json!(id)
                    && showed
                        .iter()
                        .any(|outcome| line["outcome"] == json!(outcome))
                    && By::line(&line) == by
            });
            !was_shown
        })?;
        if was_shown {
            break;
        }
    }
    Ok(was_shown)
}

fn parsed(line: &[u8]) -> Option<Value> {
    serde_json::from_slice(line).ok()
}

/// Who asked, and with whose rights.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct By(String);

impl By {
    fn caller(caller: &Caller) -> Self {
        Self::of(&json!(caller.identity), &json!(caller.viewer.name()))
    }

    fn line(line: &Value) -> Self {
        Self::of(&line["identity"], &line["username"])
    }

    fn of(identity: &Value, username: &Value) -> Self {
        Self(format!("{identity} {username}"))
    }
}

type Known = BTreeMap<(Uuid, By), (DateTime<Utc>, Verdict)>;

/// The last verdict of each caller on each reply. Read from the files when somebody first asks.
#[derive(Default)]
pub struct Tally {
    known: Mutex<Known>,
    is_read: AtomicBool,
}

impl Tally {
    /// Takes in a line that was just written.
    pub fn note(&self, body: &[u8]) {
        if memmem::find(body, MEMBER).is_none() {
            return;
        }
        if let Some(line) = parsed(body) {
            self.add(&line);
        }
    }

    pub fn counts(&self, folder: &Folder) -> io::Result<FeedbackCounts> {
        let begin = Utc::now() - COUNTED;
        if !self.is_read.load(Ordering::Acquire) {
            for day in folder.days_since(begin.date_naive())? {
                for_lines(folder, day, |line| {
                    self.note(line);
                    true
                })?;
            }
            self.is_read.store(true, Ordering::Release);
        }
        let mut known = self.known();
        known.retain(|_, (time, _)| *time >= begin);
        let with = |wanted| {
            known
                .values()
                .filter(|(_, verdict)| *verdict == wanted)
                .count() as u64
        };
        Ok(FeedbackCounts {
            up: with(Verdict::Up),
            down: with(Verdict::Down),
        })
    }

    /// The later verdict counts, in whichever order they are read.
    fn add(&self, line: &Value) {
        let feedback = serde_json::from_value::<Feedback>(line["feedback"].clone());
        let time = line["time"].as_str().and_then(|time| time.parse().ok());
        let (Ok(feedback), Some(time)) = (feedback, time) else {
            return;
        };
        if line["outcome"] != json!(Outcome::Noted) {
            return;
        }
        let mut known = self.known();
        let key = (feedback.request_id, By::line(line));
        let last = known.entry(key).or_insert((time, feedback.verdict));
        if time >= last.0 {
            *last = (time, feedback.verdict);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

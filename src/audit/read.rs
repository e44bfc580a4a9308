//! Lines of the trail for those who may read it: chosen, newest first, a page at a time; or all of a
//! time as they stand in the files.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::files::Folder;

/// Bytes that an export hands over at a time.
const PIECE: usize = 64 * 1024;

/// Which lines are wanted. What is not said does not matter.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    pub since: Option<DateTime<Utc>>,
    /// The first moment that is not wanted.
    pub until: Option<DateTime<Utc>>,
    /// A Salesforce username or id, a policy, or anything that identifies a caller: the name of an
    /// API key, an object id.
    pub user: Option<String>,
    pub operation: Option<String>,
    pub outcome: Option<String>,
    /// Only lines with smaller numbers.
    pub before: Option<u64>,
    pub limit: usize,
}

/// Reply of `GET /v1/admin/audit`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = TrailPage)]
pub struct Page {
    /// Newest first, as they stand in the files.
    pub entries: Vec<Value>,
    /// What the next page asks for; none at the end.
    pub next_cursor: Option<u64>,
}

/// A day is its beginning.
///
/// # Errors
/// A sentence about what is wrong with the text.
pub fn parse_since(text: &str) -> Result<DateTime<Utc>, String> {
    parse(text, Days::new(0))
}

/// A day is its end.
///
/// # Errors
/// A sentence about what is wrong with the text.
pub fn parse_until(text: &str) -> Result<DateTime<Utc>, String> {
    parse(text, Days::new(1))
}

fn parse(text: &str, added: Days) -> Result<DateTime<Utc>, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    let day = text.parse::<NaiveDate>().ok();
    let day = day.and_then(|day| day.checked_add_days(added));
    day.map(|day| day.and_time(NaiveTime::MIN).and_utc())
        .ok_or_else(|| {
            format!(
                "'{text}' is no day such as 2026-05-03 and no time such as 2026-05-03T08:00:00Z"
            )
        })
}

impl Selection {
    /// Everything of a time.
    pub fn of_time(since: Option<DateTime<Utc>>, until: Option<DateTime<Utc>>) -> Self {
        Self {
            since,
            until,
            limit: usize::MAX,
            ..Self::default()
        }
    }

    /// Whether the file of a day can have lines that are wanted: a line is written when its request
    /// ends, perhaps on the day after it began.
    fn may_have(&self, day: NaiveDate) -> bool {
        let last = |time: DateTime<Utc>| (time + TimeDelta::days(1)).date_naive();
        self.since.is_none_or(|since| day >= since.date_naive())
            && self.until.is_none_or(|until| day <= last(until))
    }

    fn wants(&self, line: &Value) -> bool {
        let time = line["time"].as_str().and_then(|time| time.parse().ok());
        let is_of = |name: &str, wanted: &Option<String>| {
            let wanted = wanted.as_deref();
            wanted.is_none_or(|wanted| line[name].as_str() == Some(wanted))
        };
        self.is_in_time(time)
            && self
                .before
                .is_none_or(|before| line["seq"].as_u64() < Some(before))
            && is_of("operation", &self.operation)
            && is_of("outcome", &self.outcome)
            && self.user.as_deref().is_none_or(|user| is_by(line, user))
    }

    fn is_in_time(&self, time: Option<DateTime<Utc>>) -> bool {
        // Without a time it is of any time.
        time.is_none_or(|time| {
            self.since.is_none_or(|since| time >= since)
                && self.until.is_none_or(|until| time < until)
        })
    }
}

fn is_by(line: &Value, user: &str) -> bool {
    let own = [&line["username"], &line["user_id"]];
    let proved = line["identity"].as_object();
    let proved = proved.into_iter().flat_map(|identity| identity.values());
    own.into_iter().chain(proved).any(|value| {
        let text = value.as_str();
        text.is_some_and(|text| text.to_lowercase() == user.to_lowercase())
    })
}

/// The newest lines that are wanted. It reads the days backwards until the page is full, and keeps
/// no more lines than the page has.
pub fn page(folder: &Folder, selection: &Selection) -> io::Result<Page> {
    // One more than the page shows tells whether there is another.
    let wanted = selection.limit.saturating_add(1);
    let mut entries = Vec::new();
    for day in folder.days()?.into_iter().rev() {
        if !selection.may_have(day) {
            continue;
        }
        let left = wanted - entries.len();
        let mut newest = VecDeque::new();
        for_lines(folder, day, |line| {
            if let Some(line) = serde_json::from_slice(line).ok()
                && selection.wants(&line)
            {
                newest.push_back(line);
                if newest.len() > left {
                    newest.pop_front();
                }
            }
            true
        })?;
        entries.extend(newest.into_iter().rev());
        if entries.len() == wanted {
            break;
        }
    }
    let is_more = entries.len() > selection.limit;
    entries.truncate(selection.limit);
    let last = entries.last().and_then(|entry| entry["seq"].as_u64());
    Ok(Page {
        next_cursor: last.filter(|_| is_more),
        entries,
    })
}

/// [`export`] on a thread of its own, in pieces.
pub fn stream(folder: Folder, selection: Selection) -> mpsc::Receiver<io::Result<Vec<u8>>> {
    let (pieces, received) = mpsc::channel(4);
    tokio::task::spawn_blocking(move || {
        let mut piece = Vec::new();
        let read = export(&folder, &selection, |line| {
            piece.extend_from_slice(line);
            piece.len() < PIECE || pieces.blocking_send(Ok(std::mem::take(&mut piece))).is_ok()
        });
        // Who asked may be gone.
        let _ = match read {
            Ok(()) => pieces.blocking_send(Ok(piece)),
            Err(error) => pieces.blocking_send(Err(error)),
        };
    });
    received
}

/// Hands the lines of a time to `each`, oldest first, byte by byte as they stand in the files and
/// with their line feeds; until it says that it has enough.
fn export(
    folder: &Folder,
    selection: &Selection,
    mut each: impl FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    let is_all = selection.since.is_none() && selection.until.is_none();
    for day in folder.days()? {
        if !selection.may_have(day) {
            continue;
        }
        let goes_on = for_lines(folder, day, |line| {
            let is_wanted =
                is_all || serde_json::from_slice(line).is_ok_and(|line| selection.wants(&line));
            !is_wanted || each(line)
        })?;
        if !goes_on {
            break;
        }
    }
    Ok(())
}

/// Whole lines, with their line feeds, while `each` wants more. A file that was pruned since its
/// folder was read has none.
pub fn for_lines(
    folder: &Folder,
    day: NaiveDate,
    mut each: impl FnMut(&[u8]) -> bool,
) -> io::Result<bool> {
    let file = match File::open(folder.file(day)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    let mut lines = BufReader::with_capacity(256 * 1024, file);
    let mut line = Vec::new();
    loop {
        line.clear();
        lines.read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") {
            return Ok(true);
        }
        if !each(&line) {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn days_and_times_are_understood_and_others_explained() {
        let since = parse_since("2026-05-03").unwrap();
        let until = parse_until("2026-05-03").unwrap();
        assert_eq!(until - since, TimeDelta::days(1));
        assert_eq!(parse_since("2026-05-03T00:00:00+00:00").unwrap(), since);
        assert!(parse_until("yesterday").unwrap_err().contains("2026-05-03"));
    }

    #[test]
    fn callers_are_found_by_whatever_identifies_them() {
        let line = json!({
            "username": "Ada@example.com", "user_id": "005000000000001AAA",
            "identity": {"by": "api_key", "name": "copilot"},
        });
        for user in ["ada@example.com", "005000000000001AAA", "copilot"] {
            assert!(is_by(&line, user), "{user}");
        }
        assert!(!is_by(&line, "bob@example.com"));
        assert!(!is_by(&json!({"event": "begun"}), "ada"));
    }
}

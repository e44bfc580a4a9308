//! Lines as rows of a Log Analytics table, as many as one call takes.
//!
//! Contract: "Logs Ingestion API in Azure Monitor": a JSON array of at most 1 MB, compressed or not;
//! values of more than 64 KB are cut; the columns `TenantId`, `Type`, `Title`, `id` and some others are
//! the service's own.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Seek, SeekFrom, Write};

use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::position::Position;
use crate::audit::files::Folder;

/// Bytes of one call, before and after compression. The service's megabyte may be the smaller one.
const MOST_BYTES: usize = 1_000_000;
/// Bytes of one value: beyond 64 KB the service would cut it without a word.
const MOST_VALUE: usize = 64_000;

/// Members of a line and the columns that they become.
const COLUMNS: [(&str, &str); 25] = [
    ("time", "TimeGenerated"),
    ("seq", "Seq"),
    ("prev", "Prev"),
    ("hash", "Hash"),
    ("event", "Event"),
    ("request_id", "RequestId"),
    ("surface", "Surface"),
    ("operation", "Operation"),
    ("identity", "Caller"),
    ("peer", "Peer"),
    ("user_id", "UserId"),
    ("username", "Username"),
    ("question", "Question"),
    ("filters", "Filters"),
    ("conversation_id", "ConversationId"),
    ("shown", "Shown"),
    ("withheld", "Withheld"),
    ("feedback", "Feedback"),
    ("model", "Model"),
    ("prompt", "Prompt"),
    ("prompt_tokens", "PromptTokens"),
    ("completion_tokens", "CompletionTokens"),
    ("took_ms", "TookMs"),
    ("outcome", "Outcome"),
    ("reason", "Reason"),
];
/// Members of `identity` that are worth a column of their own.
const CALLER: [(&str, &str); 5] = [
    ("by", "CallerBy"),
    ("name", "CallerName"),
    ("tenant_id", "CallerTenantId"),
    ("object_id", "CallerObjectId"),
    ("app_id", "CallerAppId"),
];

/// What one call sends.
#[derive(Debug)]
pub struct Batch {
    /// A JSON array, compressed.
    pub body: Vec<u8>,
    pub rows: usize,
    /// The time of its first line; none without one.
    pub oldest: Option<DateTime<Utc>>,
    /// Where the next batch begins.
    pub end: Position,
}

impl Batch {
    /// The lines after `from` that fit into one call, at most `most_rows`.
    pub fn read(folder: &Folder, from: Position, most_rows: usize) -> io::Result<Self> {
        let trail = super::trail(folder)?;
        let mut rows = Rows::default();
        let mut end = from;
        let days = folder.days()?;
        for day in days {
            if end.day.is_some_and(|at| day < at) {
                continue;
            }
            if end.day != Some(day) {
                end.day = Some(day);
                end.offset = 0;
            }
            if !rows.take_from(folder, trail, &mut end, most_rows)? {
                break;
            }
        }
        let body = rows.compressed()?;
        if body.len() > MOST_BYTES && rows.count > 1 {
            // What does not get smaller: nothing that people write, but it must not stand still.
            let half = rows.count / 2;
            return Self::read(folder, rows.from.unwrap_or_default(), half);
        }
        Ok(Self {
            body,
            rows: rows.count,
            oldest: rows.oldest,
            end,
        })
    }
}

/// A JSON array that grows.
#[derive(Default)]
struct Rows {
    text: Vec<u8>,
    count: usize,
    oldest: Option<DateTime<Utc>>,
    /// Where the first row was read.
    from: Option<Position>,
}

impl Rows {
    /// Adds the rest of a file; false if there was no room for all of it.
    fn take_from(
        &mut self,
        folder: &Folder,
        trail: Option<Uuid>,
        at: &mut Position,
        most_rows: usize,
    ) -> io::Result<bool> {
        let Some(day) = at.day else {
            return Ok(true);
        };
        let mut file = match File::open(folder.file(day)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(error),
        };
        if at.offset > file.metadata()?.len() {
            // It was cut and is written anew from there: what comes twice is recognised.
            at.offset = 0;
        }
        file.seek(SeekFrom::Start(at.offset))?;
        let mut lines = BufReader::new(file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = lines.read_until(b'\n', &mut line)?;
            if !line.ends_with(b"\n") {
                return Ok(true);
            }
            let before = at.clone();
            // What is no line is for `precis audit verify` to find.
            if let Ok(line) = serde_json::from_slice::<Value>(&line) {
                if self.count >= most_rows || !self.add(&row(&line, trail)) {
                    return Ok(false);
                }
                at.seq = line["seq"].as_u64().unwrap_or(at.seq);
                let time = || line["time"].as_str()?.parse().ok();
                self.oldest = self.oldest.or_else(time);
                self.from.get_or_insert(before);
            }
            at.offset += read as u64;
        }
    }

    /// False if there is no room. A first row always has some.
    fn add(&mut self, row: &Value) -> bool {
        let text = row.to_string();
        if self.count > 0 && self.text.len() + text.len() + 2 > MOST_BYTES {
            return false;
        }
        self.text.push(if self.count == 0 { b'[' } else { b',' });
        self.text.extend_from_slice(text.as_bytes());
        self.count += 1;
        true
    }

    fn compressed(&self) -> io::Result<Vec<u8>> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&self.text)?;
        gzip.write_all(if self.count == 0 { b"[]" } else { b"]" })?;
        gzip.finish()
    }
}

/// A line as a row. Values that are too large are cut, and `Cut` names their columns.
fn row(line: &Value, trail: Option<Uuid>) -> Value {
    let mut row = Map::new();
    let mut cut = Vec::new();
    let mut add = |column: &str, value: &Value| {
        if value.is_null() {
            return;
        }
        let (value, is_cut) = limited(value);
        if is_cut {
            cut.push(column.to_owned());
        }
        row.insert(column.to_owned(), value);
    };
    for (member, column) in COLUMNS {
        add(column, &line[member]);
    }
    for (member, column) in CALLER {
        add(column, &line["identity"][member]);
    }
    // What an event says beside its name, whatever that is.
    if let (Some(members), true) = (line.as_object(), line["event"].is_string()) {
        let known = |name: &str| COLUMNS.iter().any(|(member, _)| *member == name);
        let more = members.iter().filter(|(name, _)| !known(name));
        let more: Map<_, _> = more
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        add("Details", &Value::Object(more));
    }
    row.insert("Trail".to_owned(), json!(trail));
    if !cut.is_empty() {
        row.insert("Cut".to_owned(), json!(cut));
    }
    Value::Object(row)
}

/// A value that the service takes whole; lists and objects that are too large become the beginning of
/// their text.
fn limited(value: &Value) -> (Value, bool) {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => value.to_string(),
        Value::Null | Value::Bool(_) | Value::Number(_) => return (value.clone(), false),
    };
    if text.len() <= MOST_VALUE {
        return (value.clone(), false);
    }
    let end = text.floor_char_boundary(MOST_VALUE);
    (Value::String(text[..end].to_owned()), true)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;
    use crate::audit::chain::{Link, Seal};

    fn rows(batch: &Batch) -> (Vec<Value>, usize) {
        let mut text = String::new();
        GzDecoder::new(batch.body.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        (serde_json::from_str(&text).unwrap(), text.len())
    }

    /// Three days of lines, 40 KB each.
    fn folder(path: &std::path::Path) -> Folder {
        let folder = Folder::new(path.to_owned());
        let mut end = Link::START;
        for day in ["2026-11-21", "2026-11-22", "2026-11-23"] {
            let mut lines = Vec::new();
            for _ in 0..30 {
                let noise: String = (0..40_000).map(|_| fastrand::alphanumeric()).collect();
                let body = json!({"time": format!("{day}T10:00:00Z"), "question": noise});
                end = Seal::Plain.append(end, body.to_string().as_bytes(), &mut lines);
            }
            std::fs::write(folder.file(day.parse().unwrap()), lines).unwrap();
        }
        folder
    }

    #[test]
    fn every_line_is_in_one_batch_and_no_batch_is_too_large() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = folder(temporary.path());
        let mut position = Position::default();
        let mut seen = Vec::new();
        let mut batches = 0;
        loop {
            let batch = Batch::read(&folder, position.clone(), usize::MAX).unwrap();
            let (rows, length) = rows(&batch);
            assert!(length <= MOST_BYTES && batch.body.len() <= MOST_BYTES);
            assert_eq!(rows.len(), batch.rows);
            seen.extend(rows.iter().map(|row| row["Seq"].as_u64().unwrap()));
            position = batch.end;
            if batch.rows == 0 {
                break;
            }
            batches += 1;
        }
        assert_eq!(seen, (1..=90).collect::<Vec<_>>());
        assert!(batches >= 4, "{batches}");
        assert_eq!(position.seq, 90);
        let few = Batch::read(&folder, Position::default(), 7).unwrap();
        assert_eq!((few.rows, few.end.seq), (7, 7));
    }

    #[test]
    fn large_values_are_cut_and_named_and_no_column_is_the_services_own() {
        let question = "ü".repeat(60_000);
        let identity = json!({"by": "entra", "tenant_id": "t", "object_id": "o"});
        let line = json!({
            "seq": 1, "time": "2026-11-23T10:00:00Z", "identity": identity, "question": question,
        });
        let row = row(&line, None);
        let kept = row["Question"].as_str().unwrap();
        assert!(kept.len() <= 65_536 && question.starts_with(kept));
        assert_eq!(row["Cut"], json!(["Question"]));
        assert_eq!(
            (&row["CallerTenantId"], &row["CallerObjectId"]),
            (&json!("t"), &json!("o"))
        );
        for reserved in ["TenantId", "Type", "Title", "id", "UniqueId", "_ResourceId"] {
            assert!(row.get(reserved).is_none(), "{reserved}");
        }
        let event = super::row(&json!({"seq": 2, "event": "pruned", "files": ["a"]}), None);
        assert_eq!(event["Details"], json!({"files": ["a"]}));
    }
}

//! The CSV of Bulk 2.0: RFC 4180, every value quoted, nulls empty, times ending in `Z`.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ApiError;
use crate::org::{FieldType, Schema};
use crate::soql::QueryResult;

/// How much of a result goes into one piece of a streamed body.
const PIECE: usize = 64 * 1024;

/// How a job's CSV is written and read.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Format {
    #[serde(default)]
    pub column_delimiter: Delimiter,
    #[serde(default)]
    pub line_ending: LineEnding,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Delimiter {
    Backquote,
    Caret,
    #[default]
    Comma,
    Pipe,
    Semicolon,
    Tab,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum LineEnding {
    #[default]
    Lf,
    Crlf,
}

impl Delimiter {
    fn byte(self) -> u8 {
        match self {
            Self::Backquote => b'`',
            Self::Caret => b'^',
            Self::Comma => b',',
            Self::Pipe => b'|',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

impl Format {
    fn writer(self) -> csv::Writer<Vec<u8>> {
        let terminator = match self.line_ending {
            LineEnding::Lf => csv::Terminator::Any(b'\n'),
            LineEnding::Crlf => csv::Terminator::CRLF,
        };
        csv::WriterBuilder::new()
            .delimiter(self.column_delimiter.byte())
            .terminator(terminator)
            .quote_style(csv::QuoteStyle::Always)
            .from_writer(Vec::new())
    }

    /// The header and the rows of an upload.
    ///
    /// # Errors
    /// A message, when the text is not CSV.
    pub fn parse(self, upload: &[u8]) -> Result<Upload, String> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(self.column_delimiter.byte())
            .from_reader(upload);
        let columns = reader.headers().map_err(|error| error.to_string())?;
        let columns: Vec<String> = columns.iter().map(str::to_owned).collect();
        let rows: Result<Vec<csv::StringRecord>, csv::Error> = reader.records().collect();
        let rows = rows.map_err(|error| error.to_string())?;
        let rows = rows
            .iter()
            .map(|row| row.iter().map(str::to_owned).collect())
            .collect();
        Ok(Upload { columns, rows })
    }

    /// A table as CSV text.
    pub fn write(self, header: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
        let mut writer = self.writer();
        write_row(&mut writer, header);
        for row in rows {
            write_row(&mut writer, &row);
        }
        finish(writer)
    }
}

/// The content of an ingest job.
pub(crate) struct Upload {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// A query's result as CSV text, cut into pages by where its records end.
pub(crate) struct CsvResult {
    header: Bytes,
    rows: Bytes,
    ends: Vec<usize>,
}

impl CsvResult {
    /// Writes the records one after the other, dropping each when it is written.
    pub fn new(found: QueryResult, format: Format, schema: &Schema) -> Self {
        let columns: Vec<Column> = found
            .columns
            .iter()
            .map(|path| Column::new(path, &found.object, schema))
            .collect();
        let mut header = format.writer();
        write_row(&mut header, &found.columns);

        let mut rows = format.writer();
        let mut ends = Vec::with_capacity(found.records.len());
        for record in found.records {
            let cells: Vec<Cow<'_, str>> =
                columns.iter().map(|column| column.cell(&record)).collect();
            write_row(&mut rows, &cells);
            // Flushing into memory cannot fail.
            let _ = rows.flush();
            ends.push(rows.get_ref().len());
        }
        Self {
            header: finish(header).into(),
            rows: finish(rows).into(),
            ends,
        }
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The header and the records `from..to` as a streamed body.
    pub fn page(&self, from: usize, to: usize) -> Body {
        let position = |record: usize| {
            if record == 0 {
                0
            } else {
                self.ends[record - 1]
            }
        };
        let mut rest = self.rows.slice(position(from)..position(to));
        let mut pieces = vec![self.header.clone()];
        while !rest.is_empty() {
            pieces.push(rest.split_to(rest.len().min(PIECE)));
        }
        let pieces = pieces.into_iter().map(Ok::<Bytes, std::io::Error>);
        Body::from_stream(futures::stream::iter(pieces))
    }
}

/// One column of a result: the path to its value, and whether it is a time.
struct Column {
    path: Vec<String>,
    datetime: bool,
}

impl Column {
    fn new(path: &str, object: &str, schema: &Schema) -> Self {
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        let datetime = field_type(schema, object, &path) == Some(FieldType::Datetime);
        Self { path, datetime }
    }

    fn cell<'a>(&self, record: &'a Value) -> Cow<'a, str> {
        let mut value = record;
        for name in &self.path {
            match value.get(name) {
                Some(inner) => value = inner,
                None => return Cow::Borrowed(""),
            }
        }
        match value {
            Value::Null => Cow::Borrowed(""),
            Value::String(text) if self.datetime => zulu(text),
            Value::String(text) => Cow::Borrowed(text),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Cow::Owned(value.to_string())
            }
        }
    }
}

/// Bulk writes `2021-02-09T23:17:59.000Z` where REST writes `2021-02-09T23:17:59.000+0000`.
fn zulu(text: &str) -> Cow<'_, str> {
    match DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z") {
        Ok(time) => Cow::Owned(time.to_utc().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()),
        Err(_) => Cow::Borrowed(text),
    }
}

/// The type of the field at the end of a path through parents.
fn field_type(schema: &Schema, object: &str, path: &[String]) -> Option<FieldType> {
    let describe = schema.object(object)?;
    let (first, rest) = path.split_first()?;
    if rest.is_empty() {
        return describe.field(first).map(|field| field.field_type);
    }
    let leads = |name: &Option<String>| {
        name.as_ref()
            .is_some_and(|name| name.eq_ignore_ascii_case(first))
    };
    let reference = describe
        .fields
        .iter()
        .find(|field| leads(&field.relationship_name))?;
    reference
        .reference_to
        .iter()
        .find_map(|parent| field_type(schema, parent, rest))
}

fn write_row(writer: &mut csv::Writer<Vec<u8>>, cells: &[impl AsRef<str>]) {
    // Writing into memory cannot fail, and all rows of a table have its width.
    let _ = writer.write_record(cells.iter().map(|cell| cell.as_ref().as_bytes()));
}

fn finish(writer: csv::Writer<Vec<u8>>) -> Vec<u8> {
    writer.into_inner().unwrap_or_default()
}

/// # Errors
/// `INVALIDJOB` for a content type other than CSV, which is the only one.
pub(crate) fn require_csv(content_type: Option<&str>) -> Result<(), ApiError> {
    match content_type {
        None | Some("CSV") => Ok(()),
        Some(other) => {
            let message = format!("ContentType : {other} is not supported, use CSV");
            Err(ApiError::bad_request("INVALIDJOB", message))
        }
    }
}

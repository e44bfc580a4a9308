//! The result of a query job: CSV in a file, which pages are read from.

use std::borrow::Cow;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use axum::body::{Body, Bytes};
use chrono::DateTime;
use futures::{StreamExt, stream};
use serde_json::Value;
use tempfile::NamedTempFile;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use super::format::Format;
use crate::org::{FieldType, Schema};
use crate::soql::Rows;

/// How much of a page is read at once.
const PIECE: usize = 64 * 1024;

/// A query's result as it was when its job ran, in a file that goes with it.
pub(crate) struct CsvResult {
    header: Bytes,
    file: NamedTempFile,
    /// Where in the file each record ends.
    ends: Vec<u64>,
}

impl CsvResult {
    /// Writes the records one after the other; none is kept in memory.
    ///
    /// # Errors
    /// When the machine's temporary folder cannot take the file.
    pub fn new(found: &Rows<'_>, format: Format, schema: &Schema) -> io::Result<Self> {
        let names = found.columns();
        let object = &found.object().name;
        let columns: Vec<Column> = names
            .iter()
            .map(|path| Column::new(path, object, schema))
            .collect();
        let mut header = format.writer(Vec::new());
        header.write_record(&names)?;

        let mut file = NamedTempFile::new()?;
        let mut rows = format.writer(Counted::new(&mut file));
        let mut ends = Vec::with_capacity(found.len());
        for record in found.records() {
            rows.write_record(
                columns
                    .iter()
                    .map(|column| column.cell(&record).into_owned()),
            )?;
            rows.flush()?;
            ends.push(rows.get_ref().written);
        }
        let rows = rows
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))?;
        rows.finish()?;
        Ok(Self {
            header: header
                .into_inner()
                .map_err(|error| io::Error::other(error.to_string()))?
                .into(),
            file,
            ends,
        })
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The header and the records `from..to` as a streamed body.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn page(&self, from: usize, to: usize) -> io::Result<Body> {
        let position = |record: usize| match record {
            0 => 0,
            record => self.ends[record - 1],
        };
        let (start, end) = (position(from), position(to));
        let mut file = self.file.reopen()?;
        file.seek(SeekFrom::Start(start))?;
        let rows = tokio::fs::File::from_std(file).take(end - start);
        let header = stream::iter([Ok(self.header.clone())]);
        let rows = ReaderStream::with_capacity(rows, PIECE);
        Ok(Body::from_stream(header.chain(rows)))
    }
}

/// Counts the bytes that pass. Its flush does nothing, so that the writer before it can be flushed
/// after each record.
struct Counted<W: Write> {
    inner: BufWriter<W>,
    written: u64,
}

impl<W: Write> Counted<W> {
    fn new(inner: W) -> Self {
        Self {
            inner: BufWriter::with_capacity(PIECE, inner),
            written: 0,
        }
    }

    fn finish(mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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

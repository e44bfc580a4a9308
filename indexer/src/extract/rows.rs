//! From Salesforce's rows to the mirror's.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use domain::{FieldName, RecordId};
use salesforce::{FieldPath, Record, Soql};

use super::Extractor;
use crate::Error;
use crate::mirror::{Failure, Page, Row, Stored, read};
use crate::plan::{Column, LINKED, Link, Source};

enum Mapped {
    Row(Row),
    /// It takes part in no document, or no longer.
    Gone(RecordId),
    Failed(Failure),
}

/// Adds records to a page.
pub(super) fn map_all(source: &Source, records: &[Record], page: &mut Page) {
    for record in records {
        match map(source, record) {
            Mapped::Row(row) => page.rows.push(row),
            Mapped::Gone(id) => page.gone.push(id),
            Mapped::Failed(failure) => page.failures.push(failure),
        }
    }
}

/// What of a record is compared with the mirror.
pub(super) fn compared(source: &Source, record: &Record) -> Compared {
    let stamp = source.stamp.as_ref();
    Compared {
        stamp: stamp.and_then(|stamp| record.datetime(stamp.as_str())),
        fields: fields(record, source.compared()),
    }
}

/// A record's stamp and some of its values.
pub(super) struct Compared {
    pub stamp: Option<DateTime<Utc>>,
    pub fields: BTreeMap<String, String>,
}

fn map(source: &Source, record: &Record) -> Mapped {
    let Some(id) = record.id() else {
        return Mapped::Failed(Failure {
            id: record.text("Id").unwrap_or_default().to_owned(),
            reason: "its Id is no record id".to_owned(),
        });
    };
    if record.bool("IsDeleted") == Some(true) || !takes_part(source, record) {
        return Mapped::Gone(id);
    }
    let columns = source.columns.iter();
    let fields = fields(record, columns.map(|(name, column)| (name, *column)));
    let stamp = source.stamp.as_ref();
    Mapped::Row(Row {
        id,
        stamp: stamp.and_then(|stamp| record.datetime(stamp.as_str())),
        fields,
    })
}

fn fields<'a>(
    record: &Record,
    columns: impl Iterator<Item = (&'a FieldName, Column)>,
) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for (field, column) in columns {
        let value = record
            .text(field.as_str())
            .and_then(|text| uniform(record, field, column, text));
        if let Some(value) = value {
            fields.insert(field.as_str().to_owned(), value);
        }
    }
    fields
}

fn takes_part(source: &Source, record: &Record) -> bool {
    // SOQL compares without case.
    let kept = source.only.iter().all(|only| {
        record
            .text(only.field.as_str())
            .is_some_and(|value| value.eq_ignore_ascii_case(&only.equals))
    });
    let has_a_place = source.is_document
        || source
            .part_of
            .iter()
            .any(|(field, _)| record.text(field.as_str()).is_some());
    kept && has_a_place
}

/// One form for a value that REST and Bulk may write differently; none for one without meaning.
fn uniform(record: &Record, field: &FieldName, column: Column, text: &str) -> Option<String> {
    match column {
        Column::AsIs | Column::Blob => Some(text.to_owned()),
        Column::Bool => Some(text.to_ascii_lowercase()),
        Column::Number => Some(number(text)),
        Column::Time => Some(match record.datetime(field.as_str()) {
            Some(time) => time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            None => text.to_owned(),
        }),
    }
}

/// `2357113.0` and `2357113` are the same number.
fn number(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole.to_owned(),
        Some(_) | None => text.to_owned(),
    }
}

impl Extractor {
    /// Fetches what a query does not give: the contents of files, and links by link objects.
    pub(super) async fn complete(&self, source: &Source, page: &mut Page) -> Result<(), Error> {
        if page.rows.is_empty() {
            return Ok(());
        }
        if source.has_blobs() {
            self.fetch_blobs(source, page).await?;
        }
        if let Some(link) = &source.linked_by {
            self.fetch_links(link, page).await?;
        }
        Ok(())
    }

    /// Replaces paths of files by their text. One that is in the mirror already, of a row that did
    /// not change, is not fetched again.
    async fn fetch_blobs(&self, source: &Source, page: &mut Page) -> Result<(), Error> {
        let object = source.object.clone();
        let ids: Vec<RecordId> = page.rows.iter().map(|row| row.id).collect();
        let known = self
            .mirror
            .call(move |mirror| read::records(mirror, &object, &ids))
            .await?;
        let blobs: Vec<&FieldName> = source
            .columns
            .iter()
            .filter(|(_, column)| **column == Column::Blob)
            .map(|(field, _)| field)
            .collect();
        let mut rows = Vec::with_capacity(page.rows.len());
        for mut row in std::mem::take(&mut page.rows) {
            let known = known.get(&row.id).filter(|known| known.stamp == row.stamp);
            match self.read_blobs(&blobs, &mut row, known).await? {
                None => rows.push(row),
                Some(reason) => page.failures.push(Failure {
                    id: row.id.to_string(),
                    reason,
                }),
            }
        }
        page.rows = rows;
        Ok(())
    }

    /// Returns why the row cannot be read, if so.
    async fn read_blobs(
        &self,
        blobs: &[&FieldName],
        row: &mut Row,
        known: Option<&Stored>,
    ) -> Result<Option<String>, Error> {
        for field in blobs {
            let Some(value) = row.fields.remove(field.as_str()) else {
                continue;
            };
            let text = match known {
                Some(known) => known.text(field).unwrap_or_default().to_owned(),
                None => match self.read_blob(&value).await? {
                    Ok(text) => text,
                    Err(reason) => return Ok(Some(format!("{field}: {reason}"))),
                },
            };
            row.fields.insert(field.as_str().to_owned(), text);
        }
        Ok(None)
    }

    async fn read_blob(&self, value: &str) -> Result<Result<String, String>, Error> {
        let bytes = if value.starts_with("/services/data/") {
            match self.salesforce.get_blob(value).await {
                Ok(bytes) => bytes.to_vec(),
                Err(
                    error @ (salesforce::Error::NotFound { .. }
                    | salesforce::Error::Denied { .. }
                    | salesforce::Error::FileTooLarge { .. }),
                ) => return Ok(Err(error.to_string())),
                Err(error) => return Err(error.into()),
            }
        } else {
            match STANDARD.decode(value) {
                Ok(bytes) => bytes,
                Err(error) => return Ok(Err(format!("it is not base64 ({error})"))),
            }
        };
        Ok(Ok(String::from_utf8_lossy(&bytes).into_owned()))
    }

    async fn fetch_links(&self, link: &Link, page: &mut Page) -> Result<(), Error> {
        let record = FieldPath::from(&link.record);
        let target = FieldPath::from(&link.target);
        let query = Soql::select([record.clone(), target]).from(&link.object);
        let ids = page.rows.iter().map(|row| row.id);
        let mut targets: BTreeMap<RecordId, BTreeSet<RecordId>> = BTreeMap::new();
        for query in query.chunks_in(record, ids) {
            for row in self.salesforce.query_all_rows(&query).await? {
                let pair = row
                    .record_id(link.record.as_str())
                    .zip(row.record_id(link.target.as_str()));
                if let Some((record, target)) = pair {
                    targets.entry(record).or_default().insert(target);
                }
            }
        }
        for row in &mut page.rows {
            if let Some(targets) = targets.get(&row.id) {
                let joined: Vec<&str> = targets.iter().map(RecordId::as_str).collect();
                row.fields.insert(LINKED.to_owned(), joined.join(";"));
            }
        }
        Ok(())
    }
}

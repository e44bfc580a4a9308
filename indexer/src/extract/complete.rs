//! What a query does not give: links by link objects, and the contents of files.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{FieldName, RecordId};
use files::Kind;
use futures::{StreamExt, TryStreamExt};
use salesforce::{FieldPath, Soql};

use super::Extractor;
use crate::Error;
use crate::file_text::{FileOptions, stored};
use crate::mirror::{Failure, Page, Row, Stored, read};
use crate::plan::{Column, FilePlan, Source};

/// Files that are fetched and read at the same time.
const AT_ONCE: usize = 2;

/// The bytes by which a file's kind is known.
const HEAD: usize = 4_096;

/// A row with its contents, and why they are not what they should be.
struct Completed {
    row: Option<Row>,
    failure: Option<Failure>,
}

impl Extractor {
    /// Completes the rows of a page.
    pub(super) async fn complete(&self, source: &Source, page: &mut Page) -> Result<(), Error> {
        self.add_links(source, &mut page.rows).await?;
        if !source.has_blobs() || page.rows.is_empty() {
            return Ok(());
        }
        let known = self.known(source, &page.rows).await?;
        let rows = std::mem::take(&mut page.rows);
        let mut completed = futures::stream::iter(rows)
            .map(|row| {
                let known = known.get(&row.id).filter(|known| known.stamp == row.stamp);
                self.fetch(source, row, known)
            })
            .buffered(AT_ONCE);
        while let Some(Completed { row, failure }) = completed.try_next().await? {
            page.rows.extend(row);
            page.failures.extend(failure);
        }
        Ok(())
    }

    /// Notes in each row which records link objects link it to.
    pub(super) async fn add_links(&self, source: &Source, rows: &mut [Row]) -> Result<(), Error> {
        let Some(link) = &source.linked_by else {
            return Ok(());
        };
        let record = FieldPath::from(&link.record);
        let target = FieldPath::from(&link.target);
        let query = Soql::select([record.clone(), target]).from(&link.object);
        let mut targets: BTreeMap<RecordId, BTreeSet<RecordId>> = BTreeMap::new();
        let ids: Vec<RecordId> = rows
            .iter()
            .map(|row| linked_id(row, &link.record))
            .collect();
        for query in query.chunks_in(record, ids) {
            self.quota.admit().await?;
            for row in self.salesforce.query_all_rows(&query).await? {
                let pair = row
                    .record_id(link.record.as_str())
                    .zip(row.record_id(link.target.as_str()));
                if let Some((record, target)) = pair
                    && source.is_place(target)
                {
                    targets.entry(record).or_default().insert(target);
                }
            }
        }
        for row in rows {
            if let Some(targets) = targets.get(&linked_id(row, &link.record)) {
                let joined: Vec<&str> = targets.iter().map(RecordId::as_str).collect();
                row.fields.insert(link.target.to_string(), joined.join(";"));
            }
        }
        Ok(())
    }

    /// What the mirror has of some rows: the contents of one that has not changed are not fetched
    /// again.
    async fn known(
        &self,
        source: &Source,
        rows: &[Row],
    ) -> Result<BTreeMap<RecordId, Stored>, Error> {
        let object = source.object.clone();
        let ids: Vec<RecordId> = rows.iter().map(|row| row.id).collect();
        self.mirror
            .call(move |mirror| read::records(mirror, &object, &ids))
            .await
    }

    async fn fetch(
        &self,
        source: &Source,
        mut row: Row,
        known: Option<&Stored>,
    ) -> Result<Completed, Error> {
        let mut failure = None;
        for name in fetched(source) {
            let Some(value) = row.fields.remove(name.as_str()) else {
                continue;
            };
            if let Some(known) = known.and_then(|known| known.text(name)) {
                row.fields.insert(name.to_string(), known.to_owned());
                continue;
            }
            let is_file = source.columns.get(name) == Some(&Column::File);
            let text = if is_file {
                self.read_file(source, &row, &value).await?
            } else {
                self.read_blob(&value).await?.map(Some)
            };
            match text {
                Ok(text) => row.fields.extend(text.map(|text| (name.to_string(), text))),
                Err(reason) => {
                    failure = Some(Failure {
                        id: row.id.to_string(),
                        reason: format!("{name}: {reason}"),
                    });
                    if !is_file {
                        return Ok(Completed { row: None, failure });
                    }
                }
            }
        }
        // A file whose text cannot be had is still there by its name.
        let row = Some(row);
        Ok(Completed { row, failure })
    }

    /// The text of a blob, or why there is none.
    async fn read_blob(&self, value: &str) -> Result<Result<String, String>, Error> {
        let bytes = if value.starts_with("/services/data/") {
            self.download(value).await?
        } else {
            STANDARD
                .decode(value)
                .map_err(|error| format!("it is not base64 ({error})"))
        };
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The text of a file, as the mirror keeps it; none of one that has none to read, or that hangs
    /// on nothing.
    async fn read_file(
        &self,
        source: &Source,
        row: &Row,
        path: &str,
    ) -> Result<Result<Option<String>, String>, Error> {
        let plan = FilePlan::standard();
        let of = |field: &FieldName| row.fields.get(field.as_str()).map(String::as_str);
        let hangs = source
            .linked_by
            .as_ref()
            .and_then(|link| of(&link.target))
            .is_some();
        let Some(options) = self.files.as_ref().filter(|_| hangs) else {
            return Ok(Ok(None));
        };
        let extension = of(&plan.extension).unwrap_or_default();
        let size: u64 = of(&plan.size)
            .and_then(|size| size.parse().ok())
            .unwrap_or(0);
        if Kind::of(extension, &[]).is_none() {
            return Ok(Ok(None));
        }
        if size > options.max_bytes {
            return Ok(Err(too_large(size, options)));
        }
        let bytes = match self.download(path).await? {
            Ok(bytes) => bytes,
            Err(reason) => return Ok(Err(reason)),
        };
        let Some(kind) = Kind::of(extension, &bytes[..bytes.len().min(HEAD)]) else {
            return Ok(Ok(None));
        };
        Ok(match options.parser.parse(kind, &bytes).await {
            Ok(content) => Ok(Some(stored(content.text))),
            Err(error) => Err(error.to_string()),
        })
    }

    async fn download(&self, path: &str) -> Result<Result<Vec<u8>, String>, Error> {
        self.quota.admit().await?;
        match self.salesforce.get_blob(path).await {
            Ok(bytes) => Ok(Ok(bytes.to_vec())),
            Err(
                error @ (salesforce::Error::NotFound { .. }
                | salesforce::Error::Denied { .. }
                | salesforce::Error::FileTooLarge { .. }),
            ) => Ok(Err(error.to_string())),
            Err(error) => Err(error.into()),
        }
    }
}

fn fetched(source: &Source) -> impl Iterator<Item = &FieldName> {
    let columns = source.columns.iter();
    columns
        .filter(|(_, column)| column.is_fetched())
        .map(|(name, _)| name)
}

/// The id by which link records name a row: its own, or that of the document it is a version of.
fn linked_id(row: &Row, field: &FieldName) -> RecordId {
    let named = row.fields.get(field.as_str());
    named
        .and_then(|id| RecordId::parse(id).ok())
        .unwrap_or(row.id)
}

fn too_large(size: u64, options: &FileOptions) -> String {
    const MEGABYTE: u64 = 1024 * 1024;
    format!(
        "it has {} MB, more than attachments.max_megabytes = {}",
        size.div_ceil(MEGABYTE),
        options.max_bytes / MEGABYTE
    )
}

impl Source {
    /// Whether a link to this record matters.
    fn is_place(&self, target: RecordId) -> bool {
        self.linked_prefixes.is_empty() || self.linked_prefixes.contains(target.key_prefix())
    }
}

//! One record to read: the text of its document, so far as the viewer may read it.

use chrono::{DateTime, Utc};
use domain::{Document, DocumentRecord, FieldName, ObjectName, RecordId, Viewer};
use serde::{Deserialize, Serialize};
use store::{ExactKey, Filters};
use utoipa::ToSchema;

use super::search::DocumentHead;
use super::{Choice, Engine, Error};

/// Characters of what was asked for that an error repeats.
const SHOWN: usize = 80;

/// Reply of `GET /v1/records/{record}`: a document with the fields that citations point into.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Record {
    pub document: DocumentHead,
    /// The root record first, then its children in the order of their dates.
    pub records: Vec<RecordText>,
    /// When the index was last brought up to date.
    pub as_of: Option<DateTime<Utc>>,
}

/// The text of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordText {
    pub record_id: RecordId,
    pub object: ObjectName,
    /// When it was written: a comment's `CreatedDate`, an email's `MessageDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_at: Option<DateTime<Utc>>,
    /// The name of the file, if it is one that hangs on the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Fields without text, and those that the viewer may not read, are absent.
    pub fields: Vec<NamedText>,
}

/// A field and its clean text, into which the offsets of passages and citations point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NamedText {
    pub name: FieldName,
    pub text: String,
}

/// The document of a record, by the record's id or number. A comment's id finds its case, and an
/// article's number its version in the viewer's language.
///
/// # Errors
/// [`Error::NotFound`], alike for what is not there and for what the viewer may not read;
/// [`Error::Ambiguous`] when it is the number of several records.
pub async fn record(engine: &Engine, viewer: &Viewer, named: &str) -> Result<Record, Error> {
    let named = named.trim();
    let mut found = find(engine, viewer, named).await?;
    prefer_language(&mut found, viewer.language());
    let document = match found.len() {
        0 | 1 => found.pop(),
        several => {
            let choices = found.iter().map(|document| Choice::of(document, viewer));
            return Err(Error::Ambiguous {
                sentence: format!(
                    "{several} records that you can read have the number '{}': ask again with the id of \
                     one of them",
                    cut(named)
                ),
                choices: choices.collect(),
            });
        }
    };
    let document = document.ok_or_else(|| {
        let shown = cut(named);
        Error::NotFound(format!(
            "no record that you can read has the id or number '{shown}'"
        ))
    })?;
    Ok(Record {
        document: DocumentHead::of(&document, viewer),
        records: document.records.into_iter().map(RecordText::from).collect(),
        as_of: engine.as_of(),
    })
}

/// What has this id or number and may be read.
async fn find(engine: &Engine, viewer: &Viewer, named: &str) -> Result<Vec<Document>, Error> {
    let key = match RecordId::parse(named) {
        Ok(id) => ExactKey::Id(id),
        Err(_) => ExactKey::Number(named.to_owned()),
    };
    let filters = Filters::default();
    let found = engine.reader.exact(viewer, &[key], &filters).await?;
    let readable = engine.access.confirm(viewer, &found).await?;
    let readable: Vec<RecordId> = readable.into_iter().collect();
    Ok(engine.reader.documents(viewer, &readable).await?)
}

/// Of the versions of one article, keeps the one in this language, else the first.
fn prefer_language(found: &mut Vec<Document>, language: Option<&str>) {
    let article = found.first().and_then(|document| document.parents.article);
    let is_one = article.is_some() && found.iter().all(|other| other.parents.article == article);
    if is_one {
        let own = found
            .iter()
            .position(|document| document.language.as_deref() == language);
        found.swap(0, own.unwrap_or(0));
        found.truncate(1);
    }
}

fn cut(named: &str) -> String {
    named.chars().take(SHOWN).collect()
}

impl From<DocumentRecord> for RecordText {
    fn from(record: DocumentRecord) -> Self {
        let fields = record.fields.into_iter().map(|field| NamedText {
            name: field.field,
            text: field.text,
        });
        Self {
            record_id: record.record_id,
            object: record.object,
            written_at: record.written_at,
            file: record.file,
            fields: fields.collect(),
        }
    }
}

//! A document: what a person would call one thing to read.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ArticleVisibility, FieldName, Grant, ObjectName, RecordId, SourceKey};

/// An article version in one language, a case with its comments and emails, a task, an account…
///
/// It holds only text of its own records: what another record says (the name of a case's account)
/// is another document's, because another rule decides who may read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The id of its root record; for an article, of the version.
    pub id: RecordId,
    /// The object of the root record.
    pub object: ObjectName,
    /// The object's label in the org: "Case".
    pub label: String,
    /// Where the title stands in the records; none if the title is empty.
    pub title: Option<Title>,
    /// `CaseNumber`, `ArticleNumber`, `ContractNumber`: never hidden by field-level security.
    pub number: Option<Number>,
    /// Lightning address of the root record.
    pub url: String,
    pub parents: Parents,
    /// `OwnerId` of the root record: a user or a queue.
    pub owner: Option<RecordId>,
    /// `Status`, `StageName`…, with the field that it came from.
    pub status: Option<Facet>,
    /// As Salesforce writes it: `en_US`.
    pub language: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    /// The latest `SystemModstamp` among its records.
    pub updated_at: DateTime<Utc>,
    /// Values to filter and count by, beyond the fixed ones: facet name → values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facets: BTreeMap<String, Vec<Facet>>,
    /// The articles that people attached to it: "this article solved that case".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub articles: Vec<AttachedArticle>,
    /// By what its root record may be read, as of the last sync. Empty for articles, and for objects
    /// whose sharing is not known.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub grants: BTreeSet<Grant>,
    /// None for what is no article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<ArticleVisibility>,
    /// Root record first, then its children in the order of their dates.
    pub records: Vec<DocumentRecord>,
}

/// A facet's value and the field that it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    /// The object of the part whose field it is; none if it is the root record's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectName>,
    pub field: FieldName,
    pub value: String,
    /// What people call the value, if otherwise: a record type's label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// The title's text and the field of the root record that it is the text of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Title {
    pub field: FieldName,
    pub text: String,
}

/// The number by which people call the root record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    pub field: FieldName,
    pub text: String,
}

/// The records that a document hangs on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parents {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<RecordId>,
    /// The field that names the account, if it is not `AccountId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_field: Option<FieldName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<RecordId>,
    /// The field that names the contact, if it is not `ContactId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_field: Option<FieldName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<RecordId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opportunity: Option<RecordId>,
    /// `KnowledgeArticleId`: the same for all versions and languages of an article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article: Option<RecordId>,
    /// Any other lookup that the object's profile names as a parent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other: Vec<RecordId>,
}

/// An article that a record of a document attaches to it (`CaseArticle`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedArticle {
    /// `KnowledgeArticleId`: the same for all versions and languages of the article.
    pub article: RecordId,
    /// The object of the record, and its field that names the article: who may not read them does
    /// not learn of it.
    pub object: ObjectName,
    pub field: FieldName,
}

/// The text of one record of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRecord {
    pub record_id: RecordId,
    pub object: ObjectName,
    /// When it was written: a comment's `CreatedDate`, an email's `MessageDate`.
    pub written_at: Option<DateTime<Utc>>,
    /// The name of the file, if the record is one that hangs on the document: "manual.pdf".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// In the order of the profile; fields without text are absent.
    pub fields: Vec<FieldText>,
}

/// A field and its clean text: HTML removed, NFC, runs of blanks folded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldText {
    pub field: FieldName,
    pub text: String,
    /// Where the pages begin, in their order, if it is the text of a file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<PageStart>,
}

/// Where a page of a file begins in its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageStart {
    /// In characters.
    pub start: usize,
    /// From 1, as a reader of the file counts: a page, a slide, a sheet.
    pub number: u32,
    /// The name of a sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// A place in a file, for people: "manual.pdf, page 3".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FilePlace {
    pub name: String,
    pub page: u32,
    /// The name of the sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
}

impl Facet {
    /// Whether Salesforce counts the record as done with: `IsClosed`, `true` or `false`.
    pub const IS_CLOSED: &str = "is_closed";
    /// Whether an opportunity was won: `IsWon`, `true` or `false`.
    pub const IS_WON: &str = "is_won";
    /// Whether a case is escalated: `IsEscalated`, `true` or `false`.
    pub const IS_ESCALATED: &str = "is_escalated";
    /// The day that the record is about: when an event begins, a task is due, a case was closed, a
    /// deal closes, a contract ends. `2026-05-03`, in UTC.
    pub const DAY: &str = "day";
    /// The developer name of the record type, with its label.
    pub const RECORD_TYPE: &str = "record_type";
    /// The id of a `Product2`, or what a profile's field says instead.
    pub const PRODUCT: &str = "product";

    /// A value of the root record.
    pub fn new(field: FieldName, value: String) -> Self {
        Self {
            object: None,
            field,
            value,
            label: None,
        }
    }

    /// The field that a viewer must be allowed to read, in a document of `root`.
    pub fn source(&self, root: &ObjectName) -> SourceKey {
        SourceKey::new(self.object.as_ref().unwrap_or(root), &self.field)
    }
}

impl FieldText {
    /// The text of a field that is no file.
    pub fn new(field: FieldName, text: String) -> Self {
        Self {
            field,
            text,
            pages: Vec::new(),
        }
    }
}

impl Document {
    /// What a person who may not read the title field sees instead: "Case 00001026".
    pub fn plain_title(&self) -> String {
        match &self.number {
            Some(number) => format!("{} {}", self.label, number.text),
            None => format!("{} {}", self.label, self.id),
        }
    }

    /// Where in which file the character `start` of a field's text stands; none if it is no file's.
    pub fn file_place(
        &self,
        record_id: RecordId,
        field: &FieldName,
        start: usize,
    ) -> Option<FilePlace> {
        let mut records = self.records.iter();
        let record = records.find(|record| record.record_id == record_id)?;
        let text = record.fields.iter().find(|text| &text.field == field)?;
        let before = text.pages.iter().take_while(|page| page.start <= start);
        let page = before.last()?;
        Some(FilePlace {
            name: record.file.clone()?,
            page: page.number,
            sheet: page.label.clone(),
        })
    }

    /// The clean text of one field of one of its records.
    pub fn text(&self, record_id: RecordId, field: &FieldName) -> Option<&str> {
        let record = self
            .records
            .iter()
            .find(|record| record.record_id == record_id)?;
        let found = record.fields.iter().find(|text| &text.field == field)?;
        Some(&found.text)
    }
}

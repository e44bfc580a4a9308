//! What a summary says and where it was read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{FieldName, FilePlace, ObjectName, RecordId};

/// A sentence of a summary with the numbers of the citations that support it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Claim {
    pub text: String,
    pub citations: Vec<usize>,
}

/// A verbatim quote and the place where anybody can check it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Citation {
    /// From 1, in the order of first use.
    pub number: usize,
    pub record_id: RecordId,
    pub object: ObjectName,
    pub field: FieldName,
    /// Letter for letter what stands at `start..end` of the field's clean text.
    pub quote: String,
    /// In Unicode scalar values of the field's clean text.
    pub start: usize,
    pub end: usize,
    /// The title of the document that the record belongs to, as the viewer may see it.
    pub title: String,
    /// Lightning address of the document's root record.
    pub url: String,
    /// Where it stands, if the field is a file's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FilePlace>,
}

impl Citation {
    /// The field and the record: `Case.Description of 500EzAAAAAAAAABI55`.
    pub fn place(&self) -> String {
        format!("{}.{} of {}", self.object, self.field, self.record_id)
    }
}

/// The numbers of citations as they stand behind a sentence: `[1][2]`.
pub fn marks(numbers: &[usize]) -> String {
    numbers.iter().map(|number| format!("[{number}]")).collect()
}

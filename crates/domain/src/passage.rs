//! A passage: the unit of indexing, of access and of citation.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{FieldName, ObjectName, RecordId, SourceKey};

/// A span of one field of one record of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    pub id: PassageId,
    pub document_id: RecordId,
    pub record_id: RecordId,
    /// The record's object, which may differ from the document's: `CaseComment` in a `Case`.
    pub object: ObjectName,
    pub field: FieldName,
    /// Where `text` starts in the field's clean text, in Unicode scalar values.
    pub start: usize,
    /// Where it ends, exclusive.
    pub end: usize,
    pub text: String,
}

/// Stable over runs: the same span of the same field always has the same id, so that writing it
/// again replaces it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PassageId(pub Uuid);

impl PassageId {
    /// The id of the `ordinal`-th passage of a field of a record within a document.
    ///
    /// The document counts because a note that is linked to two accounts may stand in two.
    pub fn new(
        document_id: RecordId,
        record_id: RecordId,
        field: &FieldName,
        ordinal: usize,
    ) -> Self {
        let name = format!("{document_id}/{record_id}/{field}/{ordinal}");
        Self(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()))
    }
}

impl Passage {
    pub fn source(&self) -> SourceKey {
        SourceKey::new(&self.object, &self.field)
    }
}

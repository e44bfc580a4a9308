//! One commit of the keyword index, as readers see it until the next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{PassageId, RecordId};
use serde::{Deserialize, Serialize};
use tantivy::schema::Field;
use tantivy::{DocAddress, DocId, Searcher};

use super::forms::Tongues;
use super::heads::Heads;
use super::schema::Fields;
use super::segment::{Segment, Segments};
use crate::access::Vocabulary;
use crate::conditions::readers::RememberedReaders;
use crate::conditions::{Kind, prefix, split_pair};

/// What a commit says about itself; kept as the payload of Tantivy's commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Envelope {
    /// Where the sync stood; opaque here.
    pub cursor: String,
    pub committed_at: DateTime<Utc>,
    /// Vectors at the time of the commit, to notice when they are gone.
    pub vectors: u64,
    /// The collection on a Qdrant server that has the vectors; none if they are in the folder.
    /// With the vectors somewhere else, the cursor is worth nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
}

pub(crate) struct Snapshot {
    pub searcher: Searcher,
    pub fields: Fields,
    pub vocabulary: Vocabulary,
    pub envelope: Option<Envelope>,
    /// One for each segment of the searcher, in its order.
    pub(super) segments: Vec<Arc<Segment>>,
    all: Arc<Segments>,
}

impl Snapshot {
    pub(super) fn new(
        searcher: Searcher,
        all: &Arc<Segments>,
        fields: Fields,
        envelope: Option<Envelope>,
    ) -> tantivy::Result<Self> {
        let condition_sources = values(&searcher, fields.condition_source)?;
        let vocabulary = Vocabulary {
            tongues: Tongues::of_codes(&values(&searcher, fields.tongue)?),
            languages: languages(&searcher, fields.condition, &condition_sources)?,
            objects: values(&searcher, fields.object)?,
            sources: values(&searcher, fields.source)?,
            title_sources: values(&searcher, fields.title_source)?,
            condition_sources,
            readers: RememberedReaders::default(),
        };
        let segments = all.of(&searcher)?;
        Ok(Self {
            searcher,
            fields,
            vocabulary,
            envelope,
            segments,
            all: Arc::clone(all),
        })
    }

    /// The id of the passage of a row; none for a document row.
    pub(crate) fn passage_of(&self, row: DocAddress) -> Option<PassageId> {
        self.segment(row)?.passage(row.doc_id)
    }

    /// The id of the document that a row belongs to.
    pub(crate) fn document_of(&self, row: DocAddress) -> Option<RecordId> {
        self.segment(row)?.document(row.doc_id)
    }

    /// The place of a passage row among its document's passages; none for a document row.
    pub(crate) fn ordinal_of(&self, row: DocAddress) -> Option<u64> {
        self.segment(row)?.ordinal(row.doc_id)
    }

    /// The row of a passage.
    pub(super) fn passage_row(&self, id: PassageId) -> Option<DocAddress> {
        self.find(|segment, is_alive| segment.passage_rows(id).find(|row| is_alive(*row)))
    }

    /// The row that a document itself has.
    pub(super) fn document_row(&self, id: RecordId) -> Option<DocAddress> {
        self.find(|segment, is_alive| segment.document_row(id).filter(|row| is_alive(*row)))
    }

    pub(super) fn segment(&self, row: DocAddress) -> Option<&Segment> {
        let segment = self.segments.get(row.segment_ord as usize)?;
        Some(segment.as_ref())
    }

    pub(super) fn heads(&self) -> &Heads {
        &self.all.heads
    }

    fn find(
        &self,
        within: impl Fn(&Segment, &dyn Fn(DocId) -> bool) -> Option<DocId>,
    ) -> Option<DocAddress> {
        let readers = self.searcher.segment_readers();
        let mut segments = (0..).zip(readers).zip(&self.segments);
        segments.find_map(|((number, reader), segment)| {
            let row = within(segment, &|row| !reader.is_deleted(row))?;
            Some(DocAddress::new(number, row))
        })
    }
}

/// All values of a field that has few.
fn values(searcher: &Searcher, field: Field) -> tantivy::Result<BTreeSet<String>> {
    let mut values = BTreeSet::new();
    for segment in searcher.segment_readers() {
        let inverted = segment.inverted_index(field)?;
        let mut terms = inverted.terms().stream()?;
        while terms.advance() {
            if let Ok(value) = std::str::from_utf8(terms.key())
                && !values.contains(value)
            {
                values.insert(value.to_owned());
            }
        }
    }
    Ok(values)
}

/// The languages of documents, by the source that tells them.
fn languages(
    searcher: &Searcher,
    condition: Field,
    pairs: &BTreeSet<String>,
) -> tantivy::Result<BTreeMap<String, BTreeSet<String>>> {
    let kind = Kind::Language.to_string();
    let mut languages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let sources = pairs.iter().filter_map(|pair| split_pair(pair));
    for (_, source) in sources.filter(|(found, _)| *found == kind) {
        let prefix = prefix(&format!("{}{source}", prefix(&kind)));
        let known = languages.entry(source.to_owned()).or_default();
        for segment in searcher.segment_readers() {
            let inverted = segment.inverted_index(condition)?;
            let mut terms = inverted.terms().range().ge(&prefix).into_stream()?;
            while terms.advance() {
                let Some(language) = terms.key().strip_prefix(prefix.as_bytes()) else {
                    break;
                };
                known.insert(String::from_utf8_lossy(language).into_owned());
            }
        }
    }
    Ok(languages)
}

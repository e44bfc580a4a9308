//! One commit of the keyword index, as readers see it until the next.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::{PassageId, RecordId};
use serde::{Deserialize, Serialize};
use tantivy::columnar::{Column, StrColumn};
use tantivy::schema::Field;
use tantivy::{DocAddress, Searcher, SegmentReader};
use uuid::Uuid;

use super::schema::{self, Fields};
use crate::access::Vocabulary;
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
    /// One for each segment of the searcher.
    columns: Vec<Columns>,
}

/// The columns that are read for every hit, opened once.
struct Columns {
    passage_high: Column<u64>,
    passage_low: Column<u64>,
    ordinal: Column<u64>,
    document: Option<StrColumn>,
}

impl Snapshot {
    pub(super) fn new(
        searcher: Searcher,
        fields: Fields,
        envelope: Option<Envelope>,
    ) -> tantivy::Result<Self> {
        let condition_sources = values(&searcher, fields.condition_source)?;
        let vocabulary = Vocabulary {
            languages: languages(&searcher, fields.condition, &condition_sources)?,
            objects: values(&searcher, fields.object)?,
            sources: values(&searcher, fields.source)?,
            title_sources: values(&searcher, fields.title_source)?,
            condition_sources,
        };
        let columns = searcher
            .segment_readers()
            .iter()
            .map(Columns::open)
            .collect::<tantivy::Result<_>>()?;
        Ok(Self {
            searcher,
            fields,
            vocabulary,
            envelope,
            columns,
        })
    }

    /// The id of the passage of a row; none for a document row.
    pub(crate) fn passage_of(&self, row: DocAddress) -> Option<PassageId> {
        let columns = self.columns.get(row.segment_ord as usize)?;
        let high = columns.passage_high.first(row.doc_id)?;
        let low = columns.passage_low.first(row.doc_id)?;
        Some(PassageId(Uuid::from_u64_pair(high, low)))
    }

    /// The id of the document that a row belongs to.
    pub(crate) fn document_of(&self, row: DocAddress) -> Option<RecordId> {
        let columns = self.columns.get(row.segment_ord as usize)?;
        let documents = columns.document.as_ref()?;
        let ordinal = documents.ords().first(row.doc_id)?;
        let mut id = String::with_capacity(18);
        documents.ord_to_str(ordinal, &mut id).ok()?;
        RecordId::parse(&id).ok()
    }

    /// The place of a passage row among its document's passages; none for a document row.
    pub(crate) fn ordinal_of(&self, row: DocAddress) -> Option<u64> {
        let columns = self.columns.get(row.segment_ord as usize)?;
        columns.ordinal.first(row.doc_id)
    }
}

impl Columns {
    fn open(segment: &SegmentReader) -> tantivy::Result<Self> {
        let fast = segment.fast_fields();
        Ok(Self {
            passage_high: fast.u64(schema::PASSAGE_HIGH)?,
            passage_low: fast.u64(schema::PASSAGE_LOW)?,
            ordinal: fast.u64(schema::ORDINAL)?,
            document: fast.str(schema::DOCUMENT)?,
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

//! Vectors for the passages of a page of documents.

use domain::{Document, Passage, RecordId};
use models::CachedEmbedder;
use store::IndexedDocument;

use crate::build::Outage;
use crate::passage::Planned;

/// Documents with their passages and vectors, and how many vectors were new.
#[derive(Debug, Default)]
pub(crate) struct Embedded {
    pub documents: Vec<IndexedDocument>,
    pub computed: u64,
    pub cached: u64,
    /// Those that lack vectors because the model did not answer.
    pub vectorless: Vec<RecordId>,
}

/// Embeds the passages of all documents together, so that the model's batches are full. Without an
/// embedder no passage gets a vector; one that fails is left alone for the rest of the run.
pub(crate) async fn embed(
    embedder: Option<&CachedEmbedder>,
    outage: &Outage,
    documents: Vec<(Document, Vec<Planned>)>,
) -> Embedded {
    let Some(embedder) = embedder else {
        return Embedded {
            documents: with_vectors(documents, Vec::new()),
            ..Embedded::default()
        };
    };
    let texts: Vec<String> = documents
        .iter()
        .flat_map(|(_, passages)| passages)
        .filter_map(|planned| planned.embedded.clone())
        .collect();
    if outage.reason().is_none() {
        match embedder.passages(texts).await {
            Ok(embedded) => {
                return Embedded {
                    documents: with_vectors(documents, embedded.vectors),
                    computed: embedded.computed as u64,
                    cached: embedded.cached as u64,
                    vectorless: Vec::new(),
                };
            }
            Err(error) => outage.begin(&error),
        }
    }
    let wants_vectors = |passages: &[Planned]| passages.iter().any(|p| p.embedded.is_some());
    Embedded {
        vectorless: documents
            .iter()
            .filter(|(_, passages)| wants_vectors(passages))
            .map(|(document, _)| document.id)
            .collect(),
        documents: with_vectors(documents, Vec::new()),
        ..Embedded::default()
    }
}

/// Gives each passage that has a text to embed the next vector.
fn with_vectors(
    documents: Vec<(Document, Vec<Planned>)>,
    vectors: Vec<Vec<f32>>,
) -> Vec<IndexedDocument> {
    let mut vectors = vectors.into_iter();
    let mut next = |planned: Planned| -> (Passage, Option<Vec<f32>>) {
        let vector = planned.embedded.and_then(|_| vectors.next());
        (planned.passage, vector)
    };
    documents
        .into_iter()
        .map(|(document, passages)| IndexedDocument {
            document,
            passages: passages.into_iter().map(&mut next).collect(),
        })
        .collect()
}

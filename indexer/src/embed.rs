//! Vectors for the passages of a page of documents.

use domain::{Document, Passage};
use models::CachedEmbedder;
use store::IndexedDocument;

use crate::Error;
use crate::passage::Planned;

/// Documents with their passages and vectors, and how many vectors were new.
#[derive(Debug, Default)]
pub(crate) struct Embedded {
    pub documents: Vec<IndexedDocument>,
    pub computed: u64,
    pub cached: u64,
}

/// Embeds the passages of all documents together, so that the model's batches are full. Without an
/// embedder no passage gets a vector.
pub(crate) async fn embed(
    embedder: Option<&CachedEmbedder>,
    documents: Vec<(Document, Vec<Planned>)>,
) -> Result<Embedded, Error> {
    let Some(embedder) = embedder else {
        return Ok(Embedded {
            documents: with_vectors(documents, Vec::new()),
            ..Embedded::default()
        });
    };
    let texts: Vec<String> = documents
        .iter()
        .flat_map(|(_, passages)| passages)
        .filter_map(|planned| planned.embedded.clone())
        .collect();
    let embedded = embedder.passages(texts).await?;
    Ok(Embedded {
        documents: with_vectors(documents, embedded.vectors),
        computed: embedded.computed as u64,
        cached: embedded.cached as u64,
    })
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

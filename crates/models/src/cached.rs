//! An embedder that does no work twice.

use std::collections::{HashMap, HashSet};

use crate::cache::{EmbeddingCache, TextKey};
use crate::transport::unexpected;
use crate::{Embedder, Error};

/// Texts that are looked up, computed and kept together: what is lost at most when the program is
/// killed, and little enough to hash between two polls of other tasks.
const CHUNK: usize = 256;

/// An [`Embedder`] that asks an [`EmbeddingCache`] first. Cheap to clone.
#[derive(Clone)]
pub struct CachedEmbedder {
    embedder: Embedder,
    cache: EmbeddingCache,
}

/// Vectors in the order of their texts, and where they came from.
#[derive(Debug, Default, PartialEq)]
pub struct Embedded {
    pub vectors: Vec<Vec<f32>>,
    /// Texts that the model was run on.
    pub computed: usize,
    /// Texts whose vector was there already, or that stand twice among the texts given.
    pub cached: usize,
}

impl CachedEmbedder {
    pub fn new(embedder: Embedder, cache: EmbeddingCache) -> Self {
        Self { embedder, cache }
    }

    /// The embedder beneath, for queries, which are not cached.
    pub fn embedder(&self) -> &Embedder {
        &self.embedder
    }

    /// Embeds what the cache lacks, keeps it, and returns all.
    pub async fn passages(&self, texts: Vec<String>) -> Result<Embedded, Error> {
        let mut all = Embedded::default();
        let mut texts = texts.into_iter();
        loop {
            let chunk: Vec<String> = texts.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return Ok(all);
            }
            let embedded = self.chunk(chunk).await?;
            all.vectors.extend(embedded.vectors);
            all.computed += embedded.computed;
            all.cached += embedded.cached;
        }
    }

    async fn chunk(&self, texts: Vec<String>) -> Result<Embedded, Error> {
        let id = self.embedder.id();
        let keys: Vec<TextKey> = texts.iter().map(|text| TextKey::of(text)).collect();
        let mut known = self.cache.get_many(id, keys.clone()).await?;

        let mut asked = HashSet::new();
        let lacking = |key: &TextKey| !known.contains_key(key) && asked.insert(*key);
        let (new_keys, new_texts) = pick(&keys, texts, lacking);
        let computed = new_texts.len();
        if computed > 0 {
            let vectors = self.embedder.passages(new_texts).await?;
            let vectors: HashMap<_, _> = new_keys.into_iter().zip(vectors).collect();
            known.extend(vectors.clone());
            self.cache.put_many(id, vectors).await?;
        }

        let vector = |key| known.get(key).cloned();
        let vectors: Option<Vec<Vec<f32>>> = keys.iter().map(vector).collect();
        let vectors = vectors.ok_or_else(|| unexpected("fewer vectors than texts"))?;
        Ok(Embedded {
            cached: keys.len() - computed,
            vectors,
            computed,
        })
    }
}

/// The texts that are wanted, with their keys.
fn pick(
    keys: &[TextKey],
    texts: Vec<String>,
    mut wanted: impl FnMut(&TextKey) -> bool,
) -> (Vec<TextKey>, Vec<String>) {
    let pairs = keys.iter().copied().zip(texts);
    pairs.filter(|(key, _)| wanted(key)).unzip()
}

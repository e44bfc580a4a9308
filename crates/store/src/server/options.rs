//! Which Qdrant server an index is on, and how it is kept there.

use std::time::Duration;

use secrecy::SecretString;

/// A Qdrant server or cluster.
///
/// What stands below [`ServerOptions::timeout`] is given to Qdrant when a collection is made, and
/// changes nothing about one that is there.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The gRPC address: `http://localhost:6334`; `https` for TLS, by the certificates that the
    /// system trusts.
    pub url: String,
    pub api_key: Option<SecretString>,
    /// The alias that readers follow; collections are `{collection}-{hash of model and layout}`.
    pub collection: String,
    /// Whether documents, passages and words live on the server too, or in a local index.
    pub words: Words,
    /// How long one write may take. A read has two seconds: somebody waits for it.
    pub timeout: Duration,
    pub quantization: Quantization,
    /// Copies of each shard.
    pub replication_factor: u32,
    /// Copies that must have a write before it counts.
    pub write_consistency_factor: u32,
    /// None: one for each node of the cluster.
    pub shard_number: Option<u32>,
    /// Keep full vectors in mapped files instead of in memory.
    pub on_disk: bool,
}

/// Where documents, passages and words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// In Tantivy, in the index's folder.
    Local,
    /// On the server, as sparse vectors.
    Server,
}

/// What is searched before full vectors are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantization {
    /// One byte a number instead of four, in memory; the best candidates are compared in full.
    Scalar,
    None,
}

impl ServerOptions {
    /// An unreplicated collection with quantized vectors, words in a local index.
    pub fn new(url: String, collection: String) -> Self {
        Self {
            url,
            api_key: None,
            collection,
            words: Words::Local,
            timeout: Duration::from_secs(60),
            quantization: Quantization::Scalar,
            replication_factor: 1,
            write_consistency_factor: 1,
            shard_number: None,
            on_disk: true,
        }
    }
}

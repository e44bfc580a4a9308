//! Models: what turns text into vectors, and what writes sentences.
//!
//! An [`Embedder`] is a model in this process ([`LocalModel`]) or behind a URL ([`RemoteEmbedder`]:
//! Azure OpenAI, or anything that speaks its protocol); [`CachedEmbedder`] remembers what was
//! embedded before, and [`ChatModel`] completes one prompt, whole or as a [`ChatStream`].
//!
//! The crate knows texts, vectors and JSON schemas. It refuses to know what a passage, a record or
//! a question is, holds no prompt, and decides nothing about who may read what. Every failure is
//! one [`Error`], named for what the caller can do about it.

mod cache;
mod cached;
mod chat;
mod embedder;
mod endpoint;
mod error;
mod transport;

pub use cache::{EmbeddingCache, TextKey};
pub use cached::{CachedEmbedder, Embedded};
pub use chat::{
    Chat, ChatEvent, ChatModel, ChatOptions, ChatStream, Completion, End, Finish, JsonSchema,
    Structured, TokenLimit, Usage,
};
pub use embedder::local::LocalModel;
pub use embedder::remote::{RemoteEmbedder, RemoteOptions};
pub use embedder::{Embedder, ModelId};
pub use endpoint::{Credential, Endpoint, Route, TokenSource};
pub use error::{Error, FilteredText};

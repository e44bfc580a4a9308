//! The index: what precis searches, kept in two engines in one folder.
//!
//! Tantivy holds the documents and their passages and finds words; Qdrant, run inside this process,
//! holds the passages' vectors and finds meanings. [`open()`] gives a [`Reader`], which is cheap to
//! clone, and the only [`Writer`].
//!
//! Past one machine, the vectors are on a Qdrant server ([`open_on_server`]), and with
//! [`Words::Server`] everything is: then any number of readers need no folder
//! ([`read_from_server`]). Readers and writers do the same, wherever the index is.
//!
//! What this crate refuses to do:
//! - read for people without a [`Viewer`](domain::Viewer): object and field permissions are part of
//!   the query that each engine runs, never a sieve after it. Record by record access is not
//!   decided here;
//! - decide what becomes a document or a passage, or make a vector;
//! - show what was not committed: a vector whose passage is not in the committed Tantivy index (a
//!   crash came between the two) is dropped before anybody sees it;
//! - block the async runtime: this is the one crate with `spawn_blocking`.

mod access;
mod blocking;
mod conditions;
mod error;
mod filters;
mod folder;
mod keyword;
mod open;
mod reader;
mod server;
mod vector;
mod writer;

pub use error::Error;
pub use filters::{Exclusions, Filters, Reached};
pub use keyword::query::{ExactKey, KeywordQuery};
pub use keyword::spelling::Respelled;
pub use open::{ModelSpec, OpenOptions, open, open_on_server, read_from_server, try_server};
pub use reader::{Order, Place, Reader, Scored, Synced};
pub use server::{Quantization, ServerOptions, Words};
pub use writer::{Batch, Counts, Documents, IndexedDocument, Writer};

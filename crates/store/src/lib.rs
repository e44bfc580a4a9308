//! The index: one Reader and one Writer over Tantivy and Qdrant

//! The words of precis: ids, documents, passages, viewers and citations

//! The words of precis: ids, objects, documents, passages, viewers and citations.
//!
//! Everything here is plain data with its rules. Nothing here does I/O, waits, or knows how a
//! record is fetched, stored or shown.

mod citation;
mod document;
mod grant;
mod ids;
mod object;
mod parsed;
mod passage;
mod sight;
mod viewer;

pub use citation::{Citation, Claim, marks};
pub use document::{
    AttachedArticle, Document, DocumentRecord, Facet, FieldText, FilePlace, Number, PageStart,
    Parents, Title,
};
pub use grant::{ArticleVisibility, Channel, Grant, Grantee};
pub use ids::{InvalidId, RecordId, UserId};
pub use object::{FieldName, InvalidName, ObjectName, SourceKey};
pub use passage::{Passage, PassageId};
pub use sight::{ArticleSight, Reach};
pub use viewer::{FieldAccess, Subject, Viewer};

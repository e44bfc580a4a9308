//! Quotes: spans of fields of records that the viewer may read.

use chrono::{DateTime, Utc};
use domain::{Claim, Document, DocumentRecord, FieldText, Passage, PassageId, Viewer};

use crate::query::grounding::{Citations, Source, Span, cut};

/// A span of a field of one of a document's records. The document is as the viewer may see it.
#[derive(Debug, Clone, Copy)]
pub struct Quote<'a> {
    pub document: &'a Document,
    pub record: &'a DocumentRecord,
    pub field: &'a FieldText,
    pub span: Span,
}

impl<'a> Quote<'a> {
    /// The whole of a field.
    pub fn whole(document: &'a Document, record: &'a DocumentRecord, field: &'a FieldText) -> Self {
        let span = Span {
            start: 0,
            end: field.text.chars().count(),
        };
        Self {
            document,
            record,
            field,
            span,
        }
    }

    /// The whole of a field of the root record; none if it is empty, or not for the viewer.
    pub fn of_root(document: &'a Document, field: &str) -> Option<Self> {
        let record = document.records.first()?;
        if record.record_id != document.id {
            return None;
        }
        let field = named(record, field)?;
        Some(Self::whole(document, record, field))
    }

    /// Where the document's title stands; none if it has none that the viewer may read.
    pub fn of_title(document: &'a Document) -> Option<Self> {
        let title = document.title.as_ref()?;
        Self::of_root(document, title.field.as_str())
    }

    /// Where the number stands by which people call the document.
    pub fn of_number(document: &'a Document) -> Option<Self> {
        let number = document.number.as_ref()?;
        Self::of_root(document, number.field.as_str())
    }

    /// Another span of the same field.
    pub fn at(self, span: Span) -> Self {
        Self { span, ..self }
    }

    pub fn text(&self) -> String {
        cut(&self.field.text, self.span)
    }

    /// The number of its citation.
    pub fn cite(&self, citations: &mut Citations, viewer: &Viewer) -> usize {
        let place = (self.document, viewer);
        citations.cite_field(place, self.record, self.field, self.span)
    }

    /// The quote as a claim of its own.
    pub fn claim(&self, citations: &mut Citations, viewer: &Viewer) -> Claim {
        Claim {
            text: self.text(),
            citations: vec![self.cite(citations, viewer)],
        }
    }

    /// As a passage that a model may draw on.
    pub fn source(&self, viewer: &Viewer, score: f32) -> Source {
        let (record, field) = (self.record, &self.field.field);
        let passage = Passage {
            id: PassageId::new(self.document.id, record.record_id, field, self.span.start),
            document_id: self.document.id,
            record_id: record.record_id,
            object: record.object.clone(),
            field: field.clone(),
            start: self.span.start,
            end: self.span.end,
            text: self.text(),
        };
        Source::new(passage, self.document, viewer, score)
    }
}

/// A field of a record by its API name.
pub fn named<'a>(record: &'a DocumentRecord, field: &str) -> Option<&'a FieldText> {
    record.fields.iter().find(|text| text.field == field)
}

/// A time as Salesforce writes it, or as RFC 3339 has it.
pub fn time(text: &str) -> Option<DateTime<Utc>> {
    let parsed = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    parsed.ok().map(|time| time.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salesforce_writes_times_in_its_own_way() {
        let expected = time("2026-11-20T10:29:00Z");
        assert!(expected.is_some());
        assert_eq!(time("2026-11-20T10:29:00.000+0000"), expected);
        assert_eq!(time("yesterday"), None);
    }
}

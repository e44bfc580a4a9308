//! Numbered citations, collected while an answer is put together.

use chrono::{DateTime, Utc};
use domain::{
    Citation, Claim, Document, DocumentRecord, FieldName, FieldText, FilePlace, ObjectName,
    Passage, Viewer,
};

use super::sentence::{Span, cut};

/// A passage that an answer may draw on, with the document that it belongs to.
#[derive(Debug, Clone)]
pub struct Source {
    pub passage: Passage,
    /// The document's title, as the viewer may see it.
    pub title: String,
    /// The field that the title is the text of, if the viewer may read it.
    pub title_field: Option<FieldName>,
    pub url: String,
    /// The object that the document is of, its status and when it was changed last, for whoever weighs
    /// one source against another.
    pub kind: Kind,
    /// Where the passage begins, if it is of a file.
    pub file: Option<FilePlace>,
    /// Retrieval's score of the passage.
    pub score: f32,
}

/// What is known of a source beside its text.
#[derive(Debug, Clone)]
pub struct Kind {
    pub object: ObjectName,
    pub status: Option<String>,
    pub updated_at: DateTime<Utc>,
}

impl Source {
    pub fn new(passage: Passage, document: &Document, viewer: &Viewer, score: f32) -> Self {
        let file = document.file_place(passage.record_id, &passage.field, passage.start);
        let title = document.title.as_ref();
        let title_field = title.map(|title| title.field.clone());
        let status = document.status.as_ref();
        Self {
            file,
            passage,
            title: viewer.title_of(document),
            title_field: title_field.filter(|field| viewer.reads_field(&document.object, field)),
            kind: Kind {
                object: document.object.clone(),
                status: status.map(|status| status.value.clone()),
                updated_at: document.updated_at,
            },
            url: document.url.clone(),
            score,
        }
    }

    /// Whether it says no more than the title of its document.
    pub fn is_title(&self) -> bool {
        self.passage.text == self.title
    }
}

/// The citations of one answer, numbered from 1 in the order of first use.
#[derive(Debug, Default)]
pub struct Citations(Vec<Citation>);

impl Citations {
    /// Cites `quote`, a span of the source's text, and returns its number. The same quote of the
    /// same field has one number.
    pub fn cite(&mut self, source: &Source, quote: Span) -> usize {
        let passage = &source.passage;
        self.number(Citation {
            number: 0,
            record_id: passage.record_id,
            object: passage.object.clone(),
            field: passage.field.clone(),
            quote: cut(&passage.text, quote),
            start: passage.start + quote.start,
            end: passage.start + quote.end,
            title: source.title.clone(),
            url: source.url.clone(),
            file: source.file.clone(),
        })
    }

    /// Cites the title of the source's document; none if the title is no field that the viewer reads.
    pub fn cite_title(&mut self, source: &Source) -> Option<usize> {
        let field = source.title_field.clone()?;
        Some(self.number(Citation {
            number: 0,
            record_id: source.passage.document_id,
            object: source.kind.object.clone(),
            field,
            quote: source.title.clone(),
            start: 0,
            end: source.title.chars().count(),
            title: source.title.clone(),
            url: source.url.clone(),
            file: None,
        }))
    }

    /// The same for a span of a field of one of the document's records, as the viewer sees it.
    pub fn cite_field(
        &mut self,
        (document, viewer): (&Document, &Viewer),
        record: &DocumentRecord,
        field: &FieldText,
        quote: Span,
    ) -> usize {
        self.number(Citation {
            number: 0,
            record_id: record.record_id,
            object: record.object.clone(),
            field: field.field.clone(),
            quote: cut(&field.text, quote),
            start: quote.start,
            end: quote.end,
            title: viewer.title_of(document),
            url: document.url.clone(),
            file: document.file_place(record.record_id, &field.field, quote.start),
        })
    }

    /// The number of a citation, which is a new one where the place was not cited before.
    fn number(&mut self, new: Citation) -> usize {
        let known = self.0.iter().find(|known| {
            known.record_id == new.record_id
                && known.field == new.field
                && (known.start, known.end) == (new.start, new.end)
        });
        if let Some(known) = known {
            return known.number;
        }
        let number = self.0.len() + 1;
        self.0.push(Citation { number, ..new });
        number
    }

    /// Those that a claim has.
    pub fn of(&self, claim: &Claim) -> impl Iterator<Item = &Citation> {
        let cited = self.0.iter();
        cited.filter(|citation| claim.citations.contains(&citation.number))
    }

    /// Those so far, in the order of their numbers.
    pub fn as_slice(&self) -> &[Citation] {
        &self.0
    }

    pub fn into_vec(self) -> Vec<Citation> {
        self.0
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use domain::{PassageId, RecordId};

    /// A passage of a case.
    pub fn source(text: &str) -> Source {
        let id = RecordId::parse("500000000000001").unwrap();
        let field = FieldName::parse("Description").unwrap();
        let object = ObjectName::parse("Case").unwrap();
        Source {
            file: None,
            passage: Passage {
                id: PassageId::new(id, id, &field, text.bytes().map(usize::from).sum()),
                document_id: id,
                record_id: id,
                object: object.clone(),
                field,
                start: 0,
                end: text.chars().count(),
                text: text.to_owned(),
            },
            title: "Gateway offline".into(),
            title_field: FieldName::parse("Subject").ok(),
            url: String::new(),
            kind: Kind {
                object,
                status: None,
                updated_at: DateTime::UNIX_EPOCH,
            },
            score: 1.0,
        }
    }

    #[test]
    fn one_place_has_one_number() {
        let mut citations = Citations::default();
        let source = source("Hold the button.");
        let quote = Span { start: 0, end: 4 };
        assert_eq!(
            (
                citations.cite(&source, quote),
                citations.cite(&source, quote)
            ),
            (1, 1)
        );
        assert_eq!(citations.cite_title(&source), Some(2));
        assert_eq!(citations.as_slice()[1].quote, "Gateway offline");
    }
}

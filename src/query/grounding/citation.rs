//! Numbered citations, collected while an answer is put together.

use domain::{Citation, Document, DocumentRecord, FieldText, FilePlace, Passage, Viewer};

use super::sentence::{Span, cut};

/// A passage that an answer may draw on, with the document that it belongs to.
#[derive(Debug, Clone)]
pub struct Source {
    pub passage: Passage,
    /// The document's title, as the viewer may see it.
    pub title: String,
    pub url: String,
    /// Where the passage begins, if it is of a file.
    pub file: Option<FilePlace>,
    /// Retrieval's score of the passage.
    pub score: f32,
}

impl Source {
    pub fn new(passage: Passage, document: &Document, viewer: &Viewer, score: f32) -> Self {
        let file = document.file_place(passage.record_id, &passage.field, passage.start);
        Self {
            file,
            passage,
            title: viewer.title_of(document),
            url: document.url.clone(),
            score,
        }
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

    pub fn into_vec(self) -> Vec<Citation> {
        self.0
    }
}

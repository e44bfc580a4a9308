//! Writes claims and keeps the citations that they stand on.

use domain::{Citation, Claim, Document, DocumentRecord, FieldText, Viewer};

use super::value;
use crate::plain::one_line;
use crate::query::grounding::{Citations, Span, cut, sentences};

/// A longer field is not quoted whole.
const LONGEST: usize = 420;

/// The claims' citations so far, for one viewer.
pub struct Scribe<'a> {
    viewer: &'a Viewer,
    citations: Citations,
}

/// A claim under way.
pub struct Line<'s, 'a> {
    scribe: &'s mut Scribe<'a>,
    text: String,
    citations: Vec<usize>,
}

impl<'a> Scribe<'a> {
    pub fn new(viewer: &'a Viewer) -> Self {
        Self {
            viewer,
            citations: Citations::default(),
        }
    }

    pub fn line(&mut self) -> Line<'_, 'a> {
        Line {
            scribe: self,
            text: String::new(),
            citations: Vec::new(),
        }
    }

    /// The title as the viewer may see it.
    pub fn title(&self, document: &Document) -> String {
        self.viewer.title_of(document)
    }

    /// Cites a field as a whole, or its first sentence if it is long; none where there is no such
    /// text.
    pub fn cite(
        &mut self,
        document: &Document,
        record: &DocumentRecord,
        name: &str,
    ) -> Option<usize> {
        let field = value::field(record, name)?;
        let length = field.text.chars().count();
        let whole = Span {
            start: 0,
            end: length,
        };
        let quote = match length > LONGEST {
            true => sentences(&field.text).into_iter().next().unwrap_or(whole),
            false => whole,
        };
        Some(self.cite_span(document, record, field, quote))
    }

    pub fn cite_span(
        &mut self,
        document: &Document,
        record: &DocumentRecord,
        field: &FieldText,
        quote: Span,
    ) -> usize {
        self.citations
            .cite_field((document, self.viewer), record, field, quote)
    }

    /// For what is cited otherwise.
    pub fn citations(&mut self) -> &mut Citations {
        &mut self.citations
    }

    pub fn into_citations(self) -> Vec<Citation> {
        self.citations.into_vec()
    }
}

impl Line<'_, '_> {
    pub fn say(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Says what a field of the document's own record says, between `before` and `after`; nothing if
    /// it is empty.
    pub fn value(self, before: &str, document: &Document, name: &str, after: &str) -> Self {
        let Some(text) = value::text(document, name).map(one_line) else {
            return self;
        };
        let text = format!("{before}{text}{after}");
        self.say(&text).cite(document, name)
    }

    /// The title, quoted as it stands; what people call the record where it is hidden.
    pub fn title(self, document: &Document) -> Self {
        let title = self.scribe.title(document);
        let field = document.title.as_ref();
        let name = field.map(|title| title.field.as_str().to_owned());
        let line = self.say(&title);
        match name {
            Some(name) => line.cite(document, &name),
            None => line,
        }
    }

    /// Cites a field of the document's own record.
    pub fn cite(self, document: &Document, name: &str) -> Self {
        match value::root(document) {
            Some(root) => self.cite_record(document, root, name),
            None => self,
        }
    }

    pub fn cite_record(mut self, document: &Document, record: &DocumentRecord, name: &str) -> Self {
        let number = self.scribe.cite(document, record, name);
        self.add(number);
        self
    }

    /// Says a span of a field, and cites it.
    pub fn quote(
        mut self,
        document: &Document,
        record: &DocumentRecord,
        field: &FieldText,
        span: Span,
    ) -> Self {
        self.text.push_str(&one_line(&cut(&field.text, span)));
        let number = self.scribe.cite_span(document, record, field, span);
        self.add(Some(number));
        self
    }

    /// None for a claim without a source.
    pub fn end(self) -> Option<Claim> {
        let text = self.text.trim().to_owned();
        (!text.is_empty() && !self.citations.is_empty()).then_some(Claim {
            text,
            citations: self.citations,
        })
    }

    fn add(&mut self, number: Option<usize>) {
        if let Some(number) = number
            && !self.citations.contains(&number)
        {
            self.citations.push(number);
        }
    }
}

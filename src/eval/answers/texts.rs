//! The texts that answers cite, out of the export of the index that they were read from.

use std::collections::{HashMap, HashSet};

use domain::{Citation, RecordId};
use serde::Deserialize;

/// Characters around a quote that are taken for its passage, on either side.
const AROUND: usize = 400;

/// The fields of the records that were cited.
#[derive(Debug, Default)]
pub struct Texts {
    wanted: HashSet<RecordId>,
    fields: HashMap<(RecordId, String), String>,
    /// Record → its document.
    documents: HashMap<RecordId, RecordId>,
    /// What came after the last line end.
    rest: Vec<u8>,
}

/// A quote where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub before: String,
    pub quote: String,
    pub after: String,
}

/// A line of `precis export`.
#[derive(Deserialize)]
struct Line {
    id: RecordId,
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    record_id: RecordId,
    fields: HashMap<String, String>,
}

impl Texts {
    /// Empty; of what is added it keeps the `wanted` records alone.
    pub fn new(wanted: HashSet<RecordId>) -> Self {
        Self {
            wanted,
            ..Self::default()
        }
    }

    /// Reads a piece of the export, which may end within a line.
    ///
    /// # Errors
    /// On a line that is no document.
    pub fn add(&mut self, piece: &[u8]) -> serde_json::Result<()> {
        let mut lines = piece.split(|byte| *byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            self.rest.extend_from_slice(line);
            if lines.peek().is_none() {
                break;
            }
            let line = std::mem::take(&mut self.rest);
            self.add_line(&line)?;
        }
        Ok(())
    }

    fn add_line(&mut self, line: &[u8]) -> serde_json::Result<()> {
        if line.is_empty() {
            return Ok(());
        }
        let line: Line = serde_json::from_slice(line)?;
        for record in line.records {
            if !self.wanted.contains(&record.record_id) {
                continue;
            }
            self.documents.insert(record.record_id, line.id);
            for (field, text) in record.fields {
                self.fields.insert((record.record_id, field), text);
            }
        }
        Ok(())
    }

    /// The document of a record; the record itself where nobody knows.
    pub fn document(&self, record: RecordId) -> RecordId {
        self.documents.get(&record).copied().unwrap_or(record)
    }

    /// The quote with what is around it, if it stands letter for letter where its citation says.
    pub fn place(&self, citation: &Citation) -> Option<Place> {
        let field = (citation.record_id, citation.field.to_string());
        let text: Vec<char> = self.fields.get(&field)?.chars().collect();
        let quote = text.get(citation.start..citation.end)?;
        let quote: String = quote.iter().collect();
        let from = citation.start.saturating_sub(AROUND);
        let to = text.len().min(citation.end + AROUND);
        (quote == citation.quote).then(|| Place {
            before: text[from..citation.start].iter().collect(),
            quote,
            after: text[citation.end..to].iter().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn citation(quote: &str, start: usize) -> Citation {
        serde_json::from_value(json!({
            "number": 1, "record_id": "00a000000000001AAA", "object": "CaseComment",
            "field": "CommentBody", "quote": quote, "start": start,
            "end": start + quote.chars().count(), "title": "", "url": "",
        }))
        .unwrap()
    }

    #[test]
    fn quotes_are_held_against_the_export_letter_for_letter() {
        let line = json!({
            "id": "500000000000001AAA", "object": "Case",
            "records": [{"record_id": "00a000000000001AAA", "object": "CaseComment",
                         "fields": {"CommentBody": "Größe: hold RESET."}}],
        });
        let export = format!("{line}\n{line}\n");
        let record = RecordId::parse("00a000000000001AAA").unwrap();
        let mut texts = Texts::new(HashSet::from([record]));
        let (one, two) = export.as_bytes().split_at(70);
        texts.add(one).unwrap();
        texts.add(two).unwrap();

        let place = texts.place(&citation("hold RESET", 7)).unwrap();
        assert_eq!(
            (place.before.as_str(), place.after.as_str()),
            ("Größe: ", ".")
        );
        assert_eq!(texts.place(&citation("hold Reset", 7)), None);
        assert_eq!(texts.place(&citation("hold RESET", 8)), None);
        assert_eq!(texts.place(&citation("hold RESET", 900)), None);
        assert_eq!(texts.document(record).to_string(), "500000000000001AAA");
        assert!(texts.add(b"nonsense\n").is_err());
    }
}

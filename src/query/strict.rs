//! What must and what must not occur: quoted phrases and excluded words of a query.
//!
//! Both are about documents, whichever of their passages says it, and only about what the viewer may
//! read of them.

use std::collections::BTreeSet;

use domain::{RecordId, Viewer};
use store::{Filters, Scored};

use super::syntax::Parsed;
use super::{Engine, Error};

/// Passages with a phrase that are looked at.
const MOST_PASSAGES: usize = 3_000;
/// Of these so many are read, to tell the exact phrase from other forms of its words.
const MOST_READ: usize = 200;
/// Documents with a phrase that are searched further.
const MOST_DOCUMENTS: usize = 2_000;

/// With more words beside the phrases a query is a sentence that quotes something: what it quotes
/// counts for the ranking, but an answer may well say it in other words.
const MOST_BESIDE: usize = 5;

/// What a query insists on.
#[derive(Debug, Clone, Default)]
pub struct Strict {
    phrases: Vec<String>,
    excluded: Vec<String>,
}

impl Strict {
    pub fn of(parsed: &Parsed) -> Self {
        let phrases = match words_beside(&parsed.text) > MOST_BESIDE {
            true => Vec::new(),
            false => parsed.phrases.clone(),
        };
        Self {
            phrases,
            excluded: parsed.excluded.clone(),
        }
    }

    /// The filters, narrowed to the documents in which every phrase occurs.
    pub async fn narrowed(
        &self,
        engine: &Engine,
        viewer: &Viewer,
        filters: &Filters,
    ) -> Result<Filters, Error> {
        let mut narrowed = filters.clone();
        for phrase in &self.phrases {
            let Some(query) = engine.reader.phrase(phrase) else {
                continue;
            };
            let reader = &engine.reader;
            let found = reader
                .keyword(viewer, &query, &narrowed, MOST_PASSAGES)
                .await?;
            let mut documents = exactly(engine, viewer, phrase, &found).await?;
            documents.truncate(MOST_DOCUMENTS);
            narrowed = narrowed.and(Filters {
                documents: Some(documents),
                ..Filters::default()
            });
        }
        Ok(narrowed)
    }

    /// Those of the documents in which something excluded occurs.
    pub async fn excluded(
        &self,
        engine: &Engine,
        viewer: &Viewer,
        documents: &[RecordId],
    ) -> Result<BTreeSet<RecordId>, Error> {
        let mut excluded = BTreeSet::new();
        if self.excluded.is_empty() || documents.is_empty() {
            return Ok(excluded);
        }
        let among = Filters {
            documents: Some(documents.to_vec()),
            ..Filters::default()
        };
        let reader = &engine.reader;
        for query in self.excluded.iter().filter_map(|text| reader.phrase(text)) {
            let found = reader.keyword(viewer, &query, &among, usize::MAX).await?;
            excluded.extend(found.iter().map(|scored| scored.document));
        }
        Ok(excluded)
    }
}

/// The documents with the phrase as it is written, best first. The index knows words by their stems;
/// where only other forms of the words stand, those are better than nothing.
async fn exactly(
    engine: &Engine,
    viewer: &Viewer,
    phrase: &str,
    found: &[Scored],
) -> Result<Vec<RecordId>, Error> {
    let wanted = plain(phrase);
    let (read, unread) = found.split_at(found.len().min(MOST_READ));
    let ids: Vec<_> = read.iter().map(|scored| scored.passage).collect();
    let passages = engine.reader.passages(viewer, &ids).await?;
    let holding = passages
        .iter()
        .filter(|passage| plain(&passage.text).contains(&wanted))
        .map(|passage| passage.document_id);
    let mut exact: BTreeSet<RecordId> = holding.collect();
    if viewer.reach().is_none() {
        // What somebody else's record says exactly must not take away what the viewer's own says.
        let holding: Vec<RecordId> = exact.into_iter().collect();
        exact = engine.access.confirm(viewer, &holding).await?;
    }
    let is_exact = |scored: &&Scored| exact.is_empty() || exact.contains(&scored.document);
    let mut seen = BTreeSet::new();
    let kept = read.iter().filter(is_exact).chain(unread);
    let documents = kept.map(|scored| scored.document);
    Ok(documents
        .filter(|document| seen.insert(*document))
        .collect())
}

/// The words of a text that do not stand between quotation marks.
fn words_beside(text: &str) -> usize {
    let pieces = text.split('"').step_by(2);
    pieces.map(|piece| piece.split_whitespace().count()).sum()
}

/// Words in lower case between single blanks, whatever stands between them in the text.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + 2);
    plain.push(' ');
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        if !word.is_empty() {
            plain.extend(word.chars().flat_map(char::to_lowercase));
            plain.push(' ');
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_quotes_insists_on_nothing() {
        let strict =
            |text| Strict::of(&crate::query::syntax::parse(text, &BTreeSet::new()).unwrap());
        assert_eq!(strict("pump \"pressure low\"").phrases.len(), 1);
        let sentence = "My customers see the message \"not accepting orders\" at the checkout";
        assert!(strict(sentence).phrases.is_empty());
    }

    #[test]
    fn a_phrase_is_whole_words_whatever_is_between_them() {
        let text = plain("Controller: ERR-1042 (pump\n pressure, LOW).");
        assert!(text.contains(&plain("err 1042")));
        assert!(text.contains(&plain("Pump pressure low")));
        assert!(!text.contains(&plain("pressure lo")));
    }
}

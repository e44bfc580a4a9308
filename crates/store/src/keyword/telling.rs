//! What a text is about, in a few words.

use std::collections::BTreeMap;

use domain::{Passage, RecordId, Viewer};
use tantivy::Term;

use super::analysis::is_stop_word;
use super::forms::Tongues;
use super::query::{KeywordQuery, QueryTerm, TermKind};
use super::snapshot::Snapshot;

/// Longer documents are read up to here.
pub(crate) const MOST_PASSAGES: usize = 60;
const SHORTEST: usize = 3;
/// More mentions tell no more.
const MOST_MENTIONS: usize = 4;

impl Snapshot {
    /// The `most` words of a document that tell it best from others: often in it, seldom elsewhere,
    /// but not nowhere else.
    pub(crate) fn telling(
        &self,
        viewer: &Viewer,
        document: RecordId,
        most: usize,
    ) -> tantivy::Result<KeywordQuery> {
        let passages = self.document_passages(viewer, document, MOST_PASSAGES)?;
        let mentions = mentions(&self.vocabulary.tongues, &passages);
        let rows = self.searcher.num_docs() as f32;
        let mut weighed = Vec::with_capacity(mentions.len());
        for (word, mentions) in mentions {
            let term = Term::from_field_text(self.fields.text, &word);
            let frequency = self.searcher.doc_freq(&term)?;
            if frequency > 1 {
                let mentions = mentions.min(MOST_MENTIONS) as f32;
                weighed.push((mentions * (rows / frequency as f32).ln(), word));
            }
        }
        weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        Ok(any_of(weighed.into_iter().take(most).map(|(_, word)| word)))
    }
}

/// The `most` words that passages have most often, the longer first: what can be said of a text
/// alone.
pub(crate) fn frequent(passages: &[Passage], most: usize) -> KeywordQuery {
    let mut words: Vec<(usize, String)> = mentions(&Tongues::default(), passages)
        .into_iter()
        .map(|(word, mentions)| (mentions.min(MOST_MENTIONS) * word.chars().count(), word))
        .collect();
    words.sort_by(|a, b| b.cmp(a));
    any_of(words.into_iter().take(most).map(|(_, word)| word))
}

/// How often each word stands in the passages that may tell something.
fn mentions(tongues: &Tongues, passages: &[Passage]) -> BTreeMap<String, usize> {
    let mut mentions: BTreeMap<String, usize> = BTreeMap::new();
    let tokens = passages.iter();
    for token in tokens.flat_map(|passage| tongues.tokens(&passage.text)) {
        let tells = token.text.chars().count() >= SHORTEST && !is_stop_word(&token.text);
        if token.position_length == 1 && tells {
            *mentions.entry(token.text).or_default() += 1;
        }
    }
    mentions
}

fn any_of(words: impl Iterator<Item = String>) -> KeywordQuery {
    let terms = words.map(|text| QueryTerm {
        text,
        kind: TermKind::Word,
    });
    KeywordQuery {
        terms: terms.collect(),
        ..KeywordQuery::default()
    }
}

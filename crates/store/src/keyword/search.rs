//! From a parsed query to ranked passages: BM25 over text and title, any word may match.

use std::collections::BTreeMap;
use std::ops::Bound;

use domain::{ObjectName, RecordId};
use tantivy::collector::{Count, DocSetCollector, TopDocs};
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur,
    PhraseQuery, Query, RangeQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::query::{KeywordQuery, QueryTerm, TermKind};
use super::schema::Fields;
use super::snapshot::Snapshot;
use crate::Scored;
use crate::access::{Allowed, Scope};

/// Of a long question the rarest words count: they tell most, and each costs time.
const MOST_TERMS: usize = 64;
/// Words that nobody wrote, perhaps mistyped; each costs a walk over the dictionary.
const MOST_FUZZY: usize = 3;
const SHORTEST_FUZZY: usize = 5;
/// More documents than this bear no key in earnest.
const MOST_EXACT: usize = 100;

const WORD: f32 = 1.0;
const CODE: f32 = 2.0;
const PART_OF_CODE: f32 = 0.4;
const PHRASE: f32 = 2.5;
const PAIR: f32 = 0.5;
/// A title says what the document is about, in few words.
const TITLE: f32 = 1.6;
/// A fuzzy match scores this much, whatever the word: less than any rare word that matches.
const FUZZY: f32 = 1.0;

type Clause = (Occur, Box<dyn Query>);

impl Snapshot {
    /// The best passages, best first.
    pub(crate) fn keyword(
        &self,
        query: &KeywordQuery,
        scope: &Scope,
        limit: usize,
    ) -> tantivy::Result<Vec<Scored>> {
        let Some(wanted) = self.wanted(query, scope)? else {
            return Ok(Vec::new());
        };
        let query = restricted(wanted, self.passage_filters(scope));
        let collector = TopDocs::with_limit(limit).order_by_score();
        let rows = self.searcher.search(&query, &collector)?;
        let hits = rows.into_iter().filter_map(|(score, row)| {
            Some(Scored {
                passage: self.passage_of(row)?,
                document: self.document_of(row)?,
                score,
            })
        });
        Ok(hits.collect())
    }

    /// The documents for which one of the conditions holds.
    pub(crate) fn exact(&self, terms: &[String], scope: &Scope) -> tantivy::Result<Vec<RecordId>> {
        let keys = set(self.fields.condition, terms);
        let query = restricted(keys, self.document_filters(scope));
        let rows = self.searcher.search(&query, &DocSetCollector)?;
        let mut found: Vec<RecordId> = rows
            .into_iter()
            .filter(|row| self.ordinal_of(*row).is_none())
            .filter_map(|row| self.document_of(row))
            .collect();
        found.sort_unstable();
        found.truncate(MOST_EXACT);
        Ok(found)
    }

    /// How many documents there are of each object.
    pub(crate) fn counts(&self) -> tantivy::Result<BTreeMap<ObjectName, u64>> {
        let mut counts = BTreeMap::new();
        for object in &self.vocabulary.objects {
            let term = Term::from_field_text(self.fields.document_object, object);
            let query = TermQuery::new(term, IndexRecordOption::Basic);
            let count = self.searcher.search(&query, &Count)? as u64;
            if let Ok(object) = ObjectName::parse(object)
                && count > 0
            {
                counts.insert(object, count);
            }
        }
        Ok(counts)
    }

    /// What the query looks for, without its filters; none if nothing can match.
    fn wanted(
        &self,
        query: &KeywordQuery,
        scope: &Scope,
    ) -> tantivy::Result<Option<Box<dyn Query>>> {
        let chosen = choose(query, &self.searcher, &self.fields)?;
        let mut text = clauses(self.fields.text, 1.0, &chosen, query);
        text.extend(pairs(self.fields.text, query));
        if !scope.titles.is_none() {
            let title = clauses(self.fields.title, TITLE, &chosen, query);
            match &scope.titles {
                // One flat disjunction of terms, which Tantivy can skip through by blocks.
                Allowed::All => text.extend(title),
                Allowed::Only(sources) => {
                    let readable = set(self.fields.title_source, sources);
                    let title: Box<dyn Query> = Box::new(BooleanQuery::new(title));
                    text.push((Occur::Should, restricted(title, vec![readable])));
                }
            }
        }
        let any: Box<dyn Query> = Box::new(BooleanQuery::new(text));
        Ok((!chosen.is_empty()).then_some(any))
    }

    fn passage_filters(&self, scope: &Scope) -> Vec<Box<dyn Query>> {
        let mut filters = self.document_filters(scope);
        if let Allowed::Only(sources) = &scope.sources {
            filters.push(set(self.fields.source, sources));
        }
        filters
    }

    fn document_filters(&self, scope: &Scope) -> Vec<Box<dyn Query>> {
        let fields = &self.fields;
        let mut filters = Vec::new();
        if let Allowed::Only(objects) = &scope.objects {
            filters.push(set(fields.object, objects));
        }
        for group in &scope.conditions {
            filters.push(set(fields.condition, group));
        }
        if let Some(documents) = &scope.documents {
            filters.push(set(fields.document, documents.iter().map(RecordId::as_str)));
        }
        if scope.from.is_some() || scope.to.is_some() {
            let bound = |time: Option<i64>| match time {
                Some(time) => Bound::Included(Term::from_field_i64(fields.updated, time)),
                None => Bound::Unbounded,
            };
            filters.push(Box::new(RangeQuery::new(
                bound(scope.from),
                bound(scope.to),
            )));
        }
        filters
    }
}

/// The terms that are looked for, with what each is worth.
#[derive(Default)]
struct Chosen {
    words: Vec<Word>,
    fuzzy: Vec<String>,
}

/// A word in its forms that occur, with what each is worth; never empty.
type Word = Vec<(String, f32)>;

impl Chosen {
    fn is_empty(&self) -> bool {
        self.words.is_empty() && self.fuzzy.is_empty()
    }
}

/// The rarest terms that occur, and the words that do not but may be mistyped.
fn choose(query: &KeywordQuery, searcher: &Searcher, fields: &Fields) -> tantivy::Result<Chosen> {
    let mut occurring = Vec::with_capacity(query.terms.len());
    let mut chosen = Chosen::default();
    for term in query.telling_terms() {
        let mut forms = Vec::new();
        let others = query.spellings.of_word(&term.text);
        for form in [term.text.as_str()].into_iter().chain(others) {
            let in_text = searcher.doc_freq(&Term::from_field_text(fields.text, form))?;
            let in_title = searcher.doc_freq(&Term::from_field_text(fields.title, form))?;
            if in_text + in_title > 0 {
                forms.push((form, in_text + in_title));
            }
        }
        if !forms.is_empty() {
            let frequency: u64 = forms.iter().map(|(_, frequency)| frequency).sum();
            occurring.push((frequency, weight(term.kind), forms));
        } else if may_be_mistyped(term) && chosen.fuzzy.len() < MOST_FUZZY {
            chosen.fuzzy.push(term.text.clone());
        }
    }
    if occurring.len() > MOST_TERMS {
        occurring.sort_by_key(|(frequency, _, _)| *frequency);
        occurring.truncate(MOST_TERMS);
    }
    let rows = searcher.num_docs();
    let words = occurring.into_iter();
    chosen.words = words
        .map(|(frequency, weight, forms)| weighted(rows, frequency, weight, forms))
        .collect();
    Ok(chosen)
}

/// The forms of a word, each as rare as the word: a form that hardly occurs tells no more than the
/// others.
fn weighted(rows: u64, frequency: u64, weight: f32, forms: Vec<(&str, u64)>) -> Word {
    let idf = |frequency: u64| {
        let (rows, frequency) = (rows as f32, (frequency.min(rows)) as f32);
        (1.0 + (rows - frequency + 0.5) / (frequency + 0.5)).ln()
    };
    let alone = forms.len() == 1;
    let forms = forms.into_iter().map(|(form, own)| {
        let share = if alone {
            1.0
        } else {
            idf(frequency) / idf(own)
        };
        (form.to_owned(), weight * share)
    });
    forms.collect()
}

fn weight(kind: TermKind) -> f32 {
    match kind {
        TermKind::Word => WORD,
        TermKind::Code => CODE,
        TermKind::PartOfCode => PART_OF_CODE,
    }
}

fn may_be_mistyped(term: &QueryTerm) -> bool {
    term.kind == TermKind::Word && term.text.chars().count() >= SHORTEST_FUZZY
}

fn clauses(field: Field, boost: f32, chosen: &Chosen, query: &KeywordQuery) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = Vec::new();
    for word in &chosen.words {
        clauses.push((Occur::Should, any_form(field, boost, word)));
    }
    for phrase in &query.phrases {
        let (places, words): (Vec<usize>, Vec<String>) = phrase.iter().cloned().unzip();
        for words in query.spellings.of_words(&words) {
            let terms = words.iter().map(|word| Term::from_field_text(field, word));
            let query = PhraseQuery::new_with_offset(places.iter().copied().zip(terms).collect());
            clauses.push((Occur::Should, boosted(query, PHRASE * boost)));
        }
    }
    for text in &chosen.fuzzy {
        let term = Term::from_field_text(field, text);
        let query = FuzzyTermQuery::new(term, 1, true);
        clauses.push((Occur::Should, boosted(query, FUZZY * boost)));
    }
    clauses
}

/// A word in any of its forms; a text that has two of them says it no louder.
fn any_form(field: Field, boost: f32, word: &Word) -> Box<dyn Query> {
    let term = |(form, weight): &(String, f32)| {
        let term = Term::from_field_text(field, form);
        boosted(
            TermQuery::new(term, IndexRecordOption::WithFreqs),
            weight * boost,
        )
    };
    match word.as_slice() {
        [alone] => term(alone),
        forms => Box::new(DisjunctionMaxQuery::new(forms.iter().map(term).collect())),
    }
}

/// Words side by side in the question and in the text.
fn pairs(field: Field, query: &KeywordQuery) -> impl Iterator<Item = Clause> {
    let spellings = &query.spellings;
    let telling = |pair: &&[String; 2]| !pair.iter().any(|word| spellings.is_silent(word));
    let pairs = query.pairs.iter().filter(telling);
    let spelled = pairs.flat_map(|pair| spellings.of_words(pair));
    spelled.map(move |pair| {
        let terms = pair.iter().map(|word| Term::from_field_text(field, word));
        let phrase = PhraseQuery::new(terms.collect());
        (Occur::Should, boosted(phrase, PAIR))
    })
}

fn boosted(query: impl Query, boost: f32) -> Box<dyn Query> {
    Box::new(BoostQuery::new(Box::new(query), boost))
}

/// The query where all filters hold; filters do not score.
fn restricted(query: Box<dyn Query>, filters: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    if filters.is_empty() {
        return query;
    }
    let mut clauses: Vec<Clause> = vec![(Occur::Must, query)];
    for filter in filters {
        let silent: Box<dyn Query> = Box::new(ConstScoreQuery::new(filter, 0.0));
        clauses.push((Occur::Must, silent));
    }
    Box::new(BooleanQuery::new(clauses))
}

fn set<T: AsRef<str>>(field: Field, values: impl IntoIterator<Item = T>) -> Box<dyn Query> {
    let terms = values
        .into_iter()
        .map(|value| Term::from_field_text(field, value.as_ref()));
    Box::new(TermSetQuery::new(terms))
}

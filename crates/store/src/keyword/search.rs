//! From a parsed query to ranked passages: BM25 over text and title, any word may match.

use std::collections::BTreeMap;
use std::ops::Bound;

use domain::{ObjectName, RecordId};
use tantivy::collector::{Count, DocSetCollector, TopDocs};
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery,
    TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::query::{KeywordQuery, QueryTerm, TermKind};
use super::schema::Fields;
use super::snapshot::Snapshot;
use crate::Scored;
use crate::access::{Allowed, Period, Scope, Time};

/// Of a long question the rarest words count: they tell most, and each costs time.
const MOST_TERMS: usize = 64;
/// More documents than this bear no key in earnest.
const MOST_EXACT: usize = 100;

const WORD: f32 = 1.0;
const CODE: f32 = 2.0;
const PART_OF_CODE: f32 = 0.4;
pub(crate) const PHRASE: f32 = 2.5;
pub(crate) const PAIR: f32 = 0.5;
/// A title says what the document is about, in few words.
pub(crate) const TITLE: f32 = 0.8;

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
        let query = self.without(restricted(wanted, self.passage_filters(scope)), scope);
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
        let query = self.without(restricted(keys, self.document_filters(scope)), scope);
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
        let chosen = choose(&query.terms, &self.searcher, &self.fields)?;
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
        let is_nothing = chosen.is_empty() && query.phrases.is_empty();
        Ok((!is_nothing).then_some(any))
    }

    fn passage_filters(&self, scope: &Scope) -> Vec<Box<dyn Query>> {
        let mut filters = self.document_filters(scope);
        if let Allowed::Only(sources) = &scope.sources {
            filters.push(set(self.fields.source, sources));
        }
        filters
    }

    /// The query without what the scope excludes.
    pub(super) fn without(&self, query: Box<dyn Query>, scope: &Scope) -> Box<dyn Query> {
        if scope.excluded.is_empty() {
            return query;
        }
        let excluded = set(self.fields.condition, &scope.excluded);
        Box::new(BooleanQuery::new(vec![
            (Occur::Must, query),
            (Occur::MustNot, excluded),
        ]))
    }

    pub(super) fn document_filters(&self, scope: &Scope) -> Vec<Box<dyn Query>> {
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
        let periods = scope.periods.iter();
        filters.extend(periods.map(|period| within(fields, period)));
        filters
    }
}

/// The rarest terms that occur, with what each is worth.
fn choose(
    terms: &[QueryTerm],
    searcher: &Searcher,
    fields: &Fields,
) -> tantivy::Result<Vec<(String, f32)>> {
    let mut occurring = Vec::with_capacity(terms.len());
    for term in terms {
        let in_text = searcher.doc_freq(&Term::from_field_text(fields.text, &term.text))?;
        let in_title = searcher.doc_freq(&Term::from_field_text(fields.title, &term.text))?;
        if in_text + in_title > 0 {
            occurring.push((in_text + in_title, term));
        }
    }
    if occurring.len() > MOST_TERMS {
        occurring.sort_by_key(|(frequency, _)| *frequency);
        occurring.truncate(MOST_TERMS);
    }
    let weighted = |term: &QueryTerm| (term.text.clone(), weight(term.kind));
    Ok(occurring
        .into_iter()
        .map(|(_, term)| weighted(term))
        .collect())
}

pub(crate) fn weight(kind: TermKind) -> f32 {
    match kind {
        TermKind::Word => WORD,
        TermKind::Code => CODE,
        TermKind::PartOfCode => PART_OF_CODE,
    }
}

fn clauses(
    field: Field,
    boost: f32,
    chosen: &[(String, f32)],
    query: &KeywordQuery,
) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = Vec::new();
    for (text, weight) in chosen {
        let term = Term::from_field_text(field, text);
        let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
        clauses.push((Occur::Should, boosted(query, weight * boost)));
    }
    for words in &query.phrases {
        let term = |(place, word): &(usize, String)| (*place, Term::from_field_text(field, word));
        let query = PhraseQuery::new_with_offset(words.iter().map(term).collect());
        clauses.push((Occur::Should, boosted(query, PHRASE * boost)));
    }
    clauses
}

/// Words side by side in the question and in the text.
fn pairs(field: Field, query: &KeywordQuery) -> impl Iterator<Item = Clause> {
    query.pairs.iter().map(move |pair| {
        let terms = pair.iter().map(|word| Term::from_field_text(field, word));
        let phrase = PhraseQuery::new(terms.collect());
        (Occur::Should, boosted(phrase, PAIR))
    })
}

fn boosted(query: impl Query, boost: f32) -> Box<dyn Query> {
    Box::new(BoostQuery::new(Box::new(query), boost))
}

fn within(fields: &Fields, period: &Period) -> Box<dyn Query> {
    let field = match period.time {
        Time::Updated => fields.updated,
        Time::Created => fields.created,
    };
    let bound = |time: Option<i64>| match time {
        Some(time) => Bound::Included(Term::from_field_i64(field, time)),
        None => Bound::Unbounded,
    };
    Box::new(RangeQuery::new(bound(period.from), bound(period.to)))
}

/// The query where all filters hold; filters do not score.
pub(super) fn restricted(query: Box<dyn Query>, filters: Vec<Box<dyn Query>>) -> Box<dyn Query> {
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

pub(super) fn set<T: AsRef<str>>(
    field: Field,
    values: impl IntoIterator<Item = T>,
) -> Box<dyn Query> {
    let terms = values
        .into_iter()
        .map(|value| Term::from_field_text(field, value.as_ref()));
    Box::new(TermSetQuery::new(terms))
}

//! From a parsed query to ranked passages: BM25 over text and title, any word may match.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use domain::{ObjectName, RecordId};
use tantivy::collector::{Count, DocSetCollector};
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, PhraseQuery, Query,
    RangeQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::best::{Filter, Hit};
use super::query::{KeywordQuery, TermKind};
use super::schema::Fields;
use super::snapshot::Snapshot;
use crate::Scored;
use crate::access::{Allowed, Period, Scope, Time};

/// Of a long question the rarest words count: they tell most, and each costs time.
const MOST_TERMS: usize = 64;
/// More documents than this bear no key in earnest.
const MOST_EXACT: usize = 100;

/// Words side by side lift only passages that the words alone bring among so many times the wanted
/// ones, and among so many. To look for them everywhere takes ten times as long as the words do.
const CANDIDATES: usize = 3;
const FEWEST_CANDIDATES: usize = 50;

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
        let filters = self.passage_filters(scope);
        let pairs = pairs(self.fields.text, query);
        let candidates = if pairs.is_empty() {
            limit
        } else {
            limit.max(FEWEST_CANDIDATES) * CANDIDATES
        };
        let hits = self.best(wanted.as_ref(), &filters, candidates)?;
        let mut hits = self.with_phrases(hits, &pairs, PAIR)?;
        hits.truncate(limit);
        let scored = hits.into_iter().filter_map(|Hit { score, row }| {
            Some(Scored {
                passage: self.passage_of(row)?,
                document: self.document_of(row)?,
                score,
            })
        });
        Ok(scored.collect())
    }

    /// Of these documents, those in the scope.
    pub(crate) fn among(
        &self,
        scope: &Scope,
        documents: &[RecordId],
    ) -> tantivy::Result<Vec<RecordId>> {
        let mut filters = self.filters(scope);
        if !scope.excluded.is_empty() {
            let excluded = (self.fields.condition, scope.excluded.clone());
            filters.push(Filter::NoneOf(excluded));
        }
        self.documents_that_pass(&filters, documents)
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
        let chosen = choose(query, &self.searcher, &self.fields)?;
        let mut text = clauses(self.fields.text, 1.0, &chosen, query);
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

    fn passage_filters(&self, scope: &Scope) -> Vec<Filter> {
        let mut filters = self.filters(scope);
        if let Allowed::Only(sources) = &scope.sources {
            filters.push(Filter::OneOf((self.fields.source, sources.clone())));
        }
        if !scope.excluded.is_empty() {
            filters.push(Filter::NoneOf((
                self.fields.condition,
                scope.excluded.clone(),
            )));
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

    /// What a document has to be; what it must not is left to [`Snapshot::without`].
    pub(super) fn document_filters(&self, scope: &Scope) -> Vec<Box<dyn Query>> {
        let filters = self.filters(scope).into_iter();
        filters.map(|filter| filter.query()).collect()
    }

    fn filters(&self, scope: &Scope) -> Vec<Filter> {
        let fields = &self.fields;
        let mut filters = Vec::new();
        if let Allowed::Only(objects) = &scope.objects {
            filters.push(Filter::OneOf((fields.object, objects.clone())));
        }
        for group in &scope.conditions {
            filters.push(Filter::OneOf((fields.condition, group.clone())));
        }
        if let Some(readers) = &scope.readers {
            filters.push(Filter::Readers(fields.condition, Arc::clone(readers)));
        }
        if let Some(documents) = &scope.documents {
            let ids = documents.iter().map(RecordId::to_string).collect();
            filters.push(Filter::OneOf((fields.document, ids)));
        }
        let periods = scope.periods.iter();
        filters.extend(periods.map(|period| Filter::Other(within(fields, period))));
        filters
    }
}

/// A word in its forms that occur, with what each is worth; never empty.
type Word = Vec<(String, f32)>;

/// The rarest terms that occur.
fn choose(
    query: &KeywordQuery,
    searcher: &Searcher,
    fields: &Fields,
) -> tantivy::Result<Vec<Word>> {
    let mut occurring = Vec::with_capacity(query.terms.len());
    for term in query.telling_terms() {
        let mut forms = Vec::new();
        let others = query.forms.of_word(&term.text);
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
        }
    }
    if occurring.len() > MOST_TERMS {
        occurring.sort_by_key(|(frequency, _, _)| *frequency);
        occurring.truncate(MOST_TERMS);
    }
    let rows = searcher.num_docs();
    Ok(occurring
        .into_iter()
        .map(|(frequency, weight, forms)| weighted(rows, frequency, weight, forms))
        .collect())
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

pub(crate) fn weight(kind: TermKind) -> f32 {
    match kind {
        TermKind::Word => WORD,
        TermKind::Code => CODE,
        TermKind::PartOfCode => PART_OF_CODE,
    }
}

fn clauses(field: Field, boost: f32, chosen: &[Word], query: &KeywordQuery) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = Vec::new();
    for word in chosen {
        clauses.push((Occur::Should, any_form(field, boost, word)));
    }
    for phrase in &query.phrases {
        let (places, words): (Vec<usize>, Vec<String>) = phrase.iter().cloned().unzip();
        for words in query.forms.of_words(&words) {
            let terms = words.iter().map(|word| Term::from_field_text(field, word));
            let query = PhraseQuery::new_with_offset(places.iter().copied().zip(terms).collect());
            clauses.push((Occur::Should, boosted(query, PHRASE * boost)));
        }
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
fn pairs(field: Field, query: &KeywordQuery) -> Vec<PhraseQuery> {
    let known = &query.forms;
    let telling = |pair: &&[String; 2]| !pair.iter().any(|word| known.is_silent(word));
    let pairs = query.pairs.iter().filter(telling);
    let spelled = pairs.flat_map(|pair| known.of_words(pair));
    let phrases = spelled.map(|pair| {
        let terms = pair.iter().map(|word| Term::from_field_text(field, word));
        PhraseQuery::new(terms.collect())
    });
    phrases.collect()
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

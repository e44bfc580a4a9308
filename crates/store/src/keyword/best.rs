//! The best rows for a query: Tantivy's block-max walk over its words, with what that walk cannot
//! take along (filters, words side by side) put where it costs little.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

use domain::RecordId;
use tantivy::query::{
    AllQuery, BooleanQuery, EnableScoring, Occur, PhraseQuery, Query, TermSetQuery, Weight,
};
use tantivy::schema::Field;
use tantivy::{
    BitSet, DocAddress, DocId, Score, SeekDangerResult, SegmentOrdinal, SegmentReader, TERMINATED,
    Term,
};

use super::segment::FilterKey;
use super::snapshot::Snapshot;
use crate::conditions::readers::Readers;

/// A filter that lets through fewer rows than one in so many leads the search itself.
const SELECTIVE: usize = 100;
/// A longer list of values is one request's own, and not worth remembering.
const MOST_REMEMBERED: usize = 64;

/// What every row of a result has to be.
pub(super) enum Filter {
    /// One of the values stands in the field.
    OneOf(FilterKey),
    /// One of the terms by which a viewer may read, remembered under their short name.
    Readers(Field, Arc<Readers>),
    /// None of them does.
    NoneOf(FilterKey),
    Other(Box<dyn Query>),
}

/// A row and its score; the greater is the better, and of two equal ones the earlier row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hit {
    pub score: Score,
    pub row: DocAddress,
}

/// The rows of one segment that must be hits, and those that must not.
#[derive(Default)]
struct Passing {
    among: Vec<Arc<BitSet>>,
    outside: Vec<Arc<BitSet>>,
}

impl Filter {
    /// The same as a query, of what has to match.
    pub(super) fn query(self) -> Box<dyn Query> {
        match self {
            Self::OneOf((field, values)) => Box::new(TermSetQuery::new(terms(field, &values))),
            Self::Readers(field, readers) => {
                Box::new(TermSetQuery::new(terms(field, &readers.terms)))
            }
            Self::NoneOf((field, values)) => Box::new(BooleanQuery::new(vec![
                (Occur::Must, Box::new(AllQuery)),
                (
                    Occur::MustNot,
                    Box::new(TermSetQuery::new(terms(field, &values))),
                ),
            ])),
            Self::Other(query) => query,
        }
    }
}

impl Passing {
    fn passes(&self, row: DocId) -> bool {
        self.among.iter().all(|rows| rows.contains(row))
            && !self.outside.iter().any(|rows| rows.contains(row))
    }
}

impl Snapshot {
    /// The best `limit` rows for a query that pass all filters, best first.
    pub(super) fn best(
        &self,
        query: &dyn Query,
        filters: &[Filter],
        limit: usize,
    ) -> tantivy::Result<Vec<Hit>> {
        let weight = query.weight(EnableScoring::enabled_from_searcher(&self.searcher))?;
        let mut best = Best::new(limit);
        for (segment, reader) in (0..).zip(self.searcher.segment_readers()) {
            let passing = self.passing(segment, reader, filters)?;
            let fewest = passing.among.iter().min_by_key(|rows| rows.len());
            match fewest {
                Some(few) if few.len() * SELECTIVE < reader.max_doc() as usize => {
                    let mut collecting = best.within(segment, reader, &passing);
                    collecting.each_of(few, weight.as_ref())?;
                }
                Some(_) | None => {
                    let threshold = best.threshold();
                    let mut collecting = best.within(segment, reader, &passing);
                    let mut add = |row, score| collecting.add(row, score);
                    weight.for_each_pruning(threshold, reader, &mut add)?;
                }
            }
        }
        Ok(best.sorted())
    }

    /// Of these documents, those of which the row passes all filters.
    pub(super) fn documents_that_pass(
        &self,
        filters: &[Filter],
        documents: &[RecordId],
    ) -> tantivy::Result<Vec<RecordId>> {
        let readers = (0..).zip(self.searcher.segment_readers());
        let passing: Vec<Passing> = readers
            .map(|(segment, reader)| self.passing(segment, reader, filters))
            .collect::<tantivy::Result<_>>()?;
        let passes = |document: &&RecordId| {
            let row = self.document_row(**document);
            row.is_some_and(|row| passing[row.segment_ord as usize].passes(row.doc_id))
        };
        Ok(documents.iter().filter(passes).copied().collect())
    }

    /// The hits with what each phrase adds to them, best first.
    pub(super) fn with_phrases(
        &self,
        mut hits: Vec<Hit>,
        phrases: &[PhraseQuery],
        boost: Score,
    ) -> tantivy::Result<Vec<Hit>> {
        hits.sort_unstable_by_key(|hit| hit.row);
        for phrase in phrases {
            let scoring = EnableScoring::enabled_from_searcher(&self.searcher);
            let weight = phrase.weight(scoring)?;
            for hits in hits.chunk_by_mut(|a, b| a.row.segment_ord == b.row.segment_ord) {
                let segment = hits[0].row.segment_ord;
                let reader = self.searcher.segment_reader(segment);
                add_phrase(hits, weight.as_ref(), reader, boost)?;
            }
        }
        hits.sort_unstable_by_key(|hit| Reverse(*hit));
        Ok(hits)
    }

    fn passing(
        &self,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
        filters: &[Filter],
    ) -> tantivy::Result<Passing> {
        let remembered = &self.segments[segment as usize];
        let make = |field: Field, values: &[String]| {
            self.rows_of(&TermSetQuery::new(terms(field, values)), reader)
        };
        let rows = |key: &FilterKey| {
            let make = || make(key.0, &key.1);
            if key.1.len() > MOST_REMEMBERED {
                return make().map(Arc::new);
            }
            remembered.filter(key, make)
        };
        let mut passing = Passing::default();
        for filter in filters {
            match filter {
                Filter::OneOf(key) => passing.among.push(rows(key)?),
                Filter::Readers(field, readers) => {
                    let key = (*field, vec![readers.name.clone()]);
                    let rows = remembered.filter(&key, || make(*field, &readers.terms))?;
                    passing.among.push(rows);
                }
                Filter::NoneOf(key) => passing.outside.push(rows(key)?),
                Filter::Other(query) => {
                    let rows = self.rows_of(query.as_ref(), reader)?;
                    passing.among.push(Arc::new(rows));
                }
            }
        }
        Ok(passing)
    }

    fn rows_of(&self, query: &dyn Query, reader: &SegmentReader) -> tantivy::Result<BitSet> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(&self.searcher))?;
        let mut rows = BitSet::with_max_value(reader.max_doc());
        let mut matching = weight.scorer(reader, 1.0)?;
        let mut row = matching.doc();
        while row != TERMINATED {
            rows.insert(row);
            row = matching.advance();
        }
        Ok(rows)
    }
}

fn terms(field: Field, values: &[String]) -> impl Iterator<Item = Term> {
    let terms = values.iter();
    terms.map(move |value| Term::from_field_text(field, value))
}

/// Adds a phrase's score to those of one segment's hits, in the order of their rows, that have it.
fn add_phrase(
    hits: &mut [Hit],
    weight: &dyn Weight,
    reader: &SegmentReader,
    boost: Score,
) -> tantivy::Result<()> {
    let first = hits[0].row.doc_id;
    let (mut found, mut phrase) = weight.scorer_danger(reader, first, boost)?;
    for hit in hits {
        let row = hit.row.doc_id;
        found = match found {
            SeekDangerResult::SeekLowerBound(next) if next > row => continue,
            SeekDangerResult::SeekLowerBound(_) => phrase.seek_danger(row),
            SeekDangerResult::Found if phrase.doc() < row => phrase.seek_danger(row),
            SeekDangerResult::Found => SeekDangerResult::Found,
        };
        if matches!(found, SeekDangerResult::Found) && phrase.doc() == row {
            hit.score += phrase.score();
        }
    }
    Ok(())
}

/// The best hits so far.
struct Best {
    limit: usize,
    hits: BinaryHeap<Reverse<Hit>>,
}

/// Takes hits of one segment.
struct Collecting<'a> {
    best: &'a mut Best,
    segment: SegmentOrdinal,
    reader: &'a SegmentReader,
    passing: &'a Passing,
}

impl Best {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            hits: BinaryHeap::with_capacity(limit + 1),
        }
    }

    /// What a hit must score more than.
    fn threshold(&self) -> Score {
        match self.hits.peek() {
            Some(Reverse(worst)) if self.hits.len() == self.limit => worst.score,
            Some(_) | None => Score::MIN,
        }
    }

    fn within<'a>(
        &'a mut self,
        segment: SegmentOrdinal,
        reader: &'a SegmentReader,
        passing: &'a Passing,
    ) -> Collecting<'a> {
        Collecting {
            best: self,
            segment,
            reader,
            passing,
        }
    }

    fn sorted(self) -> Vec<Hit> {
        let sorted = self.hits.into_sorted_vec();
        sorted.into_iter().map(|Reverse(hit)| hit).collect()
    }
}

impl Collecting<'_> {
    /// Takes a hit if it passes and is among the best; gives what the next one must score more than.
    fn add(&mut self, row: DocId, score: Score) -> Score {
        if self.passing.passes(row) && score > self.best.threshold() && !self.reader.is_deleted(row)
        {
            let row = DocAddress::new(self.segment, row);
            self.best.hits.push(Reverse(Hit { score, row }));
            if self.best.hits.len() > self.best.limit {
                self.best.hits.pop();
            }
        }
        self.best.threshold()
    }

    /// Looks each of a few rows up in the query, instead of walking through the query's.
    fn each_of(&mut self, rows: &BitSet, weight: &dyn Weight) -> tantivy::Result<()> {
        let mut matching = weight.scorer(self.reader, 1.0)?;
        let mut row = first_from(rows, 0);
        while row < rows.max_value() && matching.doc() != TERMINATED {
            if matching.doc() < row {
                matching.seek(row);
            }
            if matching.doc() == row {
                let score = matching.score();
                self.add(row, score);
                row += 1;
            } else {
                row = matching.doc();
            }
            row = first_from(rows, row);
        }
        Ok(())
    }
}

/// The first of the rows at or after one; their number if there is none.
fn first_from(rows: &BitSet, from: DocId) -> DocId {
    let mut row = from;
    while row < rows.max_value() && !rows.contains(row) {
        row += 1;
    }
    row
}

impl Eq for Hit {}

impl Ord for Hit {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = self.score.total_cmp(&other.score);
        by_score.then_with(|| other.row.cmp(&self.row))
    }
}

impl PartialOrd for Hit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

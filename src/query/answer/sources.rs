//! What an answer may draw on: the best passages of what is found, in order of their worth.

use std::collections::HashMap;

use domain::{Document, ObjectName, Passage, RecordId, Viewer};
use store::Filters;

use crate::query::grounding::{Source, packed};
use crate::query::rank::Ranked;
use crate::query::retrieve::{Question, Retrieved, documents, passages, retrieve};
use crate::query::{Engine, Error};

/// Passages of the best document that are read whether they match or not: what solved a case is
/// often said in other words than what was asked.
const WHOLE: usize = 30;
/// Characters from which such a passage says enough.
const LONG_ENOUGH: usize = 30;
/// What such a passage counts for, against the best one.
const REST: f32 = 0.8;
/// Of the best sources, those whose tables are completed, and the passages of one document that are
/// looked through for it.
const TABLES: usize = 4;
const LOOKED_THROUGH: usize = 200;
/// Passages that a table may take.
const LONGEST_TABLE: usize = 4;
/// The object of articles.
const ARTICLE: &str = "Knowledge__kav";

/// The best sources for a question, within the budget of the context.
pub async fn gather(
    engine: &Engine,
    viewer: &Viewer,
    question: &Question,
    filters: Filters,
    retrieved: &Retrieved,
    budget_chars: usize,
) -> Result<Vec<Source>, Error> {
    let mut sources = of(engine, viewer, retrieved).await?;
    if filters.objects.is_empty() {
        let articles = articles(engine, viewer, question, filters).await?;
        sources = interleaved(sources, articles);
    }
    let sources = with_whole_tables(engine, viewer, sources).await?;
    Ok(packed(sources, engine.answer.passages, budget_chars))
}

/// The best passages of the best documents.
async fn of(engine: &Engine, viewer: &Viewer, retrieved: &Retrieved) -> Result<Vec<Source>, Error> {
    let most = engine.answer.passages;
    let ranked = &retrieved.documents[..retrieved.documents.len().min(most)];
    let documents = documents(engine, viewer, ranked).await?;
    let found = passages(engine, viewer, ranked).await?;
    let mut sources = Vec::new();
    for ranked in ranked {
        let Some(document) = documents.get(&ranked.document) else {
            continue;
        };
        for (id, score) in &ranked.passages {
            if let Some(passage) = found.get(id) {
                sources.push(Source::new(passage.clone(), document, viewer, *score));
            }
        }
    }
    sources.extend(rest_of_best(engine, viewer, ranked, &documents, &sources).await?);
    sources.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(sources)
}

/// What else the best document says, so far as it is not among `known`.
async fn rest_of_best(
    engine: &Engine,
    viewer: &Viewer,
    ranked: &[Ranked],
    documents: &HashMap<RecordId, Document>,
    known: &[Source],
) -> Result<Vec<Source>, Error> {
    let Some(best) = ranked.first() else {
        return Ok(Vec::new());
    };
    let Some(document) = documents.get(&best.document) else {
        return Ok(Vec::new());
    };
    let whole = engine
        .reader
        .document_passages(viewer, best.document, WHOLE);
    let mut rest = Vec::new();
    for passage in whole.await? {
        let is_known = known.iter().any(|source| source.passage.id == passage.id);
        if !is_known && passage.end - passage.start >= LONG_ENOUGH {
            rest.push(Source::new(passage, document, viewer, REST * best.score));
        }
    }
    Ok(rest)
}

/// The best passages of articles alone: a hundred cases about one problem would otherwise leave no
/// room for the one article that solves it.
async fn articles(
    engine: &Engine,
    viewer: &Viewer,
    question: &Question,
    mut filters: Filters,
) -> Result<Vec<Source>, Error> {
    let article = ObjectName::parse(ARTICLE).map_err(|error| Error::Invalid(error.to_string()))?;
    if !viewer.reads_object(&article) {
        return Ok(Vec::new());
    }
    filters.objects = vec![article];
    let wanted = engine.answer.passages / 2;
    let retrieved = retrieve(engine, viewer, question, &filters, wanted).await?;
    of(engine, viewer, &retrieved).await
}

/// One of each in turn, none twice.
fn interleaved(all: Vec<Source>, articles: Vec<Source>) -> Vec<Source> {
    let mut mixed: Vec<Source> = Vec::new();
    let (mut all, mut articles) = (all.into_iter(), articles.into_iter());
    loop {
        let next = [all.next(), articles.next()];
        if next.iter().all(Option::is_none) {
            return mixed;
        }
        for source in next.into_iter().flatten() {
            let is_new = |known: &Source| known.passage.id != source.passage.id;
            if mixed.iter().all(is_new) {
                mixed.push(source);
            }
        }
    }
}

/// A table that was cut is put together again: its other parts come right behind the one that was found.
async fn with_whole_tables(
    engine: &Engine,
    viewer: &Viewer,
    sources: Vec<Source>,
) -> Result<Vec<Source>, Error> {
    let mut whole: Vec<Source> = Vec::with_capacity(sources.len());
    for (place, source) in sources.into_iter().enumerate() {
        let passage = &source.passage;
        let is_cut =
            place < TABLES && (begins_in_table(&passage.text) || ends_in_table(&passage.text));
        let parts = match is_cut {
            true => {
                let reader = &engine.reader;
                let document = passage.document_id;
                let all = reader
                    .document_passages(viewer, document, LOOKED_THROUGH)
                    .await?;
                rest_of_table(passage, &all)
            }
            false => Vec::new(),
        };
        let rest = parts.into_iter().map(|passage| Source {
            passage,
            ..source.clone()
        });
        let rest: Vec<Source> = rest.collect();
        whole.push(source);
        whole.extend(rest);
    }
    Ok(whole)
}

/// The passages that hold the rest of a table of `passage`, in their order.
fn rest_of_table(passage: &Passage, all: &[Passage]) -> Vec<Passage> {
    let same =
        |other: &&Passage| other.record_id == passage.record_id && other.field == passage.field;
    let field: Vec<&Passage> = all.iter().filter(same).collect();
    let Some(at) = field.iter().position(|other| other.id == passage.id) else {
        return Vec::new();
    };
    let mut before: Vec<Passage> = Vec::new();
    let mut first = passage;
    while begins_in_table(&first.text) && before.len() < LONGEST_TABLE {
        let Some(previous) = at.checked_sub(before.len() + 1).map(|index| field[index]) else {
            break;
        };
        if !ends_in_table(&previous.text) {
            break;
        }
        before.insert(0, previous.clone());
        first = previous;
    }
    let mut last = passage;
    for next in field.iter().skip(at + 1).take(LONGEST_TABLE) {
        if !(ends_in_table(&last.text) && begins_in_table(&next.text)) {
            break;
        }
        before.push((*next).clone());
        last = next;
    }
    before
}

/// Clean text has a row of a table as a line, its cells between ` | `.
fn begins_in_table(text: &str) -> bool {
    text.lines().next().is_some_and(|line| line.contains(" | "))
}

fn ends_in_table(text: &str) -> bool {
    text.lines()
        .next_back()
        .is_some_and(|line| line.contains(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{FieldName, PassageId};

    fn passage(ordinal: usize, text: &str) -> Passage {
        let id = RecordId::parse("500000000000001").unwrap();
        let field = FieldName::parse("Answer__c").unwrap();
        Passage {
            id: PassageId::new(id, id, &field, ordinal),
            document_id: id,
            record_id: id,
            object: ObjectName::parse(ARTICLE).unwrap(),
            field,
            start: 0,
            end: text.chars().count(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_cut_table_is_put_together_in_its_order() {
        let all = [
            passage(0, "Prices\nPart | Price"),
            passage(1, "Gasket | 12\nFilter | 8"),
            passage(2, "Pump | 90\nCall us."),
            passage(3, "Hose | 3"),
        ];
        let texts = |of: &Passage| {
            let rest = rest_of_table(of, &all);
            rest.into_iter().map(|part| part.text).collect::<Vec<_>>()
        };
        assert_eq!(texts(&all[1]), [all[0].text.clone(), all[2].text.clone()]);
        assert_eq!(texts(&all[3]), Vec::<String>::new());
    }
}

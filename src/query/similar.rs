//! `more_like`: what resembles a record.

use domain::{Passage, RecordId, Viewer};
use store::{Filters, KeywordQuery};

use super::retrieve::Question;
use super::{Engine, Error};

/// Passages of the record that are read for its meaning.
const READ: usize = 60;
/// The first so many that say something give the meaning.
const MEANT: usize = 4;
const LONG_ENOUGH: usize = 40;
/// Words that are looked for.
const WORDS: usize = 24;

/// The document that is named by a record's id, its number or its address, and what to look for to
/// find others like it.
///
/// # Errors
/// [`Error::NotFound`], alike for what is not there and for what the viewer may not read.
pub async fn like(
    engine: &Engine,
    viewer: &Viewer,
    name: &str,
) -> Result<(RecordId, Question), Error> {
    let document = named(engine, viewer, name).await?;
    let reader = &engine.reader;
    let query = reader.telling_words(viewer, document, WORDS).await?;
    let passages = reader.document_passages(viewer, document, READ).await?;
    let vector = meaning(engine, &passages).await;
    Ok((document, Question::new(query, vector)))
}

/// Looks for either: the words of both, a meaning between the two.
pub fn both(like: Question, asked: Question) -> Question {
    let vector = match (like.vector, asked.vector) {
        (Some(like), Some(asked)) => Some(mean(&[like, asked])),
        (like, asked) => like.or(asked),
    };
    Question {
        query: asked.query.with(like.query),
        vector,
        ..asked
    }
}

async fn named(engine: &Engine, viewer: &Viewer, name: &str) -> Result<RecordId, Error> {
    let query = KeywordQuery::parse(name);
    let keys = query.exact_keys();
    if keys.is_empty() {
        return Err(Error::Invalid(
            "more_like must be the id of a record, its number, or its address".to_owned(),
        ));
    }
    let found = engine
        .reader
        .exact(viewer, keys, &Filters::default())
        .await?;
    let readable = engine.access.confirm(viewer, &found).await?;
    let first = found
        .into_iter()
        .find(|document| readable.contains(document));
    first.ok_or_else(|| {
        let shown: String = name.chars().take(60).collect();
        Error::NotFound(format!(
            "more_like: no document that you can read has the record '{shown}'"
        ))
    })
}

/// The mean of what the first telling passages mean.
async fn meaning(engine: &Engine, passages: &[Passage]) -> Option<Vec<f32>> {
    let embedder = engine.embedder.as_ref()?;
    let says_something = |passage: &&Passage| passage.end - passage.start >= LONG_ENOUGH;
    let mut texts: Vec<String> = passages
        .iter()
        .filter(says_something)
        .take(MEANT)
        .map(|passage| passage.text.clone())
        .collect();
    if texts.is_empty() {
        texts.extend(passages.first().map(|passage| passage.text.clone()));
    }
    if texts.is_empty() {
        return None;
    }
    match embedder.passages(texts).await {
        Ok(vectors) => Some(mean(&vectors)),
        Err(error) => {
            tracing::warn!(error = %error.without_its_words(), "record not embedded, keyword search only");
            None
        }
    }
}

/// The direction of the sum, of length 1.
fn mean(vectors: &[Vec<f32>]) -> Vec<f32> {
    let dimension = vectors.first().map_or(0, Vec::len);
    let sum = |place: usize| vectors.iter().map(|vector| vector[place]).sum::<f32>();
    let mut mean: Vec<f32> = (0..dimension).map(sum).collect();
    let length = mean.iter().map(|part| part * part).sum::<f32>().sqrt();
    if length > f32::EPSILON {
        mean.iter_mut().for_each(|part| *part /= length);
    }
    mean
}

//! The two legs of a search, by words and by meaning, and what both have found.

use std::collections::BTreeSet;

use domain::RecordId;
use store::{Filters, Reached, Scored};

use super::Error;
use super::fusion::{self, Fused, Leg, Variant};
use super::retrieve::Asked;

/// What both legs found, going so deep.
#[derive(Default)]
pub(super) struct Found {
    pub keyword: Vec<Scored>,
    pub near: Vec<Scored>,
    /// Why the second could not be asked, if so: words are enough then.
    pub degraded: Option<String>,
    /// Whether a leg has nothing further.
    keyword_ended: bool,
    near_ended: bool,
}

impl Found {
    pub fn keyword_leg(&self) -> Leg<'_> {
        Leg {
            found: &self.keyword,
            exhausted: self.keyword_ended,
        }
    }

    pub fn vector_leg(&self) -> Leg<'_> {
        Leg {
            found: &self.near,
            exhausted: self.near_ended,
        }
    }

    pub fn exhausted(&self) -> bool {
        self.keyword_ended && self.near_ended
    }

    pub fn fused(&self, variant: Variant) -> Vec<Fused> {
        fusion::fuse(variant, self.keyword_leg(), self.vector_leg())
    }

    /// The documents, those that stand first in a leg first.
    pub fn documents(&self) -> Vec<RecordId> {
        let mut seen = BTreeSet::new();
        let mut documents = Vec::new();
        for place in 0..self.keyword.len().max(self.near.len()) {
            for leg in [&self.keyword, &self.near] {
                let document = leg.get(place).map(|scored| scored.document);
                documents.extend(document.filter(|document| seen.insert(*document)));
            }
        }
        documents
    }

    /// Only what is of these documents.
    pub fn retain(&mut self, documents: &BTreeSet<RecordId>) {
        for leg in [&mut self.keyword, &mut self.near] {
            leg.retain(|scored| documents.contains(&scored.document));
        }
    }

    /// Both, each passage once. How far the others reached decides whether there is more.
    fn with(mut self, others: Self) -> Self {
        merge(&mut self.keyword, others.keyword);
        merge(&mut self.near, others.near);
        Self {
            keyword_ended: others.keyword_ended,
            near_ended: others.near_ended,
            degraded: self.degraded.or(others.degraded),
            ..self
        }
    }
}

/// Both lists as one, best first. A passage has the same score in either.
fn merge(leg: &mut Vec<Scored>, others: Vec<Scored>) {
    let known: BTreeSet<_> = leg.iter().map(|scored| scored.passage).collect();
    let new = others.into_iter();
    leg.extend(new.filter(|scored| !known.contains(&scored.passage)));
    leg.sort_by(|a, b| b.score.total_cmp(&a.score));
}

/// What both legs find of what the viewer is expected to be able to read.
pub(super) async fn within_reach(asked: Asked<'_>, limit: usize) -> Result<Found, Error> {
    legs(asked, asked.filters, limit).await
}

/// What both legs find, wherever it is: sharing as of the last sync does not know of what was
/// shared since, and Salesforce does not store every share. Where that holds too little that the
/// viewer is expected to read, what is within reach is looked for besides.
pub(super) async fn everywhere(
    asked: Asked<'_>,
    limit: usize,
    wanted: usize,
) -> Result<Found, Error> {
    let anything = Filters {
        reach: Reached::Anything,
        ..asked.filters.clone()
    };
    let found = legs(asked, &anything, limit).await?;
    if found.exhausted() {
        return Ok(found);
    }
    let access = &asked.engine.access;
    let documents = found.documents();
    let expected = access.expected(asked.viewer, &documents, Reached::Likely);
    if expected.await?.len() >= wanted {
        return Ok(found);
    }
    Ok(found.with(within_reach(asked, limit).await?))
}

/// Both legs under these filters.
#[tracing::instrument(name = "search the index", skip_all)]
pub(super) async fn legs(
    asked: Asked<'_>,
    filters: &Filters,
    limit: usize,
) -> Result<Found, Error> {
    let Asked {
        engine,
        viewer,
        question,
        ..
    } = asked;
    let keyword = async {
        match question.variant.has_keyword() {
            true => {
                let query = &question.query;
                engine.reader.keyword(viewer, query, filters, limit).await
            }
            false => Ok(Vec::new()),
        }
    };
    let near = async {
        match &question.vector {
            Some(vector) if question.variant.has_vector() => {
                let near = engine.reader.vector(viewer, vector, filters, limit).await;
                or_why_not(near)
            }
            Some(_) | None => Ok((Vec::new(), None)),
        }
    };
    let (keyword, (near, degraded)) = tokio::try_join!(keyword, near)?;
    Ok(Found {
        keyword_ended: keyword.len() < limit,
        near_ended: near.len() < limit,
        keyword,
        near,
        degraded,
    })
}

/// What the vector leg found, or why it is away. Anything else is an error.
fn or_why_not(
    near: Result<Vec<Scored>, store::Error>,
) -> Result<(Vec<Scored>, Option<String>), store::Error> {
    match near {
        Ok(near) => Ok((near, None)),
        Err(error) => match error.vectors_away() {
            Some(reason) => Ok((Vec::new(), Some(format!("vector search is away: {reason}")))),
            None => Err(error),
        },
    }
}

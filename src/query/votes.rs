//! Closed cases that are like the question vote for the articles that people attached to them:
//! "this article solved that case" is knowledge that no text has.
//!
//! Only what the viewer may read counts: the case, the record that attaches the article, and the
//! article itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{Document, RecordId};
use store::ExactKey;

use super::Error;
use super::rank::{self, Boost, BoostReason, Ranked};
use super::retrieve::{Asked, passages_within};

/// Candidates, from the best one, among which cases are asked.
const ASKED: usize = 20;
/// Articles with the most votes that count.
const ELECTED: usize = 5;
/// Votes that count as if they had been cast for nobody: one case alone says little.
const DOUBT: f32 = 1.0;
/// What all votes together add to an article, against the best candidate's score: a text that
/// matches clearly better stays ahead.
const MOST: f32 = 0.3;
/// Where an article that the text did not find stands with all votes, against the best candidate.
const BROUGHT_IN: f32 = 0.9;
/// The facet that says whether a case is closed; where a profile has none, each case votes.
const CLOSED: &str = "closed";

/// Lets the best candidates vote. `ranked` holds candidates that the viewer may read, best first;
/// the first `named` of them were asked for by name and neither vote nor give way.
pub(super) async fn cast(
    asked: Asked<'_>,
    ranked: &mut Vec<Ranked>,
    named: usize,
) -> Result<(), Error> {
    let Some(best) = ranked.get(named).map(|best| best.score) else {
        return Ok(());
    };
    let elected = elect(asked, &ranked[named..]).await?;
    if elected.is_empty() {
        return Ok(());
    }
    let mut versions = versions(asked, &elected).await?;
    for candidate in ranked.iter_mut() {
        if let Some(election) = versions.remove(&candidate.document) {
            candidate.lift(election.boost(MOST * best));
        }
    }
    ranked.extend(brought_in(asked, &versions, BROUGHT_IN * best).await?);
    ranked[named..].sort_by(rank::best_first);
    Ok(())
}

/// The versions that the text did not find, so far as the viewer may read them.
async fn brought_in(
    asked: Asked<'_>,
    versions: &BTreeMap<RecordId, Election>,
    most: f32,
) -> Result<Vec<Ranked>, Error> {
    let unknown: Vec<RecordId> = versions.keys().copied().collect();
    let readable = asked.engine.access.confirm(asked.viewer, &unknown).await?;
    let mut passages = passages_within(asked, &readable).await?;
    let elected = versions.iter().filter(|(id, _)| readable.contains(id));
    let brought = elected.map(|(id, election)| {
        let mut brought = Ranked::unscored(*id);
        brought.lift(election.boost(most));
        brought.take_passages(passages.remove(id).unwrap_or_default());
        brought
    });
    Ok(brought.collect())
}

/// How an article did.
#[derive(Debug, Clone, Copy, Default)]
struct Election {
    cases: usize,
    /// Of the votes of all cases, 0 to 1.
    share: f32,
}

impl Election {
    fn boost(&self, all: f32) -> Boost {
        let cases = match self.cases {
            1 => "1 case".to_owned(),
            cases => format!("{cases} cases"),
        };
        Boost {
            detail: Some(cases),
            ..Boost::new(BoostReason::Votes, all * self.share)
        }
    }
}

/// The articles with the most votes, by `KnowledgeArticleId`.
async fn elect(asked: Asked<'_>, ranked: &[Ranked]) -> Result<BTreeMap<RecordId, Election>, Error> {
    let voters = ranked.iter().take(ASKED);
    let voters = voters.filter(|ranked| !rank::is_article(ranked.document));
    let scores: HashMap<RecordId, f32> = voters.map(|r| (r.document, r.score)).collect();
    let ids: Vec<RecordId> = scores.keys().copied().collect();
    let best = ranked.first().map_or(0.0, |best| best.score);
    if ids.is_empty() || best <= 0.0 {
        return Ok(BTreeMap::new());
    }
    let mut elections: BTreeMap<RecordId, Election> = BTreeMap::new();
    let mut all_votes = DOUBT;
    for case in asked.engine.reader.heads(asked.viewer, &ids).await? {
        if case.articles.is_empty() || !is_closed(&case) {
            continue;
        }
        let similarity = scores.get(&case.id).copied().unwrap_or_default() / best;
        // Steep: what is half as similar is hardly about the same thing.
        let vote = similarity * similarity;
        all_votes += vote;
        let articles: BTreeSet<RecordId> = case.articles.iter().map(|a| a.article).collect();
        for article in &articles {
            let election = elections.entry(*article).or_default();
            election.cases += 1;
            election.share += vote / articles.len() as f32;
        }
    }
    Ok(winners(elections, all_votes))
}

/// Those with the most votes, with their share of all.
fn winners(
    elections: BTreeMap<RecordId, Election>,
    all_votes: f32,
) -> BTreeMap<RecordId, Election> {
    let mut elections: Vec<_> = elections.into_iter().collect();
    elections.sort_by(|(_, a), (_, b)| b.share.total_cmp(&a.share));
    elections.truncate(ELECTED);
    for (_, election) in &mut elections {
        election.share /= all_votes;
    }
    elections.into_iter().collect()
}

fn is_closed(case: &Document) -> bool {
    match case.facets.get(CLOSED).and_then(|values| values.first()) {
        Some(closed) => closed.value == "true",
        None => true,
    }
}

/// The versions of the elected articles that the filters allow, each with how its article did.
async fn versions(
    asked: Asked<'_>,
    elected: &BTreeMap<RecordId, Election>,
) -> Result<BTreeMap<RecordId, Election>, Error> {
    let keys: Vec<ExactKey> = elected.keys().copied().map(ExactKey::Id).collect();
    let (reader, viewer) = (&asked.engine.reader, asked.viewer);
    let found = reader.exact(viewer, &keys, asked.filters).await?;
    let heads = reader.heads(viewer, &found).await?;
    let versions = heads.iter().filter_map(|version| {
        let election = elected.get(&version.parents.article?)?;
        Some((version.id, *election))
    });
    Ok(versions.collect())
}

//! An article in several languages is listed once: in the viewer's language where there is such a
//! version, with the version that matched best right behind it, and the others named.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{Document, RecordId};
use serde::{Deserialize, Serialize};
use store::ExactKey;
use utoipa::ToSchema;

use super::Error;
use super::rank::{self, Boost, BoostReason, Ranked};
use super::retrieve::{Asked, passages_within};

/// Another version of an article, in another language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Translation {
    pub id: RecordId,
    /// As Salesforce writes it: `en_US`.
    pub language: Option<String>,
    pub url: String,
}

/// The articles of one search that are in their places.
#[derive(Default)]
pub(super) struct Translations {
    /// The articles that came across, whether in their places or not.
    seen: BTreeSet<RecordId>,
    /// What else there is of a version that is listed.
    pub of: HashMap<RecordId, Vec<Translation>>,
}

impl Translations {
    /// Lists each article once, in the viewer's language where that is possible. `ranked` holds
    /// candidates that the viewer may read, best first; what stands behind the first `wanted` will
    /// not be shown and stays in the language that was found.
    pub(super) async fn settle(
        &mut self,
        asked: Asked<'_>,
        ranked: Vec<Ranked>,
        wanted: usize,
    ) -> Result<Vec<Ranked>, Error> {
        if asked.engine.reader.languages(asked.viewer).len() < 2 {
            return Ok(ranked);
        }
        let articles = articles_of(asked, &ranked).await?;
        let (listed, further) = self.once_each(asked, ranked, &articles);
        let shown: Vec<RecordId> = listed
            .iter()
            .take(wanted)
            .filter_map(|ranked| articles.get(&ranked.document).copied())
            .collect();
        let versions = versions(asked, &shown).await?;
        let mut preferred = preferred(asked, &listed, further, &articles, &versions).await?;
        let mut settled = Vec::with_capacity(listed.len());
        for ranked in listed {
            let article = articles.get(&ranked.document);
            let versions = article.and_then(|article| versions.get(article));
            let first = preferred.remove(&ranked.document);
            for listed in first.into_iter().chain([ranked]) {
                self.name_others(listed.document, versions);
                settled.push(listed);
            }
        }
        Ok(settled)
    }

    /// The best candidate of each article and all that are none, and what is left.
    fn once_each(
        &mut self,
        asked: Asked<'_>,
        ranked: Vec<Ranked>,
        articles: &HashMap<RecordId, RecordId>,
    ) -> (Vec<Ranked>, Vec<Ranked>) {
        ranked.into_iter().partition(|ranked| {
            let article = articles.get(&ranked.document);
            article.is_none_or(|article| self.seen.insert(*article))
                || is_named(asked, ranked.document)
        })
    }

    fn name_others(&mut self, listed: RecordId, versions: Option<&Vec<Document>>) {
        let others = versions.into_iter().flatten();
        let others: Vec<Translation> = others
            .filter(|version| version.id != listed)
            .map(|version| Translation {
                id: version.id,
                language: version.language.clone(),
                url: version.url.clone(),
            })
            .collect();
        if !others.is_empty() {
            self.of.insert(listed, others);
        }
    }
}

/// Whether the question names this very version by its id.
fn is_named(asked: Asked<'_>, version: RecordId) -> bool {
    let keys = asked.question.query.exact_keys();
    keys.contains(&ExactKey::Id(version))
}

/// The articles that candidates are versions of.
async fn articles_of(
    asked: Asked<'_>,
    ranked: &[Ranked],
) -> Result<HashMap<RecordId, RecordId>, Error> {
    let versions = ranked.iter().map(|ranked| ranked.document);
    let versions: Vec<RecordId> = versions.filter(|id| rank::is_article(*id)).collect();
    let heads = asked.engine.reader.heads(asked.viewer, &versions).await?;
    let articles = heads
        .iter()
        .filter_map(|head| Some((head.id, head.parents.article?)));
    Ok(articles.collect())
}

/// The versions of these articles that the viewer may read and the filters allow.
async fn versions(
    asked: Asked<'_>,
    articles: &[RecordId],
) -> Result<BTreeMap<RecordId, Vec<Document>>, Error> {
    let keys: Vec<ExactKey> = articles.iter().copied().map(ExactKey::Id).collect();
    let (engine, viewer) = (asked.engine, asked.viewer);
    let found = engine.reader.exact(viewer, &keys, asked.filters).await?;
    let readable = engine.access.confirm(viewer, &found).await?;
    let readable: Vec<RecordId> = readable.into_iter().collect();
    let mut versions: BTreeMap<RecordId, Vec<Document>> = BTreeMap::new();
    for version in engine.reader.heads(viewer, &readable).await? {
        if let Some(article) = version.parents.article {
            versions.entry(article).or_default().push(version);
        }
    }
    Ok(versions)
}

/// What to list before a version that was found, because it is the same in the viewer's language.
async fn preferred(
    asked: Asked<'_>,
    listed: &[Ranked],
    further: Vec<Ranked>,
    articles: &HashMap<RecordId, RecordId>,
    versions: &BTreeMap<RecordId, Vec<Document>>,
) -> Result<HashMap<RecordId, Ranked>, Error> {
    let Some(language) = asked.viewer.language() else {
        return Ok(HashMap::new());
    };
    let mut further: HashMap<_, _> = further.into_iter().map(|r| (r.document, r)).collect();
    let mut preferred = HashMap::new();
    for found in listed.iter().filter(|r| !is_named(asked, r.document)) {
        let versions = articles.get(&found.document).and_then(|a| versions.get(a));
        let version = versions.and_then(|versions| in_language(versions, language));
        let Some(version) = version.filter(|version| version.id != found.document) else {
            continue;
        };
        let other = further.remove(&version.id);
        let mut first = other.unwrap_or_else(|| Ranked::unscored(version.id));
        first.score = found.score;
        first.boosts.push(Boost {
            detail: Some(format!("found as {}", found.document)),
            ..Boost::new(BoostReason::Translation, 0.0)
        });
        preferred.insert(found.document, first);
    }
    let bare = preferred.values().filter(|first| first.passages.is_empty());
    let bare = bare.map(|first| first.document).collect();
    let mut passages = passages_within(asked, &bare).await?;
    for first in preferred.values_mut() {
        first.take_passages(passages.remove(&first.document).unwrap_or_default());
    }
    Ok(preferred)
}

/// The version in a language; else one in the same language of another country (`de` for `de_CH`).
fn in_language<'a>(versions: &'a [Document], wanted: &str) -> Option<&'a Document> {
    let closeness = |version: &&Document| {
        let language = version.language.as_deref().unwrap_or_default();
        if language.eq_ignore_ascii_case(wanted) {
            2
        } else {
            usize::from(without_country(language).eq_ignore_ascii_case(without_country(wanted)))
        }
    };
    let best = versions.iter().max_by_key(closeness);
    best.filter(|version| closeness(version) > 0)
}

fn without_country(language: &str) -> &str {
    language.split('_').next().unwrap_or(language)
}

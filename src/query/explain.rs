//! Why a document is where it is: what each leg gave it, and what it was given beside.

use std::collections::HashMap;

use domain::{Passage, PassageId};
use serde::{Deserialize, Serialize};
use store::KeywordQuery;
use utoipa::ToSchema;

use super::fusion::{self, Fused, Variant};
use super::legs::Found;
use super::rank::{Boost, BoostReason, Ranked};

/// What one leg gave a passage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Leg {
    /// From 1.
    pub rank: usize,
    /// The leg's own: BM25, or the cosine.
    pub score: f32,
    /// The same on the scale of both legs: 0 is the leg's worst candidate, about 1 its best.
    pub scaled: f32,
    /// What it adds to the fused score: its part by the leg's weight.
    pub share: f32,
}

/// What both legs gave a passage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = PassageExplanation)]
pub struct Explanation {
    pub keyword: Option<Leg>,
    pub vector: Option<Leg>,
    pub fused: f32,
    /// Words and codes of the query that stand in it, in lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<String>,
}

/// Why a document is where it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HitExplanation {
    /// The best places of its passages.
    pub keyword: Option<Leg>,
    pub vector: Option<Leg>,
    /// Words and codes of the query that stand in its passages or its title.
    pub terms: Vec<String>,
    pub boosts: Vec<Boost>,
    /// The same for people, in a sentence or a few.
    pub why: String,
}

/// What each leg gave each passage.
pub type Legs = HashMap<PassageId, Explanation>;

/// Takes down what the legs gave, before anything is added.
pub fn legs(variant: Variant, found: &Found, fused: &[Fused]) -> Legs {
    let (keyword, near) = (found.keyword_leg(), found.vector_leg());
    let (keyword_share, vector_share) = fusion::shares(&found.keyword, &found.near);
    let documents = fusion::candidates(&found.keyword, &found.near);
    let keyword = places(
        fusion::scaled(variant, keyword, documents),
        keyword,
        keyword_share,
    );
    let near = places(fusion::scaled(variant, near, documents), near, vector_share);
    let explained = fused.iter().map(|fused| {
        let explanation = Explanation {
            keyword: keyword.get(&fused.passage).copied(),
            vector: near.get(&fused.passage).copied(),
            fused: fused.keyword + fused.vector,
            terms: Vec::new(),
        };
        (fused.passage, explanation)
    });
    explained.collect()
}

fn places(scaled: Vec<f32>, leg: fusion::Leg<'_>, share: f32) -> HashMap<PassageId, Leg> {
    let numbered = leg.found.iter().zip(scaled).enumerate();
    numbered
        .map(|(place, (scored, scaled))| {
            let leg = Leg {
                rank: place + 1,
                score: scored.score,
                scaled,
                share: share * scaled,
            };
            (scored.passage, leg)
        })
        .collect()
}

/// Of one passage.
pub fn passage(query: &KeywordQuery, legs: &Legs, passage: &Passage) -> Explanation {
    Explanation {
        terms: found(query, &passage.text),
        ..legs.get(&passage.id).cloned().unwrap_or_default()
    }
}

/// Of a document with its title and the passages that are shown.
pub fn hit(
    query: &KeywordQuery,
    ranked: &Ranked,
    title: &str,
    passages: &[Explanation],
) -> HitExplanation {
    let best = |leg: fn(&Explanation) -> Option<Leg>| {
        let legs = passages.iter().filter_map(leg);
        legs.min_by_key(|leg| leg.rank)
    };
    let mut terms = found(query, title);
    for term in passages.iter().flat_map(|passage| &passage.terms) {
        if !terms.contains(term) {
            terms.push(term.clone());
        }
    }
    let (keyword, vector) = (best(|p| p.keyword), best(|p| p.vector));
    HitExplanation {
        why: why(keyword, vector, &terms, &ranked.boosts),
        keyword,
        vector,
        terms,
        boosts: ranked.boosts.clone(),
    }
}

/// The words of the query in a text, in lower case as they stand there, each once.
fn found(query: &KeywordQuery, text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut found: Vec<String> = Vec::new();
    for (from, to) in query.highlights(text) {
        let word = characters[from..to]
            .iter()
            .collect::<String>()
            .to_lowercase();
        if !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

fn why(keyword: Option<Leg>, vector: Option<Leg>, terms: &[String], boosts: &[Boost]) -> String {
    let mut said = Vec::new();
    if let Some(leg) = keyword {
        let place = leg.rank;
        said.push(match terms {
            [] => format!("Its title or text has words of the query (place {place} by words)."),
            _ => format!(
                "It has the words {} (place {place} by words).",
                terms.join(", ")
            ),
        });
    }
    if let Some(leg) = vector {
        said.push(format!(
            "It is near in meaning (place {} by meaning, cosine {:.2}).",
            leg.rank, leg.score
        ));
    }
    said.extend(boosts.iter().map(reason));
    if said.is_empty() {
        said.push("It is in the filters; the list is by date.".to_owned());
    }
    said.join(" ")
}

fn reason(boost: &Boost) -> String {
    let said = match boost.reason {
        BoostReason::ExactKey => "The query names it by its id, its number or an address.",
        BoostReason::RareCode => "It has a code of the query that few passages have.",
        BoostReason::ArticlePrior => "An article comes before what is otherwise as good.",
        BoostReason::FurtherPassages => "More than one of its passages fits.",
        BoostReason::Votes => "People attached it to closed cases like the question",
        BoostReason::Translation => "It is the version in your language of one that fits",
        BoostReason::Recent => "It was changed lately.",
        BoostReason::Superseded => "It is closed as a duplicate, or calls itself superseded.",
        BoostReason::Newer => "It is the newest version of several articles of its title.",
    };
    match &boost.detail {
        Some(detail) => format!("{said} ({detail})."),
        None => said.to_owned(),
    }
}

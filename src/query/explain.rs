//! Why a document is where it is: what each leg gave it, and what it was given beside.

use std::collections::HashMap;

use domain::{Passage, PassageId};
use serde::{Deserialize, Serialize};
use store::{KeywordQuery, Scored};

use super::rank::{self, Boost, BoostReason, Ranked};

/// What one leg gave a passage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Leg {
    /// From 1.
    pub rank: usize,
    /// The leg's own: BM25, or the cosine.
    pub score: f32,
    /// Between the worst candidate of the leg, 0, and the best, 1.
    pub normalised: f32,
    /// What it adds to the fused score.
    pub share: f32,
}

/// What both legs gave a passage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    pub keyword: Option<Leg>,
    pub vector: Option<Leg>,
    pub fused: f32,
    /// Words and codes of the query that stand in it, in lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<String>,
}

/// Why a document is where it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
pub fn legs(keyword: &[Scored], near: &[Scored], fused: &[Scored]) -> Legs {
    let (keyword_share, vector_share) = rank::shares(keyword, near);
    let keyword = places(keyword, keyword_share);
    let near = places(near, vector_share);
    let explained = fused.iter().map(|scored| {
        let explanation = Explanation {
            keyword: keyword.get(&scored.passage).copied(),
            vector: near.get(&scored.passage).copied(),
            fused: scored.score,
            terms: Vec::new(),
        };
        (scored.passage, explanation)
    });
    explained.collect()
}

fn places(leg: &[Scored], share: f32) -> HashMap<PassageId, Leg> {
    let numbered = leg.iter().zip(rank::normalised(leg)).enumerate();
    numbered
        .map(|(place, (scored, normalised))| {
            let leg = Leg {
                rank: place + 1,
                score: scored.score,
                normalised,
                share: share * normalised,
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
    said.extend(boosts.iter().map(|boost| reason(boost.reason).to_owned()));
    if said.is_empty() {
        said.push("It is in the filters; the list is by date.".to_owned());
    }
    said.join(" ")
}

fn reason(reason: BoostReason) -> &'static str {
    match reason {
        BoostReason::ExactKey => "The query names it by its id, its number or an address.",
        BoostReason::RareCode => "It has a code of the query that few passages have.",
        BoostReason::ArticlePrior => "An article comes before what is otherwise as good.",
        BoostReason::FurtherPassages => "More than one of its passages fits.",
    }
}

//! Answers by picking the sentences whose words match the question best.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::prompt::Passage;
use super::words::{content_words, stem};

/// The most sentences in an answer.
const MAX_CLAIMS: usize = 3;
/// The most sentences in a summary.
const MAX_POINTS: usize = 12;
/// The longest quote, in characters.
const MAX_QUOTE: usize = 400;
/// The share of the question's weight that the best sentence must match.
const ENOUGH: f64 = 0.34;

/// The contract that the prompts ask for.
#[derive(Debug, Serialize)]
pub(in crate::openai) struct Answer {
    pub answered: bool,
    pub claims: Vec<Claim>,
}

#[derive(Debug, Serialize)]
pub(in crate::openai) struct Claim {
    pub text: String,
    pub support: Vec<Support>,
}

#[derive(Debug, Serialize)]
pub(in crate::openai) struct Support {
    pub passage: u64,
    pub quote: String,
}

impl Answer {
    pub fn none() -> Self {
        Self {
            answered: false,
            claims: Vec::new(),
        }
    }
}

/// What there is to say in sections: the sentence of each passage that matches best, else its first,
/// in the order of the passages.
pub(in crate::openai) fn summary(question: &str, passages: &[Passage<'_>]) -> Answer {
    let asked: HashSet<String> = content_words(question)
        .map(|word| stem(&word).to_owned())
        .collect();
    let mut said = HashSet::new();
    let claims: Vec<Claim> = passages
        .iter()
        .filter_map(|passage| {
            let sentences = sentences(passage);
            let matching = |sentence: &Sentence<'_>| sentence.stems.intersection(&asked).count();
            // The last of equals is the greatest, hence from the end.
            let best = sentences.into_iter().rev().max_by_key(matching)?;
            said.insert(best.text).then(|| best.claim())
        })
        .take(MAX_POINTS)
        .collect();
    Answer {
        answered: !claims.is_empty(),
        claims,
    }
}

/// The answer, whose quotes are pieces of the passages, letter for letter.
pub(in crate::openai) fn answer(question: &str, passages: &[Passage<'_>]) -> Answer {
    let sentences: Vec<Sentence<'_>> = passages.iter().flat_map(sentences).collect();
    let asked: HashSet<String> = content_words(question)
        .map(|word| stem(&word).to_owned())
        .collect();
    let weights = weights(&asked, &sentences);
    let whole: f64 = weights.values().sum();
    let mut scored: Vec<(f64, &Sentence<'_>)> = sentences
        .iter()
        .map(|sentence| (score(sentence, &weights), sentence))
        .filter(|(score, _)| *score > 0.0)
        .collect();
    // The sort is stable: of equals the earlier passage wins.
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let Some((best, _)) = scored
        .first()
        .copied()
        .filter(|(best, _)| *best >= ENOUGH * whole)
    else {
        return Answer::none();
    };
    let good = scored.iter().filter(|(score, _)| *score >= 0.6 * best);
    let mut said = HashSet::new();
    let claims = good
        .filter(|(_, sentence)| said.insert(sentence.text))
        .take(MAX_CLAIMS)
        .map(|(_, sentence)| sentence.claim())
        .collect();
    Answer {
        answered: true,
        claims,
    }
}

struct Sentence<'a> {
    passage: u64,
    text: &'a str,
    stems: HashSet<String>,
}

impl Sentence<'_> {
    fn claim(&self) -> Claim {
        let support = vec![Support {
            passage: self.passage,
            quote: self.text.to_owned(),
        }];
        Claim {
            text: self.text.to_owned(),
            support,
        }
    }
}

/// How much each word of the question says: the rarer among the sentences, the more.
fn weights(asked: &HashSet<String>, sentences: &[Sentence<'_>]) -> HashMap<String, f64> {
    let all = sentences.len() as f64;
    let weight = |word: &String| {
        let holding = sentences
            .iter()
            .filter(|sentence| sentence.stems.contains(word))
            .count();
        (1.0 + all / (1.0 + holding as f64)).ln()
    };
    asked
        .iter()
        .map(|word| (word.clone(), weight(word)))
        .collect()
}

fn score(sentence: &Sentence<'_>, weights: &HashMap<String, f64>) -> f64 {
    let matched = weights
        .iter()
        .filter(|(word, _)| sentence.stems.contains(*word));
    // Summed from small to large, as a map has no order and sums depend on it.
    let mut matched: Vec<f64> = matched.map(|(_, weight)| *weight).collect();
    matched.sort_by(f64::total_cmp);
    matched.iter().sum()
}

fn sentences<'a>(passage: &Passage<'a>) -> Vec<Sentence<'a>> {
    let pieces = passage.text.lines().flat_map(split);
    pieces
        .map(|text| Sentence {
            passage: passage.id,
            text,
            stems: content_words(text)
                .map(|word| stem(&word).to_owned())
                .collect(),
        })
        .filter(|sentence| !sentence.stems.is_empty())
        .collect()
}

/// The sentences of a line, cut after `.`, `!` or `?` before a blank, none longer than a quote may be.
fn split(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut previous = ' ';
    for (position, character) in line.char_indices() {
        if character.is_whitespace() && matches!(previous, '.' | '!' | '?') {
            found.push(cut(line[start..position].trim()));
            start = position;
        }
        previous = character;
    }
    found.push(cut(line[start..].trim()));
    found.retain(|sentence| !sentence.is_empty());
    found
}

/// The beginning of a long sentence, up to a blank.
fn cut(sentence: &str) -> &str {
    let Some((limit, _)) = sentence.char_indices().nth(MAX_QUOTE) else {
        return sentence;
    };
    let end = sentence[..limit]
        .rfind(char::is_whitespace)
        .unwrap_or(limit);
    sentence[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::answer;
    use crate::openai::brain::prompt::Passage;

    const PASSAGES: [Passage<'_>; 2] = [
        Passage {
            id: 1,
            tag: "",
            text: "The pump has a filter. Replace the filter every 300 hours.\nCall us.",
        },
        Passage {
            id: 2,
            tag: "",
            text: "Invoices are sent on the first day of a month.",
        },
    ];

    #[test]
    fn quotes_the_sentence_that_matches() {
        let answer = answer("How often must the filter be replaced?", &PASSAGES);
        assert!(answer.answered);
        assert_eq!(answer.claims[0].text, "Replace the filter every 300 hours.");
        assert_eq!(answer.claims[0].support[0].passage, 1);
    }

    #[test]
    fn quotes_are_in_their_passages() {
        let long = "word ".repeat(300) + "needle é";
        let passages = [Passage {
            id: 4,
            tag: "",
            text: &long,
        }];
        for claim in answer("word needle", &passages).claims {
            assert!(long.contains(&claim.support[0].quote));
        }
    }

    #[test]
    fn does_not_answer_what_no_passage_says() {
        assert!(!answer("Who won the football championship?", &PASSAGES).answered);
        assert!(!answer("", &PASSAGES).answered);
        assert!(!answer("filter", &[]).answered);
    }
}

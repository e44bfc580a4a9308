//! Follow-up questions: what was said before, by whom, and what a question means after it.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Subject, Viewer};
use lru::LruCache;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::query::Error;
use crate::query::request::MAX_QUESTION_CHARS;

/// Conversations that are remembered, and for how long after their last question.
const MOST_CONVERSATIONS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();
const REMEMBERED: Duration = Duration::from_secs(60 * 60);
/// Turns of a conversation that count.
const MOST_TURNS: usize = 12;
/// Turns that a request may bring along.
const MOST_SENT: usize = 100;
/// Characters of an answer that the next question is understood by.
const ANSWER_CHARS: usize = 600;
/// A question of fewer words is likely to lean on the one before.
const FEW_WORDS: usize = 5;
/// The longest id of a conversation, in characters.
const LONGEST_ID: usize = 200;

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    pub role: Speaker,
    #[schema(max_length = 16_000)]
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    User,
    Assistant,
}

/// What viewers have asked lately under ids of conversations. In memory only. A conversation is its
/// viewer's own: the same id of somebody else is another one. Clones share.
#[derive(Clone)]
pub struct Conversations(Arc<Mutex<LruCache<(Subject, String), Remembered>>>);

struct Remembered {
    turns: Vec<Turn>,
    at: Instant,
}

impl Default for Conversations {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(MOST_CONVERSATIONS))))
    }
}

impl Conversations {
    /// The last turns of a conversation, oldest first; empty for a new one.
    pub fn turns(&self, viewer: &Viewer, id: &str) -> Vec<Turn> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let remembered = known.get(&(viewer.subject().clone(), id.to_owned()));
        let fresh = remembered.filter(|remembered| remembered.at.elapsed() < REMEMBERED);
        fresh
            .map(|remembered| remembered.turns.clone())
            .unwrap_or_default()
    }

    /// Remembers a question and what it was answered.
    pub fn remember(&self, viewer: &Viewer, id: &str, question: &str, answer: &str) {
        let mut turns = self.turns(viewer, id);
        turns.push(Turn {
            role: Speaker::User,
            text: question.to_owned(),
        });
        turns.push(Turn {
            role: Speaker::Assistant,
            text: answer.chars().take(ANSWER_CHARS).collect(),
        });
        let turns = last(turns);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (viewer.subject().clone(), id.to_owned());
        known.put(
            key,
            Remembered {
                turns,
                at: Instant::now(),
            },
        );
    }
}

/// # Errors
/// [`Error::Invalid`] names the field.
pub fn check(id: Option<&str>, history: &[Turn]) -> Result<(), Error> {
    if id.is_some_and(|id| id.trim().is_empty() || id.chars().count() > LONGEST_ID) {
        let reason = format!("conversation_id must have from 1 to {LONGEST_ID} characters");
        return Err(Error::Invalid(reason));
    }
    if history.len() > MOST_SENT {
        return Err(Error::Invalid(format!(
            "history has more than {MOST_SENT} turns"
        )));
    }
    let too_long = |turn: &Turn| turn.text.chars().count() > 4 * MAX_QUESTION_CHARS;
    if history.iter().any(too_long) {
        let most = 4 * MAX_QUESTION_CHARS;
        return Err(Error::Invalid(format!(
            "a turn of history is longer than {most} characters"
        )));
    }
    Ok(())
}

/// The turns that count, oldest first.
pub fn last(turns: Vec<Turn>) -> Vec<Turn> {
    let old = turns.len().saturating_sub(MOST_TURNS);
    turns.into_iter().skip(old).collect()
}

/// What to look for: the question, and where it leans on an earlier one, that one with it.
pub fn to_search(question: &str, turns: &[Turn]) -> String {
    let mut earlier = turns.iter().rev().filter(|turn| turn.role == Speaker::User);
    let Some(before) = earlier.next().filter(|_| leans(question)) else {
        return question.to_owned();
    };
    let mut asked = vec![before];
    // "And for the 300?" after "What about the 700?" after the question itself.
    if leans(&before.text) {
        asked.extend(earlier.next());
    }
    let mut texts: Vec<&str> = asked.iter().rev().map(|turn| turn.text.trim()).collect();
    texts.push(question);
    let text = texts.join(" ");
    // What is asked now stands at the end, and has to stay.
    let over = text.chars().count().saturating_sub(MAX_QUESTION_CHARS);
    text.chars().skip(over).collect()
}

/// Whether a question cannot be understood alone.
fn leans(question: &str) -> bool {
    const POINTING: [&str; 34] = [
        "it", "its", "that", "this", "these", "those", "they", "them", "their", "he", "she", "him",
        "her", "there", "then", "one", "ones", "same", "else", "instead", "too", "former",
        "latter", "es", "das", "dies", "diese", "dieser", "dieses", "sie", "ihm", "ihr", "dort",
        "dann",
    ];
    const BEGINNING: [&str; 10] = [
        "and", "or", "but", "so", "why", "und", "oder", "aber", "warum", "also",
    ];
    let words: Vec<String> = question
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let begins = words
        .first()
        .is_some_and(|word| BEGINNING.contains(&word.as_str()));
    let asks_about = question.to_lowercase();
    let asks_about = ["what about", "how about", "was ist mit", "wie ist es mit"]
        .iter()
        .any(|start| asks_about.trim_start().starts_with(start));
    let points = words.iter().any(|word| POINTING.contains(&word.as_str()));
    words.len() < FEW_WORDS || begins || asks_about || points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(role: Speaker, text: &str) -> Turn {
        Turn {
            role,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_question_that_leans_on_another_is_searched_with_it() {
        let turns = [
            turn(
                Speaker::User,
                "How do I reset the Wharf G4 gateway to its factory settings?",
            ),
            turn(Speaker::Assistant, "Hold the button."),
        ];
        let whole = "Which firmware versions does the Kelda 700 freezer run with?";
        assert_eq!(to_search(whole, &turns), whole);
        let leaning = to_search("And for the G2?", &turns);
        assert!(leaning.starts_with("How do I reset") && leaning.ends_with("And for the G2?"));
        assert_eq!(to_search("And for the G2?", &[]), "And for the G2?");
        let long = to_search("Why is it?", &[turn(Speaker::User, &"word ".repeat(2_000))]);
        assert!(long.ends_with("Why is it?") && long.chars().count() <= MAX_QUESTION_CHARS);
    }

    #[test]
    fn only_the_last_turns_count() {
        let turns: Vec<Turn> = (0..40)
            .map(|n| turn(Speaker::User, &n.to_string()))
            .collect();
        let kept = last(turns);
        assert_eq!((kept.len(), kept[0].text.as_str()), (MOST_TURNS, "28"));
    }

    #[test]
    fn what_is_too_long_is_named() {
        assert!(check(Some("a"), &[turn(Speaker::User, "b")]).is_ok());
        for (id, history) in [
            (Some(String::new()), vec![]),
            (Some("x".repeat(201)), vec![]),
            (None, vec![turn(Speaker::User, &"x".repeat(20_000))]),
            (None, vec![turn(Speaker::User, "x"); 101]),
        ] {
            assert!(matches!(
                check(id.as_deref(), &history),
                Err(Error::Invalid(_))
            ));
        }
    }
}

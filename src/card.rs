//! Replies as Adaptive Cards for Teams and Copilot Studio.
//!
//! Contract: the schema of version 1.5, the newest that Teams shows. What comes of records is text in runs,
//! which no client reads as Markdown; links are the addresses of citations alone. Teams takes about 28 kB of
//! card: what has no room under 24,000 bytes is left out, and the card says so.

mod answer;
mod brief;
mod draft;
mod element;
mod text;
mod triage;

use serde::Serialize;
use utoipa::ToSchema;

pub use answer::answer;
pub use brief::brief;
pub use triage::triage;

use element::{Action, Element};

/// Of a card, in `Accept` and `Content-Type`.
pub const MEDIA_TYPE: &str = "application/vnd.microsoft.card.adaptive";

/// Bytes of a card's JSON.
const MOST_BYTES: usize = 24_000;

/// An Adaptive Card.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AdaptiveCard)]
pub struct Card {
    /// `AdaptiveCard`
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "$schema")]
    schema: &'static str,
    /// `1.5`
    version: &'static str,
    /// What is shown where cards of this version are not.
    #[serde(rename = "fallbackText")]
    fallback_text: String,
    #[schema(value_type = Vec<Object>)]
    body: Vec<Element>,
    /// Six at most.
    #[schema(value_type = Vec<Object>)]
    actions: Vec<Action>,
}

impl Card {
    fn new(fallback_text: String, actions: Vec<Action>) -> Self {
        Self {
            kind: "AdaptiveCard",
            schema: "http://adaptivecards.io/schemas/adaptive-card.json",
            version: "1.5",
            fallback_text,
            body: Vec::new(),
            actions,
        }
    }
}

#[cfg(test)]
mod tests;

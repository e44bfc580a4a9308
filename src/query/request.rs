//! The body of a search, and the checks that requests have in common.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Error;
use super::filters::FilterBody;
use super::fusion::Variant;

/// The longest question or query, in characters.
pub const MAX_QUESTION_CHARS: usize = 4_000;
/// The most hits of one page.
const MAX_LIMIT: usize = 100;

/// Body of `POST /v1/search`. One of `query`, `filters` and `more_like` must say something.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// Words, phrases, codes, ids, and filters as people write them (`status:open`).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 4000, example = "E-417 after restart status:open")]
    pub query: String,
    /// Hold beside those of `query`.
    #[serde(default, skip_serializing_if = "FilterBody::is_empty")]
    pub filters: FilterBody,
    /// A record's id or number: documents like its own are found, which itself is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more_like: Option<String>,
    #[serde(default)]
    pub sort: Sort,
    /// The facets to count; left out, all whose values need no names looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facets: Option<Vec<String>>,
    /// Hits of one page: 1 to 100.
    #[serde(default = "default_limit")]
    #[schema(minimum = 1, maximum = 100, default = 10)]
    pub limit: usize,
    /// `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Shows per hit and per passage what each leg gave it, and why it is where it is.
    #[serde(default)]
    pub explain: bool,
    /// How both legs become one ranking; for comparison.
    #[serde(default, skip_serializing_if = "Variant::is_default")]
    pub variant: Variant,
}

/// In which order hits come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Best first; without a text to compare with, newest first.
    #[default]
    Relevance,
    /// Newest first, by `updated_at`.
    Date,
    /// Oldest first.
    DateAsc,
}

fn default_limit() -> usize {
    10
}

impl SearchRequest {
    /// A search for a text, everything else as it is when nothing is said.
    pub fn of(query: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            filters: FilterBody::default(),
            more_like: None,
            sort: Sort::default(),
            facets: None,
            limit: default_limit(),
            cursor: None,
            explain: false,
            variant: Variant::default(),
        }
    }

    /// # Errors
    /// [`Error::Invalid`] names the field.
    pub fn check(&self) -> Result<(), Error> {
        check_length("query", &self.query)?;
        if !(1..=MAX_LIMIT).contains(&self.limit) {
            return Err(Error::Invalid(format!(
                "limit must be from 1 to {MAX_LIMIT}"
            )));
        }
        let is_blank = self.query.trim().is_empty();
        if is_blank && self.filters.is_empty() && self.more_like.is_none() {
            return Err(Error::Invalid(
                "query is empty, and there are no filters and no more_like instead".to_owned(),
            ));
        }
        Ok(())
    }
}

/// A question must say something and be of a size that a person would write.
pub fn check_text(field: &str, text: &str) -> Result<(), Error> {
    if text.trim().is_empty() {
        return Err(Error::Invalid(format!("{field} is empty")));
    }
    check_length(field, text)
}

fn check_length(field: &str, text: &str) -> Result<(), Error> {
    let length = text.chars().take(MAX_QUESTION_CHARS + 1).count();
    if length > MAX_QUESTION_CHARS {
        return Err(Error::Invalid(format!(
            "{field} is longer than {MAX_QUESTION_CHARS} characters"
        )));
    }
    Ok(())
}

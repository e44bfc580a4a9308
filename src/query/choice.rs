//! What a request may have meant.

use domain::{Document, ObjectName, RecordId, Viewer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::plain::one_line;

/// One of several records that fit, with what tells them apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Choice {
    pub id: RecordId,
    pub name: String,
    pub url: String,
    pub object: ObjectName,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

impl Choice {
    /// A document by its object and title, as `viewer` may see it.
    pub fn of(document: &Document, viewer: &Viewer) -> Self {
        Self {
            id: document.id,
            name: viewer.title_of(document),
            url: document.url.clone(),
            object: document.object.clone(),
            city: None,
            industry: None,
            owner: None,
        }
    }

    /// A sentence, and a line for each of what there is to choose from.
    pub fn listed(sentence: &str, choices: &[Self]) -> String {
        let lines = choices
            .iter()
            .map(|choice| format!("\n  {}", choice.line()));
        format!("{sentence}{}", lines.collect::<String>())
    }

    /// One line for people.
    fn line(&self) -> String {
        let details = [&self.city, &self.industry, &self.owner];
        let details = details.into_iter().flatten().map(String::as_str);
        let details: Vec<&str> = std::iter::once(self.object.as_str())
            .chain(details)
            .collect();
        one_line(&format!(
            "{} {} ({})",
            self.id,
            self.name,
            details.join(", ")
        ))
    }
}

//! What is asked.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::query::Error;

/// The longest subject, in characters; Salesforce keeps 255.
const MOST_SUBJECT: usize = 1_000;
/// The longest description, in characters; Salesforce keeps as many.
const MOST_DESCRIPTION: usize = 32_000;
/// The longest of the other fields, in characters.
const MOST_VALUE: usize = 255;

/// Body of `POST /v1/cases/{case}/triage`; it can be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TriageRequest {
    /// The language of the drafted reply: `de`, `en_US`. Left out, that of the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// Body of `POST /v1/triage`: a case that does not exist yet. One of `subject` and `description` must
/// say something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewCase {
    #[schema(max_length = 1_000, example = "Inverter shows E-417 and stops")]
    pub subject: String,
    #[schema(max_length = 32_000)]
    pub description: String,
    /// The id or exact name of an account that the one who asks can read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub contact_email: Option<String>,
    /// The product's name, as the customer says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub product: Option<String>,
    /// `Email`, `Phone`, `Web`…
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub origin: Option<String>,
    /// The language of the drafted reply: `de`, `en_US`. Left out, that of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

impl NewCase {
    /// # Errors
    /// [`Error::Invalid`] names the field.
    pub fn check(&self) -> Result<(), Error> {
        if self.subject.trim().is_empty() && self.description.trim().is_empty() {
            return Err(Error::Invalid(
                "subject and description are empty: one of them must say what the case is about"
                    .to_owned(),
            ));
        }
        at_most("subject", &self.subject, MOST_SUBJECT)?;
        at_most("description", &self.description, MOST_DESCRIPTION)?;
        let others = [
            ("account", &self.account),
            ("contact_email", &self.contact_email),
            ("product", &self.product),
            ("origin", &self.origin),
        ];
        for (field, value) in others {
            let Some(value) = value else { continue };
            at_most(field, value, MOST_VALUE)?;
            if value.trim().is_empty() {
                return Err(Error::Invalid(format!("{field} is empty: leave it out")));
            }
        }
        Ok(())
    }
}

fn at_most(field: &str, value: &str, most: usize) -> Result<(), Error> {
    if value.chars().take(most + 1).count() > most {
        return Err(Error::Invalid(format!(
            "{field} is longer than {most} characters"
        )));
    }
    Ok(())
}

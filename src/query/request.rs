//! What requests have in common: filters, and their checks.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::{ObjectName, RecordId, Viewer};
use serde::{Deserialize, Serialize};

use super::{Engine, Error};

/// The longest question or query, in characters.
pub const MAX_QUESTION_CHARS: usize = 4_000;

/// `filters` of a request. Any other key is refused.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object of filters")]
pub struct FilterBody {
    /// Document objects: a comment is found within its `Case`.
    pub object: Option<OneOrMany>,
    /// An account's id: its own document and what hangs on it.
    pub account: Option<String>,
    /// A user's or queue's id.
    pub owner: Option<String>,
    pub status: Option<OneOrMany>,
    /// As Salesforce writes it: `en_US`.
    pub language: Option<OneOrMany>,
    /// Changed at or after: RFC 3339, or a date.
    pub from: Option<String>,
    /// Changed before: RFC 3339, or a date (then that day is included).
    pub to: Option<String>,
    /// Facets of the object profiles: name → values.
    #[serde(default)]
    pub facets: BTreeMap<String, OneOrMany>,
}

/// `"Case"` or `["Case", "Task"]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged, expecting = "a text or a list of texts")]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(value) => vec![value],
            Self::Many(values) => values,
        }
    }
}

impl FilterBody {
    /// The store's filters; an error names the field and what it accepts.
    pub fn resolve(self, engine: &Engine, viewer: &Viewer) -> Result<store::Filters, Error> {
        let mut filters = store::Filters::default();
        for name in self.object.map_or_else(Vec::new, OneOrMany::into_vec) {
            filters.objects.push(object(&name, engine, viewer)?);
        }
        filters.account = record_id("filters.account", self.account)?;
        filters.owner = record_id("filters.owner", self.owner)?;
        filters.status = self.status.map_or_else(Vec::new, OneOrMany::into_vec);
        filters.language = self.language.map_or_else(Vec::new, OneOrMany::into_vec);
        filters.from = time("filters.from", self.from, NaiveTime::MIN)?;
        let last = NaiveTime::from_hms_milli_opt(23, 59, 59, 999).unwrap_or(NaiveTime::MIN);
        filters.to = time("filters.to", self.to, last)?;
        for (name, values) in self.facets {
            filters.facets.insert(name, values.into_vec());
        }
        Ok(filters)
    }
}

/// A question must say something and be of a size that a person would write.
pub fn check_text(field: &str, text: &str) -> Result<(), Error> {
    if text.trim().is_empty() {
        return Err(Error::Invalid(format!("{field} is empty")));
    }
    let length = text.chars().take(MAX_QUESTION_CHARS + 1).count();
    if length > MAX_QUESTION_CHARS {
        return Err(Error::Invalid(format!(
            "{field} is longer than {MAX_QUESTION_CHARS} characters"
        )));
    }
    Ok(())
}

fn object(name: &str, engine: &Engine, viewer: &Viewer) -> Result<ObjectName, Error> {
    let mut searchable = engine.access.document_objects();
    searchable.retain(|object| viewer.reads_object(object));
    let found = searchable
        .iter()
        .find(|known| known.as_str().eq_ignore_ascii_case(name));
    found.cloned().ok_or_else(|| {
        let known: Vec<_> = searchable.iter().map(ObjectName::as_str).collect();
        let shown: String = name.chars().take(60).collect();
        Error::Invalid(format!(
            "filters.object '{shown}' is no document that you can search (a comment is found within \
             its case); there are: {}",
            known.join(", ")
        ))
    })
}

fn record_id(field: &str, text: Option<String>) -> Result<Option<RecordId>, Error> {
    let Some(text) = text else { return Ok(None) };
    match RecordId::parse(&text) {
        Ok(id) => Ok(Some(id)),
        Err(error) => Err(Error::Invalid(format!("{field}: {error}"))),
    }
}

fn time(
    field: &str,
    text: Option<String>,
    time_of_day: NaiveTime,
) -> Result<Option<DateTime<Utc>>, Error> {
    let Some(text) = text else { return Ok(None) };
    if let Ok(time) = DateTime::parse_from_rfc3339(&text) {
        return Ok(Some(time.with_timezone(&Utc)));
    }
    match text.parse::<NaiveDate>() {
        Ok(date) => Ok(Some(date.and_time(time_of_day).and_utc())),
        Err(_) => Err(Error::Invalid(format!(
            "{field} must be a time such as 2026-05-03T08:00:00Z or a date such as 2026-05-03"
        ))),
    }
}

//! Facets: how often each value occurs among the candidates that the viewer may read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{Document, Facet, FieldName, RecordId, Viewer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Engine, Error};

/// Facets that every search can count, beside those of the profiles.
const FIXED: [&str; 7] = [
    "account",
    "language",
    "object",
    "owner",
    Facet::PRODUCT,
    Facet::RECORD_TYPE,
    "status",
];
/// Facets whose values are ids, for which names have to be looked up, or of which there are too many
/// to look at: counted on request.
const ON_REQUEST: [&str; 4] = ["account", "owner", Facet::PRODUCT, Facet::DAY];
/// Values of one facet that are told.
const MOST_VALUES: usize = 100;

/// A facet's value and how many candidates have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacetCount {
    /// What a filter of the facet's name takes.
    pub value: String,
    pub count: usize,
    /// What people call it, if otherwise: the name of an account, an owner, a record type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// By facet, the most frequent value first.
pub type Facets = BTreeMap<String, Vec<FacetCount>>;

/// The facets to count: those that were asked for, or all that are not for requests alone.
///
/// # Errors
/// [`Error::Invalid`] lists what can be counted.
pub fn wanted(
    engine: &Engine,
    viewer: &Viewer,
    asked: Option<&[String]>,
) -> Result<BTreeSet<String>, Error> {
    let mut known = engine.reader.facet_names(viewer);
    known.extend(FIXED.map(str::to_owned));
    let Some(asked) = asked else {
        known.retain(|name| !ON_REQUEST.contains(&name.as_str()));
        return Ok(known);
    };
    if let Some(unknown) = asked.iter().find(|name| !known.contains(*name)) {
        let shown: String = unknown.chars().take(60).collect();
        let known: Vec<_> = known.iter().map(String::as_str).collect();
        return Err(Error::Invalid(format!(
            "facets: there is no facet '{shown}'; there are: {}",
            known.join(", ")
        )));
    }
    Ok(asked.iter().cloned().collect())
}

/// Counts over heads of documents, as the viewer may see them.
pub async fn count(
    engine: &Engine,
    viewer: &Viewer,
    wanted: &BTreeSet<String>,
    heads: &HashMap<RecordId, Document>,
) -> Result<Facets, Error> {
    let mut tally = Tally {
        viewer,
        wanted,
        counts: BTreeMap::new(),
        labels: HashMap::new(),
    };
    for head in heads.values() {
        tally.add(head);
    }
    let mut facets = tally.sorted();
    for (name, counts) in &mut facets {
        if ON_REQUEST.contains(&name.as_str()) {
            label(engine, viewer, counts).await?;
        }
    }
    Ok(facets)
}

struct Tally<'a> {
    viewer: &'a Viewer,
    wanted: &'a BTreeSet<String>,
    counts: BTreeMap<&'a str, HashMap<&'a str, usize>>,
    labels: HashMap<(&'a str, &'a str), &'a str>,
}

impl<'a> Tally<'a> {
    fn add(&mut self, head: &'a Document) {
        let status = head.status.as_ref().map(|status| status.value.as_str());
        self.one("object", Some(head.object.as_str()));
        self.one("status", status);
        self.one("language", head.language.as_deref());
        let owner = head.owner.as_ref().filter(|_| self.reads(head, "OwnerId"));
        self.one("owner", owner.map(RecordId::as_str));
        let account = account_of(head, self.viewer);
        self.one("account", account.map(RecordId::as_str));
        for (name, facets) in &head.facets {
            let mut seen = BTreeSet::new();
            for facet in facets.iter().filter(|facet| seen.insert(&facet.value)) {
                self.one(name, Some(&facet.value));
                if let Some(label) = &facet.label {
                    self.labels.insert((name, &facet.value), label);
                }
            }
        }
    }

    fn one(&mut self, facet: &'a str, value: Option<&'a str>) {
        if let Some(value) = value
            && self.wanted.contains(facet)
        {
            *self
                .counts
                .entry(facet)
                .or_default()
                .entry(value)
                .or_default() += 1;
        }
    }

    fn reads(&self, head: &Document, field: &str) -> bool {
        FieldName::parse(field).is_ok_and(|field| self.viewer.reads_field(&head.object, &field))
    }

    fn sorted(self) -> Facets {
        let mut facets = Facets::new();
        for (facet, values) in self.counts {
            let mut counts: Vec<FacetCount> = values
                .into_iter()
                .map(|(value, count)| FacetCount {
                    value: value.to_owned(),
                    count,
                    label: self.labels.get(&(facet, value)).map(ToString::to_string),
                })
                .collect();
            counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
            counts.truncate(MOST_VALUES);
            facets.insert(facet.to_owned(), counts);
        }
        facets
    }
}

/// The account that a document is or hangs on, if the viewer may read which.
pub fn account_of<'a>(head: &'a Document, viewer: &Viewer) -> Option<&'a RecordId> {
    if head.object == "Account" {
        return Some(&head.id);
    }
    let named = head.parents.account_field.clone();
    let field = named.or_else(|| FieldName::parse("AccountId").ok())?;
    let account = head.parents.account.as_ref();
    account.filter(|_| viewer.reads_field(&head.object, &field))
}

/// Names the records that the values are the ids of: users and queues, who are known by their name
/// to whoever may read of what they own, and documents that the viewer may read.
async fn label(engine: &Engine, viewer: &Viewer, counts: &mut [FacetCount]) -> Result<(), Error> {
    let ids: Vec<RecordId> = counts
        .iter()
        .filter_map(|count| RecordId::parse(&count.value).ok())
        .collect();
    let is_person = |id: &RecordId| matches!(id.key_prefix(), "005" | "00G");
    let (people, records): (Vec<RecordId>, Vec<RecordId>) = ids.into_iter().partition(is_person);
    let mut names = engine.access.names(&people).await?;
    let readable: Vec<_> = engine
        .access
        .confirm(viewer, &records)
        .await?
        .into_iter()
        .collect();
    for head in engine.reader.heads(viewer, &readable).await? {
        names.insert(head.id, viewer.title_of(&head));
    }
    for count in counts {
        let id = RecordId::parse(&count.value).ok();
        count.label = id.and_then(|id| names.get(&id).cloned());
    }
    Ok(())
}

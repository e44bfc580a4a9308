//! What one viewer may find, compiled for the engines: the only place that turns permissions and
//! filters into conditions, so that both engines apply the same.

use std::collections::BTreeSet;

use domain::{FieldName, ObjectName, RecordId, Viewer};
use serde::{Deserialize, Serialize};

use crate::conditions::{Kind, folded, id_value, normal_number, split_pair, term};
use crate::{ExactKey, Filters};

/// The objects and sources that occur in the index, as of one commit.
///
/// There are a few hundred at most, however many fields an org has, so a viewer's permissions are
/// compared with these and never spelled out whole.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Vocabulary {
    /// Objects of documents.
    pub objects: BTreeSet<String>,
    /// `Object.Field` of passages.
    pub sources: BTreeSet<String>,
    /// `Object.Field` of titles.
    pub title_sources: BTreeSet<String>,
    /// `kind ␟ source` of conditions.
    pub condition_sources: BTreeSet<String>,
}

impl Vocabulary {
    pub(crate) fn add(&mut self, more: &Self) {
        let add = |known: &mut BTreeSet<String>, more: &BTreeSet<String>| {
            known.extend(more.iter().cloned());
        };
        add(&mut self.objects, &more.objects);
        add(&mut self.sources, &more.sources);
        add(&mut self.title_sources, &more.title_sources);
        add(&mut self.condition_sources, &more.condition_sources);
    }

    /// Objects of documents.
    pub(crate) fn document_objects(&self) -> BTreeSet<ObjectName> {
        let names = self.objects.iter();
        names
            .filter_map(|name| ObjectName::parse(name).ok())
            .collect()
    }

    /// All objects whose permissions decide what is found: those of documents and of their parts.
    pub(crate) fn all_objects(&self) -> BTreeSet<ObjectName> {
        let pairs = self.condition_sources.iter();
        let of_conditions = pairs.filter_map(|pair| Some(split_pair(pair)?.1));
        let fields = self.sources.iter().chain(&self.title_sources);
        let sources = fields.map(String::as_str).chain(of_conditions);
        let names = sources.filter_map(|source| source.split('.').next());
        let mut objects = self.document_objects();
        objects.extend(names.filter_map(|name| ObjectName::parse(name).ok()));
        objects
    }
}

/// Which of the values that occur may match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// All that occur: no condition is needed.
    All,
    Only(Vec<String>),
}

/// A viewer's permissions and a request's filters, as conditions that an engine can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Objects of documents.
    pub objects: Allowed,
    /// Sources of passages.
    pub sources: Allowed,
    /// Sources of titles; others do not count for matching.
    pub titles: Allowed,
    /// Of each group one term must hold.
    pub conditions: Vec<Vec<String>>,
    pub documents: Option<Vec<RecordId>>,
    /// Milliseconds since 1970, inclusive.
    pub from: Option<i64>,
    pub to: Option<i64>,
}

impl Scope {
    /// For passages. None when nothing can match.
    pub(crate) fn new(viewer: &Viewer, filters: &Filters, vocabulary: &Vocabulary) -> Option<Self> {
        let scope = Self::for_documents(viewer, filters, vocabulary)?;
        (!scope.sources.is_none()).then_some(scope)
    }

    /// For documents, of which not every one has a passage. None when nothing can match.
    pub(crate) fn for_documents(
        viewer: &Viewer,
        filters: &Filters,
        vocabulary: &Vocabulary,
    ) -> Option<Self> {
        if filters.documents.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        let wanted = |object: &str| {
            reads(viewer, object)
                && (filters.objects.is_empty()
                    || filters.objects.iter().any(|wanted| wanted == object))
        };
        let objects = Allowed::among(&vocabulary.objects, wanted);
        if objects.is_none() {
            return None;
        }
        let readable = |source: &str| reads(viewer, source);
        Some(Self {
            objects,
            sources: Allowed::among(&vocabulary.sources, readable),
            titles: Allowed::among(&vocabulary.title_sources, readable),
            conditions: conditions(viewer, filters, vocabulary)?,
            documents: filters.documents.clone(),
            from: filters.from.map(|time| time.timestamp_millis()),
            to: filters.to.map(|time| time.timestamp_millis()),
        })
    }
}

impl Allowed {
    fn among(values: &BTreeSet<String>, allowed: impl Fn(&str) -> bool) -> Self {
        let kept: Vec<String> = values
            .iter()
            .filter(|value| allowed(value))
            .cloned()
            .collect();
        if !kept.is_empty() && kept.len() == values.len() {
            Self::All
        } else {
            Self::Only(kept)
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Self::Only(values) if values.is_empty())
    }
}

/// The terms by which this viewer may look up a key; none if they may not.
pub(crate) fn key_terms(viewer: &Viewer, key: &ExactKey, vocabulary: &Vocabulary) -> Vec<String> {
    let (kind, value) = match key {
        ExactKey::Id(id) => (Kind::Id, id_value(*id)),
        ExactKey::Number(number) => (Kind::Number, normal_number(number)),
        ExactKey::Email(email) => (Kind::Email, folded(email)),
    };
    terms(viewer, vocabulary, &kind, &[value])
}

/// The groups of the filters; none when one of them cannot hold.
fn conditions(
    viewer: &Viewer,
    filters: &Filters,
    vocabulary: &Vocabulary,
) -> Option<Vec<Vec<String>>> {
    let fold_all = |values: &[String]| values.iter().map(|value| folded(value)).collect();
    let mut asked: Vec<(Kind, Vec<String>)> = vec![
        (
            Kind::Account,
            filters.account.map(id_value).into_iter().collect(),
        ),
        (
            Kind::Owner,
            filters.owner.map(id_value).into_iter().collect(),
        ),
        (Kind::Status, fold_all(&filters.status)),
        (Kind::Language, fold_all(&filters.language)),
    ];
    for (name, values) in &filters.facets {
        asked.push((Kind::Facet(name.clone()), fold_all(values)));
    }
    let mut groups = Vec::new();
    for (kind, values) in asked.into_iter().filter(|(_, values)| !values.is_empty()) {
        let group = terms(viewer, vocabulary, &kind, &values);
        if group.is_empty() {
            return None;
        }
        groups.push(group);
    }
    Some(groups)
}

fn terms(viewer: &Viewer, vocabulary: &Vocabulary, kind: &Kind, values: &[String]) -> Vec<String> {
    let kind = kind.to_string();
    let mut terms = Vec::new();
    for pair in &vocabulary.condition_sources {
        let readable =
            split_pair(pair).is_some_and(|(found, source)| found == kind && reads(viewer, source));
        if readable {
            terms.extend(values.iter().map(|value| term(pair, value)));
        }
    }
    terms
}

/// Whether the viewer may read a source: a field (`Case.Status`) or an object (`Case`).
pub(crate) fn reads(viewer: &Viewer, source: &str) -> bool {
    match source.split_once('.') {
        None => ObjectName::parse(source).is_ok_and(|object| viewer.reads_object(&object)),
        Some((object, field)) => match (ObjectName::parse(object), FieldName::parse(field)) {
            (Ok(object), Ok(field)) => viewer.reads_field(&object, &field),
            (Err(_), _) | (_, Err(_)) => false,
        },
    }
}

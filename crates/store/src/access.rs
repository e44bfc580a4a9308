//! What one viewer may find, compiled for the engines: the only place that turns permissions and
//! filters into conditions, so that both engines apply the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{FieldName, ObjectName, RecordId, Viewer};
use serde::{Deserialize, Serialize};

use crate::conditions::readers::{Readers, RememberedReaders};
use crate::conditions::{
    Conditions, Kind, facet_name, folded, id_value, normal_number, readers, split_pair, term,
};
use crate::keyword::forms::Tongues;
use crate::{ExactKey, Exclusions, Filters, Reached};

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
    /// The languages of documents, by the source that tells them.
    pub languages: BTreeMap<String, BTreeSet<String>>,
    /// The languages other than English in which passages were analysed. A server reads all texts as
    /// English.
    #[serde(skip)]
    pub tongues: Tongues,
    /// The terms of viewers, as long as this is what occurs.
    #[serde(skip)]
    pub readers: RememberedReaders,
}

impl Vocabulary {
    /// The languages of documents of objects that the viewer may read.
    pub(crate) fn languages(&self, viewer: &Viewer) -> BTreeSet<String> {
        let readable = self.languages.iter();
        let readable = readable.filter(|(source, _)| reads(viewer, source));
        readable
            .flat_map(|(_, languages)| languages)
            .cloned()
            .collect()
    }

    /// Takes in what occurs in a document with these conditions.
    pub(crate) fn add_conditions(&mut self, conditions: &Conditions) {
        let sources = conditions.sources.iter().cloned();
        self.condition_sources.extend(sources);
        let kind = Kind::Language.to_string();
        for term in &conditions.terms {
            if let Some((found, rest)) = split_pair(term)
                && found == kind
                && let Some((source, language)) = split_pair(rest)
            {
                let known = self.languages.entry(source.to_owned()).or_default();
                known.insert(language.to_owned());
            }
        }
    }

    pub(crate) fn add(&mut self, more: &Self) {
        let add = |known: &mut BTreeSet<String>, more: &BTreeSet<String>| {
            known.extend(more.iter().cloned());
        };
        add(&mut self.objects, &more.objects);
        add(&mut self.sources, &more.sources);
        add(&mut self.title_sources, &more.title_sources);
        add(&mut self.condition_sources, &more.condition_sources);
        self.readers = RememberedReaders::default();
        for (source, languages) in &more.languages {
            add(self.languages.entry(source.clone()).or_default(), languages);
        }
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
    /// One of these must hold, too. None: sharing decides nothing.
    pub readers: Option<Arc<Readers>>,
    /// None of these terms may hold.
    pub excluded: Vec<String>,
    /// None of these may hold for what is found by its vector: titles that the viewer may not read
    /// are part of what those vectors mean.
    pub untold: Vec<String>,
    pub documents: Option<Vec<RecordId>>,
    /// All must hold.
    pub periods: Vec<Period>,
}

/// A bound on one of a document's times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub time: Time,
    /// Milliseconds since 1970, inclusive; at least one of both is there.
    pub from: Option<i64>,
    pub to: Option<i64>,
}

/// Which of a document's times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    Updated,
    Created,
}

impl Scope {
    /// Whether no passage is outside.
    pub(crate) fn is_everything(&self) -> bool {
        let all = [&self.objects, &self.sources, &self.titles];
        all.iter().all(|allowed| **allowed == Allowed::All)
            && self.conditions.is_empty()
            && self.readers.is_none()
            && self.excluded.is_empty()
            && self.documents.is_none()
            && self.periods.is_empty()
    }

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
        let documents = documents(filters);
        if documents.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        let wanted = |object: &str| {
            reads(viewer, object) && filters.parts().all(|part| wants_object(part, object))
        };
        let objects = Allowed::among(&vocabulary.objects, wanted);
        if objects.is_none() {
            return None;
        }
        let reached_by = filters.parts().map(|part| part.reach).max();
        let readers = readers(viewer, reached_by.unwrap_or_default(), vocabulary);
        if readers
            .as_ref()
            .is_some_and(|readers| readers.terms.is_empty())
        {
            return None;
        }
        let readable = |source: &str| reads(viewer, source);
        Some(Self {
            readers,
            objects,
            sources: Allowed::among(&vocabulary.sources, readable),
            titles: Allowed::among(&vocabulary.title_sources, readable),
            conditions: conditions(viewer, filters, vocabulary)?,
            excluded: excluded(viewer, filters, vocabulary),
            untold: of_kind(vocabulary, &Kind::Titled, |title| !readable(title)),
            documents,
            periods: filters.parts().flat_map(periods).collect(),
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
        ExactKey::Name(name) => (Kind::Name, folded(name)),
    };
    terms(viewer, vocabulary, &kind, &[value])
}

/// The facets by which the viewer may filter: those of documents that there are, with a source that
/// the viewer may read.
pub(crate) fn facet_names(viewer: &Viewer, vocabulary: &Vocabulary) -> BTreeSet<String> {
    let pairs = vocabulary.condition_sources.iter();
    let readable = pairs.filter_map(|pair| {
        let (kind, source) = split_pair(pair)?;
        let name = facet_name(kind)?;
        reads(viewer, source).then(|| name.to_owned())
    });
    readable.collect()
}

/// The groups of the filters; none when one of them cannot hold.
fn conditions(
    viewer: &Viewer,
    filters: &Filters,
    vocabulary: &Vocabulary,
) -> Option<Vec<Vec<String>>> {
    let mut groups = Vec::new();
    for part in filters.parts() {
        let ids = [&part.accounts, &part.contacts, &part.owners];
        for (kind, values) in asked(ids, &part.status, &part.language, &part.facets) {
            let group = terms(viewer, vocabulary, &kind, &values);
            if group.is_empty() {
                return None;
            }
            groups.push(group);
        }
    }
    Some(groups)
}

/// The terms of which a document has one that the viewer is expected to be able to read; none where
/// sharing decides nothing.
fn readers(viewer: &Viewer, reached_by: Reached, vocabulary: &Vocabulary) -> Option<Arc<Readers>> {
    let reach = match (reached_by, viewer.reach()) {
        (Reached::Anything, _) | (Reached::Likely, None) => return None,
        (Reached::Granted, None) => return Some(Arc::default()),
        (Reached::Likely | Reached::Granted, Some(reach)) => reach,
    };
    if reach.all_data {
        return None;
    }
    let make = || {
        let grant = Kind::Grant.to_string();
        let mut terms = Vec::new();
        for pair in &vocabulary.condition_sources {
            if let Some((kind, source)) = split_pair(pair)
                && kind == grant
            {
                let values = readers::wanted(viewer, reach, source, reached_by);
                terms.extend(values.iter().map(|value| term(pair, value)));
            }
        }
        terms
    };
    Some(vocabulary.readers.of(reach, reached_by, make))
}

/// The terms, without a value, of the sources of a kind for which this is so.
fn of_kind(vocabulary: &Vocabulary, kind: &Kind, is_so: impl Fn(&str) -> bool) -> Vec<String> {
    let kind = kind.to_string();
    let pairs = vocabulary.condition_sources.iter();
    let found = pairs.filter(|pair| {
        split_pair(pair).is_some_and(|(found, source)| found == kind && is_so(source))
    });
    found.map(|pair| term(pair, "")).collect()
}

/// The terms of what must not hold: what the filters exclude, and articles that are not shown to the
/// viewer.
fn excluded(viewer: &Viewer, filters: &Filters, vocabulary: &Vocabulary) -> Vec<String> {
    let sight = viewer.articles();
    let mut found = of_kind(vocabulary, &Kind::Article, |mark| {
        !readers::sees(sight, mark)
    });
    found.extend(hidden_languages(viewer, vocabulary));
    for Exclusions {
        accounts,
        contacts,
        owners,
        status,
        language,
        facets,
        objects: _,
    } in filters.parts().map(|part| &part.not)
    {
        for (kind, values) in asked([accounts, contacts, owners], status, language, facets) {
            found.extend(terms(viewer, vocabulary, &kind, &values));
        }
    }
    found
}

/// The terms of languages in which the viewer sees no article.
fn hidden_languages(viewer: &Viewer, vocabulary: &Vocabulary) -> Vec<String> {
    let sight = viewer.articles();
    if sight.languages.is_none() {
        return Vec::new();
    }
    let articles = vocabulary
        .languages
        .iter()
        .filter(|(object, _)| object.ends_with("__kav"));
    let hidden = articles.flat_map(|(object, languages)| {
        let hidden = languages
            .iter()
            .filter(|language| !sight.sees_language(language));
        hidden.map(|language| Conditions::language(object, language))
    });
    hidden.collect()
}

/// What is asked of each kind, as the index writes its values.
fn asked(
    [accounts, contacts, owners]: [&Vec<RecordId>; 3],
    status: &[String],
    language: &[String],
    facets: &BTreeMap<String, Vec<String>>,
) -> Vec<(Kind, Vec<String>)> {
    let ids = |ids: &[RecordId]| ids.iter().copied().map(id_value).collect();
    let fold = |values: &[String]| values.iter().map(|value| folded(value)).collect();
    let mut asked: Vec<(Kind, Vec<String>)> = vec![
        (Kind::Account, ids(accounts)),
        (Kind::Contact, ids(contacts)),
        (Kind::Owner, ids(owners)),
        (Kind::Status, fold(status)),
        (Kind::Language, fold(language)),
    ];
    let facets = facets.iter();
    asked.extend(facets.map(|(name, values)| (Kind::Facet(name.clone()), fold(values))));
    asked.retain(|(_, values)| !values.is_empty());
    asked
}

fn wants_object(filters: &Filters, object: &str) -> bool {
    let is_listed = |objects: &[ObjectName]| objects.iter().any(|listed| listed == object);
    (filters.objects.is_empty() || is_listed(&filters.objects)) && !is_listed(&filters.not.objects)
}

/// The documents that every part allows; none if all may be found.
fn documents(filters: &Filters) -> Option<Vec<RecordId>> {
    let lists = filters.parts().filter_map(|part| part.documents.as_ref());
    let sets = lists.map(|list| list.iter().copied().collect::<BTreeSet<_>>());
    let common = sets.reduce(|common, list| common.intersection(&list).copied().collect())?;
    Some(common.into_iter().collect())
}

fn periods(filters: &Filters) -> impl Iterator<Item = Period> {
    let milliseconds = |time: Option<DateTime<Utc>>| time.map(|time| time.timestamp_millis());
    let all = [
        (Time::Updated, filters.from, filters.to),
        (Time::Created, filters.created_from, filters.created_to),
    ];
    all.into_iter()
        .map(move |(time, from, to)| Period {
            time,
            from: milliseconds(from),
            to: milliseconds(to),
        })
        .filter(|period| period.from.is_some() || period.to.is_some())
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

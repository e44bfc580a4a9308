//! Plans: profiles as this org can carry them out.
//!
//! A profile is held against the org's describe. A field or an object that the org does not have,
//! or that the user who syncs may not read, is left out with a warning that names it, and the sync
//! goes on without it.

mod fields;
mod files;
mod sharing;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::{Facet, FieldName, ObjectName, RecordId};
use salesforce::Describe;
use sha2::{Digest, Sha256};

use crate::mirror::{Refresh, When};
pub(crate) use crate::profile::Link;
use crate::profile::{Child, Parents, Profile, Shadow};
use crate::sharing::{ArticlePlan, Rules};
use fields::Fields;
pub(crate) use files::FilePlan;
pub(crate) use source::{Column, Source};

/// What the org says about each object that the profiles name; absent if it has none such, or none
/// that may be read.
pub(crate) type Describes = BTreeMap<ObjectName, Arc<Describe>>;

/// Everything a sync has to do.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    pub documents: Vec<Arc<DocumentPlan>>,
    pub sources: BTreeMap<ObjectName, Source>,
    pub warnings: BTreeSet<Warning>,
    /// By what records can be read.
    pub sharing: Arc<Rules>,
}

/// Something of a profile that was left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Warning {
    /// The document object whose profile it is.
    pub object: ObjectName,
    pub text: String,
}

/// How records of one object become documents.
#[derive(Debug)]
pub(crate) struct DocumentPlan {
    pub object: ObjectName,
    pub label: String,
    pub title: Option<FieldName>,
    pub number: Option<FieldName>,
    pub status: Option<FieldName>,
    pub language: Option<FieldName>,
    pub owner: Option<FieldName>,
    pub body: Body,
    pub parents: Parents,
    pub facets: BTreeMap<String, FieldName>,
    /// The names of the record types, by id. Renaming one builds its documents anew.
    pub record_types: BTreeMap<RecordId, RecordTypeNames>,
    pub children: Vec<ChildPlan>,
    pub shadowed_by: Vec<Shadow>,
    /// Where the parents stand that link records name.
    pub linked: Option<FieldName>,
    pub files: Option<FilePlan>,
    /// By what its records can be read; none where that is not known.
    pub sharing: Option<Arc<Rules>>,
    /// What decides instead, if it is an article.
    pub article: Option<ArticlePlan>,
}

/// What people and programs call a record type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordTypeNames {
    pub developer_name: String,
    pub label: String,
}

/// Facets that every object has whose describe has one of the fields, in this order. A profile's
/// facet of the same name comes instead.
const STANDARD_FACETS: [(&str, &[&str]); 6] = [
    (Facet::IS_CLOSED, &["IsClosed"]),
    (Facet::IS_WON, &["IsWon"]),
    (Facet::IS_ESCALATED, &["IsEscalated"]),
    (Facet::DAY, &DAYS),
    (Facet::PRODUCT, &["Product2Id", "ProductId"]),
    (Facet::RECORD_TYPE, &["RecordTypeId"]),
];

/// Where the day stands that a record is about; no standard object has two of them but events, of
/// which the first is the exact one.
const DAYS: [&str; 5] = [
    "StartDateTime",
    "ActivityDate",
    "ClosedDate",
    "CloseDate",
    "EndDate",
];

/// How records of another object become part of a document.
#[derive(Debug)]
pub(crate) struct ChildPlan {
    pub object: ObjectName,
    pub parent: FieldName,
    pub written_at: Option<FieldName>,
    pub body: Body,
    pub facets: BTreeMap<String, FieldName>,
    /// Where a record names the article that it attaches to the document.
    pub article: Option<FieldName>,
}

/// The fields of a record that people read, in their order.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub texts: Vec<Vec<TextField>>,
    pub facts: Vec<FieldName>,
    /// Values that stand in the document and are not searched.
    pub kept: Vec<FieldName>,
}

#[derive(Debug, Clone)]
pub(crate) struct TextField {
    pub field: FieldName,
    pub label: String,
    /// Whether it holds HTML.
    pub rich: bool,
    /// Whether its values are a line at most.
    pub short: bool,
}

/// Objects that have to be described before plans can be made.
pub(crate) fn described_objects<'a>(
    profiles: impl IntoIterator<Item = &'a Profile>,
) -> BTreeSet<ObjectName> {
    let mut objects = BTreeSet::new();
    for profile in profiles {
        objects.insert(profile.object.clone());
        objects.extend(profile.children.iter().map(|child| child.object.clone()));
        objects.extend(profile.linked_by.iter().map(|link| link.object.clone()));
        if profile.files {
            objects.extend(files::objects());
        }
    }
    objects
}

impl Plans {
    pub(crate) fn new<'a>(
        profiles: impl IntoIterator<Item = &'a Profile> + Clone,
        describes: &Describes,
    ) -> Self {
        let mut plans = Self::default();
        for profile in profiles.clone() {
            plans.add(profile, describes);
        }
        plans.add_files(profiles.clone().into_iter(), describes);
        for profile in profiles.clone() {
            plans.add_shadows(profile, describes);
        }
        for profile in profiles {
            plans.add_refreshes(profile, describes);
        }
        plans
    }

    fn add(&mut self, profile: &Profile, describes: &Describes) {
        let Some(describe) = describes.get(&profile.object) else {
            self.warn_missing(&profile.object, &profile.object);
            return;
        };
        let mut fields = Fields::new(describe, &profile.rich_text);
        let mut plan = DocumentPlan::of_root(profile, describe, &mut fields);
        let only = fields.known_only(&profile.only);
        let source = self.absorb(&profile.object, fields);
        source.is_document = true;
        source.only = only;
        plan.children = self.children(profile, describes);
        plan.linked = self.link_object(profile, describes);
        if profile.files {
            plan.files = FilePlan::of(describes);
        }
        self.documents.push(Arc::new(plan));
    }

    fn children(&mut self, profile: &Profile, describes: &Describes) -> Vec<ChildPlan> {
        let mut children = Vec::new();
        for child in &profile.children {
            match describes.get(&child.object) {
                Some(describe) => children.extend(self.child(&profile.object, child, describe)),
                None => self.warn_missing(&profile.object, &child.object),
            }
        }
        children
    }

    fn child(
        &mut self,
        document: &ObjectName,
        child: &Child,
        describe: &Describe,
    ) -> Option<ChildPlan> {
        let mut fields = Fields::new(describe, &child.rich_text);
        let Some(parent) = fields.known(&child.parent) else {
            self.warnings.extend(fields.warnings(document));
            return None;
        };
        let written_at = fields.known_one(child.written_at.as_ref());
        let facets = fields.known_values(&child.facets);
        let article = fields.known_one(child.article.as_ref());
        let kept = fields.kept(&child.kept);
        let mut body = fields.body(Some(&child.text), Some(&child.facts), child.discover);
        body.kept = kept;
        let source = self.absorb(document, fields);
        source.part_of.insert((parent.clone(), document.clone()));
        Some(ChildPlan {
            object: child.object.clone(),
            parent,
            written_at,
            body,
            facets,
            article,
        })
    }

    /// Returns the field in which the parents will stand.
    fn link_object(&mut self, profile: &Profile, describes: &Describes) -> Option<FieldName> {
        let link = profile.linked_by.as_ref()?;
        let Some(describe) = describes.get(&link.object) else {
            self.warn_missing(&profile.object, &link.object);
            return None;
        };
        let mut fields = Fields::new(describe, &[]);
        let complete = fields.known(&link.record).is_some() & fields.known(&link.target).is_some();
        self.warnings.extend(fields.warnings(&profile.object));
        if let Some(source) = self.sources.get_mut(&profile.object) {
            source.linked_by = complete.then(|| link.clone());
        }
        complete.then(|| link.target.clone())
    }

    /// Lets the object that tells a record's story hide the record's own document. Without the
    /// teller nothing is told twice.
    fn add_shadows(&mut self, profile: &Profile, describes: &Describes) {
        for shadow in &profile.shadowed_by {
            let known = describes
                .get(&shadow.object)
                .is_some_and(|describe| describe.field(shadow.field.as_str()).is_some());
            let teller = self.sources.get_mut(&shadow.object).filter(|_| known);
            if teller.is_none() {
                // Built anew by another plan, what it hid comes to light.
                let mut plans = self.documents.iter_mut();
                let plan = plans.find(|plan| plan.object == profile.object);
                if let Some(plan) = plan.and_then(Arc::get_mut) {
                    plan.shadowed_by.retain(|other| other != shadow);
                }
            }
            if let Some(teller) = teller {
                teller.columns.insert(shadow.field.clone(), Column::AsIs);
                teller
                    .tells
                    .insert((shadow.field.clone(), profile.object.clone()));
            }
        }
    }

    /// Finds out which rows can change without their stamp when another record does: those whose
    /// fields Salesforce calculates, those that the profile says so of, and those without a stamp.
    fn add_refreshes(&mut self, profile: &Profile, describes: &Describes) {
        let own = (&profile.object, &profile.shows);
        let children = profile.children.iter();
        let children = children.map(|child| (&child.object, &child.shows));
        for (object, shows) in std::iter::once(own).chain(children) {
            let (Some(source), Some(describe)) = (self.sources.get(object), describes.get(object))
            else {
                continue;
            };
            let mut refreshed = Vec::new();
            let is_calculated = |field: &FieldName| {
                let field = describe.field(field.as_str());
                field.is_some_and(|field| field.calculated)
            };
            let calculates = source.columns.keys().any(is_calculated);
            for field in &describe.fields {
                let implied = calculates && field.reference_to.len() == 1;
                if implied || shows.contains(&field.name) {
                    let targets = field.reference_to.iter();
                    let targets =
                        targets.map(|target| (target.clone(), &field.name, When::Different));
                    refreshed.extend(targets);
                }
            }
            if source.stamp.is_none() && !source.is_document {
                let places = source.part_of.iter();
                refreshed.extend(places.map(|(field, place)| (place.clone(), field, When::NewToo)));
            }
            let refreshed: Vec<_> = refreshed
                .into_iter()
                .map(|(target, field, when)| {
                    let (object, field) = (object.clone(), field.clone());
                    (
                        target,
                        Refresh {
                            object,
                            field,
                            when,
                        },
                    )
                })
                .collect();
            for (target, refresh) in refreshed {
                if let Some(target) = self.sources.get_mut(&target) {
                    target.refreshes.insert(refresh);
                }
            }
        }
    }

    /// Adds the columns and warnings that were gathered for a document to the object's source.
    fn absorb(&mut self, document: &ObjectName, fields: Fields<'_>) -> &mut Source {
        self.warnings.extend(fields.warnings(document));
        let source = self
            .sources
            .entry(fields.object().clone())
            .or_insert_with(|| Source::new(fields.object().clone()));
        source.stamp = fields.stamp();
        source.deletable = fields.has_deleted_rows();
        source.long.extend(fields.long());
        source.columns.extend(fields.into_columns());
        source
    }

    fn warn_missing(&mut self, document: &ObjectName, object: &ObjectName) {
        self.warnings.insert(Warning {
            object: document.clone(),
            text: format!(
                "{object}: the org has no such object, or the user that precis signs in as may not read it"
            ),
        });
    }
}

impl DocumentPlan {
    /// What the root record gives to its document.
    fn of_root(profile: &Profile, describe: &Describe, fields: &mut Fields<'_>) -> Self {
        Self {
            object: profile.object.clone(),
            label: describe.label.clone(),
            title: match &profile.title {
                Some(title) => fields.known(title),
                None => fields.name_field(),
            },
            number: match &profile.number {
                Some(number) => fields.known(number),
                None if profile.object.is_custom() => fields.name_field(),
                None => None,
            },
            owner: match &profile.owner {
                Some(owner) => fields.known(owner),
                None => fields.if_present("OwnerId"),
            },
            status: profile
                .status
                .as_ref()
                .and_then(|status| fields.known_value(status)),
            language: fields.known_one(profile.language.as_ref()),
            facets: facets(profile, fields),
            record_types: record_types(describe),
            parents: fields.parents(profile.parents.as_ref(), profile.discover),
            body: Body {
                kept: fields.kept(&profile.kept),
                ..fields.body(
                    profile.text.as_deref(),
                    profile.facts.as_deref(),
                    profile.discover,
                )
            },
            children: Vec::new(),
            shadowed_by: profile.shadowed_by.clone(),
            linked: None,
            files: None,
            sharing: None,
            article: None,
        }
    }

    /// Changes when documents that were built before would be built differently now.
    pub(crate) fn key(&self, passage_chars: usize, lightning_url: &str, vectors: bool) -> String {
        fingerprint(&(self, passage_chars, lightning_url, vectors))
    }

    /// The objects whose records are in its documents: the parts first, the object itself last.
    pub(crate) fn own_objects(&self) -> Vec<ObjectName> {
        let children = self.children.iter().map(|child| &child.object);
        self.in_order(children.chain(self.file_object()))
    }

    /// The objects to pull before its documents can be built, in an order by which each document
    /// is built once.
    pub(crate) fn pulled_objects(&self) -> Vec<ObjectName> {
        let children = self.children.iter().map(|child| &child.object);
        let tellers = self.shadowed_by.iter().map(|shadow| &shadow.object);
        self.in_order(children.chain(tellers).chain(self.file_object()))
    }

    fn file_object(&self) -> Option<&ObjectName> {
        self.files.as_ref().map(|files| &files.object)
    }

    fn in_order<'a>(&'a self, parts: impl Iterator<Item = &'a ObjectName>) -> Vec<ObjectName> {
        let parts: BTreeSet<&ObjectName> = parts.filter(|part| **part != self.object).collect();
        parts.into_iter().chain([&self.object]).cloned().collect()
    }
}

/// The profile's facets, and the standard ones that the object has.
fn facets(profile: &Profile, fields: &mut Fields<'_>) -> BTreeMap<String, FieldName> {
    let mut facets = fields.known_values(&profile.facets);
    for (name, candidates) in STANDARD_FACETS {
        let mut present = candidates.iter();
        if !profile.facets.contains_key(name)
            && let Some(field) = present.find_map(|field| fields.value_if_present(field))
        {
            facets.insert(name.to_owned(), field);
        }
    }
    facets
}

fn record_types(describe: &Describe) -> BTreeMap<RecordId, RecordTypeNames> {
    let own = describe
        .record_type_infos
        .iter()
        .filter(|info| !info.master);
    own.map(|info| {
        let names = RecordTypeNames {
            developer_name: info
                .developer_name
                .clone()
                .unwrap_or_else(|| info.name.clone()),
            label: info.name.clone(),
        };
        (info.record_type_id, names)
    })
    .collect()
}

/// A hash of a value's debug form, which names every part of it.
pub(crate) fn fingerprint(value: &impl std::fmt::Debug) -> String {
    let hash = Sha256::digest(format!("{value:?}"));
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

//! The person on whose behalf a request runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::{ArticleSight, Document, FieldName, ObjectName, Reach, SourceKey, UserId};

/// Who asks, and which objects and fields Salesforce lets them read.
///
/// Record by record access is decided later, for the candidates of one request. There is no viewer
/// who sees everything by construction: one without objects sees nothing.
#[derive(Debug, Clone)]
pub struct Viewer {
    subject: Subject,
    /// The username, or the name of the policy.
    name: String,
    /// `LanguageLocaleKey`: `de`, `en_US`.
    language: Option<String>,
    objects: BTreeMap<ObjectName, FieldAccess>,
    articles: ArticleSight,
    /// None where the org's sharing is not known, or says nothing about such a viewer.
    reach: Option<Arc<Reach>>,
}

/// As whom a request runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A Salesforce user: Salesforce says what they may read.
    User(UserId),
    /// Nobody in Salesforce: a service that may read what the configuration names.
    Policy(String),
}

/// The fields of one readable object that a viewer may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldAccess {
    /// The org has no field-level security to apply.
    All,
    Only(BTreeSet<FieldName>),
}

impl Viewer {
    /// `name` is the username, or the name of the policy.
    pub fn new(subject: Subject, name: String, objects: BTreeMap<ObjectName, FieldAccess>) -> Self {
        Self {
            subject,
            name,
            language: None,
            objects,
            articles: ArticleSight::default(),
            reach: None,
        }
    }

    /// The viewer, with the articles that they may see.
    pub fn with_articles(mut self, articles: ArticleSight) -> Self {
        self.articles = articles;
        self
    }

    /// The viewer, with their place in the org's sharing.
    pub fn with_reach(mut self, reach: Arc<Reach>) -> Self {
        self.reach = Some(reach);
        self
    }

    /// The viewer, with the language that they have Salesforce in.
    pub fn with_language(mut self, language: Option<String>) -> Self {
        self.language = language;
        self
    }

    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// None for a service policy.
    pub fn user(&self) -> Option<UserId> {
        match &self.subject {
            Subject::User(user) => Some(*user),
            Subject::Policy(_) => None,
        }
    }

    /// The username, or the name of the policy.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The language that the viewer has Salesforce in, as Salesforce writes it: `en_US`.
    pub fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// Which articles the viewer may see.
    pub fn articles(&self) -> &ArticleSight {
        &self.articles
    }

    /// Where the viewer stands in the org's sharing; none where that is not known.
    pub fn reach(&self) -> Option<&Arc<Reach>> {
        self.reach.as_ref()
    }

    /// Whether the viewer may read records of this object at all.
    pub fn reads_object(&self, object: &ObjectName) -> bool {
        self.objects.contains_key(object)
    }

    /// Whether the viewer may read this field of the records that they may read.
    pub fn reads_field(&self, object: &ObjectName, field: &FieldName) -> bool {
        match self.objects.get(object) {
            None => false,
            Some(FieldAccess::All) => true,
            Some(FieldAccess::Only(fields)) => fields.contains(field),
        }
    }

    /// The readable objects, for filters that run inside the stores.
    pub fn objects(&self) -> impl Iterator<Item = (&ObjectName, &FieldAccess)> {
        self.objects.iter()
    }

    /// The title of a document as this viewer may see it.
    pub fn title_of(&self, document: &Document) -> String {
        match &document.title {
            Some(title) if self.reads_field(&document.object, &title.field) => title.text.clone(),
            Some(_) | None => document.plain_title(),
        }
    }

    /// Whether a passage of this source may be shown.
    pub fn reads_source(&self, source: &SourceKey) -> bool {
        let Some((object, field)) = source.as_str().split_once('.') else {
            return false;
        };
        match self.objects.get(object) {
            None => false,
            Some(FieldAccess::All) => true,
            Some(FieldAccess::Only(fields)) => fields.contains(field),
        }
    }

    /// Whether nothing but its object and its sharing keeps the document from the viewer.
    fn sees(&self, document: &Document) -> bool {
        let Some(visibility) = &document.visibility else {
            // Of an article it is not known who may see it.
            return !document.object.is_article();
        };
        let language = document.language.as_deref().unwrap_or_default();
        self.articles.sees(visibility) && self.articles.sees_language(language)
    }

    /// The document without the records and fields that the viewer may not read; none if its
    /// object is hidden.
    pub fn trim(&self, mut document: Document) -> Option<Document> {
        if !self.reads_object(&document.object) || !self.sees(&document) {
            return None;
        }
        for record in &mut document.records {
            let object = record.object.clone();
            record
                .fields
                .retain(|text| self.reads_field(&object, &text.field));
        }
        document
            .records
            .retain(|record| self.reads_object(&record.object));
        if !document
            .title
            .as_ref()
            .is_some_and(|title| self.reads_field(&document.object, &title.field))
        {
            document.title = None;
        }
        document.status = document
            .status
            .filter(|status| self.reads_field(&document.object, &status.field));
        for values in document.facets.values_mut() {
            values.retain(|facet| self.reads_source(&facet.source(&document.object)));
        }
        document
            .articles
            .retain(|attached| self.reads_field(&attached.object, &attached.field));
        Some(document)
    }
}

//! From records to a document: what a person would call one thing to read.
//!
//! A document has text of its own records only. The name of a case's account is the account's,
//! because another rule decides who may read it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::{
    ArticleVisibility, AttachedArticle, Document, DocumentRecord, Facet, FieldName, FieldText,
    Grant, Number, PageStart, Parents, RecordId, Title,
};

use crate::clean;
use crate::file_text;
use crate::mirror::Stored;
use crate::plan::{Body, ChildPlan, DocumentPlan, FilePlan, TextField};

/// The characters of a date, with which a time begins.
const DATE: usize = 10;

/// A document and what the splitter and the embedder need to know of its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    pub document: Document,
    /// What kind of text stands at `document.records[i].fields[j]`.
    pub kinds: Vec<Vec<Kind>>,
}

/// What kind of text a field has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Title,
    /// Read for its meaning.
    Prose,
    /// The same, a line at most, with its label in the org.
    Line(String),
    /// A value that is found by its words.
    Fact,
    /// A value that is counted and quoted, and not searched.
    Kept,
}

/// A record that is part of a document, by the child plan at its index in the document's plan.
#[derive(Debug, Clone)]
pub(crate) struct ChildRecord {
    pub plan: usize,
    pub stored: Stored,
}

/// The records that a document is made of.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub root: Stored,
    pub children: Vec<ChildRecord>,
    /// Versions of files, by id.
    pub files: Vec<Stored>,
    /// By what the root record can be read.
    pub grants: BTreeSet<Grant>,
}

/// Builds the document of its records.
///
/// `lightning_url` is the address of the org's pages, without a slash at its end.
pub(crate) fn assemble(plan: &DocumentPlan, parts: &Parts, lightning_url: &str) -> Draft {
    let (root, children) = (&parts.root, parts.children.as_slice());
    let mut records = vec![root_record(plan, root)];
    for (child, stored) in in_order(plan, children) {
        let record = child_record(child, stored);
        if !record.0.fields.is_empty() {
            records.push(record);
        }
    }
    for file in &parts.files {
        records.extend(plan.files.as_ref().map(|plan| file_record(plan, file)));
    }
    let stamps = children.iter().map(|child| &child.stored);
    let stamps = stamps.chain(&parts.files).map(|stored| stored.stamp);
    let updated_at = stamps.chain([root.stamp]).flatten().max();
    let created_at = time(root, "CreatedDate");
    let (records, kinds) = records.into_iter().unzip();
    let document = Document {
        id: root.id,
        object: plan.object.clone(),
        label: plan.label.clone(),
        title: text_of(plan.title.as_ref(), root).map(|(field, text)| Title { field, text }),
        number: text_of(plan.number.as_ref(), root).map(|(field, text)| Number { field, text }),
        url: format!(
            "{lightning_url}/lightning/r/{}/{}/view",
            plan.object, root.id
        ),
        parents: parents(plan, root),
        owner: reference(root, plan.owner.as_ref()),
        status: facet(plan.status.as_ref(), root),
        language: text_of(plan.language.as_ref(), root).map(|(_, text)| text),
        created_at,
        // Only an object without any time of its own gets the oldest there is.
        updated_at: updated_at.or(created_at).unwrap_or(DateTime::UNIX_EPOCH),
        facets: facets(plan, root, children),
        articles: articles(plan, children),
        grants: parts.grants.clone(),
        visibility: visibility(plan, root, children),
        records,
    };
    Draft { document, kinds }
}

/// The children by the time at which they were written; those without come first, as they are not
/// part of a conversation.
fn in_order<'a>(
    plan: &'a DocumentPlan,
    children: &'a [ChildRecord],
) -> Vec<(&'a ChildPlan, &'a Stored)> {
    let mut ordered: Vec<_> = children
        .iter()
        .filter_map(|child| Some((plan.children.get(child.plan)?, child)))
        .map(|(plan, child)| (written_at(plan, &child.stored), plan, child))
        .collect();
    ordered.sort_by_key(|(written_at, _, child)| (*written_at, child.plan, child.stored.id));
    ordered
        .into_iter()
        .map(|(_, plan, child)| (plan, &child.stored))
        .collect()
}

fn root_record(plan: &DocumentPlan, root: &Stored) -> (DocumentRecord, Vec<Kind>) {
    let mut texts = Texts::default();
    if let Some((field, text)) = text_of(plan.title.as_ref(), root) {
        texts.add(field, text, Kind::Title);
    }
    texts.add_prose(&plan.body, root);
    if let Some((field, text)) = text_of(plan.number.as_ref(), root) {
        texts.add(field, text, Kind::Fact);
    }
    texts.add_facts(&plan.body, root);
    texts.add_kept(&plan.body, root);
    texts.into_record(root, plan.object.clone(), time(root, "CreatedDate"))
}

fn child_record(plan: &ChildPlan, stored: &Stored) -> (DocumentRecord, Vec<Kind>) {
    let mut texts = Texts::default();
    texts.add_facts(&plan.body, stored);
    texts.add_prose(&plan.body, stored);
    texts.add_kept(&plan.body, stored);
    texts.into_record(stored, plan.object.clone(), written_at(plan, stored))
}

fn file_record(plan: &FilePlan, stored: &Stored) -> (DocumentRecord, Vec<Kind>) {
    let mut texts = Texts::default();
    if let Some((field, text)) = text_of(Some(&plan.title), stored) {
        texts.add(field, text, Kind::Fact);
    }
    let (text, pages) = file_text::text(stored.text(&plan.data).unwrap_or_default());
    texts.add_file(plan.data.clone(), text, pages);
    let written_at = time(stored, "CreatedDate");
    let (mut record, kinds) = texts.into_record(stored, plan.object.clone(), written_at);
    record.file = Some(file_text::name(
        stored.text(&plan.title).unwrap_or_default(),
        stored.text(&plan.extension).unwrap_or_default(),
    ));
    (record, kinds)
}

/// The texts of one record, each field once.
#[derive(Default)]
struct Texts {
    fields: Vec<FieldText>,
    kinds: Vec<Kind>,
    seen: BTreeSet<FieldName>,
}

impl Texts {
    fn add(&mut self, field: FieldName, text: String, kind: Kind) {
        if !text.is_empty() && self.seen.insert(field.clone()) {
            self.fields.push(FieldText::new(field, text));
            self.kinds.push(kind);
        }
    }

    fn add_file(&mut self, field: FieldName, text: String, pages: Vec<PageStart>) {
        if !text.is_empty() {
            self.fields.push(FieldText { field, text, pages });
            self.kinds.push(Kind::Prose);
        }
    }

    fn add_prose(&mut self, body: &Body, stored: &Stored) {
        for choices in &body.texts {
            let first = choices
                .iter()
                .map(|choice| (choice, clean_text(choice, stored)))
                .find(|(_, text)| !text.is_empty());
            if let Some((choice, text)) = first {
                let kind = if choice.short {
                    Kind::Line(choice.label.clone())
                } else {
                    Kind::Prose
                };
                self.add(choice.field.clone(), text, kind);
            }
        }
    }

    fn add_facts(&mut self, body: &Body, stored: &Stored) {
        for fact in &body.facts {
            if let Some((field, text)) = text_of(Some(fact), stored) {
                self.add(field, text, Kind::Fact);
            }
        }
    }

    fn add_kept(&mut self, body: &Body, stored: &Stored) {
        for kept in &body.kept {
            if let Some((field, text)) = text_of(Some(kept), stored) {
                self.add(field, text, Kind::Kept);
            }
        }
    }

    fn into_record(
        self,
        stored: &Stored,
        object: domain::ObjectName,
        written_at: Option<DateTime<Utc>>,
    ) -> (DocumentRecord, Vec<Kind>) {
        let record = DocumentRecord {
            record_id: stored.id,
            object,
            written_at,
            file: None,
            fields: self.fields,
        };
        (record, self.kinds)
    }
}

fn clean_text(field: &TextField, stored: &Stored) -> String {
    let source = stored.text(&field.field).unwrap_or_default();
    if field.rich {
        clean::html(source)
    } else {
        clean::plain(source)
    }
}

fn text_of(field: Option<&FieldName>, stored: &Stored) -> Option<(FieldName, String)> {
    let field = field?;
    let text = clean::plain(stored.text(field)?);
    (!text.is_empty()).then(|| (field.clone(), text))
}

fn facet(field: Option<&FieldName>, stored: &Stored) -> Option<Facet> {
    text_of(field, stored).map(|(field, value)| Facet::new(field, value))
}

fn facets(
    plan: &DocumentPlan,
    root: &Stored,
    children: &[ChildRecord],
) -> BTreeMap<String, Vec<Facet>> {
    let mut facets: BTreeMap<String, Vec<Facet>> = BTreeMap::new();
    for (name, field) in &plan.facets {
        for value in values(root, field) {
            let value = match name.as_str() {
                Facet::DAY => value.chars().take(DATE).collect(),
                _ => value,
            };
            let facet = named(plan, name, Facet::new(field.clone(), value));
            facets.entry(name.clone()).or_default().push(facet);
        }
    }
    for child in children {
        let Some(child_plan) = plan.children.get(child.plan) else {
            continue;
        };
        for (name, field) in &child_plan.facets {
            for value in values(&child.stored, field) {
                let facet = Facet {
                    object: Some(child_plan.object.clone()),
                    ..Facet::new(field.clone(), value)
                };
                let known = facets.entry(name.clone()).or_default();
                if !known.contains(&facet) {
                    known.push(facet);
                }
            }
        }
    }
    facets
}

/// A record type by its names; any other value as it is.
fn named(plan: &DocumentPlan, name: &str, facet: Facet) -> Facet {
    let id = RecordId::parse(&facet.value).ok();
    match id.and_then(|id| plan.record_types.get(&id)) {
        Some(names) if name == Facet::RECORD_TYPE => Facet {
            label: (names.label != names.developer_name).then(|| names.label.clone()),
            ..Facet::new(facet.field, names.developer_name.clone())
        },
        Some(_) | None => facet,
    }
}

/// Who may read an article, by its own fields and its categories; none of what is no article.
fn visibility(
    plan: &DocumentPlan,
    root: &Stored,
    children: &[ChildRecord],
) -> Option<ArticleVisibility> {
    let article = plan.article.as_ref()?;
    let categories = children.iter().filter(|child| {
        let plan = plan.children.get(child.plan);
        plan.is_some_and(|plan| plan.object == article.categories)
    });
    Some(article.visibility(root, categories.map(|child| &child.stored)))
}

/// The articles that child records attach, each once for each field that names it.
fn articles(plan: &DocumentPlan, children: &[ChildRecord]) -> Vec<AttachedArticle> {
    let mut articles = Vec::new();
    for child in children {
        let named = plan.children.get(child.plan).and_then(|plan| {
            let field = plan.article.as_ref()?;
            Some(AttachedArticle {
                article: reference(&child.stored, Some(field))?,
                object: plan.object.clone(),
                field: field.clone(),
            })
        });
        if let Some(attached) = named
            && !articles.contains(&attached)
        {
            articles.push(attached);
        }
    }
    articles
}

/// The values of a field; a multi-select picklist has several, joined by semicolons.
fn values(stored: &Stored, field: &FieldName) -> Vec<String> {
    let text = stored.text(field).unwrap_or_default();
    text.split(';')
        .map(clean::plain)
        .filter(|value| !value.is_empty())
        .collect()
}

fn parents(plan: &DocumentPlan, root: &Stored) -> Parents {
    let fields = &plan.parents;
    let mut parents = Parents {
        account: reference(root, fields.account.as_ref()),
        account_field: other_than("AccountId", fields.account.as_ref()),
        contact: reference(root, fields.contact.as_ref()),
        contact_field: other_than("ContactId", fields.contact.as_ref()),
        case: reference(root, fields.case.as_ref()),
        opportunity: reference(root, fields.opportunity.as_ref()),
        article: reference(root, fields.article.as_ref()),
        other: Vec::new(),
    };
    for field in &fields.other {
        if let Some(id) = reference(root, Some(field)) {
            place(&mut parents, id, Some(field));
        }
    }
    let linked = plan.linked.as_ref();
    let linked = linked
        .and_then(|field| root.text(field))
        .unwrap_or_default();
    // No field of the record names what links name: who may read the record may read its links.
    let id_field = FieldName::parse("Id").ok();
    for id in linked.split(';').filter_map(|id| RecordId::parse(id).ok()) {
        place(&mut parents, id, id_field.as_ref());
    }
    parents
}

fn other_than(standard: &str, field: Option<&FieldName>) -> Option<FieldName> {
    field.filter(|field| *field != standard).cloned()
}

/// Puts a parent that `field` names where its kind belongs if that place is free. The key prefixes
/// of the standard objects are the same in every org.
fn place(parents: &mut Parents, id: RecordId, field: Option<&FieldName>) {
    let slot = match id.key_prefix() {
        "001" => {
            if parents.account.is_none() {
                parents.account_field = other_than("AccountId", field);
            }
            &mut parents.account
        }
        "003" => {
            if parents.contact.is_none() {
                parents.contact_field = other_than("ContactId", field);
            }
            &mut parents.contact
        }
        "500" => &mut parents.case,
        "006" => &mut parents.opportunity,
        // A link to a person says who has it, not what it is about.
        "005" => return,
        _ => {
            push_new(&mut parents.other, id);
            return;
        }
    };
    match slot {
        None => *slot = Some(id),
        Some(taken) if *taken == id => {}
        Some(_) => push_new(&mut parents.other, id),
    }
}

fn push_new(ids: &mut Vec<RecordId>, id: RecordId) {
    if !ids.contains(&id) {
        ids.push(id);
    }
}

fn reference(stored: &Stored, field: Option<&FieldName>) -> Option<RecordId> {
    RecordId::parse(stored.text(field?)?).ok()
}

fn written_at(plan: &ChildPlan, stored: &Stored) -> Option<DateTime<Utc>> {
    let field = plan.written_at.as_ref()?;
    time(stored, field.as_str()).or_else(|| time(stored, "CreatedDate"))
}

/// A time as the mirror keeps it.
fn time(stored: &Stored, field: &str) -> Option<DateTime<Utc>> {
    let text = stored.fields.get(field)?;
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.with_timezone(&Utc))
}

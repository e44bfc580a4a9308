//! What objects and fields there are: the content of every describe.

mod body;
mod builtin;
mod field_type;
mod merge;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

pub(crate) use builtin::{custom_object, share_object, standard_objects};
pub use field_type::FieldType;
pub(crate) use merge::relationship_name;

/// All objects of the org. Names are found whatever their case.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    objects: BTreeMap<String, ObjectDescribe>,
    by_lower_name: HashMap<String, String>,
}

impl Schema {
    pub fn object(&self, name: &str) -> Option<&ObjectDescribe> {
        self.objects.get(name).or_else(|| {
            let name = self.by_lower_name.get(&name.to_ascii_lowercase())?;
            self.objects.get(name)
        })
    }

    pub(crate) fn object_mut(&mut self, name: &str) -> Option<&mut ObjectDescribe> {
        let name = self.by_lower_name.get(&name.to_ascii_lowercase())?;
        self.objects.get_mut(name)
    }

    pub(crate) fn add(&mut self, object: ObjectDescribe) {
        let lower = object.name.to_ascii_lowercase();
        self.by_lower_name.insert(lower, object.name.clone());
        self.objects.insert(object.name.clone(), object);
    }

    /// The article versions' object, `Knowledge__kav` unless the org has renamed it.
    pub(crate) fn article_object(&self) -> &str {
        self.object("KnowledgeArticleVersion")
            .and_then(|object| object.storage.as_deref())
            .unwrap_or("Knowledge__kav")
    }

    /// The object in whose table the rows live: an article version is a row of `…__kav`.
    pub(crate) fn storage<'n>(&'n self, object: &'n str) -> &'n str {
        let storage = self
            .object(object)
            .and_then(|object| object.storage.as_deref());
        storage.unwrap_or(object)
    }

    /// Lets every object know who points at it, and the open-ended references where they may point.
    /// To be called once all objects and fields are there.
    pub(crate) fn connect(&mut self) {
        let custom: Vec<String> = self.names(|object| object.custom);
        let all: Vec<String> = self.names(|object| {
            object.storage.is_none()
                && object.key_prefix.is_some()
                && !object.is_setup
                && !object.name.ends_with("Share")
        });
        for object in self.objects.values_mut() {
            for field in &mut object.fields {
                widen_reference(field, &custom, &all);
            }
        }
        self.connect_children();
    }

    fn names(&self, keep: impl Fn(&ObjectDescribe) -> bool) -> Vec<String> {
        let kept = self.objects.values().filter(|object| keep(object));
        kept.map(|object| object.name.clone()).collect()
    }

    fn connect_children(&mut self) {
        let mut found = Vec::new();
        for object in self.objects.values() {
            for field in &object.fields {
                for parent in &field.reference_to {
                    found.push((parent.clone(), child_relationship(object, field)));
                }
            }
        }
        for (parent, relationship) in found {
            if let Some(parent) = self.objects.get_mut(&parent) {
                parent.add_child(relationship);
            }
        }
    }

    /// All objects in the order of their names.
    pub fn objects(&self) -> impl Iterator<Item = &ObjectDescribe> {
        self.objects.values()
    }
}

/// One object, as `/sobjects/{o}/describe` tells it.
#[derive(Clone, Debug)]
pub struct ObjectDescribe {
    pub name: String,
    pub label: String,
    pub label_plural: String,
    /// The first three characters of its ids; a few objects have none.
    pub key_prefix: Option<String>,
    pub custom: bool,
    pub createable: bool,
    pub updateable: bool,
    pub deletable: bool,
    pub queryable: bool,
    /// A setup object, such as User or PermissionSet: not a thing that one shares.
    pub(crate) is_setup: bool,
    /// The object whose rows this one shows, when it has none of its own.
    pub(crate) storage: Option<String>,
    /// Describe attributes of the folder that have no field here.
    pub(crate) extra: Map<String, Value>,
    pub fields: Vec<FieldDescribe>,
    /// Who points here, with the names that child subqueries use.
    pub child_relationships: Vec<ChildRelationship>,
    field_by_lower_name: HashMap<String, usize>,
}

/// A reference field of another object that points at this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildRelationship {
    pub child_object: String,
    pub field: String,
    /// The name in a child subquery (`Contacts`); some have none and cannot be queried so.
    pub relationship_name: Option<String>,
    pub cascade_delete: bool,
}

/// One field of a describe.
#[derive(Clone, Debug)]
pub struct FieldDescribe {
    pub name: String,
    pub label: String,
    pub field_type: FieldType,
    /// Characters, for text; 0 otherwise.
    pub length: usize,
    /// Objects that a reference may point at; several when polymorphic.
    pub reference_to: Vec<String>,
    /// The name of the parent in a path: `Account` for `AccountId`, `Product__r` for `Product__c`.
    pub relationship_name: Option<String>,
    /// `Some(0)` and `Some(1)` mark master-detail fields.
    pub relationship_order: Option<u8>,
    /// Whether field-level security may hide it.
    pub permissionable: bool,
    pub nillable: bool,
    pub filterable: bool,
    pub sortable: bool,
    pub groupable: bool,
    pub createable: bool,
    pub updateable: bool,
    pub html_formatted: bool,
    pub custom: bool,
    pub name_field: bool,
    pub calculated: bool,
    pub auto_number: bool,
    pub unique: bool,
    pub external_id: bool,
    pub defaulted_on_create: bool,
    pub restricted_picklist: bool,
    pub picklist_values: Vec<PicklistValue>,
    /// The compound that it is a part of: `BillingAddress` for `BillingCity`.
    pub compound_field_name: Option<String>,
    /// Value of a new record that does not give one.
    pub default_value: Option<Value>,
    /// The name of the way back, for a child subquery on the parent.
    pub(crate) child_relationship_name: Option<String>,
    /// Whether the record goes when the one it refers to is deleted.
    pub(crate) cascade_delete: bool,
    /// Describe attributes of the folder that have no field here.
    pub(crate) extra: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PicklistValue {
    pub value: String,
    pub label: String,
    pub active: bool,
    pub default_value: bool,
}

impl ObjectDescribe {
    pub fn field(&self, name: &str) -> Option<&FieldDescribe> {
        self.position(name).map(|position| &self.fields[position])
    }

    /// The field whose relationship has this name: `Account` leads to `AccountId`.
    pub fn parent_field(&self, relationship: &str) -> Option<&FieldDescribe> {
        self.fields.iter().find(|field| {
            let name = field.relationship_name.as_deref();
            name.is_some_and(|name| name.eq_ignore_ascii_case(relationship))
        })
    }

    /// The children under this relationship name: `Contacts` of an account.
    pub fn child_relationship(&self, relationship: &str) -> Option<&ChildRelationship> {
        self.child_relationships.iter().find(|child| {
            let name = child.relationship_name.as_deref();
            name.is_some_and(|name| name.eq_ignore_ascii_case(relationship))
        })
    }

    /// The field that names a record, such as `CaseNumber`.
    pub fn name_field(&self) -> Option<&FieldDescribe> {
        self.fields.iter().find(|field| field.name_field)
    }

    pub(crate) fn field_mut(&mut self, name: &str) -> Option<&mut FieldDescribe> {
        let position = self.position(name)?;
        self.fields.get_mut(position)
    }

    pub(crate) fn add_field(&mut self, field: FieldDescribe) {
        let lower = field.name.to_ascii_lowercase();
        self.field_by_lower_name.insert(lower, self.fields.len());
        self.fields.push(field);
    }

    pub(crate) fn remove_field(&mut self, name: &str) {
        self.fields.retain(|field| field.name != name);
        self.field_by_lower_name = (0..)
            .zip(&self.fields)
            .map(|(position, field)| (field.name.to_ascii_lowercase(), position))
            .collect();
    }

    fn position(&self, name: &str) -> Option<usize> {
        let position = self.field_by_lower_name.get(&name.to_ascii_lowercase())?;
        Some(*position)
    }

    /// Adds a way back unless the folder's describe has named it already.
    fn add_child(&mut self, relationship: ChildRelationship) {
        let known = self.child_relationships.iter().any(|known| {
            known.child_object == relationship.child_object && known.field == relationship.field
        });
        if !known {
            self.child_relationships.push(relationship);
        }
    }
}

impl FieldDescribe {
    /// Is it text that Salesforce keeps out of filters and sorting?
    pub fn is_long_text(&self) -> bool {
        self.field_type == FieldType::Textarea && self.length > 255
    }

    pub fn is_reference(&self) -> bool {
        self.field_type == FieldType::Reference
    }

    /// May a reference point at several objects?
    pub fn is_polymorphic(&self) -> bool {
        self.reference_to.len() > 1
    }

    /// Must a new record give it?
    pub fn is_required(&self) -> bool {
        self.createable && !self.nillable && !self.defaulted_on_create
    }
}

/// Replaces `*` by all objects and `*custom` by the custom ones.
fn widen_reference(field: &mut FieldDescribe, custom: &[String], all: &[String]) {
    let Some(open_ended) = field
        .reference_to
        .iter()
        .position(|name| name.starts_with('*'))
    else {
        return;
    };
    let names = match field.reference_to.remove(open_ended).as_str() {
        "*custom" => custom,
        _ => all,
    };
    for name in names {
        if !field.reference_to.contains(name) {
            field.reference_to.push(name.clone());
        }
    }
}

fn child_relationship(object: &ObjectDescribe, field: &FieldDescribe) -> ChildRelationship {
    let default_name = || match (field.custom, object.name.strip_suffix("__c")) {
        (true, Some(stem)) => Some(format!("{stem}s__r")),
        (true, None) => Some(format!("{}s__r", object.name)),
        (false, _) => None,
    };
    ChildRelationship {
        child_object: object.name.clone(),
        field: field.name.clone(),
        relationship_name: field.child_relationship_name.clone().or_else(default_name),
        cascade_delete: field.cascade_delete || field.relationship_order.is_some(),
    }
}

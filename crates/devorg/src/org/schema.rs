//! What objects and fields there are: the content of every describe.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

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

    /// The object in whose table the rows live: an article version is a row of `…__kav`.
    pub(crate) fn storage<'a>(&'a self, object: &'a str) -> &'a str {
        object
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
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PicklistValue {
    pub value: String,
    pub label: String,
    pub active: bool,
    pub default_value: bool,
}

/// The `type` of a describe's field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldType {
    Id,
    String,
    Textarea,
    Picklist,
    Multipicklist,
    Combobox,
    Email,
    Phone,
    Url,
    EncryptedString,
    Reference,
    Boolean,
    Int,
    Long,
    Double,
    Currency,
    Percent,
    Date,
    Datetime,
    Time,
    Address,
    Location,
    Base64,
    AnyType,
}

impl ObjectDescribe {
    pub fn field(&self, name: &str) -> Option<&FieldDescribe> {
        let position = self.field_by_lower_name.get(&name.to_ascii_lowercase())?;
        self.fields.get(*position)
    }

    /// The body of `/sobjects/{o}/describe`.
    pub fn to_json(&self) -> Value {
        json!({"name": self.name})
    }
}

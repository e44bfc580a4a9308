//! What an org's objects are made of.

mod cache;

use domain::{FieldName, ObjectName, RecordId};
use serde::{Deserialize, Deserializer};

pub(crate) use cache::Describes;

/// An object as the client's user sees it; fields without read permission are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Describe {
    pub name: ObjectName,
    #[serde(default)]
    pub label: String,
    #[serde(default)]
    pub label_plural: String,
    /// The first three characters of its ids; some objects have none.
    #[serde(default)]
    pub key_prefix: Option<String>,
    #[serde(default)]
    pub custom: bool,
    #[serde(default)]
    pub queryable: bool,
    #[serde(default)]
    pub searchable: bool,
    /// Whether `updated` and `deleted` answer for it.
    #[serde(default)]
    pub replicateable: bool,
    pub fields: Vec<Field>,
    #[serde(default)]
    pub child_relationships: Vec<ChildRelationship>,
    /// The master record type among them, which records without one have.
    #[serde(default)]
    pub record_type_infos: Vec<RecordTypeInfo>,
}

/// A record type of an object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordTypeInfo {
    /// What `RecordTypeId` of a record says.
    pub record_type_id: RecordId,
    /// Its label, in the language of the client's user.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub developer_name: Option<String>,
    #[serde(default)]
    pub master: bool,
}

/// One field of an object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    pub name: FieldName,
    #[serde(default)]
    pub label: String,
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Characters, for text; 0 for what is none.
    #[serde(default)]
    pub length: u32,
    #[serde(default)]
    pub custom: bool,
    #[serde(default)]
    pub calculated: bool,
    #[serde(default)]
    pub encrypted: bool,
    /// Whether its text is HTML.
    #[serde(default)]
    pub html_formatted: bool,
    /// `richtextarea`, `plaintextarea` and others.
    #[serde(default)]
    pub extra_type_info: Option<String>,
    #[serde(default)]
    pub filterable: bool,
    #[serde(default)]
    pub sortable: bool,
    /// Whether field-level security can hide it; if not, who reads the object reads the field.
    #[serde(default)]
    pub permissionable: bool,
    #[serde(default)]
    pub nillable: bool,
    /// Whether it is the object's name: `Account.Name`, `Case.CaseNumber`.
    #[serde(default)]
    pub name_field: bool,
    #[serde(default)]
    pub external_id: bool,
    #[serde(default)]
    pub deprecated_and_hidden: bool,
    /// The address or name that this field is a part of.
    #[serde(default)]
    pub compound_field_name: Option<FieldName>,
    /// For a reference: the objects that it may lead to, several if it is polymorphic.
    #[serde(default)]
    pub reference_to: Vec<ObjectName>,
    /// For a reference: the name of the parent in a path, `Account` for `AccountId`.
    #[serde(default)]
    pub relationship_name: Option<FieldName>,
    /// For a master-detail reference: 0 or 1.
    #[serde(default)]
    pub relationship_order: Option<u8>,
    #[serde(default)]
    pub picklist_values: Vec<PicklistValue>,
}

/// One choice of a picklist.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PicklistValue {
    pub value: String,
    #[serde(default)]
    pub label: Option<String>,
    #[serde(default)]
    pub active: bool,
    #[serde(default)]
    pub default_value: bool,
}

/// A relationship from this object down to its children.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChildRelationship {
    #[serde(rename = "childSObject")]
    pub child_object: ObjectName,
    pub field: FieldName,
    /// The name for a subquery; some relationships have none and cannot be queried from above.
    #[serde(default)]
    pub relationship_name: Option<FieldName>,
}

/// An object in the list of all objects.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectSummary {
    pub name: ObjectName,
    #[serde(default)]
    pub label: String,
    #[serde(default)]
    pub key_prefix: Option<String>,
    #[serde(default)]
    pub custom: bool,
    #[serde(default)]
    pub custom_setting: bool,
    #[serde(default)]
    pub queryable: bool,
    #[serde(default)]
    pub searchable: bool,
    #[serde(default)]
    pub replicateable: bool,
}

/// What a field holds, in Salesforce's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    Id,
    Reference,
    String,
    TextArea,
    EncryptedString,
    Picklist,
    MultiPicklist,
    Combobox,
    Boolean,
    Int,
    Long,
    Double,
    Currency,
    Percent,
    Date,
    DateTime,
    Time,
    Email,
    Phone,
    Url,
    Base64,
    Address,
    Location,
    AnyType,
    /// A type that is newer than this list.
    Other(String),
}

impl FieldType {
    fn from_name(name: String) -> Self {
        match name.as_str() {
            "id" => Self::Id,
            "reference" => Self::Reference,
            "string" => Self::String,
            "textarea" => Self::TextArea,
            "encryptedstring" => Self::EncryptedString,
            "picklist" => Self::Picklist,
            "multipicklist" => Self::MultiPicklist,
            "combobox" => Self::Combobox,
            "boolean" => Self::Boolean,
            "int" => Self::Int,
            "long" => Self::Long,
            "double" => Self::Double,
            "currency" => Self::Currency,
            "percent" => Self::Percent,
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            "time" => Self::Time,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "url" => Self::Url,
            "base64" => Self::Base64,
            "address" => Self::Address,
            "location" => Self::Location,
            "anyType" => Self::AnyType,
            _ => Self::Other(name),
        }
    }
}

impl<'de> Deserialize<'de> for FieldType {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input).map(Self::from_name)
    }
}

impl Describe {
    /// A field by its API name. Case does not count, as in SOQL.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| field.name.as_str().eq_ignore_ascii_case(name))
    }

    /// The field that names its records, if the user may see it.
    pub fn name_field(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.name_field)
    }
}

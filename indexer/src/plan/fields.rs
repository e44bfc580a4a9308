//! The fields of one object: which of them the org has, and what each is good for.

use std::collections::{BTreeMap, BTreeSet};

use domain::{FieldName, ObjectName};
use salesforce::{Describe, Field, FieldType};

use super::{Body, Column, TextField, Warning};
use crate::profile::{Only, Parents, Text};

/// Gathers what a profile wants of one object, and what of that is missing.
pub(super) struct Fields<'a> {
    describe: &'a Describe,
    rich_text: &'a [FieldName],
    /// The columns.
    used: BTreeSet<FieldName>,
    /// Those of them that have their place in the document, so that they are not discovered again.
    placed: BTreeSet<FieldName>,
    missing: BTreeSet<FieldName>,
}

/// What a field can give to a document.
enum Role {
    Text,
    Fact,
    /// A number or a date: a fact only where an admin added it.
    Figure,
    Reference,
    Other,
}

/// Fields that every pull asks for, where the object has them.
const SYSTEM: [&str; 3] = ["Id", "CreatedDate", "SystemModstamp"];

/// Objects that no document hangs on.
const NO_PARENTS: [&str; 6] = [
    "User",
    "Group",
    "Queue",
    "RecordType",
    "Organization",
    "BusinessHours",
];

impl<'a> Fields<'a> {
    pub(super) fn new(describe: &'a Describe, rich_text: &'a [FieldName]) -> Self {
        let mut fields = Self {
            describe,
            rich_text,
            used: BTreeSet::new(),
            placed: BTreeSet::new(),
            missing: BTreeSet::new(),
        };
        for name in SYSTEM {
            fields.if_present(name);
        }
        fields
    }

    pub(super) fn object(&self) -> &ObjectName {
        &self.describe.name
    }

    /// A field of the profile, if the org has it. It becomes a column, or else a warning.
    pub(super) fn known(&mut self, field: &FieldName) -> Option<FieldName> {
        let known = self.known_value(field)?;
        self.placed.insert(known.clone());
        Some(known)
    }

    /// The same for a field that is filtered or counted by, which may be text as well.
    pub(super) fn known_value(&mut self, field: &FieldName) -> Option<FieldName> {
        let Some(known) = self.describe.field(field.as_str()) else {
            self.missing.insert(field.clone());
            return None;
        };
        self.used.insert(known.name.clone());
        Some(known.name.clone())
    }

    pub(super) fn known_one(&mut self, field: Option<&FieldName>) -> Option<FieldName> {
        field.and_then(|field| self.known(field))
    }

    /// Those of the fields that the org has; none of the others is missed.
    pub(super) fn kept(&mut self, fields: &[FieldName]) -> Vec<FieldName> {
        let present = fields.iter();
        present
            .filter_map(|field| self.if_present(field.as_str()))
            .collect()
    }

    /// A field that is welcome but not missed.
    pub(super) fn if_present(&mut self, name: &str) -> Option<FieldName> {
        let field = self.describe.field(name)?;
        self.used.insert(field.name.clone());
        self.placed.insert(field.name.clone());
        Some(field.name.clone())
    }

    /// The same for a field that is filtered or counted by.
    pub(super) fn value_if_present(&mut self, name: &str) -> Option<FieldName> {
        let field = self.describe.field(name)?;
        self.used.insert(field.name.clone());
        Some(field.name.clone())
    }

    pub(super) fn name_field(&mut self) -> Option<FieldName> {
        let name = self.describe.name_field()?.name.clone();
        self.known(&name)
    }

    pub(super) fn known_values(
        &mut self,
        fields: &BTreeMap<String, FieldName>,
    ) -> BTreeMap<String, FieldName> {
        let mut known = BTreeMap::new();
        for (name, field) in fields {
            if let Some(field) = self.known_value(field) {
                known.insert(name.clone(), field);
            }
        }
        known
    }

    pub(super) fn known_only(&mut self, only: &[Only]) -> Vec<Only> {
        only.iter()
            .filter_map(|only| {
                Some(Only {
                    field: self.known_value(&only.field)?,
                    equals: only.equals.clone(),
                })
            })
            .collect()
    }

    /// The parents that the profile names; with none named, every reference. `discover` adds the
    /// custom ones.
    pub(super) fn parents(&mut self, named: Option<&Parents>, discover: bool) -> Parents {
        let mut parents = match named {
            None => Parents::default(),
            Some(named) => Parents {
                account: self.known_one(named.account.as_ref()),
                contact: self.known_one(named.contact.as_ref()),
                case: self.known_one(named.case.as_ref()),
                opportunity: self.known_one(named.opportunity.as_ref()),
                article: self.known_one(named.article.as_ref()),
                other: named
                    .other
                    .iter()
                    .filter_map(|field| self.known(field))
                    .collect(),
            },
        };
        let describe = self.describe;
        for field in &describe.fields {
            let wanted = named.is_none() || (discover && field.custom);
            if wanted && self.is_free(field) && is_parent(field) {
                parents.other.extend(self.known(&field.name));
            }
        }
        parents
    }

    /// The text fields and facts that the profile names; with none named, all that can be such.
    /// `discover` adds the custom ones.
    pub(super) fn body(
        &mut self,
        texts: Option<&[Text]>,
        facts: Option<&[FieldName]>,
        discover: bool,
    ) -> Body {
        let mut body = Body::default();
        for choices in texts.unwrap_or_default() {
            let choices: Vec<_> = choices
                .iter()
                .filter_map(|field| self.text_field(field))
                .collect();
            if !choices.is_empty() {
                body.texts.push(choices);
            }
        }
        for fact in facts.unwrap_or_default() {
            body.facts.extend(self.known(fact));
        }
        let describe = self.describe;
        for field in &describe.fields {
            let discovered = discover && field.custom;
            if !self.is_free(field) {
                continue;
            }
            match self.role(field) {
                Role::Text if texts.is_none() || discovered => {
                    body.texts
                        .extend(self.text_field(&field.name).map(|text| vec![text]));
                }
                Role::Fact if facts.is_none() || discovered => {
                    body.facts.extend(self.known(&field.name));
                }
                Role::Figure if field.custom && (facts.is_none() || discover) => {
                    body.facts.extend(self.known(&field.name));
                }
                Role::Text | Role::Fact | Role::Figure | Role::Reference | Role::Other => {}
            }
        }
        body
    }

    /// The warnings about what is missing, for the profile of a document object.
    pub(super) fn warnings(&self, document: &ObjectName) -> Vec<Warning> {
        self.missing
            .iter()
            .map(|field| Warning {
                object: document.clone(),
                text: format!(
                    "{}.{field}: the org has no such field, or the user that precis signs in as may not read it",
                    self.describe.name
                ),
            })
            .collect()
    }

    pub(super) fn stamp(&self) -> Option<FieldName> {
        self.describe
            .field("SystemModstamp")
            .map(|field| field.name.clone())
    }

    /// Whether deleted rows stay for a while and can be asked for.
    pub(super) fn has_deleted_rows(&self) -> bool {
        self.describe.field("IsDeleted").is_some()
    }

    /// Those of the columns that hold long text, and are not calculated from anything.
    pub(super) fn long(&self) -> BTreeSet<FieldName> {
        let is_long = |name: &&FieldName| {
            let field = self.describe.field(name.as_str());
            field.is_some_and(|field| field.kind == FieldType::TextArea && !field.calculated)
        };
        self.used.iter().filter(is_long).cloned().collect()
    }

    pub(super) fn into_columns(self) -> BTreeMap<FieldName, Column> {
        let mut columns = BTreeMap::new();
        for name in self.used {
            if let Some(field) = self.describe.field(name.as_str()) {
                columns.insert(name, column(&field.kind));
            }
        }
        columns
    }

    fn is_free(&self, field: &Field) -> bool {
        !self.placed.contains(&field.name)
    }

    fn text_field(&mut self, name: &FieldName) -> Option<TextField> {
        let known = self.known(name)?;
        let field = self.describe.field(name.as_str())?;
        Some(TextField {
            rich: self.is_rich(field),
            short: !matches!(field.kind, FieldType::TextArea | FieldType::Base64),
            label: field.label.clone(),
            field: known,
        })
    }

    fn is_rich(&self, field: &Field) -> bool {
        field.html_formatted || self.rich_text.contains(&field.name)
    }

    fn role(&self, field: &Field) -> Role {
        if self.is_rich(field) {
            return Role::Text;
        }
        role_of(&field.kind)
    }
}

fn role_of(kind: &FieldType) -> Role {
    match kind {
        FieldType::TextArea => Role::Text,
        FieldType::String
        | FieldType::Picklist
        | FieldType::MultiPicklist
        | FieldType::Combobox
        | FieldType::Email
        | FieldType::Phone
        | FieldType::Url => Role::Fact,
        FieldType::Int
        | FieldType::Long
        | FieldType::Double
        | FieldType::Currency
        | FieldType::Percent
        | FieldType::Date
        | FieldType::DateTime => Role::Figure,
        FieldType::Reference => Role::Reference,
        FieldType::Id
        | FieldType::EncryptedString
        | FieldType::Boolean
        | FieldType::Time
        | FieldType::Base64
        | FieldType::Address
        | FieldType::Location
        | FieldType::AnyType
        | FieldType::Other(_) => Role::Other,
    }
}

pub(super) fn column(kind: &FieldType) -> Column {
    match kind {
        FieldType::Boolean => Column::Bool,
        FieldType::Int
        | FieldType::Long
        | FieldType::Double
        | FieldType::Currency
        | FieldType::Percent => Column::Number,
        FieldType::DateTime => Column::Time,
        FieldType::Base64 => Column::Blob,
        FieldType::Id
        | FieldType::Reference
        | FieldType::String
        | FieldType::TextArea
        | FieldType::EncryptedString
        | FieldType::Picklist
        | FieldType::MultiPicklist
        | FieldType::Combobox
        | FieldType::Date
        | FieldType::Time
        | FieldType::Email
        | FieldType::Phone
        | FieldType::Url
        | FieldType::Address
        | FieldType::Location
        | FieldType::AnyType
        | FieldType::Other(_) => Column::AsIs,
    }
}

fn is_parent(field: &Field) -> bool {
    matches!(role_of(&field.kind), Role::Reference)
        && field
            .reference_to
            .iter()
            .any(|object| !NO_PARENTS.contains(&object.as_str()))
}

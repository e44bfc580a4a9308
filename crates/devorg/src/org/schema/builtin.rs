//! The standard objects, read from the table in `objects.txt`.
//!
//! An object's line is `Name prefix Label|Plural label flags`; its fields follow, indented:
//! `Name type attributes = values`. Every object also gets the system fields.
//!
//! Object flags: `readonly` (no writes), `noedit` (no updates), `nodelete`, `setup`, `share` (rows of a
//! share table), `bare` (no system fields), `storage(X)` (shows the rows of X).
//!
//! Field types carry their length in parentheses, references their targets: `*` is every object,
//! `*custom` every custom one. Attributes: `as X` names the relationship to the parent, `kids X` the one
//! back, `name` marks the name field, `req` a required one, `auto` an auto-number, `ro` a field that
//! cannot be written, `create` one that only an insert can set, `np` one that field-level security
//! cannot hide, `detail` a master-detail, `cascade` goes with its parent, `unique`, `html`. Picklist values stand after `=`,
//! separated by semicolons; `*` marks the default. `@owner(…)` is an OwnerId, `@address X` the parts of
//! an address.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{FieldDescribe, FieldType, ObjectDescribe, PicklistValue};

const TABLE: &str = include_str!("objects.txt");

const ADDRESS_PARTS: [(&str, &str); 8] = [
    ("Street", "textarea(255)"),
    ("City", "string(40)"),
    ("State", "string(80)"),
    ("PostalCode", "string(20)"),
    ("Country", "string(80)"),
    ("Latitude", "double"),
    ("Longitude", "double"),
    ("GeocodeAccuracy", "picklist"),
];

const CREATED: [&str; 2] = [
    "CreatedDate datetime ro np req",
    "CreatedById ref(User) as CreatedBy ro np req",
];
const MODIFIED: [&str; 2] = [
    "LastModifiedDate datetime ro np req",
    "LastModifiedById ref(User) as LastModifiedBy ro np req",
];

/// All standard objects. `article_prefix` is what the org calls its Knowledge object: `Knowledge` for
/// `Knowledge__kav`.
pub(crate) fn standard_objects(article_prefix: &str) -> Vec<ObjectDescribe> {
    let table = TABLE.replace("Knowledge__", &format!("{article_prefix}__"));
    let mut objects: Vec<ObjectDescribe> = Vec::new();
    for line in table.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match (line.strip_prefix("  "), objects.last_mut()) {
            (Some(field), Some(object)) => add_line(object, field),
            (Some(_), None) => {}
            (None, _) => objects.push(object(line)),
        }
    }
    objects
}

/// A custom object with nothing but what every custom object has. One that is a detail of another has
/// no owner: remove its `OwnerId`.
pub(crate) fn custom_object(name: &str, prefix: Option<String>) -> ObjectDescribe {
    let label = name.trim_end_matches("__c").replace('_', " ");
    let mut object = empty_object(name, &label, &format!("{label}s"));
    object.key_prefix = prefix;
    object.custom = name.ends_with("__c");
    add_system_fields(&mut object, Access::default());
    add_line(&mut object, "@owner(Group,User)");
    add_line(&mut object, "Name string(80) name np");
    object
}

/// The share table of a custom object: `Site__Share` of `Site__c`.
pub(crate) fn share_object(custom: &str) -> ObjectDescribe {
    let stem = custom.trim_end_matches("__c");
    let label = format!("Share: {}", stem.replace('_', " "));
    let mut object = empty_object(&format!("{stem}__Share"), &label, &label);
    object.key_prefix = Some("02c".to_owned());
    add_system_fields(&mut object, Access::default());
    add_line(
        &mut object,
        &format!("ParentId ref({custom}) as Parent kids Shares req cascade create"),
    );
    add_line(
        &mut object,
        "UserOrGroupId ref(Group,User) as UserOrGroup req create",
    );
    add_line(&mut object, "AccessLevel picklist = None; *Read; Edit; All");
    add_line(
        &mut object,
        "RowCause picklist create = *Manual; Owner; Rule; Team",
    );
    object
}

#[derive(Clone, Copy, Default)]
struct Access {
    readonly: bool,
    no_edit: bool,
    no_delete: bool,
}

fn object(line: &str) -> ObjectDescribe {
    let (name, rest) = split_word(line);
    let (prefix, rest) = split_word(rest);
    let (label, rest) = rest.split_once('|').unwrap_or((rest, rest));
    let (plural, flags) = split_flags(rest);
    let has = |flag: &str| flags.contains(&flag);
    let mut object = empty_object(name, label, &plural);
    object.key_prefix = (prefix != "000").then(|| prefix.to_owned());
    object.is_setup = has("setup");
    object.storage = flags
        .iter()
        .find_map(|flag| flag.strip_prefix("storage(")?.strip_suffix(')'))
        .map(str::to_owned);
    let access = Access {
        readonly: has("readonly"),
        no_edit: has("noedit"),
        no_delete: has("nodelete"),
    };
    object.createable = !access.readonly;
    object.updateable = !access.readonly && !access.no_edit;
    object.deletable = !access.readonly;
    if has("bare") {
        add_line(&mut object, "Id id ro np req");
    } else {
        add_system_fields(&mut object, access);
    }
    object
}

fn empty_object(name: &str, label: &str, label_plural: &str) -> ObjectDescribe {
    ObjectDescribe {
        name: name.to_owned(),
        label: label.to_owned(),
        label_plural: label_plural.to_owned(),
        key_prefix: None,
        custom: false,
        createable: true,
        updateable: true,
        deletable: true,
        queryable: true,
        is_setup: false,
        storage: None,
        extra: Map::new(),
        fields: Vec::new(),
        child_relationships: Vec::new(),
        field_by_lower_name: HashMap::new(),
    }
}

fn add_system_fields(object: &mut ObjectDescribe, access: Access) {
    add_line(object, "Id id ro np req");
    if !access.no_delete {
        add_line(object, "IsDeleted boolean ro np");
    }
    for line in CREATED {
        add_line(object, line);
    }
    if !access.no_edit {
        for line in MODIFIED {
            add_line(object, line);
        }
    }
    add_line(object, "SystemModstamp datetime ro np req");
}

fn add_line(object: &mut ObjectDescribe, line: &str) {
    if let Some(targets) = line.strip_prefix("@owner(") {
        let field = format!("OwnerId ref({targets} as Owner np owner");
        add_line(object, &field);
    } else if let Some(prefix) = line.strip_prefix("@address ") {
        add_address(object, prefix.trim_start_matches('-'));
    } else {
        object.add_field(field(line));
    }
}

fn add_address(object: &mut ObjectDescribe, prefix: &str) {
    let compound = format!("{prefix}Address");
    for (part, field_type) in ADDRESS_PARTS {
        let mut part = field(&format!("{prefix}{part} {field_type}"));
        part.compound_field_name = Some(compound.clone());
        object.add_field(part);
    }
    object.add_field(field(&format!("{compound} address ro")));
}

fn field(line: &str) -> FieldDescribe {
    let (line, values) = line.split_once(" = ").unwrap_or((line, ""));
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default();
    let (field_type, argument) = split_argument(words.next().unwrap_or_default());
    let mut field = FieldDescribe::new(
        name,
        FieldType::named(field_type).unwrap_or(FieldType::String),
    );
    if field.field_type == FieldType::Reference {
        field.reference_to = argument.split(',').map(str::to_owned).collect();
    } else {
        field.set_length(argument.parse().unwrap_or(field.length));
    }
    while let Some(word) = words.next() {
        match word {
            "as" => field.relationship_name = words.next().map(str::to_owned),
            "kids" => field.child_relationship_name = words.next().map(str::to_owned),
            flag => set_flag(&mut field, flag),
        }
    }
    set_values(&mut field, values);
    field
}

fn set_flag(field: &mut FieldDescribe, flag: &str) {
    match flag {
        "name" => field.name_field = true,
        "req" => {
            field.nillable = false;
            field.permissionable = false;
        }
        "auto" => {
            field.auto_number = true;
            field.nillable = false;
            field.defaulted_on_create = true;
            field.createable = false;
            field.updateable = false;
        }
        "ro" => {
            field.createable = false;
            field.updateable = false;
        }
        "create" => field.updateable = false,
        "np" => field.permissionable = false,
        "owner" => {
            field.nillable = false;
            field.defaulted_on_create = true;
        }
        "detail" => {
            field.relationship_order = Some(0);
            field.updateable = false;
        }
        "cascade" => field.cascade_delete = true,
        "unique" => field.unique = true,
        "html" => field.html_formatted = true,
        _ => debug_assert!(false, "unknown attribute {flag} of {}", field.name),
    }
}

fn set_values(field: &mut FieldDescribe, values: &str) {
    for value in values
        .split("; ")
        .map(str::trim)
        .filter(|value| !value.is_empty())
    {
        let (value, default_value) = value
            .strip_prefix('*')
            .map_or((value, false), |value| (value, true));
        if default_value {
            field.default_value = Some(Value::from(value));
            field.defaulted_on_create = true;
        }
        field.picklist_values.push(PicklistValue {
            value: value.to_owned(),
            label: value.to_owned(),
            active: true,
            default_value,
        });
    }
}

impl FieldDescribe {
    /// A field as describe would show a plain one of this type: writable, filterable where the type
    /// allows, hidden by field-level security until granted.
    pub(crate) fn new(name: &str, field_type: FieldType) -> Self {
        let custom = name.ends_with("__c");
        let boolean = field_type == FieldType::Boolean;
        let mut field = Self {
            name: name.to_owned(),
            label: label(name),
            field_type,
            length: 0,
            reference_to: Vec::new(),
            relationship_name: None,
            relationship_order: None,
            permissionable: true,
            nillable: !boolean,
            filterable: true,
            sortable: true,
            groupable: true,
            createable: true,
            updateable: true,
            html_formatted: false,
            custom,
            name_field: false,
            calculated: false,
            auto_number: false,
            unique: false,
            external_id: false,
            defaulted_on_create: boolean,
            restricted_picklist: false,
            picklist_values: Vec::new(),
            compound_field_name: None,
            default_value: boolean.then_some(Value::Bool(false)),
            child_relationship_name: None,
            cascade_delete: false,
            extra: Map::new(),
        };
        field.set_length(field_type.default_length());
        field
    }

    /// Sets the length, and what follows from type and length for filters, sorting and grouping.
    pub(crate) fn set_length(&mut self, length: usize) {
        self.length = length;
        let opaque = matches!(
            self.field_type,
            FieldType::Address
                | FieldType::Base64
                | FieldType::EncryptedString
                | FieldType::AnyType
        );
        self.filterable = !opaque && !self.is_long_text();
        self.sortable = self.filterable && self.field_type != FieldType::Multipicklist;
        self.groupable = self.sortable && self.field_type.is_groupable();
        if opaque && self.field_type != FieldType::Base64 {
            self.createable = false;
            self.updateable = false;
        }
    }
}

fn label(name: &str) -> String {
    let stem = name.strip_suffix("__c").unwrap_or(name);
    let mut label = String::new();
    let mut previous_lower = false;
    for character in stem.chars() {
        if character == '_' {
            label.push(' ');
        } else {
            if character.is_uppercase() && previous_lower {
                label.push(' ');
            }
            label.push(character);
        }
        previous_lower = character.is_lowercase() || character.is_ascii_digit();
    }
    match label.strip_suffix(" Id") {
        Some(stem) => format!("{stem} ID"),
        None => label,
    }
}

fn split_word(line: &str) -> (&str, &str) {
    line.split_once(' ').unwrap_or((line, ""))
}

/// Splits `string(255)` into `string` and `255`.
fn split_argument(word: &str) -> (&str, &str) {
    match word.split_once('(') {
        Some((head, argument)) => (head, argument.trim_end_matches(')')),
        None => (word, ""),
    }
}

/// Splits a plural label from the flags behind it; flags begin with a small letter.
fn split_flags(rest: &str) -> (String, Vec<&str>) {
    let mut plural: Vec<&str> = Vec::new();
    let mut flags = Vec::new();
    for word in rest.split_whitespace() {
        let is_flag = word.starts_with(|first: char| first.is_ascii_lowercase());
        if is_flag {
            flags.push(word);
        } else {
            plural.push(word);
        }
    }
    (plural.join(" "), flags)
}

//! Describe bodies of a folder, merged over what is built in.

use serde_json::{Map, Value};

use super::{ChildRelationship, FieldDescribe, FieldType, ObjectDescribe, PicklistValue};

type Body = Map<String, Value>;

impl ObjectDescribe {
    /// Takes over what a describe body says; its fields are merged by name.
    ///
    /// # Errors
    /// A sentence about the first value that has the wrong type.
    pub(crate) fn merge(&mut self, body: &Body) -> Result<(), String> {
        for (key, value) in body {
            match key.as_str() {
                "name" | "urls" => {}
                "label" => self.label = text(key, value)?,
                "labelPlural" => self.label_plural = text(key, value)?,
                "keyPrefix" => self.key_prefix = optional_text(key, value)?,
                "custom" => self.custom = flag(key, value)?,
                "createable" => self.createable = flag(key, value)?,
                "updateable" => self.updateable = flag(key, value)?,
                "deletable" => self.deletable = flag(key, value)?,
                "queryable" => self.queryable = flag(key, value)?,
                "fields" => self.merge_fields(list(key, value)?)?,
                "childRelationships" => self.merge_children(list(key, value)?)?,
                _ => {
                    self.extra.insert(key.clone(), value.clone());
                }
            }
        }
        Ok(())
    }

    fn merge_fields(&mut self, fields: &[Value]) -> Result<(), String> {
        for field in fields {
            let body = field.as_object().ok_or("a field is not a JSON object")?;
            let name = body.get("name").and_then(Value::as_str);
            let name = name.ok_or("a field has no name")?;
            if let Some(known) = self.field_mut(name) {
                known.merge(body)?;
            } else {
                self.add_field(FieldDescribe::from_body(name, body)?);
            }
        }
        Ok(())
    }

    fn merge_children(&mut self, children: &[Value]) -> Result<(), String> {
        for child in children {
            let part = |key: &str| child.get(key).and_then(Value::as_str).map(str::to_owned);
            self.child_relationships.push(ChildRelationship {
                child_object: part("childSObject")
                    .ok_or("a child relationship has no childSObject")?,
                field: part("field").ok_or("a child relationship has no field")?,
                relationship_name: part("relationshipName"),
                cascade_delete: child.get("cascadeDelete").and_then(Value::as_bool) == Some(true),
            });
        }
        Ok(())
    }
}

impl FieldDescribe {
    fn from_body(name: &str, body: &Body) -> Result<Self, String> {
        let field_type = match body.get("type") {
            Some(value) => field_type(value)?,
            None => FieldType::String,
        };
        let mut field = Self::new(name, field_type);
        field.merge(body)?;
        let is_read_only_type = field.calculated || field.auto_number;
        if is_read_only_type {
            field.createable = false;
            field.updateable = false;
        }
        if field.is_reference() && field.relationship_name.is_none() {
            field.relationship_name = relationship_name(name);
        }
        if field.relationship_order.is_some() {
            field.cascade_delete = true;
            field.permissionable = false;
        }
        Ok(field)
    }

    fn merge(&mut self, body: &Body) -> Result<(), String> {
        // Type and length first: what they imply for filters may be overridden by the rest.
        let kind = body.get("type").map(field_type).transpose()?;
        let length = body.get("length").and_then(Value::as_u64);
        let length = length.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        if let Some(kind) = kind.filter(|kind| *kind != self.field_type) {
            self.field_type = kind;
            self.set_length(kind.default_length());
        }
        if let Some(length) = length {
            self.set_length(length);
        }
        for (key, value) in body {
            self.merge_key(key, value)?;
        }
        Ok(())
    }

    fn merge_key(&mut self, key: &str, value: &Value) -> Result<(), String> {
        match key {
            "name" | "type" | "length" => {}
            "label" => self.label = text(key, value)?,
            "referenceTo" => self.reference_to = texts(key, value)?,
            "relationshipName" => self.relationship_name = optional_text(key, value)?,
            "relationshipOrder" => {
                let order = value.as_u64().and_then(|order| u8::try_from(order).ok());
                self.relationship_order = order;
            }
            "childRelationshipName" => self.child_relationship_name = optional_text(key, value)?,
            "compoundFieldName" => self.compound_field_name = optional_text(key, value)?,
            "defaultValue" => self.default_value = (!value.is_null()).then(|| value.clone()),
            "picklistValues" => self.picklist_values = picklist(list(key, value)?)?,
            _ => {
                if let Some(slot) = self.flag_mut(key) {
                    *slot = flag(key, value)?;
                } else {
                    self.extra.insert(key.to_owned(), value.clone());
                }
            }
        }
        Ok(())
    }

    fn flag_mut(&mut self, key: &str) -> Option<&mut bool> {
        Some(match key {
            "permissionable" => &mut self.permissionable,
            "nillable" => &mut self.nillable,
            "filterable" => &mut self.filterable,
            "sortable" => &mut self.sortable,
            "groupable" => &mut self.groupable,
            "createable" => &mut self.createable,
            "updateable" => &mut self.updateable,
            "htmlFormatted" => &mut self.html_formatted,
            "custom" => &mut self.custom,
            "nameField" => &mut self.name_field,
            "calculated" => &mut self.calculated,
            "autoNumber" => &mut self.auto_number,
            "unique" => &mut self.unique,
            "externalId" => &mut self.external_id,
            "defaultedOnCreate" => &mut self.defaulted_on_create,
            "restrictedPicklist" => &mut self.restricted_picklist,
            "cascadeDelete" => &mut self.cascade_delete,
            _ => return None,
        })
    }
}

/// What the relationship of a reference field is called unless its describe says otherwise.
pub(crate) fn relationship_name(field: &str) -> Option<String> {
    let custom = field.strip_suffix("__c").map(|stem| format!("{stem}__r"));
    custom.or_else(|| field.strip_suffix("Id").map(str::to_owned))
}

fn picklist(values: &[Value]) -> Result<Vec<PicklistValue>, String> {
    let mut picklist = Vec::new();
    for value in values {
        let part = |key: &str| value.get(key).and_then(Value::as_str);
        let name = value.as_str().or(part("value"));
        let name = name.ok_or("a picklist value has no value")?;
        picklist.push(PicklistValue {
            value: name.to_owned(),
            label: part("label").unwrap_or(name).to_owned(),
            active: value.get("active").and_then(Value::as_bool) != Some(false),
            default_value: value.get("defaultValue").and_then(Value::as_bool) == Some(true),
        });
    }
    Ok(picklist)
}

fn field_type(value: &Value) -> Result<FieldType, String> {
    let name = value.as_str().unwrap_or_default();
    FieldType::named(name).ok_or_else(|| format!("{value} is not a field type"))
}

fn text(key: &str, value: &Value) -> Result<String, String> {
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| format!("{key} is not a string"))
}

fn optional_text(key: &str, value: &Value) -> Result<Option<String>, String> {
    if value.is_null() {
        return Ok(None);
    }
    text(key, value).map(Some)
}

fn texts(key: &str, value: &Value) -> Result<Vec<String>, String> {
    list(key, value)?
        .iter()
        .map(|value| text(key, value))
        .collect()
}

fn flag(key: &str, value: &Value) -> Result<bool, String> {
    value
        .as_bool()
        .ok_or_else(|| format!("{key} is neither true nor false"))
}

fn list<'a>(key: &str, value: &'a Value) -> Result<&'a [Value], String> {
    let list = value.as_array().map(Vec::as_slice);
    list.ok_or_else(|| format!("{key} is not a list"))
}

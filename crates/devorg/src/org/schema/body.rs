//! Describe bodies as REST sends them.

use serde_json::{Map, Value, json};

use super::{ChildRelationship, FieldDescribe, FieldType, ObjectDescribe};

impl ObjectDescribe {
    /// The body of `/sobjects/{o}/describe`, without the `urls`, which depend on the server.
    pub fn to_json(&self) -> Value {
        let mut body = self.summary();
        body["fields"] = self.fields.iter().map(FieldDescribe::to_json).collect();
        let children = self.child_relationships.iter();
        body["childRelationships"] = children.map(ChildRelationship::to_json).collect();
        body["recordTypeInfos"] = json!([{
            "active": true, "available": true, "defaultRecordTypeMapping": true, "master": true,
            "developerName": "Master", "name": "Master", "recordTypeId": "012000000000000AAA",
        }]);
        merge_extra(&mut body, &self.extra);
        body
    }

    /// The object's element in the list of `/sobjects`.
    pub fn summary(&self) -> Value {
        json!({
            "name": self.name,
            "label": self.label,
            "labelPlural": self.label_plural,
            "keyPrefix": self.key_prefix,
            "custom": self.custom,
            "customSetting": false,
            "activateable": false,
            "createable": self.createable,
            "updateable": self.updateable,
            "deletable": self.deletable,
            "undeletable": self.deletable && self.field("IsDeleted").is_some(),
            "deprecatedAndHidden": false,
            "feedEnabled": false,
            "layoutable": !self.is_setup,
            "mergeable": matches!(self.name.as_str(), "Account" | "Contact" | "Lead" | "Case"),
            "mruEnabled": !self.is_setup,
            "queryable": self.queryable,
            "replicateable": self.field("IsDeleted").is_some(),
            "retrieveable": true,
            "searchable": !self.is_setup,
            "triggerable": !self.is_setup,
        })
    }
}

impl ChildRelationship {
    fn to_json(&self) -> Value {
        json!({
            "childSObject": self.child_object,
            "field": self.field,
            "relationshipName": self.relationship_name,
            "cascadeDelete": self.cascade_delete,
            "deprecatedAndHidden": false,
            "restrictedDelete": false,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
        })
    }
}

impl FieldDescribe {
    /// The field's element in a describe body.
    pub fn to_json(&self) -> Value {
        let mut body = json!({
            "name": self.name,
            "label": self.label,
            "type": self.field_type.as_str(),
            "soapType": self.soap_type(),
            "length": self.length,
            "byteLength": self.length * 3,
            "precision": if self.field_type.is_numeric() && self.field_type != FieldType::Int { 18 } else { 0 },
            "digits": if self.field_type == FieldType::Int { 8 } else { 0 },
            "scale": if matches!(self.field_type, FieldType::Currency | FieldType::Percent) { 2 } else { 0 },
            "nillable": self.nillable,
            "custom": self.custom,
            "calculated": self.calculated,
            "autoNumber": self.auto_number,
            "createable": self.createable,
            "updateable": self.updateable,
            "filterable": self.filterable,
            "sortable": self.sortable,
            "groupable": self.groupable,
            "aggregatable": self.filterable && self.field_type != FieldType::Boolean,
            "permissionable": self.permissionable,
            "encrypted": false,
            "htmlFormatted": self.html_formatted,
            "extraTypeInfo": self.extra_type_info(),
            "nameField": self.name_field,
            "namePointing": self.is_polymorphic(),
            "polymorphicForeignKey": self.is_polymorphic(),
            "idLookup": self.field_type == FieldType::Id || self.external_id,
            "externalId": self.external_id,
            "unique": self.unique,
            "caseSensitive": false,
            "compoundFieldName": self.compound_field_name,
            "defaultValue": self.default_value,
            "defaultedOnCreate": self.defaulted_on_create,
            "deprecatedAndHidden": false,
            "referenceTo": self.reference_to,
            "relationshipName": self.relationship_name,
            "relationshipOrder": self.relationship_order,
            "cascadeDelete": self.cascade_delete,
            "restrictedPicklist": self.restricted_picklist,
            "dependentPicklist": false,
        });
        body["picklistValues"] = self
            .picklist_values
            .iter()
            .map(|value| {
                json!({
                    "value": value.value, "label": value.label, "active": value.active,
                    "defaultValue": value.default_value, "validFor": null,
                })
            })
            .collect();
        merge_extra(&mut body, &self.extra);
        body
    }

    fn extra_type_info(&self) -> Option<&'static str> {
        let is_area = self.field_type == FieldType::Textarea;
        match (is_area, self.html_formatted) {
            (true, true) => Some("richtextarea"),
            (true, false) => Some("plaintextarea"),
            (false, _) => None,
        }
    }

    fn soap_type(&self) -> &'static str {
        match self.field_type {
            FieldType::Id | FieldType::Reference => "tns:ID",
            FieldType::Boolean => "xsd:boolean",
            FieldType::Int => "xsd:int",
            FieldType::Long => "xsd:long",
            FieldType::Double | FieldType::Currency | FieldType::Percent => "xsd:double",
            FieldType::Date => "xsd:date",
            FieldType::Datetime => "xsd:dateTime",
            FieldType::Time => "xsd:time",
            FieldType::Address => "urn:address",
            FieldType::Location => "urn:location",
            FieldType::Base64 => "xsd:base64Binary",
            FieldType::AnyType => "xsd:anyType",
            FieldType::String
            | FieldType::Textarea
            | FieldType::Picklist
            | FieldType::Multipicklist
            | FieldType::Combobox
            | FieldType::Email
            | FieldType::Phone
            | FieldType::Url
            | FieldType::EncryptedString => "xsd:string",
        }
    }
}

fn merge_extra(body: &mut Value, extra: &Map<String, Value>) {
    for (key, value) in extra {
        body[key.as_str()] = value.clone();
    }
}

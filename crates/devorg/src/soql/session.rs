//! One statement's view of the org: which objects, fields and records are there for its user.

use crate::{
    error::ApiError,
    org::{FieldDescribe, ObjectDescribe, Org, Row, table::text},
};

use super::{QueryMode, Visibility};

#[derive(Clone, Copy)]
pub struct Session<'a> {
    pub org: &'a Org,
    pub visibility: &'a dyn Visibility,
    pub mode: QueryMode,
}

impl<'a> Session<'a> {
    /// The object with this name, if the user may read it.
    pub fn object(&self, name: &str) -> Result<&'a ObjectDescribe, ApiError> {
        let object = self
            .org
            .schema()
            .object(name)
            .filter(|object| object.queryable && self.visibility.object(&object.name));
        object.ok_or_else(|| invalid_type(name))
    }

    /// The field with this name, if the user may read it.
    pub fn field(
        &self,
        object: &'a ObjectDescribe,
        name: &str,
    ) -> Result<&'a FieldDescribe, ApiError> {
        let field = object
            .field(name)
            .filter(|field| self.visibility.field(&object.name, &field.name));
        field.ok_or_else(|| no_such_column(name, &object.name))
    }

    /// The record that a reference points at, unless it is empty, gone, or hidden from the user.
    pub fn parent(
        &self,
        field: &FieldDescribe,
        row: &Row,
    ) -> Option<(&'a ObjectDescribe, &'a Row)> {
        let id = text(row, &field.name)?;
        let name = match field.reference_to.as_slice() {
            [only] => only.as_str(),
            _ => self.org.object_of_id(id)?,
        };
        let object = self.object(name).ok()?;
        let parent = if self.mode.includes_deleted() {
            self.org.row_all(name, id)
        } else {
            self.org.row(name, id)
        };
        let parent = parent.filter(|parent| self.visibility.record(&object.name, parent))?;
        Some((object, parent))
    }
}

pub fn invalid_type(name: &str) -> ApiError {
    ApiError::bad_request(
        "INVALID_TYPE",
        format!(
            "sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure \
             to append the '__c' after the entity name. Please reference your WSDL or the describe call \
             for the appropriate names."
        ),
    )
}

pub fn no_such_column(name: &str, object: &str) -> ApiError {
    invalid_field(format!(
        "No such column '{name}' on entity '{object}'. If you are attempting to use a custom field, be sure \
         to append the '__c' after the custom field name. Please reference your WSDL or the describe call \
         for the appropriate names."
    ))
}

pub fn invalid_field(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("INVALID_FIELD", message)
}

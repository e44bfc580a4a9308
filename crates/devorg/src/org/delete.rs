//! The recycle bin: delete with its cascades, and undelete.

use std::collections::HashSet;

use super::{
    Org, Row,
    derive::{Keep, put},
    id::IdKey,
    table::{Deletion, Stored, id_of, text},
    write::touch,
};
use crate::error::ApiError;

/// An object's name and a record's id.
pub(super) type Record = (String, String);

impl Org {
    /// Moves a record into the recycle bin, and with it what cannot be without it: a case's comments,
    /// emails and activities; an account's contacts, opportunities, contracts and activities; every
    /// detail, share row and link. Setup records, which have no recycle bin, are gone at once.
    ///
    /// # Errors
    /// 400 `DELETE_FAILED` for an account or a contact that has cases; 404 as for an update.
    pub fn delete(&mut self, user_id: &str, object: &str, id: &str) -> Result<(), ApiError> {
        let describe = self.schema.object(object).ok_or_else(|| {
            ApiError::new(404, "NOT_FOUND", "The requested resource does not exist")
        })?;
        if !describe.deletable {
            return Err(ApiError::bad_request(
                "INVALID_TYPE_FOR_OPERATION",
                format!("entity type {} cannot be deleted", describe.name),
            ));
        }
        let object = describe.name.clone();
        let row = self.existing(&object, id)?;
        self.refuse_with_cases(&object, row)?;
        let record = (object, id_of(row).to_owned());
        let cascade = self.next_cascade;
        self.next_cascade += 1;
        for (object, id) in self.with_dependents(record, None) {
            self.bin(user_id, &object, &id, cascade);
        }
        Ok(())
    }

    /// Takes a record out of the recycle bin, and what was deleted along with it.
    ///
    /// # Errors
    /// 400 `UNDELETE_FAILED` when it does not lie there.
    pub fn undelete(&mut self, id: &str) -> Result<(), ApiError> {
        let object = self.object_of_id(id).map(str::to_owned);
        let stored = object.as_deref().and_then(|object| self.stored(object, id));
        let Some((
            object,
            Stored {
                row,
                deletion: Some(deletion),
            },
        )) = object.as_ref().zip(stored)
        else {
            return Err(ApiError::bad_request(
                "UNDELETE_FAILED",
                "Entity is not in the recycle bin",
            ));
        };
        let record = (object.clone(), id_of(row).to_owned());
        let cascade = deletion.cascade;
        for (object, id) in self.with_dependents(record, Some(cascade)) {
            self.unbin(&object, &id);
        }
        Ok(())
    }

    fn refuse_with_cases(&self, object: &str, row: &Row) -> Result<(), ApiError> {
        let field = match object {
            "Account" => "AccountId",
            "Contact" => "ContactId",
            _ => return Ok(()),
        };
        let cases = self.children("Case", field, id_of(row));
        if cases.is_empty() {
            return Ok(());
        }
        let numbers: Vec<&str> = cases
            .iter()
            .filter_map(|case| text(case, "CaseNumber"))
            .take(5)
            .collect();
        Err(ApiError::bad_request(
            "DELETE_FAILED",
            format!(
                "Your attempt to delete {} could not be completed because it is associated with the \
                 following cases.: {}",
                text(row, "Name").unwrap_or_default(),
                numbers.join(", ")
            ),
        ))
    }

    /// The record and all that goes with it: live rows, or those that one delete took along.
    pub(super) fn with_dependents(&self, record: Record, cascade: Option<u64>) -> Vec<Record> {
        let mut known = HashSet::from([record.clone()]);
        let mut found = vec![record];
        let mut at = 0;
        while let Some((object, id)) = found.get(at).cloned() {
            for dependent in self.dependents(&object, &id, cascade) {
                if known.insert(dependent.clone()) {
                    found.push(dependent);
                }
            }
            at += 1;
        }
        found
    }

    fn dependents(&self, object: &str, id: &str, cascade: Option<u64>) -> Vec<Record> {
        let mut dependents = Vec::new();
        let (Some(describe), Some(key)) = (self.schema.object(object), IdKey::parse(id)) else {
            return dependents;
        };
        for child in &describe.child_relationships {
            let always =
                child.cascade_delete || goes_along(object, &child.child_object, &child.field);
            let Some(table) = self
                .table(&child.child_object)
                .filter(|_| always || child.field == "WhoId")
            else {
                continue;
            };
            for slot in table.referring(&child.field, &key).into_iter().flatten() {
                let Some(stored) = table.slot(slot) else {
                    continue;
                };
                let is_meant = stored.deletion.map(|deletion| deletion.cascade) == cascade;
                if is_meant && (always || text(&stored.row, "WhatId").is_none()) {
                    let name = self.schema.storage(&child.child_object);
                    dependents.push((name.to_owned(), id_of(&stored.row).to_owned()));
                }
            }
        }
        dependents.extend(self.twin(object, id, cascade));
        dependents
    }

    /// A note and its document are one thing under one id.
    fn twin(&self, object: &str, id: &str, cascade: Option<u64>) -> Option<Record> {
        let twin = match object {
            "ContentNote" => "ContentDocument",
            "ContentDocument" => "ContentNote",
            _ => return None,
        };
        let stored = self.stored(twin, id)?;
        let is_meant = stored.deletion.map(|deletion| deletion.cascade) == cascade;
        is_meant.then(|| (twin.to_owned(), id.to_owned()))
    }

    fn bin(&mut self, user_id: &str, object: &str, id: &str, cascade: u64) {
        let has_bin = self
            .schema
            .object(object)
            .is_some_and(|describe| describe.field("IsDeleted").is_some());
        if !has_bin {
            return self.forget(object, id);
        }
        let now = self.next_stamp();
        self.change(object, id, |stored| {
            stored.deletion = Some(Deletion { cascade });
            put(&mut stored.row, "IsDeleted", true.into(), Keep::Nothing);
            touch(&mut stored.row, user_id, now);
        });
    }

    fn unbin(&mut self, object: &str, id: &str) {
        let now = self.next_stamp();
        self.change(object, id, |stored| {
            stored.deletion = None;
            put(&mut stored.row, "IsDeleted", false.into(), Keep::Nothing);
            super::write::touch_system(&mut stored.row, now);
        });
    }

    pub(super) fn change(&mut self, object: &str, id: &str, change: impl FnOnce(&mut Stored)) {
        self.note(object, IdKey::parse(id));
        self.version += 1;
        if let Some(table) = self.table_mut(object)
            && let Some(slot) = IdKey::parse(id).and_then(|key| table.slot_of(&key))
        {
            table.modify(slot, change);
        }
    }
}

/// Lookups that Salesforce deletes along with what they point at, though they are no details.
fn goes_along(parent: &str, child: &str, field: &str) -> bool {
    match field {
        "WhatId" => matches!(child, "Task" | "Event"),
        "AccountId" => {
            parent == "Account" && matches!(child, "Contact" | "Opportunity" | "Contract")
        }
        _ => false,
    }
}

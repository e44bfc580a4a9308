//! Insert and update, with Salesforce's checks and what it fills in by itself.

mod files;
mod fill;
mod validate;

use chrono::{DateTime, Duration, SubsecRound, Utc};

use super::{
    ObjectDescribe, Org, Row,
    derive::Keep,
    derive::put,
    id::{self, IdKey},
    stamp,
    table::{Stored, text},
};
use crate::error::ApiError;
use validate::Change;

impl Org {
    /// Creates a record and returns its id, of 18 characters. A member `attributes` is ignored.
    ///
    /// # Errors
    /// Under HTTP 400: `INVALID_FIELD`, `INVALID_FIELD_FOR_INSERT_UPDATE`, `REQUIRED_FIELD_MISSING`,
    /// `JSON_PARSER_ERROR`, `STRING_TOO_LONG`, `MALFORMED_ID`, `INVALID_CROSS_REFERENCE_KEY`, …
    pub fn insert(&mut self, user_id: &str, object: &str, fields: Row) -> Result<String, ApiError> {
        let describe = self.writable(object, |describe| describe.createable, "inserted")?;
        let mut row = validate::validate(self, describe, fields, Change::Insert)?;
        if describe.name == "ContentVersion" {
            files::complete(&mut row)?;
        }
        validate::require(describe, &row)?;
        validate::unique(self, describe, &row, None)?;
        let object = describe.name.clone();
        let prefix = describe
            .key_prefix
            .clone()
            .unwrap_or_else(|| "aZZ".to_owned());
        let id = self.new_id(&object, &prefix);
        row.insert("Id".to_owned(), id.clone().into());
        self.fill_new(user_id, &object, &mut row);
        self.complete(&object, &mut row);
        self.store(&object, row.clone());
        self.after_insert(user_id, &object, &row);
        Ok(id)
    }

    /// Changes the given fields of a record; null empties one.
    ///
    /// # Errors
    /// As [`Org::insert`]; 404 `NOT_FOUND` for an unknown id and `ENTITY_IS_DELETED` for one in the
    /// recycle bin.
    pub fn update(
        &mut self,
        user_id: &str,
        object: &str,
        id: &str,
        fields: Row,
    ) -> Result<(), ApiError> {
        let describe = self.writable(object, |describe| describe.updateable, "updated")?;
        let object = describe.name.clone();
        let before = self.existing(&object, id)?.clone();
        let changes = validate::validate(self, describe, fields, Change::Update)?;
        validate::keep_required(describe, &changes)?;
        validate::allow_edit(describe, &before)?;
        let mut row = before.clone();
        for (field, value) in changes {
            // An emptied field is a missing one.
            if value.is_null() {
                row.remove(&field);
            } else {
                row.insert(field, value);
            }
        }
        validate::unique(self, describe, &row, Some(id))?;
        self.note_closing(&object, &before, &mut row);
        self.complete(&object, &mut row);
        let now = self.next_stamp();
        touch(&mut row, user_id, now);
        self.replace(&object, row.clone());
        if text(&before, "OwnerId") != text(&row, "OwnerId") {
            self.after_owner_change(user_id, &object, &row);
        }
        if object == "ContentVersion" {
            self.show_latest_version(user_id, &row);
        }
        Ok(())
    }

    /// Changes fields of a live record without touching a stamp, as a formula or a roll-up does. Fields
    /// may be read-only; null empties one.
    ///
    /// # Errors
    /// `INVALID_FIELD` for an unknown field, an id or a stamp; `JSON_PARSER_ERROR` for a value of the
    /// wrong type; 404 as for an update.
    pub fn set_unstamped(&mut self, object: &str, id: &str, fields: Row) -> Result<(), ApiError> {
        let describe = self.writable(object, |_| true, "set")?;
        let changes = validate::values(describe, fields)?;
        let object = describe.name.clone();
        self.existing(&object, id)?;
        self.change(&object, id, |stored| {
            for (field, value) in changes {
                if value.is_null() {
                    stored.row.remove(&field);
                } else {
                    stored.row.insert(field, value);
                }
            }
        });
        Ok(())
    }

    /// The describe of an object that allows this kind of write.
    fn writable(
        &self,
        object: &str,
        allowed: fn(&ObjectDescribe) -> bool,
        done: &str,
    ) -> Result<&ObjectDescribe, ApiError> {
        let describe = self.schema.object(object).ok_or_else(|| {
            ApiError::new(404, "NOT_FOUND", "The requested resource does not exist")
        })?;
        if allowed(describe) {
            return Ok(describe);
        }
        Err(ApiError::bad_request(
            "INVALID_TYPE_FOR_OPERATION",
            format!("entity type {} cannot be {done}", describe.name),
        ))
    }

    /// The live row with this id, or the error that a write to it gets.
    pub(super) fn existing(&self, object: &str, id: &str) -> Result<&Row, ApiError> {
        if IdKey::parse(id).is_none() {
            return Err(ApiError::bad_request(
                "MALFORMED_ID",
                format!("malformed id {id}"),
            ));
        }
        match self.stored(object, id) {
            Some(Stored {
                row,
                deletion: None,
            }) => Ok(row),
            Some(Stored {
                deletion: Some(_), ..
            }) => Err(ApiError::new(404, "ENTITY_IS_DELETED", "entity is deleted")),
            None => Err(ApiError::new(
                404,
                "NOT_FOUND",
                "The requested resource does not exist",
            )),
        }
    }

    pub(super) fn new_id(&mut self, object: &str, prefix: &str) -> String {
        loop {
            // Far from the small numbers that folders number their own records with.
            let id = id::generate(prefix, 62_u64.pow(7) + self.next_id);
            self.next_id += 1;
            if self.row_all(object, &id).is_none() {
                return id;
            }
        }
    }

    /// The next time stamp: now, or a millisecond after the last one.
    pub(super) fn next_stamp(&mut self) -> DateTime<Utc> {
        let now = self.now().trunc_subsecs(3);
        let next = now.max(self.last_stamp + Duration::milliseconds(1));
        self.last_stamp = next;
        next
    }

    pub(super) fn store(&mut self, object: &str, row: Row) {
        self.note(object, text(&row, "Id").and_then(IdKey::parse));
        self.outcomes.learn(object, &row);
        self.version += 1;
        if let Some(table) = self.table_mut(object) {
            table.insert(row);
        }
    }

    /// Puts a row in the place of the one with its id.
    pub(super) fn replace(&mut self, object: &str, row: Row) {
        let key = text(&row, "Id").and_then(IdKey::parse);
        self.note(object, key);
        self.version += 1;
        if let Some(table) = self.table_mut(object)
            && let Some(slot) = key.and_then(|key| table.slot_of(&key))
        {
            table.modify(slot, |stored| stored.row = row);
        }
    }
}

/// Marks a change by a user at a time.
pub(super) fn touch(row: &mut Row, user_id: &str, now: DateTime<Utc>) {
    let now = stamp::format(now);
    put(row, "LastModifiedDate", now.as_str().into(), Keep::Nothing);
    put(row, "LastModifiedById", user_id.into(), Keep::Nothing);
    put(row, "SystemModstamp", now.into(), Keep::Nothing);
}

/// Marks a change that is not a user's: only the system's stamp moves.
pub(super) fn touch_system(row: &mut Row, now: DateTime<Utc>) {
    put(
        row,
        "SystemModstamp",
        stamp::format(now).into(),
        Keep::Nothing,
    );
}

//! Merging accounts, contacts, leads and cases.

use super::{
    Org,
    derive::{Keep, put},
    id::IdKey,
    table::{Deletion, id_of, text},
    write::{touch, touch_system},
};
use crate::error::ApiError;

/// Salesforce merges up to three records: a master and two others.
const MOST_MERGED: usize = 2;

impl Org {
    /// Merges records into a master: their children move over, they themselves go to the recycle bin
    /// with `MasterRecordId` set.
    ///
    /// # Errors
    /// 400 `INVALID_TYPE_FOR_OPERATION` for other objects, `INVALID_ARGUMENT` for none or too many
    /// records or the master among them; 404 for an unknown one.
    pub fn merge(
        &mut self,
        object: &str,
        master_id: &str,
        merged_ids: &[&str],
    ) -> Result<(), ApiError> {
        let object = self.mergeable(object)?;
        let master = id_of(self.existing(&object, master_id)?).to_owned();
        let mut merged = Vec::new();
        for id in merged_ids {
            merged.push(id_of(self.existing(&object, id)?).to_owned());
        }
        if merged.is_empty() || merged.len() > MOST_MERGED || merged.contains(&master) {
            return Err(ApiError::bad_request(
                "INVALID_ARGUMENT",
                "a merge takes a master and one or two other records",
            ));
        }
        let user = self.row(&object, &master);
        let user = user.and_then(|row| text(row, "LastModifiedById"));
        let user = user.unwrap_or_default().to_owned();
        let cascade = self.next_cascade;
        self.next_cascade += 1;
        for id in merged {
            self.move_children(&object, &id, &master);
            let now = self.next_stamp();
            self.change(&object, &id, |stored| {
                stored.deletion = Some(Deletion { cascade });
                put(&mut stored.row, "IsDeleted", true.into(), Keep::Nothing);
                put(
                    &mut stored.row,
                    "MasterRecordId",
                    master.as_str().into(),
                    Keep::Nothing,
                );
                touch(&mut stored.row, &user, now);
            });
        }
        let now = self.next_stamp();
        self.change(&object, &master, |stored| {
            touch(&mut stored.row, &user, now)
        });
        Ok(())
    }

    fn mergeable(&self, object: &str) -> Result<String, ApiError> {
        let describe = self.schema.object(object);
        let name = describe.map_or(object, |describe| &describe.name);
        if matches!(name, "Account" | "Contact" | "Lead" | "Case") {
            return Ok(name.to_owned());
        }
        Err(ApiError::bad_request(
            "INVALID_TYPE_FOR_OPERATION",
            format!("entity type {name} cannot be merged"),
        ))
    }

    /// Points every child of one record at another. The owner's share row does not move: the master
    /// has its own.
    fn move_children(&mut self, object: &str, from: &str, to: &str) {
        let Some(key) = IdKey::parse(from) else {
            return;
        };
        let mut moves = Vec::new();
        let relationships = self
            .schema
            .object(object)
            .map_or(&[][..], |describe| &describe.child_relationships);
        for child in relationships
            .iter()
            .filter(|child| child.field != "MasterRecordId")
        {
            let Some(table) = self.table(&child.child_object) else {
                continue;
            };
            for slot in table.referring(&child.field, &key).into_iter().flatten() {
                if let Some(stored) = table.slot(slot) {
                    let id = id_of(&stored.row).to_owned();
                    moves.push((child.child_object.clone(), child.field.clone(), id));
                }
            }
        }
        for (child, field, id) in moves {
            if child.ends_with("Share") {
                self.forget(&child, &id);
                continue;
            }
            let now = self.next_stamp();
            self.change(&child, &id, |stored| {
                put(&mut stored.row, &field, to.into(), Keep::Nothing);
                touch_system(&mut stored.row, now);
            });
        }
    }
}

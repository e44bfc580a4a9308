//! Deleting for good.

use super::{
    Org,
    id::IdKey,
    table::{Table, id_of},
};
use crate::error::ApiError;

impl Org {
    /// Forgets a record and what hangs on it, without a trace: no query and no `/deleted` tells of it.
    ///
    /// # Errors
    /// 404 `NOT_FOUND` for an unknown id.
    pub fn hard_delete(&mut self, id: &str) -> Result<(), ApiError> {
        let object = self.object_of_id(id).map(str::to_owned);
        let stored = object.as_deref().and_then(|object| self.stored(object, id));
        let (object, stored) = object
            .as_ref()
            .zip(stored)
            .ok_or_else(ApiError::not_found)?;
        let cascade = stored.deletion.map(|deletion| deletion.cascade);
        let record = (object.clone(), id_of(&stored.row).to_owned());
        for (object, id) in self.with_dependents(record, cascade) {
            self.forget(&object, &id);
        }
        Ok(())
    }

    /// Removes one row for good.
    pub(super) fn forget(&mut self, object: &str, id: &str) {
        self.note(object, IdKey::parse(id));
        self.version += 1;
        if let Some(table) = self.table_mut(object)
            && let Some(slot) = IdKey::parse(id).and_then(|key| table.slot_of(&key))
        {
            table.remove(slot);
        }
    }

    /// Removes everything from the recycle bin and returns how many rows that were. `/deleted` cannot
    /// tell of the time before the youngest of them any more.
    pub fn empty_bin(&mut self) -> usize {
        let objects: Vec<String> = self.tables.keys().cloned().collect();
        let mut purged = 0;
        for object in objects {
            let binned = self
                .stored_rows(&object)
                .filter(|stored| stored.deletion.is_some());
            let gone: Vec<(String, i64)> = binned
                .map(|stored| {
                    (
                        id_of(&stored.row).to_owned(),
                        Table::changed_at(&stored.row),
                    )
                })
                .collect();
            for (id, _) in &gone {
                self.forget(&object, id);
            }
            purged += gone.len();
            if let Some(youngest) = gone.iter().map(|(_, deleted)| *deleted).max()
                && let Some(table) = self.table_mut(&object)
            {
                table.note_purge(youngest);
            }
        }
        purged
    }
}

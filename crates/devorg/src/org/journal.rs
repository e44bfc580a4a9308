//! What rows were like before writes changed them, so that a write can be held back.

use std::collections::BTreeMap;

use super::{Org, id::IdKey, table::Stored};

/// One row as it is elsewhere in time; `None` where it does not exist.
#[derive(Debug)]
pub struct Image {
    pub object: String,
    pub key: IdKey,
    pub stored: Option<Stored>,
}

/// The rows that were changed since the journal was opened, as they were before.
pub type Journal = BTreeMap<(String, IdKey), Option<Stored>>;

impl Org {
    /// From now on writes note what they change.
    pub fn open_journal(&mut self) {
        self.journal = Some(Journal::new());
    }

    /// The changed rows as they were when the journal was opened; closes it.
    pub fn close_journal(&mut self) -> Vec<Image> {
        let images = self.journal.take().unwrap_or_default().into_iter();
        let image = |((object, key), stored)| Image {
            object,
            key,
            stored,
        };
        images.map(image).collect()
    }

    /// Exchanges a row and an image of it: what was the row is the image then.
    pub fn exchange(&mut self, image: &mut Image) {
        self.version += 1;
        let Some(table) = self.table_mut(&image.object) else {
            return;
        };
        let slot = table.slot_of(&image.key);
        let current = slot.and_then(|slot| table.remove(slot));
        if let Some(stored) = std::mem::replace(&mut image.stored, current) {
            table.insert_stored(stored);
        }
    }

    /// The ids that the row with this key mentions, its own among them; none when it is gone.
    pub fn mentioned(&self, object: &str, key: &IdKey) -> Vec<IdKey> {
        let stored = self
            .table(object)
            .and_then(|table| table.slot(table.slot_of(key)?));
        let values = stored.into_iter().flat_map(|stored| stored.row.values());
        values
            .filter_map(|value| IdKey::parse(value.as_str()?))
            .collect()
    }

    /// Notes how a row is now, if a journal is open and has not noted it yet.
    pub(super) fn note(&mut self, object: &str, key: Option<IdKey>) {
        if self.journal.is_none() {
            return;
        }
        let Some(key) = key else {
            return;
        };
        let object = self.schema.storage(object).to_owned();
        let stored = self
            .table(&object)
            .and_then(|table| table.slot(table.slot_of(&key)?))
            .cloned();
        if let Some(journal) = &mut self.journal {
            journal.entry((object, key)).or_insert(stored);
        }
    }
}

//! The rows of one object, with the indexes that keep queries from scanning: id, time of change, and
//! every reference field.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::{Row, id::IdKey, stamp};

/// A row and whether it lies in the recycle bin.
#[derive(Clone, Debug)]
pub struct Stored {
    pub row: Row,
    /// Set while the row is in the recycle bin.
    pub deletion: Option<Deletion>,
}

/// How a row came into the recycle bin. Rows that one delete took along share its number, so that an
/// undelete brings back exactly those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    pub cascade: u64,
}

/// Position of a row within its table; stable for the row's life.
pub type Slot = u32;

#[derive(Debug, Default)]
pub struct Table {
    slots: Vec<Option<Stored>>,
    by_id: BTreeMap<IdKey, Slot>,
    by_stamp: BTreeSet<(i64, IdKey, Slot)>,
    by_reference: HashMap<String, HashMap<IdKey, BTreeSet<Slot>>>,
    version: u64,
    /// When the youngest row was deleted that the recycle bin has lost, in milliseconds.
    purged_to: Option<i64>,
}

impl Table {
    /// A table that indexes these reference fields.
    pub fn new(reference_fields: impl IntoIterator<Item = String>) -> Self {
        Self {
            by_reference: reference_fields
                .into_iter()
                .map(|field| (field, HashMap::new()))
                .collect(),
            ..Self::default()
        }
    }

    /// Number of writes that this table has seen.
    pub fn version(&self) -> u64 {
        self.version
    }

    pub fn iter(&self) -> impl Iterator<Item = &Stored> {
        self.slots.iter().flatten()
    }

    pub fn slot(&self, slot: Slot) -> Option<&Stored> {
        self.slots.get(slot as usize)?.as_ref()
    }

    pub fn slot_of(&self, key: &IdKey) -> Option<Slot> {
        self.by_id.get(key).copied()
    }

    /// The row with this id, of 15 or 18 characters; the latter must be spelled as the row's own.
    pub fn get(&self, id: &str) -> Option<&Stored> {
        let stored = self.slot(self.slot_of(&IdKey::parse(id)?)?)?;
        let spelled_right = id.len() == 15 || id_of(&stored.row) == id;
        spelled_right.then_some(stored)
    }

    /// Rows that changed at or after `from` (milliseconds), ordered by time of change and id.
    pub fn changed_since(&self, from: i64) -> impl Iterator<Item = (i64, Slot)> {
        self.by_stamp
            .range((from, IdKey::MIN, 0)..)
            .map(|&(at, _, slot)| (at, slot))
    }

    /// Rows from this time of change (milliseconds) and id on, ordered by both.
    pub fn changed_from(&self, (at, key): (i64, IdKey)) -> impl Iterator<Item = Slot> {
        self.by_stamp
            .range((at, key, 0)..)
            .map(|&(_, _, slot)| slot)
    }

    /// Rows from this id on, ordered by id.
    pub fn starting_at(&self, from: IdKey) -> impl Iterator<Item = Slot> {
        self.by_id.range(from..).map(|(_, &slot)| slot)
    }

    /// The slots whose `field` points at `parent`; `None` when the field is not indexed.
    pub fn referring(&self, field: &str, parent: &IdKey) -> Option<impl Iterator<Item = Slot>> {
        let index = self.by_reference.get(field)?;
        Some(index.get(parent).into_iter().flatten().copied())
    }

    /// How many slots [`Table::referring`] would give.
    pub fn count_referring(&self, field: &str, parent: &IdKey) -> Option<usize> {
        let index = self.by_reference.get(field)?;
        Some(index.get(parent).map_or(0, BTreeSet::len))
    }

    /// Adds a row. Its id must be new to the table.
    pub fn insert(&mut self, row: Row) -> Slot {
        let deletion = is_deleted(&row).then_some(Deletion { cascade: 0 });
        self.insert_stored(Stored { row, deletion })
    }

    /// Adds a row with what is known of its deletion. Its id must be new to the table.
    pub fn insert_stored(&mut self, stored: Stored) -> Slot {
        let slot = Slot::try_from(self.slots.len()).unwrap_or(Slot::MAX);
        self.index(slot, &stored.row);
        self.slots.push(Some(stored));
        self.version += 1;
        slot
    }

    /// Changes a row in place, and the indexes with it.
    pub fn modify(&mut self, slot: Slot, change: impl FnOnce(&mut Stored)) {
        let Some(mut stored) = self.slots.get_mut(slot as usize).and_then(Option::take) else {
            return;
        };
        self.unindex(slot, &stored.row);
        change(&mut stored);
        self.index(slot, &stored.row);
        self.slots[slot as usize] = Some(stored);
        self.version += 1;
    }

    /// Forgets a row for good.
    pub fn remove(&mut self, slot: Slot) -> Option<Stored> {
        let stored = self.slots.get_mut(slot as usize)?.take()?;
        self.unindex(slot, &stored.row);
        self.version += 1;
        Some(stored)
    }

    /// The recycle bin has lost a row that was deleted then (milliseconds).
    pub fn note_purge(&mut self, deleted: i64) {
        self.purged_to = self.purged_to.max(Some(deleted));
    }

    pub fn purged_to(&self) -> Option<i64> {
        self.purged_to
    }

    /// The row's last change, in milliseconds.
    pub fn changed_at(row: &Row) -> i64 {
        let stamp = text(row, "SystemModstamp").and_then(stamp::millis);
        stamp.unwrap_or_default()
    }

    /// The row's own key.
    pub fn key(row: &Row) -> IdKey {
        IdKey::parse(id_of(row)).unwrap_or(IdKey::MIN)
    }

    fn index(&mut self, slot: Slot, row: &Row) {
        let Some(key) = IdKey::parse(id_of(row)) else {
            return;
        };
        self.by_id.insert(key, slot);
        self.by_stamp.insert((Self::changed_at(row), key, slot));
        for (field, index) in &mut self.by_reference {
            if let Some(parent) = reference(row, field) {
                index.entry(parent).or_default().insert(slot);
            }
        }
    }

    fn unindex(&mut self, slot: Slot, row: &Row) {
        let Some(key) = IdKey::parse(id_of(row)) else {
            return;
        };
        self.by_id.remove(&key);
        self.by_stamp.remove(&(Self::changed_at(row), key, slot));
        for (field, index) in &mut self.by_reference {
            let Some(parent) = reference(row, field) else {
                continue;
            };
            if let Some(slots) = index.get_mut(&parent) {
                slots.remove(&slot);
            }
        }
    }
}

/// The row's own id.
pub fn id_of(row: &Row) -> &str {
    text(row, "Id").unwrap_or_default()
}

/// A text value of a row.
pub fn text<'a>(row: &'a Row, field: &str) -> Option<&'a str> {
    row.get(field).and_then(Value::as_str)
}

pub fn is_deleted(row: &Row) -> bool {
    row.get("IsDeleted").and_then(Value::as_bool) == Some(true)
}

fn reference(row: &Row, field: &str) -> Option<IdKey> {
    IdKey::parse(text(row, field)?)
}

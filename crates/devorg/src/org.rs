//! The org's data, in memory: records by object, their schema, and every write that Salesforce allows.

mod article;
pub(crate) mod clock;
mod coerce;
mod delete;
pub(crate) mod derive;
mod files;
pub(crate) mod id;
pub(crate) mod journal;
mod load;
mod merge;
mod purge;
mod replication;
mod schema;
mod settings;
pub(crate) mod stamp;
pub(crate) mod table;
#[cfg(test)]
mod tests;
mod write;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use clock::Clock;
use id::IdKey;
use journal::Journal;
pub use schema::{
    ChildRelationship, FieldDescribe, FieldType, ObjectDescribe, PicklistValue, Schema,
};
pub use settings::{
    CategoryVisibility, DataCategory, DataCategoryGroup, GroupVisibility, OrgSettings,
};
use table::{Stored, Table};

/// One record: API field name → value as REST would send it (`2021-02-09T23:17:59.000+0000`).
///
/// Rows are sparse: a field of the describe that is missing here is null. `Id`, `IsDeleted` and the
/// system fields are always there.
pub type Row = Map<String, Value>;

/// Why a folder cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("cannot read {}: {source}", file.display())]
    Unreadable {
        file: PathBuf,
        source: std::io::Error,
    },
    #[error("{}, line {line}: {reason}", file.display())]
    Malformed {
        file: PathBuf,
        line: usize,
        reason: String,
    },
}

/// The answer of `/sobjects/{o}/updated`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    pub ids: Vec<String>,
    pub latest_date_covered: DateTime<Utc>,
}

/// The answer of `/sobjects/{o}/deleted`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    pub records: Vec<DeletedRecord>,
    pub earliest_date_available: DateTime<Utc>,
    pub latest_date_covered: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedRecord {
    pub id: String,
    pub deleted_date: DateTime<Utc>,
}

/// A Salesforce org in memory.
#[derive(Debug)]
pub struct Org {
    settings: OrgSettings,
    schema: Schema,
    tables: HashMap<String, Table>,
    /// Key prefix → objects whose ids begin with it.
    prefixes: HashMap<String, Vec<String>>,
    clock: Clock,
    /// The latest stamp that a write has used: the next one is later.
    last_stamp: DateTime<Utc>,
    version: u64,
    next_id: u64,
    next_cascade: u64,
    outcomes: derive::Outcomes,
    /// The last auto-number given, by object and field; absent until the first insert asks.
    last_numbers: HashMap<(String, String), u64>,
    journal: Option<Journal>,
}

impl Org {
    /// Loads a folder with `org.json`, `describe/*.json` and `records/*.jsonl`.
    ///
    /// # Errors
    /// Names the file and line at fault.
    pub fn load(folder: &Path) -> Result<Self, LoadError> {
        load::folder(folder)
    }

    pub fn settings(&self) -> &OrgSettings {
        &self.settings
    }

    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The object that an id belongs to: by its prefix, and by looking the id up where objects share
    /// a prefix or a folder uses one that the describe does not know.
    pub fn object_of_id(&self, id: &str) -> Option<&str> {
        IdKey::parse(id)?;
        let candidates = self.prefixes.get(&id[..3]).map_or(&[][..], Vec::as_slice);
        let holder = candidates
            .iter()
            .find(|object| self.stored(object, id).is_some());
        holder.or(candidates.first()).map(String::as_str)
    }

    /// The rows outside the recycle bin.
    pub fn rows<'a>(&'a self, object: &str) -> impl Iterator<Item = &'a Row> + use<'a> {
        self.stored_rows(object)
            .filter(|stored| stored.deletion.is_none())
            .map(|stored| &stored.row)
    }

    /// The rows with those in the recycle bin, whose `IsDeleted` is true.
    pub fn rows_all<'a>(&'a self, object: &str) -> impl Iterator<Item = &'a Row> + use<'a> {
        self.stored_rows(object).map(|stored| &stored.row)
    }

    /// The row outside the recycle bin with this id, of 15 or 18 characters.
    pub fn row(&self, object: &str, id: &str) -> Option<&Row> {
        let stored = self.stored(object, id)?;
        stored.deletion.is_none().then_some(&stored.row)
    }

    /// The row with this id, also from the recycle bin.
    pub fn row_all(&self, object: &str, id: &str) -> Option<&Row> {
        self.stored(object, id).map(|stored| &stored.row)
    }

    /// The live rows whose reference `field` points at `parent_id`.
    pub fn children(&self, object: &str, field: &str, parent_id: &str) -> Vec<&Row> {
        let Some((table, parent)) = self.table(object).zip(IdKey::parse(parent_id)) else {
            return Vec::new();
        };
        let Some(slots) = table.referring(field, &parent) else {
            return Vec::new();
        };
        slots
            .filter_map(|slot| table.slot(slot))
            .filter(|stored| stored.deletion.is_none())
            .map(|stored| &stored.row)
            .collect()
    }

    /// Grows with each write.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Grows with each write to this object.
    pub fn object_version(&self, object: &str) -> u64 {
        self.table(object).map_or(0, Table::version)
    }

    /// The org's clock: the set one, else the machine's.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Stops the clock at a time, or with `None` lets it run with the machine's again.
    pub fn set_clock(&mut self, clock: Option<DateTime<Utc>>) {
        match clock {
            Some(time) => self.clock.stop_at(time),
            None => self.clock.run(),
        }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Puts the clock off by so much. Stamps follow it, backwards too, as those of several servers
    /// do whose clocks differ.
    pub(crate) fn set_skew(&mut self, skew: TimeDelta) {
        self.clock.set_skew(skew);
        self.last_stamp = self.last_stamp.min(self.now());
    }

    pub(crate) fn table(&self, object: &str) -> Option<&Table> {
        let object = self.schema.object(object)?;
        self.tables
            .get(object.storage.as_deref().unwrap_or(&object.name))
    }

    fn table_mut(&mut self, object: &str) -> Option<&mut Table> {
        let object = self.schema.object(object)?;
        self.tables
            .get_mut(object.storage.as_deref().unwrap_or(&object.name))
    }

    fn stored(&self, object: &str, id: &str) -> Option<&Stored> {
        self.table(object)?.get(id)
    }

    fn stored_rows<'a>(&'a self, object: &str) -> impl Iterator<Item = &'a Stored> + use<'a> {
        self.table(object).into_iter().flat_map(Table::iter)
    }
}

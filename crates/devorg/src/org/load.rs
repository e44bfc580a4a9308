//! Reading a folder: settings, describes, records; then whatever the folder leaves to be derived.

mod complete;
mod files;
mod infer;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use chrono::{DateTime, Utc};

use super::{
    LoadError, Org, OrgSettings, Row, Schema,
    clock::Clock,
    coerce::coerce,
    derive::Outcomes,
    id::{self, IdKey},
    schema::{custom_object, share_object, standard_objects},
    stamp,
    table::{Table, id_of, text},
};
pub(super) use complete::auto_number_width;
use files::{Folder, Numbered};

/// How many fields a record gets that its line has not, at most as a rule. Maps grow by doubling, and
/// an org has many: rows are made as large as they will be.
const IMPLIED_FIELDS: usize = 6;

/// The records of a folder by object, each with the line that it stands on.
type Records = BTreeMap<String, Vec<Numbered>>;

pub fn folder(path: &Path) -> Result<Org, LoadError> {
    let folder = Folder::open(path)?;
    let settings: OrgSettings = folder.settings()?;
    let mut schema = describe(&folder)?;
    let mut records = folder.records()?;
    for (object, rows) in &mut records {
        if !object.ends_with("__Share") {
            declare(&mut schema, object, rows);
        }
    }
    declare_shares(&mut schema);
    for (object, rows) in &mut records {
        declare(&mut schema, object, rows);
    }
    name_by_schema(&schema, &mut records);
    for (object, rows) in &mut records {
        infer::add_missing_fields(&mut schema, object, rows);
        normalise(&folder, &schema, object, rows)?;
    }
    schema.connect();
    complete::complete(&settings, &schema, &mut records);
    refuse_repeated_ids(&folder, &records)?;
    Ok(build(settings, schema, records))
}

/// The standard objects with the folder's describes merged over them.
fn describe(folder: &Folder) -> Result<Schema, LoadError> {
    let mut schema = Schema::default();
    for object in standard_objects(&folder.article_prefix()) {
        schema.add(object);
    }
    for (file, body) in folder.describes()? {
        let name = folder.describe_name(&file, &body);
        if schema.object(&name).is_none() {
            let prefix = body.get("keyPrefix").and_then(|prefix| prefix.as_str());
            schema.add(custom_object(&name, prefix.map(str::to_owned)));
        }
        let Some(object) = schema.object_mut(&name) else {
            continue;
        };
        let merged = object.merge(&body);
        merged.map_err(|reason| files::malformed(&file, 1, reason))?;
        let is_detail = object
            .fields
            .iter()
            .any(|field| field.custom && field.relationship_order == Some(0));
        if is_detail && object.custom {
            object.remove_field("OwnerId");
        }
    }
    Ok(schema)
}

/// Makes sure that the schema knows the object of a records file, and its key prefix.
fn declare(schema: &mut Schema, object: &str, rows: &[Numbered]) {
    if schema.object(object).is_none() {
        schema.add(custom_object(object, None));
    }
    let first_id = rows.iter().find_map(|(_, row)| text(row, "Id"));
    let seen = first_id.and_then(|id| id.get(..3)).map(str::to_owned);
    let fallback = format!(
        "a{:02}",
        schema.objects().filter(|object| object.custom).count() % 100
    );
    if let Some(object) = schema.object_mut(object)
        && object.key_prefix.is_none()
    {
        object.key_prefix = Some(seen.unwrap_or(fallback));
    }
}

/// A custom object with an owner has a share table; one that is a detail has none.
fn declare_shares(schema: &mut Schema) {
    let owned = schema
        .objects()
        .filter(|object| object.custom && object.field("OwnerId").is_some());
    let names: Vec<String> = owned.map(|object| object.name.clone()).collect();
    for name in names {
        let share = share_object(&name);
        if schema.object(&share.name).is_none() {
            schema.add(share);
        }
    }
}

/// Renames the record files whose names differ from the schema's in case.
fn name_by_schema(schema: &Schema, records: &mut Records) {
    for (name, mut rows) in std::mem::take(records) {
        let name = schema.object(&name).map_or(name, |object| {
            object
                .storage
                .clone()
                .unwrap_or_else(|| object.name.clone())
        });
        records.entry(name).or_default().append(&mut rows);
    }
}

/// Brings every value of an object's records to its field's type; nulls go.
fn normalise(
    folder: &Folder,
    schema: &Schema,
    object: &str,
    rows: &mut [Numbered],
) -> Result<(), LoadError> {
    let Some(describe) = schema.object(object) else {
        return Ok(());
    };
    for (line, row) in rows {
        let given = std::mem::take(row);
        let mut normal = Row::with_capacity(given.len() + IMPLIED_FIELDS);
        for (key, value) in given {
            let Some(field) = describe.field(&key) else {
                continue;
            };
            let value = coerce(field, value)
                .map_err(|reason| folder.malformed_record(object, *line, reason))?;
            if let Some(value) = value {
                normal.insert(field.name.clone(), value);
            }
        }
        *row = normal;
    }
    Ok(())
}

fn refuse_repeated_ids(folder: &Folder, records: &Records) -> Result<(), LoadError> {
    for (object, rows) in records {
        let mut seen = HashMap::new();
        for (line, row) in rows {
            let Some(key) = IdKey::parse(id_of(row)) else {
                continue;
            };
            if let Some(first) = seen.insert(key, *line) {
                let reason = format!("the id {} stands on line {first} already", id_of(row));
                return Err(folder.malformed_record(object, *line, reason));
            }
        }
    }
    Ok(())
}

fn build(settings: OrgSettings, schema: Schema, records: Records) -> Org {
    let mut tables: HashMap<String, Table> = HashMap::new();
    for object in schema.objects().filter(|object| object.storage.is_none()) {
        tables.insert(object.name.clone(), Table::new(indexed_fields(object)));
    }
    let mut prefixes = prefixes(&schema);
    let mut last_stamp = DateTime::<Utc>::UNIX_EPOCH;
    let mut outcomes = Outcomes::default();
    for (object, rows) in records {
        let Some(table) = tables.get_mut(&object) else {
            continue;
        };
        for (_, row) in rows {
            register_prefix(&mut prefixes, &object, id_of(&row));
            let changed = text(&row, "SystemModstamp").and_then(stamp::parse);
            last_stamp = last_stamp.max(changed.unwrap_or_default());
            outcomes.learn(&object, &row);
            table.insert(row);
        }
    }
    Org {
        settings,
        schema,
        tables,
        prefixes,
        clock: Clock::default(),
        last_stamp: last_stamp.min(Utc::now()),
        version: 1,
        next_id: 1,
        next_cascade: 1,
        outcomes,
        last_numbers: HashMap::new(),
        journal: None,
    }
}

/// The reference fields worth an index: all but who created and changed a record.
fn indexed_fields(object: &super::ObjectDescribe) -> Vec<String> {
    let references = object.fields.iter().filter(|field| {
        field.is_reference() && !matches!(field.name.as_str(), "CreatedById" | "LastModifiedById")
    });
    references.map(|field| field.name.clone()).collect()
}

fn prefixes(schema: &Schema) -> HashMap<String, Vec<String>> {
    let mut prefixes: HashMap<String, Vec<String>> = HashMap::new();
    for object in schema.objects().filter(|object| object.storage.is_none()) {
        if let Some(prefix) = &object.key_prefix {
            let objects = prefixes.entry(prefix.clone()).or_default();
            objects.push(object.name.clone());
        }
    }
    prefixes
}

fn register_prefix(prefixes: &mut HashMap<String, Vec<String>>, object: &str, id: &str) {
    let Some(prefix) = id.get(..3) else {
        return;
    };
    let objects = prefixes.entry(prefix.to_owned()).or_default();
    if !objects.iter().any(|known| known == object) {
        objects.push(object.to_owned());
    }
}

/// A row that the folder implies without holding it.
fn implied(id: String, fields: &[(&str, serde_json::Value)]) -> Numbered {
    let mut row = Row::new();
    row.insert("Id".to_owned(), id.into());
    for (field, value) in fields {
        if !value.is_null() {
            row.insert((*field).to_owned(), value.clone());
        }
    }
    (0, row)
}

/// An id for a row that has none: stable for the folder, as it counts the rows of the file.
fn numbered_id(prefix: &str, number: usize) -> String {
    // Far from the ids that writes will take.
    id::generate(prefix, 62_u64.pow(6) + number as u64)
}

//! An org as plain rows: what a folder holds, and what the oracle reads.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

pub type Row = Map<String, Value>;

/// The rows of an org by object and id, and the settings that are not rows.
#[derive(Clone, Default)]
pub struct World {
    /// `org.json`.
    pub settings: Value,
    /// Object name → its describe.
    pub describes: BTreeMap<String, Value>,
    tables: BTreeMap<String, BTreeMap<String, Row>>,
    last_id: u64,
}

impl World {
    pub fn insert(&mut self, object: &str, id: String, fields: Value) -> String {
        let Value::Object(mut row) = fields else {
            panic!("a row of {object} is an object");
        };
        row.retain(|_, value| !value.is_null());
        row.insert("Id".to_owned(), id.clone().into());
        let table = self.tables.entry(object.to_owned()).or_default();
        table.insert(id.clone(), row);
        id
    }

    /// A row under an id of its own.
    pub fn add(&mut self, object: &str, prefix: &str, fields: Value) -> String {
        self.last_id += 1;
        let id = record_id(prefix, self.last_id);
        self.insert(object, id, fields)
    }

    pub fn remove(&mut self, object: &str, id: &str) {
        if let Some(table) = self.tables.get_mut(object) {
            table.remove(id);
        }
    }

    pub fn rows(&self, object: &str) -> impl Iterator<Item = (&str, &Row)> {
        let rows = self.tables.get(object).into_iter().flatten();
        rows.map(|(id, row)| (id.as_str(), row))
    }

    pub fn ids(&self, object: &str) -> Vec<String> {
        self.rows(object).map(|(id, _)| id.to_owned()).collect()
    }

    pub fn row(&self, object: &str, id: &str) -> Option<&Row> {
        self.tables.get(object)?.get(id)
    }

    pub fn set(&mut self, object: &str, id: &str, field: &str, value: Value) {
        let row = self
            .tables
            .get_mut(object)
            .and_then(|rows| rows.get_mut(id));
        let row = row.unwrap_or_else(|| panic!("there is no {object} {id}"));
        if value.is_null() {
            row.remove(field);
        } else {
            row.insert(field.to_owned(), value);
        }
    }

    pub fn objects(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// The object of a record, by looking for it.
    pub fn object_of(&self, id: &str) -> Option<&str> {
        let mut tables = self.tables.iter();
        let (object, _) = tables.find(|(_, rows)| rows.contains_key(id))?;
        Some(object)
    }

    /// Writes the folder that devorg loads.
    pub fn write(&self, folder: &Path) {
        let file = |path: String, text: String| {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("written");
        };
        file("org.json".to_owned(), self.settings.to_string());
        for (object, describe) in &self.describes {
            file(format!("describe/{object}.json"), describe.to_string());
        }
        for (object, rows) in &self.tables {
            let lines = rows.values().map(|row| format!("{}\n", json!(row)));
            file(format!("records/{object}.jsonl"), lines.collect());
        }
    }
}

pub fn text<'a>(row: &'a Row, field: &str) -> Option<&'a str> {
    row.get(field)?.as_str()
}

pub fn flag(row: &Row, field: &str) -> bool {
    row.get(field) == Some(&Value::Bool(true))
}

/// A value as text.
pub fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// An id of 18 characters, by Salesforce's checksum.
pub fn record_id(prefix: &str, mut number: u64) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut id = format!("{prefix}Pb0000000000").into_bytes();
    for place in (5..15).rev() {
        id[place] = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    let suffix: Vec<u8> = id
        .chunks(5)
        .map(|group| {
            let upper =
                |(place, byte): (usize, &u8)| usize::from(byte.is_ascii_uppercase()) << place;
            let bits: usize = group.iter().enumerate().map(upper).sum();
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]
        })
        .collect();
    id.extend(suffix);
    String::from_utf8(id).expect("ASCII")
}

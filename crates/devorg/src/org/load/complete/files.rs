//! Notes and files: every note and every file version belongs to a ContentDocument.

use std::collections::HashSet;

use serde_json::Value;

use super::{Records, implied};
use crate::org::{
    derive::{Keep, put},
    table::{id_of, text},
};

/// Adds the documents that notes are and that the latest file versions belong to.
pub fn imply_documents(records: &mut Records) {
    for (_, row) in records.get_mut("ContentNote").into_iter().flatten() {
        put(row, "FileType", "SNOTE".into(), Keep::Given);
        put(row, "FileExtension", "snote".into(), Keep::Given);
    }
    let documents = records.get("ContentDocument").into_iter().flatten();
    let mut known: HashSet<String> = documents.map(|(_, row)| id_of(row).to_owned()).collect();
    let mut found = Vec::new();
    for (object, key) in [
        ("ContentNote", "Id"),
        ("ContentVersion", "ContentDocumentId"),
    ] {
        for (_, row) in records.get(object).into_iter().flatten() {
            let Some(id) = text(row, key).filter(|id| !known.contains(*id)) else {
                continue;
            };
            let fields = [
                "Title",
                "OwnerId",
                "FileType",
                "FileExtension",
                "ContentSize",
                "CreatedDate",
                "LastModifiedDate",
                "SystemModstamp",
            ];
            let copied: Vec<(&str, Value)> = fields
                .iter()
                .map(|field| (*field, row.get(*field).cloned().unwrap_or_default()))
                .collect();
            known.insert(id.to_owned());
            found.push(implied(id.to_owned(), &copied));
        }
    }
    if !found.is_empty() {
        records
            .entry("ContentDocument".to_owned())
            .or_default()
            .extend(found);
    }
}

//! Notes and files: every note and every file version belongs to a ContentDocument.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::{Records, implied, numbered_id};
use crate::org::{
    Row,
    derive::{Keep, flag, put},
    files::{OF_DOCUMENT, describe_content},
    table::{id_of, text},
};

/// Documents that are implied are numbered from here on, after the rows of any folder.
const IMPLIED: usize = 100_000_000;

/// Adds the documents that notes are and that file versions belong to, and the links of versions that
/// name the record they are published to.
pub fn imply_documents(records: &mut Records) {
    for (_, row) in records.get_mut("ContentNote").into_iter().flatten() {
        put(row, "FileType", "SNOTE".into(), Keep::Given);
        put(row, "FileExtension", "snote".into(), Keep::Given);
    }
    complete_versions(records);
    let documents = records.get("ContentDocument").into_iter().flatten();
    let mut known: HashSet<String> = documents.map(|(_, row)| id_of(row).to_owned()).collect();
    let mut found = Vec::new();
    for (_, note) in records.get("ContentNote").into_iter().flatten() {
        if known.insert(id_of(note).to_owned()) {
            found.push((0, document(id_of(note), note)));
        }
    }
    let versions = records.get("ContentVersion").into_iter().flatten();
    for (_, version) in versions.filter(|(_, version)| flag(version, "IsLatest")) {
        let id = text(version, "ContentDocumentId").unwrap_or_default();
        if known.insert(id.to_owned()) {
            found.push((0, document(id, version)));
        }
    }
    if !found.is_empty() {
        let documents = records.entry("ContentDocument".to_owned()).or_default();
        documents.extend(found);
    }
    name_latest(records);
    imply_links(records);
}

/// Sizes, types, numbers, and which version is the latest.
fn complete_versions(records: &mut Records) {
    let mut by_document: BTreeMap<String, Vec<&mut Row>> = BTreeMap::new();
    let versions = records.get_mut("ContentVersion").into_iter().flatten();
    for (number, (_, row)) in versions.enumerate() {
        // Content that is no base64 is found when somebody asks for it.
        let _ = describe_content(row);
        if text(row, "ContentDocumentId").is_none() {
            let id = numbered_id("069", IMPLIED + number);
            put(row, "ContentDocumentId", id.into(), Keep::Nothing);
        }
        let document = text(row, "ContentDocumentId").unwrap_or_default();
        by_document
            .entry(document.to_owned())
            .or_default()
            .push(row);
    }
    for versions in by_document.values_mut() {
        versions.sort_by_key(|version| number_of(version).unwrap_or(u64::MAX));
        let any_latest = versions.iter().any(|version| flag(version, "IsLatest"));
        let last = versions.len() - 1;
        for (position, version) in versions.iter_mut().enumerate() {
            let number = (position + 1).to_string();
            put(version, "VersionNumber", number.into(), Keep::Given);
            if !any_latest {
                put(
                    version,
                    "IsLatest",
                    (position == last).into(),
                    Keep::Nothing,
                );
            }
            put(version, "PublishStatus", "P".into(), Keep::Given);
        }
    }
}

fn number_of(version: &Row) -> Option<u64> {
    text(version, "VersionNumber")?.parse().ok()
}

/// The document of a note or of a file's latest version.
fn document(id: &str, content: &Row) -> Row {
    let stamps = ["CreatedDate", "LastModifiedDate", "SystemModstamp"];
    let copied: Vec<(&str, Value)> = OF_DOCUMENT
        .into_iter()
        .chain(stamps)
        .map(|field| (field, content.get(field).cloned().unwrap_or_default()))
        .collect();
    implied(id.to_owned(), &copied).1
}

fn name_latest(records: &mut Records) {
    let versions = records.get("ContentVersion").into_iter().flatten();
    let latest: BTreeMap<String, String> = versions
        .filter(|(_, version)| flag(version, "IsLatest"))
        .filter_map(|(_, version)| {
            let document = text(version, "ContentDocumentId")?;
            Some((document.to_owned(), id_of(version).to_owned()))
        })
        .collect();
    for (_, row) in records.get_mut("ContentDocument").into_iter().flatten() {
        if let Some(version) = latest.get(id_of(row)) {
            let version = Value::from(version.as_str());
            put(row, "LatestPublishedVersionId", version, Keep::Given);
        }
    }
}

fn imply_links(records: &mut Records) {
    let ends = |row: &Row, entity: &str| {
        let document = text(row, "ContentDocumentId")?.to_owned();
        Some((document, text(row, entity)?.to_owned()))
    };
    let links = records.get("ContentDocumentLink").into_iter().flatten();
    let mut known: HashSet<(String, String)> = links
        .filter_map(|(_, link)| ends(link, "LinkedEntityId"))
        .collect();
    let versions = records.get("ContentVersion").into_iter().flatten();
    let missing: Vec<(String, String)> = versions
        .filter_map(|(_, version)| ends(version, "FirstPublishLocationId"))
        .filter(|ends| known.insert(ends.clone()))
        .collect();
    if missing.is_empty() {
        return;
    }
    let links = records.entry("ContentDocumentLink".to_owned()).or_default();
    for (document, entity) in missing {
        let id = numbered_id("06A", links.len());
        let fields = [
            ("ContentDocumentId", document.into()),
            ("LinkedEntityId", entity.into()),
            ("ShareType", "V".into()),
            ("Visibility", "AllUsers".into()),
        ];
        links.push(implied(id, &fields));
    }
}

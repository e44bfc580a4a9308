//! Files: versions, the documents that they belong to, and the links by which they are found.

use serde_json::{Value, json};

use crate::{
    error::ApiError,
    org::{
        Org, Row,
        derive::{Keep, flag, put},
        files::{self, OF_DOCUMENT},
        table::{id_of, text},
        write::touch,
    },
};

/// Fills in what follows from a new version's name and content.
///
/// # Errors
/// `REQUIRED_FIELD_MISSING` for a file without a name, `JSON_PARSER_ERROR` for content that is not
/// base64.
pub fn complete(row: &mut Row) -> Result<(), ApiError> {
    let is_link = text(row, "ContentUrl").is_some();
    if text(row, "PathOnClient").is_none() && !is_link {
        let message = "Required fields are missing: [PathOnClient]";
        let error = ApiError::bad_request("REQUIRED_FIELD_MISSING", message);
        return Err(error.with_fields(["PathOnClient"]));
    }
    if is_link {
        put(row, "FileType", "LINK".into(), Keep::Given);
    }
    files::describe_content(row).map_err(|_| {
        let message = "Cannot deserialize instance of base64 from VALUE_STRING value or request may be \
                       missing a required field";
        ApiError::bad_request("JSON_PARSER_ERROR", message)
    })
}

impl Org {
    /// A file's first version makes its document; a later one takes its place as the latest.
    pub(super) fn after_file(&mut self, user_id: &str, row: &Row) {
        let mut row = row.clone();
        let document = text(&row, "ContentDocumentId").map(str::to_owned);
        let number = match &document {
            Some(document) => self.retire_versions(user_id, document) + 1,
            None => 1,
        };
        let created = row.get("CreatedDate").cloned().unwrap_or_default();
        put(&mut row, "ContentModifiedDate", created, Keep::Given);
        put(&mut row, "PublishStatus", "P".into(), Keep::Given);
        put(
            &mut row,
            "VersionNumber",
            number.to_string().into(),
            Keep::Nothing,
        );
        put(&mut row, "IsLatest", true.into(), Keep::Nothing);
        if document.is_none() {
            let document = self.add_document(user_id, &row);
            put(
                &mut row,
                "ContentDocumentId",
                document.into(),
                Keep::Nothing,
            );
        }
        self.replace("ContentVersion", row.clone());
        self.show_latest_version(user_id, &row);
    }

    /// The versions so far are the latest no more. Returns how many they are.
    fn retire_versions(&mut self, user_id: &str, document: &str) -> usize {
        let versions: Vec<Row> = self
            .children("ContentVersion", "ContentDocumentId", document)
            .into_iter()
            .filter(|version| version.contains_key("VersionNumber"))
            .cloned()
            .collect();
        for mut version in versions.iter().filter(|row| flag(row, "IsLatest")).cloned() {
            put(&mut version, "IsLatest", false.into(), Keep::Nothing);
            let now = self.next_stamp();
            touch(&mut version, user_id, now);
            self.replace("ContentVersion", version);
        }
        versions.len()
    }

    /// The document of a first version, linked to the record that the version is published to.
    fn add_document(&mut self, user_id: &str, version: &Row) -> String {
        let id = self.new_id("ContentDocument", "069");
        let mut document = json!({"Id": id, "PublishStatus": "P",
            "LatestPublishedVersionId": id_of(version)});
        for field in OF_DOCUMENT {
            document[field] = version.get(field).cloned().unwrap_or_default();
        }
        self.insert_implied(user_id, "ContentDocument", document);
        if let Some(entity) = text(version, "FirstPublishLocationId") {
            let link = json!({"Id": self.new_id("ContentDocumentLink", "06A"),
                "ContentDocumentId": id, "LinkedEntityId": entity, "ShareType": "V",
                "Visibility": "AllUsers"});
            self.insert_implied(user_id, "ContentDocumentLink", link);
        }
        id
    }

    /// A document is called as its latest version is, and says which that is.
    pub(super) fn show_latest_version(&mut self, user_id: &str, version: &Row) {
        let document = text(version, "ContentDocumentId")
            .filter(|_| flag(version, "IsLatest"))
            .and_then(|id| self.row("ContentDocument", id));
        let Some(document) = document else {
            return;
        };
        let mut shown = document.clone();
        let latest = Value::from(id_of(version));
        put(
            &mut shown,
            "LatestPublishedVersionId",
            latest,
            Keep::Nothing,
        );
        for field in OF_DOCUMENT.iter().filter(|field| **field != "OwnerId") {
            if let Some(value) = version.get(*field) {
                put(&mut shown, field, value.clone(), Keep::Nothing);
            }
        }
        if shown == *document {
            return;
        }
        let now = self.next_stamp();
        touch(&mut shown, user_id, now);
        self.replace("ContentDocument", shown);
    }
}

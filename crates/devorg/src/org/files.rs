//! What follows from a file version's content and name, for versions that are loaded and written alike.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{
    Row,
    derive::{Keep, put},
    table::text,
};

/// The fields of a document that are those of its latest version.
pub const OF_DOCUMENT: [&str; 5] = [
    "Title",
    "OwnerId",
    "FileType",
    "FileExtension",
    "ContentSize",
];

/// File types that are not called as their extension is.
const TYPES: [(&str, &str); 8] = [
    ("doc", "WORD"),
    ("docx", "WORD_X"),
    ("htm", "HTML"),
    ("ppt", "POWER_POINT"),
    ("pptx", "POWER_POINT_X"),
    ("txt", "TEXT"),
    ("xls", "EXCEL"),
    ("xlsx", "EXCEL_X"),
];

/// Title, extension, type, size and checksum, where they are not given.
///
/// # Errors
/// When the content is not base64.
pub fn describe_content(row: &mut Row) -> Result<(), base64::DecodeError> {
    let name = text(row, "PathOnClient").map(|path| {
        let name = path.rsplit(['/', '\\']).next();
        name.unwrap_or_default().to_owned()
    });
    if let Some(name) = name {
        let (stem, extension) = match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => (stem, extension.to_ascii_lowercase()),
            _ => (name.as_str(), String::new()),
        };
        put(row, "Title", stem.into(), Keep::Given);
        if !extension.is_empty() {
            put(row, "FileExtension", extension.into(), Keep::Given);
        }
    }
    let kind = file_type(text(row, "FileExtension").unwrap_or_default());
    put(row, "FileType", kind.into(), Keep::Given);
    if let Some(content) = text(row, "VersionData") {
        let content = STANDARD.decode(content)?;
        put(row, "ContentSize", content.len().into(), Keep::Given);
        put(row, "Checksum", checksum(&content).into(), Keep::Given);
    }
    Ok(())
}

fn file_type(extension: &str) -> String {
    let known = TYPES.iter().find(|(known, _)| *known == extension);
    match (known, extension) {
        (Some((_, kind)), _) => (*kind).to_owned(),
        (None, "") => "UNKNOWN".to_owned(),
        (None, other) => other.to_ascii_uppercase(),
    }
}

/// 32 hex digits, as long as Salesforce's MD5: clients only compare them.
fn checksum(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

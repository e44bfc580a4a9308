//! Which files can be read.

use serde::{Deserialize, Serialize};

/// A kind of file that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Pdf,
    /// Word since 2007.
    Docx,
    /// PowerPoint since 2007.
    Pptx,
    /// Excel since 2007.
    Xlsx,
    /// Excel since 2007, binary.
    Xlsb,
    /// Excel before 2007.
    Xls,
    /// An OpenDocument spreadsheet.
    Ods,
    Html,
    /// Plain text and Markdown.
    Text,
    /// Rows of cells, separated by commas, semicolons or tabs.
    Csv,
}

/// Where a PDF may begin: readers forgive that much in front of it.
const PDF_HEADER_WITHIN: usize = 1024;
/// How much of the head says whether it is text.
const SNIFFED: usize = 4096;

/// Pictures, archives and others of whose text we know nothing, whatever their name says.
const NOT_TEXT: [&[u8]; 10] = [
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"II*\0",
    b"MM\0*",
    b"{\\rtf",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
];

impl Kind {
    /// The kind of a file, by its extension (with or without a dot, in any case) and the first
    /// bytes of it, which are right where they disagree: four kilobytes are enough. `None`: it
    /// cannot be read.
    pub fn of(extension: &str, head: &[u8]) -> Option<Self> {
        let named = Self::named(extension);
        if NOT_TEXT.iter().any(|magic| head.starts_with(magic)) {
            None
        } else if find(&head[..head.len().min(PDF_HEADER_WITHIN)], b"%PDF-").is_some() {
            Some(Self::Pdf)
        } else if head.starts_with(b"PK\x03\x04") {
            zipped(head, named)
        } else if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
            // A compound file: Excel of old, or a new document under a password.
            named.filter(|kind| kind.is_office())
        } else {
            unmarked(&head[..head.len().min(SNIFFED)], named)
        }
    }

    fn named(extension: &str) -> Option<Self> {
        let extension = extension.trim_start_matches('.').to_ascii_lowercase();
        Some(match extension.as_str() {
            "pdf" => Self::Pdf,
            "docx" | "docm" | "dotx" | "dotm" => Self::Docx,
            "pptx" | "pptm" | "ppsx" | "ppsm" | "potx" | "potm" => Self::Pptx,
            "xlsx" | "xlsm" | "xltx" | "xltm" => Self::Xlsx,
            "xlsb" => Self::Xlsb,
            "xls" | "xlt" => Self::Xls,
            "ods" | "ots" => Self::Ods,
            "html" | "htm" | "xhtml" => Self::Html,
            "txt" | "text" | "md" | "markdown" | "log" | "rst" | "adoc" => Self::Text,
            "csv" | "tsv" | "tab" => Self::Csv,
            _ => return None,
        })
    }

    fn is_office(self) -> bool {
        match self {
            Self::Docx | Self::Pptx | Self::Xlsx | Self::Xlsb | Self::Xls => true,
            Self::Pdf | Self::Ods | Self::Html | Self::Text | Self::Csv => false,
        }
    }

    fn is_zipped(self) -> bool {
        match self {
            Self::Docx | Self::Pptx | Self::Xlsx | Self::Xlsb | Self::Ods => true,
            Self::Pdf | Self::Xls | Self::Html | Self::Text | Self::Csv => false,
        }
    }
}

/// The first names in the archive say what it is; without a known one the extension has to.
fn zipped(head: &[u8], named: Option<Kind>) -> Option<Kind> {
    let has = |name: &[u8]| find(head, name).is_some();
    if has(b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet") {
        Some(Kind::Ods)
    } else if has(b"mimetypeapplication/") {
        None
    } else if has(b"xl/workbook.bin") {
        Some(Kind::Xlsb)
    } else if named.is_some_and(Kind::is_zipped) {
        named
    } else if has(b"word/") {
        Some(Kind::Docx)
    } else if has(b"ppt/") {
        Some(Kind::Pptx)
    } else if has(b"xl/") {
        Some(Kind::Xlsx)
    } else {
        None
    }
}

/// Files that begin with no mark of their own: text of some sort, or damaged.
fn unmarked(head: &[u8], named: Option<Kind>) -> Option<Kind> {
    let is_text = is_text(head);
    let is_html = is_text && is_html(head);
    match named? {
        _ if is_html => Some(Kind::Html),
        text @ (Kind::Html | Kind::Text | Kind::Csv) => is_text.then_some(text),
        // Many systems export a table as tabs or commas and call it Excel.
        Kind::Xls | Kind::Xlsx if is_text && !head.is_empty() => Some(Kind::Csv),
        // Reading it will say that it is damaged, which is true.
        damaged @ (Kind::Pdf
        | Kind::Docx
        | Kind::Pptx
        | Kind::Xlsx
        | Kind::Xlsb
        | Kind::Xls
        | Kind::Ods) => Some(damaged),
    }
}

fn is_html(head: &[u8]) -> bool {
    let head = head
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(head)
        .trim_ascii_start();
    let begins = |tag: &[u8]| {
        head.get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
    };
    begins(b"<!doctype html") || begins(b"<html")
}

/// No zero bytes, unless they come as those of UTF-16 do.
fn is_text(head: &[u8]) -> bool {
    !head.contains(&0) || crate::read::is_utf16(head)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more";

    #[test]
    fn extensions() {
        assert_eq!(Kind::of("TXT", b"hello"), Some(Kind::Text));
        assert_eq!(Kind::of(".md", b""), Some(Kind::Text));
        assert_eq!(Kind::of("tsv", b"a\tb"), Some(Kind::Csv));
        assert_eq!(Kind::of("xls", COMPOUND), Some(Kind::Xls));
        assert_eq!(Kind::of("docx", b"garbage"), Some(Kind::Docx));
        assert_eq!(Kind::of("exe", b"MZ"), None);
    }

    #[test]
    fn bytes_correct_extensions() {
        assert_eq!(Kind::of("txt", b"%PDF-1.7\n"), Some(Kind::Pdf));
        assert_eq!(Kind::of("bin", b"junk\n%PDF-1.4\n"), Some(Kind::Pdf));
        assert_eq!(Kind::of("pdf", b"\n<!DOCTYPE HTML><p>"), Some(Kind::Html));
        assert_eq!(Kind::of("xls", b"<html><table>"), Some(Kind::Html));
        assert_eq!(Kind::of("xls", b"Name\tAge\n"), Some(Kind::Csv));
        assert_eq!(
            Kind::of("doc", b"PK\x03\x04..word/document.xml"),
            Some(Kind::Docx)
        );
        assert_eq!(
            Kind::of(
                "xlsx",
                b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
            ),
            Some(Kind::Ods)
        );
    }

    #[test]
    fn what_cannot_be_read() {
        assert_eq!(Kind::of("doc", COMPOUND), None);
        assert_eq!(Kind::of("ppt", COMPOUND), None);
        assert_eq!(Kind::of("png", b"\x89PNG\r\n"), None);
        assert_eq!(Kind::of("txt", b"\xff\xd8\xff\xe0"), None);
        assert_eq!(Kind::of("txt", b"\x7fELF\x02\0\0\0\x01"), None);
        assert_eq!(Kind::of("zip", b"PK\x03\x04..readme"), None);
        assert_eq!(
            Kind::of(
                "odt",
                b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument.text"
            ),
            None
        );
    }

    #[test]
    fn an_encrypted_document_keeps_its_kind() {
        assert_eq!(Kind::of("docx", COMPOUND), Some(Kind::Docx));
    }

    #[test]
    fn utf16_is_text() {
        assert_eq!(Kind::of("csv", b"\xff\xfea\0;\0b\0"), Some(Kind::Csv));
        assert_eq!(Kind::of("txt", b"h\0e\0l\0l\0o\0"), Some(Kind::Text));
    }
}

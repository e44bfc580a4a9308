//! From bytes to characters.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How much of a file tells its encoding, where the file does not say.
const SNIFFED: usize = 4096;
/// Where HTML has to say its encoding (HTML standard, 4.2.5.4).
const META_WITHIN: usize = 1024;

/// Decodes by the byte order mark, else as UTF-16 if every other byte is zero, as UTF-8 if it is
/// valid, and as windows-1252.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    decode_by(bytes, WINDOWS_1252)
}

/// As [`decode`], but what `<meta charset>` says comes before windows-1252.
pub(super) fn decode_html(bytes: &[u8]) -> Cow<'_, str> {
    decode_by(bytes, declared(bytes).unwrap_or(WINDOWS_1252))
}

fn decode_by<'a>(bytes: &'a [u8], fallback: &'static Encoding) -> Cow<'a, str> {
    let encoding = if Encoding::for_bom(bytes).is_some() {
        UTF_8 // overruled by the mark
    } else if let Some(utf16) = utf16(bytes) {
        utf16
    } else if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else {
        fallback
    };
    encoding.decode(bytes).0
}

/// Whether bytes, of which some are zero, look like UTF-16.
pub(crate) fn is_utf16(bytes: &[u8]) -> bool {
    let marked = Encoding::for_bom(bytes)
        .is_some_and(|(encoding, _)| encoding == UTF_16LE || encoding == UTF_16BE);
    marked || utf16(bytes).is_some()
}

/// UTF-16 without a mark: in most languages one of the two bytes of most characters is zero.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let pairs = bytes[..bytes.len().min(SNIFFED)].chunks_exact(2);
    let all = pairs.len();
    let (mut first, mut second) = (0, 0);
    for pair in pairs {
        first += usize::from(pair[0] == 0);
        second += usize::from(pair[1] == 0);
    }
    // Seven of ten: spaces and line breaks alone are never that many.
    let most = |zeros: usize| all > 1 && zeros * 10 >= all * 7;
    match (most(first), most(second)) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// What an HTML file says of itself.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(META_WITHIN)]);
    let at = head.to_ascii_lowercase().find("charset=")?;
    let label = head[at + "charset=".len()..].trim_start_matches(['"', '\'', ' ']);
    let end = label
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c)))
        .unwrap_or(label.len());
    Encoding::for_label(&label.as_bytes()[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        for (bytes, text) in [
            (&b"caf\xc3\xa9"[..], "café"),
            (b"\xef\xbb\xbfcaf\xc3\xa9", "café"),
            (b"caf\xe9 \x80 5", "café € 5"),
            (b"\xff\xfec\0a\0f\0\xe9\0", "café"),
            (b"\xfe\xff\0c\0a\0f\0\xe9", "café"),
            (b"c\0a\0f\0\xe9\0", "café"),
            (b"", ""),
        ] {
            assert_eq!(decode(bytes), text);
        }
    }

    #[test]
    fn html_says_its_encoding() {
        let cyrillic = b"<meta charset=\"windows-1251\">\xcf\xf0\xe8\xe2\xe5\xf2";
        assert!(decode_html(cyrillic).ends_with("Привет"));
        let wrong = "<meta charset=latin1>größer".as_bytes();
        assert!(decode_html(wrong).ends_with("größer"));
    }
}

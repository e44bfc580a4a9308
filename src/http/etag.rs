//! Entity tags (RFC 9110, section 8.8.3): a reader who has something is told that it is still the same.

use axum::http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};

/// Of these bytes.
pub fn of(bytes: &[u8]) -> HeaderValue {
    let hash = Sha256::digest(bytes);
    // Hexadecimal digits are always a header.
    HeaderValue::from_str(&format!("W/\"{hash:.32x}\""))
        .unwrap_or(HeaderValue::from_static("W/\"\""))
}

/// Whether the reader has it already (`If-None-Match`, compared weakly).
pub fn is_among(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let kept = headers.get_all(header::IF_NONE_MATCH).iter();
    let kept = kept.filter_map(|value| value.to_str().ok());
    let mut kept = kept.flat_map(|tags| tags.split(',')).map(opaque);
    let tag = tag.to_str().map(opaque).unwrap_or_default();
    kept.any(|kept| kept == "*" || kept == tag)
}

/// A tag for a weak comparison.
fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag)
}

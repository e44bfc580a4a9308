//! Record ids: 15 case-sensitive characters, and the 18-character form that adds a checksum.

const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The 15 characters that identify a record: what tables and indexes are keyed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdKey([u8; 15]);

impl IdKey {
    /// The key of an id of 15 or 18 characters; `None` for anything else.
    pub fn parse(id: &str) -> Option<Self> {
        let bytes = id.as_bytes();
        if !matches!(bytes.len(), 15 | 18) || !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        bytes[..15].try_into().ok().map(Self)
    }

    /// The 18-character form.
    pub fn widen(&self) -> String {
        let mut id: String = self.0.iter().map(|&byte| char::from(byte)).collect();
        for group in self.0.chunks(5) {
            let mut bits = 0;
            for (position, character) in group.iter().enumerate() {
                if character.is_ascii_uppercase() {
                    bits |= 1 << position;
                }
            }
            id.push(char::from(CHECKSUM[bits]));
        }
        id
    }

    /// The smallest key, for range scans.
    pub const MIN: Self = Self([0; 15]);
}

/// Is this an id that Salesforce would accept: 15 characters, or 18 with the right checksum?
pub fn is_valid(id: &str) -> bool {
    IdKey::parse(id).is_some_and(|key| id.len() == 15 || key.widen() == id)
}

/// A new id: the object's prefix, then the number in base 62.
pub fn generate(prefix: &str, mut number: u64) -> String {
    let mut characters = [b'0'; 15];
    for (slot, byte) in characters.iter_mut().zip(prefix.bytes()) {
        *slot = byte;
    }
    let mut position = 14;
    while number > 0 && position > 2 {
        characters[position] = DIGITS[(number % 62) as usize];
        number /= 62;
        position -= 1;
    }
    IdKey(characters).widen()
}

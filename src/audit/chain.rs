//! The chain of the trail's lines: each has a number, names the hash of the line before it, and ends
//! in its own hash, so that no line can be altered, removed or moved unnoticed.
//!
//! A line is `{"seq":N,"prev":"…",…,"hash":"…"}` and a line feed. Its hash is taken of the line
//! without the member `hash`: the bytes before `,"hash":` and a closing brace.

use std::fmt;
use std::io::Write;
use std::str::FromStr;

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a line ends in: `,"hash":"`, 64 digits, and `"}`.
const BEFORE_HASH: &[u8] = b",\"hash\":\"";
const AFTER_HASH: &[u8] = b"\"}";
const DIGITS: usize = 64;

/// SHA-256 or HMAC-SHA-256, 64 hexadecimal digits when written.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Hash([u8; 32]);

/// A text is no hash.
#[derive(Debug, thiserror::Error)]
#[error("a hash has 64 hexadecimal digits")]
pub struct NoHash;

/// How lines are hashed.
#[derive(Clone)]
pub enum Seal {
    /// SHA-256: who can write the files can also forge a whole chain.
    Plain,
    /// HMAC-SHA-256 with `audit.key`, without which no chain can be made.
    Keyed(Hmac<Sha256>),
}

/// The end of a chain, or of a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The number of the line; the first is 1.
    pub seq: u64,
    pub hash: Hash,
}

/// A line as its chain sees it.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    pub prev: Hash,
    pub link: Link,
    /// What is between the chain's own members at the beginning and at the end.
    pub members: &'a [u8],
    /// Everything before the member `hash`.
    sealed: &'a [u8],
}

impl Hash {
    /// What the first line of a trail names as the hash before it.
    pub const NONE: Self = Self([0; 32]);

    /// Reads 64 digits.
    fn of_digits(digits: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        if digits.len() != DIGITS {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16);
            *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
        }
        Some(Self(bytes))
    }

    fn digits(self) -> [u8; DIGITS] {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; DIGITS];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        digits
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.digits()))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for Hash {
    type Error = NoHash;

    fn try_from(text: String) -> Result<Self, NoHash> {
        text.parse()
    }
}

impl FromStr for Hash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        Self::of_digits(text.as_bytes()).ok_or(NoHash)
    }
}

impl Link {
    /// Before the first line.
    pub const START: Self = Self {
        seq: 0,
        hash: Hash::NONE,
    };
}

impl Seal {
    /// The seal with a key, if there is one.
    pub fn new(key: Option<&SecretString>) -> Self {
        let keyed = key.and_then(|key| Hmac::new_from_slice(key.expose_secret().as_bytes()).ok());
        // HMAC takes keys of every length.
        keyed.map_or(Self::Plain, Self::Keyed)
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Plain => "sha256",
            Self::Keyed(_) => "hmac-sha256",
        }
    }

    /// Tells one key from another and says nothing about it; none without a key.
    pub fn key_id(&self) -> Option<String> {
        match self {
            Self::Plain => None,
            Self::Keyed(_) => {
                let hash = self.hash(&[b"precis audit key"]).to_string();
                Some(hash.chars().take(16).collect())
            }
        }
    }

    /// The hash of these bytes, one after the other.
    pub fn hash(&self, parts: &[&[u8]]) -> Hash {
        match self {
            Self::Plain => {
                let mut hasher = Sha256::new();
                parts.iter().for_each(|part| hasher.update(part));
                Hash(hasher.finalize().into())
            }
            Self::Keyed(keyed) => {
                let mut mac = keyed.clone();
                parts.iter().for_each(|part| mac.update(part));
                Hash(mac.finalize().into_bytes().into())
            }
        }
    }

    /// Writes the line that follows `before` to the end of `out`; `body` is a JSON object.
    pub fn append(&self, before: Link, body: &[u8], out: &mut Vec<u8>) -> Link {
        let begin = out.len();
        let seq = before.seq + 1;
        // Nothing that is written to memory fails.
        let _ = write!(out, "{{\"seq\":{seq},\"prev\":\"{}\"", before.hash);
        let members = body.strip_prefix(b"{").unwrap_or(body);
        let members = members.strip_suffix(b"}").unwrap_or(members);
        if !members.is_empty() {
            out.push(b',');
            out.extend_from_slice(members);
        }
        let hash = self.hash(&[&out[begin..], b"}"]);
        out.extend_from_slice(BEFORE_HASH);
        out.extend_from_slice(&hash.digits());
        out.extend_from_slice(AFTER_HASH);
        out.push(b'\n');
        Link { seq, hash }
    }

    /// Whether the line has the hash that it says.
    pub fn holds(&self, line: &Line<'_>) -> bool {
        self.hash(&[line.sealed, b"}"]) == line.link.hash
    }
}

impl<'a> Line<'a> {
    /// Takes a line apart, without its line feed; none if it is no line of a chain.
    pub fn read(line: &'a [u8]) -> Option<Self> {
        let hashed = line.strip_suffix(AFTER_HASH)?;
        let (hashed, hash) = hashed.split_at_checked(hashed.len().checked_sub(DIGITS)?)?;
        let sealed = hashed.strip_suffix(BEFORE_HASH)?;
        let rest = sealed.strip_prefix(b"{\"seq\":")?;
        let length = rest.iter().position(|byte| !byte.is_ascii_digit())?;
        let (seq, rest) = rest.split_at(length);
        let rest = rest.strip_prefix(b",\"prev\":\"")?;
        let (prev, rest) = rest.split_at_checked(DIGITS)?;
        let members = rest.strip_prefix(b"\"")?;
        Some(Self {
            prev: Hash::of_digits(prev)?,
            link: Link {
                seq: number(seq)?,
                hash: Hash::of_digits(hash)?,
            },
            members: members.strip_prefix(b",").unwrap_or(members),
            sealed,
        })
    }
}

/// Numbers that leave room to count on.
fn number(digits: &[u8]) -> Option<u64> {
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (number < u64::MAX / 2).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(seal: &Seal, bodies: &[&str]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut end = Link::START;
        for body in bodies {
            end = seal.append(end, body.as_bytes(), &mut out);
        }
        out
    }

    #[test]
    fn a_line_holds_until_a_byte_of_it_is_another() {
        for key in [None, Some(SecretString::from("k"))] {
            let seal = Seal::new(key.as_ref());
            let text = chain(&seal, &[r#"{"a":1}"#, "{}", r#"{"hash":"not me"}"#]);
            let mut before = Link::START;
            for line in text
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
            {
                let json: serde_json::Value = serde_json::from_slice(line).unwrap();
                let read = Line::read(line).unwrap();
                assert_eq!(json["seq"], read.link.seq);
                assert_eq!((read.prev, read.link.seq), (before.hash, before.seq + 1));
                assert!(seal.holds(&read));
                before = read.link;
                for at in 0..line.len() {
                    let mut altered = line.to_vec();
                    altered[at] ^= 1;
                    let holds = Line::read(&altered).is_some_and(|read| seal.holds(&read));
                    assert!(!holds, "{at} of {}", String::from_utf8_lossy(line));
                }
            }
        }
    }

    #[test]
    fn a_key_makes_other_hashes_and_is_told_apart() {
        let keys = ["one", "two"].map(|key| Seal::new(Some(&SecretString::from(key))));
        assert_ne!(keys[0].key_id(), keys[1].key_id());
        assert_eq!(Seal::Plain.key_id(), None);
        let text = chain(&keys[0], &["{}"]);
        let line = Line::read(text.trim_ascii_end()).unwrap();
        assert!(keys[0].holds(&line) && !keys[1].holds(&line) && !Seal::Plain.holds(&line));
    }

    #[test]
    fn the_hash_is_what_the_documentation_says() {
        let text = chain(&Seal::Plain, &[r#"{"event":"begun"}"#]);
        let zeros = "0".repeat(64);
        let sealed = format!(r#"{{"seq":1,"prev":"{zeros}","event":"begun"}}"#);
        let digest: [u8; 32] = Sha256::digest(sealed.as_bytes()).into();
        let hash = Hash(digest);
        let wanted = format!("{},\"hash\":\"{hash}\"}}\n", sealed.trim_end_matches('}'));
        assert_eq!(String::from_utf8(text).unwrap(), wanted);
    }

    /// `cargo test --release -- --ignored nanoseconds --nocapture`
    #[test]
    #[ignore = "a measurement"]
    fn nanoseconds_a_line() {
        let body = format!(r#"{{"question":"{}"}}"#, "x".repeat(600));
        for seal in [Seal::Plain, Seal::new(Some(&SecretString::from("k")))] {
            let (mut out, mut end) = (Vec::new(), Link::START);
            let begun = std::time::Instant::now();
            for _ in 0..100_000 {
                out.clear();
                end = seal.append(end, body.as_bytes(), &mut out);
            }
            let each = begun.elapsed().as_nanos() / 100_000;
            println!(
                "{}: {each} ns for a line of {} bytes",
                seal.name(),
                out.len()
            );
        }
    }
}

//! The zip archive that an Office document is, and the relationships between its parts
//! (ECMA-376, part 2: Open Packaging Conventions).

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::markup::{Markup, Token};
use crate::{Error, Limits};

const MEGABYTE: u64 = 1 << 20;
/// A compound file: what Office makes of a document under a password.
const COMPOUND_FILE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    unpacked_mb: u64,
    unpacked_left: u64,
}

/// A part of the package that another one refers to.
pub(super) struct Relationship {
    pub id: String,
    /// The last segment of the type, as `officeDocument`.
    pub kind: String,
    /// The path of the part.
    pub target: String,
}

impl<'a> Package<'a> {
    /// Opens it; all parts that are read share one allowance.
    pub fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        Self::open_within(bytes, limits.unpacked_in_memory_mb())
    }

    fn open_within(bytes: &'a [u8], unpacked_mb: u64) -> Result<Self, Error> {
        if bytes.starts_with(COMPOUND_FILE) {
            return Err(Error::Encrypted);
        }
        Ok(Self {
            archive: ZipArchive::new(Cursor::new(bytes)).map_err(broken)?,
            unpacked_mb,
            unpacked_left: unpacked_mb.saturating_mul(MEGABYTE),
        })
    }

    /// The XML of a part, if there is one.
    pub fn part(&mut self, path: &str) -> Result<Option<String>, Error> {
        let mut entry = match self.archive.by_name(path) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(other) => return Err(broken(other)),
        };
        let mut bytes = Vec::new();
        let read = entry
            .by_ref()
            .take(self.unpacked_left + 1)
            .read_to_end(&mut bytes)
            .map_err(Error::damaged)?;
        self.unpacked_left = take(self.unpacked_left, read as u64, self.unpacked_mb)?;
        Ok(Some(match String::from_utf8(bytes) {
            Ok(xml) => xml,
            Err(other) => super::text::decode(other.as_bytes()).into_owned(),
        }))
    }

    /// The XML of a part that the document cannot do without.
    pub fn required(&mut self, path: &str) -> Result<String, Error> {
        self.part(path)?
            .ok_or_else(|| Error::damaged(format_args!("it has no {path}")))
    }

    /// The part that the package is about, by convention or by name if it does not say.
    pub fn main_part(&mut self, usual: &str) -> Result<String, Error> {
        let related = self.related("")?;
        let main = related
            .into_iter()
            .find(|part| part.kind == "officeDocument");
        Ok(main.map_or_else(|| usual.to_owned(), |part| part.target))
    }

    /// The parts within the package that this one refers to, in the order of the file.
    pub fn related(&mut self, path: &str) -> Result<Vec<Relationship>, Error> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let listing = resolve(folder, &format!("_rels/{name}.rels"));
        let Some(xml) = self.part(&listing)? else {
            return Ok(Vec::new());
        };
        let mut markup = Markup::new(&xml);
        let mut related = Vec::new();
        loop {
            match markup.next()? {
                Token::Open(tag) if tag.name() == "Relationship" => {
                    let attribute = |name| tag.attribute(name).unwrap_or_default();
                    if attribute("TargetMode") != "External" {
                        let kind = attribute("Type");
                        related.push(Relationship {
                            id: attribute("Id"),
                            kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
                            target: resolve(folder, &attribute("Target")),
                        });
                    }
                }
                Token::End => return Ok(related),
                Token::Open(_) | Token::Close(_) | Token::Text(_) => {}
            }
        }
    }
}

/// Unpacks an archive to nowhere and fails if it is larger than the limits: for a reader that has
/// no bounds of its own. Only what such a reader opens counts: markup and tables, no pictures.
pub(super) fn measure(
    bytes: &[u8],
    limits: &Limits,
    is_streamed: fn(&str) -> bool,
) -> Result<(), Error> {
    let mut package = Package::open(bytes, limits)?;
    let streamed_mb = limits.unpacked_streamed_mb();
    let mut streamed_left = streamed_mb.saturating_mul(MEGABYTE);
    for index in 0..package.archive.len() {
        let mut entry = package.archive.by_index(index).map_err(broken)?;
        let name = entry.name().unwrap_or_default().to_ascii_lowercase();
        if ![".xml", ".rels", ".bin"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            continue;
        }
        let (left, all) = if is_streamed(&name) {
            (&mut streamed_left, streamed_mb)
        } else {
            (&mut package.unpacked_left, package.unpacked_mb)
        };
        let mut bounded = entry.by_ref().take(*left + 1);
        let read = std::io::copy(&mut bounded, &mut std::io::sink()).map_err(Error::damaged)?;
        *left = take(*left, read, all)?;
    }
    Ok(())
}

fn take(left: u64, read: u64, megabytes: u64) -> Result<u64, Error> {
    left.checked_sub(read)
        .ok_or(Error::UnpacksTooBig { megabytes })
}

fn broken(error: ZipError) -> Error {
    let needs_password = matches!(
        error,
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword
    );
    if needs_password {
        Error::Encrypted
    } else {
        Error::damaged(error)
    }
}

/// The path that `target` means in a part of `folder`.
fn resolve(folder: &str, target: &str) -> String {
    let mut segments: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => folder
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect(),
    };
    for segment in target.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    segments.join("/")
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn targets() {
        assert_eq!(
            resolve("ppt/slides", "../notesSlides/n1.xml"),
            "ppt/notesSlides/n1.xml"
        );
        assert_eq!(resolve("word", "/word/footnotes.xml"), "word/footnotes.xml");
        assert_eq!(resolve("", "../../etc/passwd"), "etc/passwd");
        assert_eq!(
            resolve("ppt", "slides/./slide1.xml"),
            "ppt/slides/slide1.xml"
        );
    }
}

//! Files that are linked to records: their text is part of those records' documents.

use domain::{FieldName, ObjectName};

use super::fields::Fields;
use super::{Column, Describes, Plans, Source};
use crate::profile::{Link, Only, Profile};

/// How a document gets the text of its files. Only the latest version of a file counts.
#[derive(Debug, Clone)]
pub(crate) struct FilePlan {
    /// `ContentVersion`.
    pub object: ObjectName,
    /// Names the records that the file is linked to.
    pub linked: FieldName,
    pub title: FieldName,
    pub extension: FieldName,
    pub size: FieldName,
    /// The text, as `crate::file_text` keeps it.
    pub data: FieldName,
}

const VERSION: &str = "ContentVersion";
const LINK: &str = "ContentDocumentLink";

/// Objects that have to be described for files.
pub(super) fn objects() -> [ObjectName; 2] {
    [object(VERSION), object(LINK)]
}

impl FilePlan {
    /// None where the org has no files, or none that may be read.
    pub(super) fn of(describes: &Describes) -> Option<Self> {
        let both = objects()
            .iter()
            .all(|object| describes.contains_key(object));
        both.then(Self::standard)
    }

    /// The names are Salesforce's own, the same in every org.
    pub(crate) fn standard() -> Self {
        Self {
            object: object(VERSION),
            linked: field("LinkedEntityId"),
            title: field("Title"),
            extension: field("FileExtension"),
            size: field("ContentSize"),
            data: field("VersionData"),
        }
    }
}

impl Plans {
    /// Adds the versions of files as a source, if a profile wants files and the org has them.
    pub(super) fn add_files<'a>(
        &mut self,
        profiles: impl Iterator<Item = &'a Profile>,
        describes: &Describes,
    ) {
        let wanting: Vec<&Profile> = profiles.filter(|profile| profile.files).collect();
        let Some(files) = FilePlan::of(describes) else {
            return;
        };
        let Some(describe) = describes.get(&files.object).filter(|_| !wanting.is_empty()) else {
            return;
        };
        let mut fields = Fields::new(describe, &[]);
        let document = field("ContentDocumentId");
        for name in [&document, &files.title, &files.extension, &files.size] {
            fields.known(name);
        }
        let latest = Only {
            field: field("IsLatest"),
            equals: "true".to_owned(),
        };
        let only = fields.known_only(&[latest]);
        let source = self.absorb(&files.object, fields);
        source.columns.insert(files.data.clone(), Column::File);
        source.only = only;
        source.linked_by = Some(Link {
            object: object(LINK),
            record: document,
            target: files.linked.clone(),
        });
        for profile in wanting {
            let described = describes.get(&profile.object);
            let prefix = described.and_then(|describe| describe.key_prefix.clone());
            source
                .part_of
                .insert((files.linked.clone(), profile.object.clone()));
            source.linked_prefixes.extend(prefix);
        }
    }
}

impl Source {
    /// Whether it is read row by row which documents a row is part of.
    pub(crate) fn is_linked(&self) -> bool {
        self.linked_by.is_some()
    }
}

fn object(name: &'static str) -> ObjectName {
    ObjectName::parse(name).expect("a literal API name")
}

fn field(name: &'static str) -> FieldName {
    FieldName::parse(name).expect("a literal API name")
}

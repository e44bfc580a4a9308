//! What is pulled of one object, and in which form.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::{FieldName, ObjectName};

use super::{Link, fingerprint};
use crate::mirror::{Columns, Refresh};
use crate::profile::Only;
use crate::sharing::Rules;

/// What is pulled of one object, for all documents that it takes part in.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub object: ObjectName,
    pub columns: BTreeMap<FieldName, Column>,
    /// The field by which changes are found; none if the object has no such field.
    pub stamp: Option<FieldName>,
    /// Whether its rows have `IsDeleted`, so that deleted and archived ones can be asked for.
    pub deletable: bool,
    /// Columns of long text, which never changes without the stamp and is left out of comparisons.
    pub long: BTreeSet<FieldName>,
    pub only: Vec<Only>,
    pub is_document: bool,
    /// Through which field a row is part of a document of which object.
    pub part_of: BTreeSet<(FieldName, ObjectName)>,
    /// Through which field a row tells what a record of which object would tell again.
    pub tells: BTreeSet<(FieldName, ObjectName)>,
    pub linked_by: Option<Link>,
    /// The key prefixes of linked records that matter; of all, if there are none.
    pub linked_prefixes: BTreeSet<String>,
    /// Rows that may change when a row of this object does.
    pub refreshes: BTreeSet<Refresh>,
    /// Whether its rows say who may read other objects' records, and are part of no document.
    pub is_sharing: bool,
    /// Fields by which its rows are found for sharing.
    pub references: BTreeSet<FieldName>,
    /// The rules by which its rows may decide who reads what.
    pub sharing: Option<Arc<Rules>>,
}

/// How a column's values are brought into one form, by whichever API they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    AsIs,
    Bool,
    Number,
    Time,
    /// Base64, or the path of a file that has the bytes.
    Blob,
    /// The path of a file whose text is read page by page.
    File,
}

impl Column {
    /// Whether its values are fetched one by one.
    pub(crate) fn is_fetched(self) -> bool {
        match self {
            Self::Blob | Self::File => true,
            Self::AsIs | Self::Bool | Self::Number | Self::Time => false,
        }
    }
}

impl Source {
    pub(super) fn new(object: ObjectName) -> Self {
        Self {
            object,
            columns: BTreeMap::new(),
            stamp: None,
            deletable: false,
            long: BTreeSet::new(),
            only: Vec::new(),
            is_document: false,
            part_of: BTreeSet::new(),
            tells: BTreeSet::new(),
            linked_by: None,
            linked_prefixes: BTreeSet::new(),
            refreshes: BTreeSet::new(),
            is_sharing: false,
            references: BTreeSet::new(),
            sharing: None,
        }
    }

    /// Whether a column has to be fetched row by row.
    pub(crate) fn has_blobs(&self) -> bool {
        self.columns.values().any(|column| column.is_fetched())
    }

    /// What rows that were pulled before must have had, to be as good as new.
    pub(crate) fn wanted(&self) -> Columns {
        let columns = self.columns.iter();
        Columns {
            names: columns
                .map(|(name, column)| format!("{name} {column:?}"))
                .collect(),
            rows: fingerprint(&(&self.only, &self.linked_by, &self.linked_prefixes)),
            roles: fingerprint(&(
                self.is_document,
                &self.part_of,
                &self.tells,
                &self.references,
            )),
        }
    }

    /// Whether rows change without any trace in themselves: they are read again when the document
    /// changes that they are part of.
    pub(crate) fn is_traceless(&self) -> bool {
        self.stamp.is_none() && !self.is_document && !self.part_of.is_empty()
    }

    /// The columns that a comparison with the org looks at: all but long texts, and files.
    pub(crate) fn compared(&self) -> impl Iterator<Item = (&FieldName, Column)> {
        self.columns
            .iter()
            .filter(|(name, column)| !column.is_fetched() && !self.long.contains(*name))
            .map(|(name, column)| (name, *column))
    }
}

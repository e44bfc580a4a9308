//! Notes and files: their owner, and whoever reads a record that they are linked to.

use super::{
    access::{Walk, Walker},
    people::key,
    rules::{ObjectRule, PermissionRule, RecordRule},
};
use crate::{
    org::{Row, id::IdKey, table::text},
    soql::AccessLevel,
};

impl Walker<'_> {
    pub(super) fn file_level(
        &self,
        document_id: &str,
        owner: Option<IdKey>,
        walk: Walk,
    ) -> AccessLevel {
        if owner.is_some_and(|owner| self.standing.is(owner)) {
            return AccessLevel::All;
        }
        let mut level = AccessLevel::None;
        let links = self
            .org
            .children("ContentDocumentLink", "ContentDocumentId", document_id);
        for link in links {
            level = level.max(self.link_level(link, walk));
            if level >= walk.enough {
                break;
            }
        }
        level
    }

    /// As the document; a version without one is its owner's.
    pub(super) fn file_version_level(&self, version: &Row, walk: Walk) -> AccessLevel {
        let Some(id) = text(version, "ContentDocumentId") else {
            return self.file_level("", key(version, "OwnerId"), walk);
        };
        let owner = self.owner_of_document(id);
        self.file_level(id, owner.or_else(|| key(version, "OwnerId")), walk)
    }

    /// A link shows itself to the document's owner, and to those for whom it opens the document.
    pub(super) fn file_link_level(&self, link: &Row, walk: Walk) -> AccessLevel {
        let owner = text(link, "ContentDocumentId").and_then(|id| self.owner_of_document(id));
        if owner.is_some_and(|owner| self.standing.is(owner)) {
            return AccessLevel::All;
        }
        self.link_level(link, walk)
    }

    fn owner_of_document(&self, id: &str) -> Option<IdKey> {
        // A note is a document too, under the same id.
        let document = ["ContentDocument", "ContentNote"]
            .into_iter()
            .find_map(|object| self.org.row_all(object, id))?;
        key(document, "OwnerId")
    }

    fn link_level(&self, link: &Row, walk: Walk) -> AccessLevel {
        let hidden = text(link, "Visibility") == Some("InternalUsers");
        if hidden && !self.standing.internal() {
            return AccessLevel::None;
        }
        let Some(entity) = text(link, "LinkedEntityId") else {
            return AccessLevel::None;
        };
        let by_entity = self.level_by_entity(entity, walk);
        match (by_entity, text(link, "ShareType")) {
            (AccessLevel::None, _) => AccessLevel::None,
            (_, Some("V")) => AccessLevel::Read,
            (_, Some("C")) => AccessLevel::Edit,
            // "Inferred": as the record says.
            (level, _) => level,
        }
    }

    fn level_by_entity(&self, entity: &str, walk: Walk) -> AccessLevel {
        let Some(id) = IdKey::parse(entity) else {
            return AccessLevel::None;
        };
        if self.standing.belongs_to(id) {
            return AccessLevel::Read;
        }
        if Some(id) == IdKey::parse(&self.org.settings().org_id) {
            return if self.standing.internal() {
                AccessLevel::Read
            } else {
                AccessLevel::None
            };
        }
        let object = self.org.object_of_id(entity);
        let rule = object.and_then(|object| self.sharing.rule(self.org, object));
        if rule.is_some_and(may_carry_files) {
            self.parent_level(entity, walk)
        } else {
            AccessLevel::None
        }
    }
}

/// Anybody reads users and groups, so a link to one of them is no reason to see the file; and files
/// are not linked to files.
fn may_carry_files(rule: &ObjectRule) -> bool {
    let about_org = matches!(
        rule.permission,
        PermissionRule::Everybody | PermissionRule::Internal
    );
    let file = matches!(
        rule.record,
        RecordRule::File | RecordRule::FileVersion | RecordRule::FileLink
    );
    !about_org && !file
}

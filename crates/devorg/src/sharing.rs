//! Who may read what, computed from the org's own records.
//!
//! [`Sharing`] indexes the tables that decide about people (users, roles, groups, permission sets) and
//! nothing else. Whether one user may read one record is found on demand, by walking from the record to
//! its owner, its share rows and its parents, so that a write to a business object costs nothing here.
//!
//! What no rule opens stays closed: an unknown user, object or level of access means no access.

mod access;
mod articles;
mod cache;
mod categories;
mod files;
mod groups;
mod people;
mod permissions;
mod rules;
mod shares;
mod standing;
#[cfg(test)]
mod tests;
mod visibility;

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::{Arc, PoisonError, RwLock},
};

pub use cache::SharingCache;
pub use permissions::ObjectRights;
pub use visibility::UserVisibility;

use crate::org::{Org, id::IdKey};
use groups::Groups;
use people::People;
use permissions::Permissions;
use rules::ObjectRule;
use standing::Standing;

/// The tables that [`Sharing`] indexes: a write to any other leaves it valid.
const INDEXED_TABLES: [&str; 13] = [
    "User",
    "UserRole",
    "Group",
    "GroupMember",
    "Territory2",
    "UserTerritory2Association",
    "Profile",
    "PermissionSet",
    "PermissionSetAssignment",
    "PermissionSetGroup",
    "PermissionSetGroupComponent",
    "ObjectPermissions",
    "FieldPermissions",
];

/// Who may read what in one state of an org's permission tables.
pub struct Sharing {
    version: u64,
    indexed: [u64; INDEXED_TABLES.len()],
    people: People,
    groups: Groups,
    permissions: Permissions,
    rules: HashMap<String, ObjectRule>,
    standings: RwLock<HashMap<IdKey, Arc<Standing>>>,
}

impl Sharing {
    /// Indexes the org's users, roles, groups and permission sets.
    pub fn new(org: &Org) -> Self {
        Self {
            version: org.version(),
            indexed: indexed_versions(org),
            people: People::new(org),
            groups: Groups::new(org),
            permissions: Permissions::new(org),
            rules: rules::of_all_objects(org),
            standings: RwLock::default(),
        }
    }

    /// The org's version that this was computed from. It may be older than the org and still hold: see
    /// [`Sharing::is_current`].
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Has no indexed table been written to since? Business records may have changed; they are read
    /// afresh for each question.
    pub fn is_current(&self, org: &Org) -> bool {
        self.version == org.version() || self.indexed == indexed_versions(org)
    }

    /// What one user may see of the org. An unknown user sees nothing.
    pub fn viewer<'a>(&'a self, org: &'a Org, user_id: &str) -> UserVisibility<'a> {
        UserVisibility::new(self, org, self.standing(org, user_id))
    }

    fn rule(&self, org: &Org, object: &str) -> Option<&ObjectRule> {
        self.rules.get(object).or_else(|| {
            let describe = org.schema().object(object)?;
            self.rules.get(&describe.name)
        })
    }

    fn standing(&self, org: &Org, user_id: &str) -> Arc<Standing> {
        let Some(user) = IdKey::parse(user_id) else {
            return Arc::new(Standing::stranger());
        };
        if let Some(standing) = self
            .standings
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&user)
        {
            return Arc::clone(standing);
        }
        let standing = Arc::new(Standing::new(self, org, user));
        if standing.active() {
            self.standings
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(user, Arc::clone(&standing));
        }
        standing
    }
}

fn indexed_versions(org: &Org) -> [u64; INDEXED_TABLES.len()] {
    INDEXED_TABLES.map(|table| org.object_version(table))
}

/// `start` and everything that `next` leads to from there, whatever cycles there are.
fn reachable<T: Copy + Eq + Hash, I: IntoIterator<Item = T>>(
    start: impl IntoIterator<Item = T>,
    next: impl Fn(T) -> I,
) -> HashSet<T> {
    let mut found = HashSet::new();
    let mut open: Vec<T> = start.into_iter().collect();
    while let Some(item) = open.pop() {
        if found.insert(item) {
            open.extend(next(item));
        }
    }
    found
}

//! What is known about one user before any record is looked at.

use std::collections::HashSet;

use super::{
    Sharing,
    categories::Categories,
    people::UserKind,
    permissions::{Granted, ObjectRights},
    rules::{ObjectRule, PermissionRule},
};
use crate::org::{Org, id::IdKey};

/// One user's place in the org: whom they stand above, which groups hold them, what they may do.
pub(super) struct Standing {
    /// `None` for inactive and unknown users, who read nothing.
    user: Option<IdKey>,
    pub kind: UserKind,
    /// False when the org has no permission sets.
    pub enforced: bool,
    pub granted: Granted,
    pub categories: Categories,
    groups: HashSet<IdKey>,
    /// The users and groups whose grants count for this user.
    reach: HashSet<IdKey>,
}

impl Standing {
    /// Somebody who reads nothing.
    pub fn stranger() -> Self {
        Self {
            user: None,
            kind: UserKind::Guest,
            enforced: true,
            granted: Granted::default(),
            categories: Categories::default(),
            groups: HashSet::new(),
            reach: HashSet::new(),
        }
    }

    pub fn new(sharing: &Sharing, org: &Org, user: IdKey) -> Self {
        let Some(person) = sharing.people.get(user).filter(|person| person.active) else {
            return Self::stranger();
        };
        let sets = sharing.permissions.sets_of(user, person.profile);
        let below = sharing.people.below(user);
        let groups = sharing.groups.containing(&sharing.people, [user]);
        let mut reach: HashSet<IdKey> = sharing
            .groups
            .reaching_bosses_of(&sharing.people, &below)
            .collect();
        reach.extend(&groups);
        reach.extend(below);
        reach.insert(user);
        Self {
            user: Some(user),
            kind: person.kind,
            enforced: sharing.permissions.enforced,
            granted: sharing.permissions.granted(person.profile, &sets),
            categories: Categories::new(org.settings(), person.role, person.profile, &sets),
            groups,
            reach,
        }
    }

    pub fn active(&self) -> bool {
        self.user.is_some()
    }

    pub fn internal(&self) -> bool {
        self.kind == UserKind::Internal
    }

    pub fn is(&self, user: IdKey) -> bool {
        self.user == Some(user)
    }

    /// Does what is granted to this user or group reach the user: directly, as a member, or from a
    /// role above?
    pub fn reached_by(&self, user_or_group: IdKey) -> bool {
        self.reach.contains(&user_or_group)
    }

    /// Is this the user, or a group that contains them?
    pub fn belongs_to(&self, user_or_group: IdKey) -> bool {
        self.is(user_or_group) || self.groups.contains(&user_or_group)
    }

    /// What the user may do with the records of an object that sharing opens.
    pub fn rights(&self, sharing: &Sharing, rule: &ObjectRule) -> ObjectRights {
        if !self.active() {
            return ObjectRights::default();
        }
        let everything = if self.enforced {
            ObjectRights::READ
        } else {
            ObjectRights::WRITE
        };
        let rights = match &rule.permission {
            PermissionRule::Everybody => everything,
            PermissionRule::Internal if self.internal() => everything,
            PermissionRule::Internal => ObjectRights::default(),
            PermissionRule::Own
            | PermissionRule::Knowledge(_)
            | PermissionRule::OwnOrEverybody
            | PermissionRule::OwnOrParent(_)
                if !self.enforced =>
            {
                everything
            }
            PermissionRule::Own => self.granted.object(&rule.lower_name),
            PermissionRule::Knowledge(names) => names
                .iter()
                .map(|name| self.granted.object(name))
                .fold(ObjectRights::default(), ObjectRights::and_also),
            PermissionRule::OwnOrEverybody => self
                .own_rights(sharing, rule)
                .unwrap_or(ObjectRights::WRITE),
            PermissionRule::OwnOrParent(parent) => self
                .own_rights(sharing, rule)
                .unwrap_or_else(|| self.rights_by_parent(sharing, parent)),
        };
        self.with_data_rights(rights)
    }

    /// The rights that permission sets give for this very object, `None` when none speaks of it.
    fn own_rights(&self, sharing: &Sharing, rule: &ObjectRule) -> Option<ObjectRights> {
        let mentioned = sharing.permissions.mentions_object(&rule.lower_name);
        mentioned.then(|| self.granted.object(&rule.lower_name))
    }

    fn rights_by_parent(&self, sharing: &Sharing, parent: &str) -> ObjectRights {
        let parent = sharing.rules.get(parent);
        parent.map_or_else(ObjectRights::default, |parent| {
            self.rights(sharing, parent).for_child()
        })
    }

    fn with_data_rights(&self, rights: ObjectRights) -> ObjectRights {
        let all = self.granted.modify_all_data;
        let view = self.granted.view_all_data;
        rights.and_also(ObjectRights {
            create: all,
            read: view,
            edit: all,
            delete: all,
            view_all: view,
            modify_all: all,
            view_all_fields: false,
        })
    }
}

//! The walk from a record to everything that may open it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    Sharing,
    people::{flag, key},
    permissions::ObjectRights,
    rules::{ActivityDefault, ObjectRule, RecordRule},
    standing::Standing,
};
use crate::{
    org::{
        Org, Row,
        id::IdKey,
        table::{id_of, text},
    },
    soql::AccessLevel,
};

/// How far a walk follows parents. Real chains are shorter; a circle of them ends here.
const MAX_STEPS: u8 = 12;

/// The children through which an account becomes readable ("implicit parent").
const OPENS_ACCOUNT: [&str; 3] = ["Opportunity", "Case", "Contact"];

/// What a walk is after, and how far it has come.
#[derive(Clone, Copy)]
pub(super) struct Walk {
    /// The walk ends as soon as it has found this level.
    pub enough: AccessLevel,
    steps_left: u8,
}

impl Walk {
    fn step(self) -> Option<Self> {
        let steps_left = self.steps_left.checked_sub(1)?;
        Some(Self { steps_left, ..self })
    }
}

/// The level found for a record, by what would have been enough.
type KnownLevels = HashMap<(IdKey, AccessLevel), AccessLevel>;

/// Finds one user's access to records.
pub(super) struct Walker<'a> {
    pub sharing: &'a Sharing,
    pub org: &'a Org,
    pub standing: Arc<Standing>,
    /// Answers about parents, which many records share.
    parents: Mutex<KnownLevels>,
}

impl<'a> Walker<'a> {
    pub fn new(sharing: &'a Sharing, org: &'a Org, standing: Arc<Standing>) -> Self {
        Self {
            sharing,
            org,
            standing,
            parents: Mutex::default(),
        }
    }

    /// May the user read the record?
    pub fn reads(&self, rule: &ObjectRule, row: &Row) -> bool {
        let walk = Walk {
            enough: AccessLevel::Read,
            steps_left: MAX_STEPS,
        };
        self.level_by(rule, row, walk) >= AccessLevel::Read
    }

    /// The most that the user may do with the record.
    pub fn level(&self, rule: &ObjectRule, row: &Row) -> AccessLevel {
        let walk = Walk {
            enough: AccessLevel::All,
            steps_left: MAX_STEPS,
        };
        self.level_by(rule, row, walk)
    }

    pub fn level_by(&self, rule: &ObjectRule, row: &Row, walk: Walk) -> AccessLevel {
        let rights = self.standing.rights(self.sharing, rule);
        if !rights.read {
            return AccessLevel::None;
        }
        let by_rights = if rights.modify_all {
            AccessLevel::All
        } else if rights.view_all {
            AccessLevel::Read
        } else {
            AccessLevel::None
        };
        let level = if rule.has_private_records() && flag(row, "IsPrivate") {
            self.private_level(row)
        } else if by_rights >= walk.enough {
            by_rights
        } else {
            by_rights.max(self.shared_level(rule, row, rights, walk))
        };
        level.min(most_with(rights))
    }

    /// A private event or opportunity is its owner's, and View All Data's.
    fn private_level(&self, row: &Row) -> AccessLevel {
        let granted = &self.standing.granted;
        if granted.modify_all_data || self.owns(row) {
            AccessLevel::All
        } else if granted.view_all_data {
            AccessLevel::Read
        } else {
            AccessLevel::None
        }
    }

    fn shared_level(
        &self,
        rule: &ObjectRule,
        row: &Row,
        rights: ObjectRights,
        walk: Walk,
    ) -> AccessLevel {
        match &rule.record {
            RecordRule::Open => AccessLevel::All,
            RecordRule::Shared(default) => self.own_level(rule, *default, row, walk),
            RecordRule::FirstParent(fields) => {
                match fields.iter().find_map(|field| text(row, field)) {
                    Some(parent) => self.parent_level(parent, walk),
                    None => self.owner_or_creator_level(row),
                }
            }
            RecordRule::EveryMaster(fields) => fields
                .iter()
                .filter_map(|field| text(row, field))
                .map(|master| self.parent_level(master, walk))
                .min()
                .unwrap_or_else(|| self.owner_or_creator_level(row)),
            RecordRule::Activity(default) => self.activity_level(*default, row, walk),
            RecordRule::Article => self.article_level(rule, row, rights.edit),
            RecordRule::ArticleHead => self.article_head_level(row),
            RecordRule::File => self.file_level(id_of(row), key(row, "OwnerId"), walk),
            RecordRule::FileVersion => self.file_version_level(row, walk),
            RecordRule::FileLink => self.file_link_level(row, walk),
        }
    }

    /// The access that the record itself says: default, owner, share rows, team, and what is implied.
    fn own_level(
        &self,
        rule: &ObjectRule,
        default: AccessLevel,
        row: &Row,
        walk: Walk,
    ) -> AccessLevel {
        let id = id_of(row);
        let (org, standing) = (self.org, &*self.standing);
        let by_shares = || {
            let shares = rule.shares.as_ref()?;
            Some(shares.level(org, standing, id))
        };
        let by_team = || Some(rule.team.as_ref()?.level(org, standing, id));
        let by_account = || {
            let shares = rule.account_shares.as_ref()?;
            Some(shares.level(org, standing, text(row, "AccountId")?))
        };
        let by_children = || (rule.name == "Account").then(|| self.implicit_parent_level(id, walk));
        let sources: [&dyn Fn() -> Option<AccessLevel>; 5] = [
            &|| Some(self.owner_level(row)),
            &by_shares,
            &by_team,
            &by_account,
            &by_children,
        ];
        let mut level = default;
        for source in sources {
            if level >= walk.enough {
                break;
            }
            level = level.max(source().unwrap_or_default());
        }
        level
    }

    fn owns(&self, row: &Row) -> bool {
        key(row, "OwnerId").is_some_and(|owner| self.standing.is(owner))
    }

    /// The owner, who may be a queue, and those in roles above.
    fn owner_level(&self, row: &Row) -> AccessLevel {
        self.level_for_owner(key(row, "OwnerId"))
    }

    /// As the owner says; where an object has none, whoever created the record stands in.
    fn owner_or_creator_level(&self, row: &Row) -> AccessLevel {
        self.level_for_owner(key(row, "OwnerId").or_else(|| key(row, "CreatedById")))
    }

    fn level_for_owner(&self, owner: Option<IdKey>) -> AccessLevel {
        if owner.is_some_and(|owner| self.standing.reached_by(owner)) {
            AccessLevel::All
        } else {
            AccessLevel::None
        }
    }

    fn implicit_parent_level(&self, account: &str, walk: Walk) -> AccessLevel {
        let Some(walk) = walk.step() else {
            return AccessLevel::None;
        };
        let walk = Walk {
            enough: AccessLevel::Read,
            ..walk
        };
        let opened_by = |object: &str| {
            let rule = self.sharing.rule(self.org, object)?;
            // A child that follows the account cannot open it, unless all such children are open.
            let follows = !matches!(rule.record, RecordRule::Shared(_));
            let opens = |child: &Row| {
                if follows {
                    self.standing.rights(self.sharing, rule).view_all
                } else {
                    self.level_by(rule, child, walk) >= AccessLevel::Read
                }
            };
            let children = self.org.children(object, "AccountId", account);
            Some(children.into_iter().any(opens))
        };
        if OPENS_ACCOUNT
            .iter()
            .any(|object| opened_by(object) == Some(true))
        {
            AccessLevel::Read
        } else {
            AccessLevel::None
        }
    }

    /// As the record that another one belongs to.
    pub fn parent_level(&self, parent_id: &str, walk: Walk) -> AccessLevel {
        let (Some(walk), Some(parent)) = (walk.step(), IdKey::parse(parent_id)) else {
            return AccessLevel::None;
        };
        let known = (parent, walk.enough);
        if let Some(&level) = self.known_parents().get(&known) {
            return level;
        }
        let level = self.level_of_id(parent_id, walk);
        self.known_parents().insert(known, level);
        level
    }

    fn known_parents(&self) -> MutexGuard<'_, KnownLevels> {
        self.parents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The recycle bin counts: a deleted child is asked about together with its deleted parent.
    fn level_of_id(&self, id: &str, walk: Walk) -> AccessLevel {
        let found = || {
            let object = self.org.object_of_id(id)?;
            let rule = self.sharing.rule(self.org, object)?;
            Some((rule, self.org.row_all(object, id)?))
        };
        found().map_or(AccessLevel::None, |(rule, row)| {
            self.level_by(rule, row, walk)
        })
    }

    fn activity_level(&self, default: ActivityDefault, row: &Row, walk: Walk) -> AccessLevel {
        if self.owns(row) {
            return AccessLevel::All;
        }
        let parent = text(row, "WhatId").or_else(|| text(row, "WhoId"));
        let by_parent = || parent.map(|parent| self.parent_level(parent, walk));
        let by_owner = self.owner_level(row);
        match default {
            ActivityDefault::ControlledByParent => by_parent().unwrap_or(by_owner),
            ActivityDefault::Private if by_owner >= walk.enough => by_owner,
            ActivityDefault::Private => {
                let readable = by_parent().unwrap_or_default().min(AccessLevel::Read);
                by_owner.max(readable)
            }
            ActivityDefault::Public(level) => by_owner.max(level),
        }
    }
}

/// The most that permissions let somebody do with a record, whatever sharing says.
fn most_with(rights: ObjectRights) -> AccessLevel {
    if !rights.edit {
        AccessLevel::Read
    } else if !rights.delete {
        AccessLevel::Edit
    } else {
        AccessLevel::All
    }
}

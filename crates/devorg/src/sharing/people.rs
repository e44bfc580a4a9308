//! Users, the role tree, and who reports to whom.

use std::collections::{HashMap, HashSet};

use super::reachable;
use crate::org::{
    Org, Row,
    id::IdKey,
    table::{id_of, text},
};

/// Which side of the door a user stands on, by `User.UserType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UserKind {
    Internal,
    Customer,
    Partner,
    /// Guests, and types that are not known: the least that anybody gets.
    Guest,
}

impl UserKind {
    fn of(user: &Row) -> Self {
        let Some(user_type) = text(user, "UserType") else {
            return Self::Internal;
        };
        match user_type.to_ascii_lowercase().as_str() {
            "standard" | "csnonly" | "cloudintegrationuser" | "automatedprocess" => Self::Internal,
            "powerpartner" => Self::Partner,
            "cspliteportal" | "customersuccess" | "powercustomersuccess" => Self::Customer,
            _ => Self::Guest,
        }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Person {
    pub active: bool,
    pub kind: UserKind,
    pub role: Option<IdKey>,
    pub profile: Option<IdKey>,
    manager: Option<IdKey>,
}

/// All users by id, with the trees that they stand in. Both trees may hold cycles.
#[derive(Default)]
pub(super) struct People {
    users: HashMap<IdKey, Person>,
    in_role: HashMap<IdKey, Vec<IdKey>>,
    reports: HashMap<IdKey, Vec<IdKey>>,
    role_above: HashMap<IdKey, IdKey>,
    roles_below: HashMap<IdKey, Vec<IdKey>>,
}

impl People {
    pub fn new(org: &Org) -> Self {
        let mut people = Self::default();
        for role in org.rows("UserRole") {
            people.add_role(role);
        }
        for user in org.rows("User") {
            people.add_user(user);
        }
        people
    }

    fn add_role(&mut self, row: &Row) {
        if let (Some(role), Some(above)) = (IdKey::parse(id_of(row)), key(row, "ParentRoleId")) {
            self.role_above.insert(role, above);
            self.roles_below.entry(above).or_default().push(role);
        }
    }

    fn add_user(&mut self, row: &Row) {
        let Some(user) = IdKey::parse(id_of(row)) else {
            return;
        };
        let person = Person {
            active: flag(row, "IsActive"),
            kind: UserKind::of(row),
            role: key(row, "UserRoleId"),
            profile: key(row, "ProfileId"),
            manager: key(row, "ManagerId"),
        };
        self.users.insert(user, person);
        if let Some(role) = person.role {
            self.in_role.entry(role).or_default().push(user);
        }
        if let Some(manager) = person.manager {
            self.reports.entry(manager).or_default().push(user);
        }
    }

    pub fn get(&self, user: IdKey) -> Option<&Person> {
        self.users.get(&user)
    }

    /// The users, active or not, whose role is below this user's.
    pub fn below(&self, user: IdKey) -> HashSet<IdKey> {
        let Some(own) = self.get(user).and_then(|person| person.role) else {
            return HashSet::new();
        };
        let mut roles = reachable([own], |role| listed(&self.roles_below, role));
        roles.remove(&own);
        roles
            .into_iter()
            .flat_map(|role| listed(&self.in_role, role))
            .collect()
    }

    /// A role and all roles above it.
    pub fn role_and_above(&self, role: IdKey) -> HashSet<IdKey> {
        reachable([role], |role| self.role_above.get(&role).copied())
    }

    /// The users who report to this one, directly or through others.
    pub fn reports(&self, user: IdKey) -> HashSet<IdKey> {
        let mut reports = reachable([user], |user| listed(&self.reports, user));
        reports.remove(&user);
        reports
    }

    /// This user and all managers above.
    pub fn user_and_managers(&self, user: IdKey) -> HashSet<IdKey> {
        reachable([user], |user| {
            self.get(user).and_then(|person| person.manager)
        })
    }
}

/// The entries under a key, none when there is no such key.
pub(super) fn listed<T: Copy>(index: &HashMap<IdKey, Vec<T>>, key: IdKey) -> Vec<T> {
    index.get(&key).cloned().unwrap_or_default()
}

/// The id in a reference field.
pub(super) fn key(row: &Row, field: &str) -> Option<IdKey> {
    IdKey::parse(text(row, field)?)
}

/// A checkbox; null is unchecked.
pub(super) fn flag(row: &Row, field: &str) -> bool {
    row.get(field).and_then(serde_json::Value::as_bool) == Some(true)
}

//! Public groups, queues and the groups that Salesforce keeps for roles, managers and territories.

use std::collections::{HashMap, HashSet};

use super::{
    people::{People, UserKind, flag, key, listed},
    reachable,
};
use crate::org::{
    Org, Row,
    id::IdKey,
    table::{id_of, text},
};

/// What a group says about the role, user or territory that its `RelatedId` names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Related {
    /// Users in the role, or in the territory.
    Same,
    /// Users in the role or territory and in those below.
    AndSubordinates,
    /// As before, without customers and partners.
    AndSubordinatesInternal,
    /// The user's direct and indirect managers.
    Managers,
    /// The user and the direct and indirect reports, without customers and partners.
    ManagerAndSubordinatesInternal,
}

impl Related {
    fn of(group_type: &str) -> Option<Self> {
        match group_type {
            "Role" | "Territory" => Some(Self::Same),
            "RoleAndSubordinates" | "TerritoryAndSubordinates" => Some(Self::AndSubordinates),
            "RoleAndSubordinatesInternal" => Some(Self::AndSubordinatesInternal),
            "Manager" => Some(Self::Managers),
            "ManagerAndSubordinatesInternal" => Some(Self::ManagerAndSubordinatesInternal),
            _ => None,
        }
    }
}

/// All groups by what makes somebody a member of them.
#[derive(Default)]
pub(super) struct Groups {
    /// User or group → groups that list it. Groups may list each other in a circle.
    listing: HashMap<IdKey, Vec<IdKey>>,
    /// Role, user or territory → groups made for it.
    related: HashMap<IdKey, Vec<(Related, IdKey)>>,
    /// Groups of all users of one kind.
    everybody: Vec<(UserKind, IdKey)>,
    /// Groups whose members' bosses get what is shared with the group (`DoesIncludeBosses`).
    with_bosses: HashSet<IdKey>,
    territories_of: HashMap<IdKey, Vec<IdKey>>,
    territory_above: HashMap<IdKey, IdKey>,
}

impl Groups {
    pub fn new(org: &Org) -> Self {
        let mut groups = Self::default();
        for group in org.rows("Group") {
            groups.add_group(group);
        }
        for row in org.rows("GroupMember") {
            if let (Some(member), Some(group)) = (key(row, "UserOrGroupId"), key(row, "GroupId")) {
                groups.listing.entry(member).or_default().push(group);
            }
        }
        for row in org.rows("UserTerritory2Association") {
            let active = row.get("IsActive").and_then(serde_json::Value::as_bool) != Some(false);
            if let (true, Some(user), Some(territory)) =
                (active, key(row, "UserId"), key(row, "Territory2Id"))
            {
                groups
                    .territories_of
                    .entry(user)
                    .or_default()
                    .push(territory);
            }
        }
        for row in org.rows("Territory2") {
            if let (Some(territory), Some(above)) =
                (IdKey::parse(id_of(row)), key(row, "ParentTerritory2Id"))
            {
                groups.territory_above.insert(territory, above);
            }
        }
        groups
    }

    fn add_group(&mut self, row: &Row) {
        let Some(group) = IdKey::parse(id_of(row)) else {
            return;
        };
        // Queues have the setting as well since Summer '26.
        if flag(row, "DoesIncludeBosses") {
            self.with_bosses.insert(group);
        }
        let group_type = text(row, "Type").unwrap_or("Regular");
        let everybody = match group_type {
            "Organization" => Some(UserKind::Internal),
            "AllCustomerPortal" => Some(UserKind::Customer),
            "PRMOrganization" => Some(UserKind::Partner),
            _ => None,
        };
        self.everybody.extend(everybody.map(|kind| (kind, group)));
        if let (Some(related), Some(to)) = (Related::of(group_type), key(row, "RelatedId")) {
            self.related.entry(to).or_default().push((related, group));
        }
    }

    /// The groups of which at least one of these users is a member, through other groups too.
    pub fn containing(
        &self,
        people: &People,
        users: impl IntoIterator<Item = IdKey>,
    ) -> HashSet<IdKey> {
        let mut direct = HashSet::new();
        for user in users {
            direct.extend(listed(&self.listing, user));
            direct.extend(self.by_relation(people, user));
        }
        reachable(direct, |group| listed(&self.listing, group))
    }

    /// The groups that pass on what is shared with them to the bosses of one of these users.
    pub fn reaching_bosses_of(
        &self,
        people: &People,
        users: &HashSet<IdKey>,
    ) -> impl Iterator<Item = IdKey> {
        self.containing(people, users.iter().copied())
            .into_iter()
            .filter(|group| self.with_bosses.contains(group))
    }

    /// The groups that a user is in by role, reporting line, territory, or for being internal.
    fn by_relation(&self, people: &People, user: IdKey) -> Vec<IdKey> {
        let Some(person) = people.get(user) else {
            return Vec::new();
        };
        let internal = person.kind == UserKind::Internal;
        let of_kind = self.everybody.iter();
        let mut found: Vec<IdKey> = of_kind
            .filter(|(kind, _)| *kind == person.kind)
            .map(|&(_, group)| group)
            .collect();
        if self.related.is_empty() {
            return found;
        }
        if let Some(role) = person.role {
            let trees = people.role_and_above(role);
            found.extend(self.of_tree(role, &trees, internal));
        }
        for territory in listed(&self.territories_of, user) {
            let trees = reachable([territory], |below| {
                self.territory_above.get(&below).copied()
            });
            found.extend(self.of_tree(territory, &trees, internal));
        }
        for report in people.reports(user) {
            found.extend(self.made_for(report, Related::Managers));
        }
        if internal {
            for manager in people.user_and_managers(user) {
                found.extend(self.made_for(manager, Related::ManagerAndSubordinatesInternal));
            }
        }
        found
    }

    /// The groups of a role or territory, and those of everything above which take in what is below.
    fn of_tree(&self, own: IdKey, and_above: &HashSet<IdKey>, internal: bool) -> Vec<IdKey> {
        let mut found: Vec<IdKey> = self.made_for(own, Related::Same).collect();
        for &node in and_above {
            found.extend(self.made_for(node, Related::AndSubordinates));
            if internal {
                found.extend(self.made_for(node, Related::AndSubordinatesInternal));
            }
        }
        found
    }

    fn made_for(&self, related_id: IdKey, relation: Related) -> impl Iterator<Item = IdKey> {
        self.related
            .get(&related_id)
            .into_iter()
            .flatten()
            .filter(move |(made, _)| *made == relation)
            .map(|&(_, group)| group)
    }
}

//! Who stands above whom, who is in which group, who holds which permission set.

use std::collections::{BTreeMap, BTreeSet};

use super::super::world::{Row, World, flag, text};

/// The org's people.
pub struct People {
    /// User → what is granted to whom reaches them.
    reach: BTreeMap<String, BTreeSet<String>>,
}

impl People {
    pub fn of(world: &World) -> Self {
        let members = members(world);
        let users = world.rows("User");
        let reach = users.map(|(user, _)| (user.to_owned(), reach(world, &members, user)));
        Self {
            reach: reach.collect(),
        }
    }

    pub fn reach(&self, user: &str) -> BTreeSet<String> {
        self.reach.get(user).cloned().unwrap_or_default()
    }

    /// The profile, its set, the assigned sets, and those within assigned groups.
    pub fn sets_of(&self, world: &World, user: &str, row: &Row) -> BTreeSet<String> {
        let profile = text(row, "ProfileId").unwrap_or_default();
        let mut sets = BTreeSet::from([profile.to_owned()]);
        let mut groups = BTreeSet::new();
        for (_, assigned) in world.rows("PermissionSetAssignment") {
            if text(assigned, "AssigneeId") == Some(user) {
                sets.extend(text(assigned, "PermissionSetId").map(str::to_owned));
                groups.extend(text(assigned, "PermissionSetGroupId").map(str::to_owned));
            }
        }
        for (id, set) in world.rows("PermissionSet") {
            if text(set, "ProfileId") == Some(profile) {
                sets.insert(id.to_owned());
            }
            if sets.contains(id) {
                groups.extend(text(set, "PermissionSetGroupId").map(str::to_owned));
            }
        }
        for (_, part) in world.rows("PermissionSetGroupComponent") {
            if text(part, "PermissionSetGroupId").is_some_and(|group| groups.contains(group)) {
                sets.extend(text(part, "PermissionSetId").map(str::to_owned));
            }
        }
        sets
    }
}

/// Group → the users in it, through other groups too.
fn members(world: &World) -> BTreeMap<String, BTreeSet<String>> {
    let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (group, row) in world.rows("Group") {
        let users = world.rows("User");
        let by_kind = users.filter(|(user, person)| is_in(world, row, user, person));
        let users = by_kind.map(|(user, _)| user.to_owned()).collect();
        members.insert(group.to_owned(), users);
    }
    loop {
        let mut grown = false;
        for (_, row) in world.rows("GroupMember") {
            let group = text(row, "GroupId").unwrap_or_default();
            let member = text(row, "UserOrGroupId").unwrap_or_default();
            let more = match members.get(member) {
                Some(users) => users.clone(),
                None => BTreeSet::from([member.to_owned()]),
            };
            let group = members.entry(group.to_owned()).or_default();
            let before = group.len();
            group.extend(more);
            grown |= group.len() > before;
        }
        if !grown {
            return members;
        }
    }
}

/// Whether a user is in a group by what the group is for.
fn is_in(world: &World, group: &Row, user: &str, person: &Row) -> bool {
    let internal = text(person, "UserType") == Some("Standard");
    let related = text(group, "RelatedId").unwrap_or_default();
    let role = text(person, "UserRoleId");
    let in_tree = |table: &str, above: &str, own: &str| {
        let mut seen = BTreeSet::new();
        let mut node = Some(own.to_owned());
        while let Some(current) = node.filter(|node| seen.insert(node.clone())) {
            let row = world.row(table, &current);
            node = row.and_then(|row| text(row, above)).map(str::to_owned);
        }
        seen.contains(related)
    };
    let below_role = || role.is_some_and(|role| in_tree("UserRole", "ParentRoleId", role));
    let territories = || {
        let rows = world.rows("UserTerritory2Association").map(|(_, row)| row);
        let mine = rows.filter(|row| text(row, "UserId") == Some(user) && flag(row, "IsActive"));
        mine.filter_map(|row| text(row, "Territory2Id"))
    };
    match text(group, "Type") {
        Some("Role") => role == Some(related),
        Some("RoleAndSubordinates") => below_role(),
        Some("RoleAndSubordinatesInternal") => internal && below_role(),
        Some("Organization") => internal,
        Some("Territory") => territories().any(|own| own == related),
        Some("TerritoryAndSubordinates") => {
            territories().any(|own| in_tree("Territory2", "ParentTerritory2Id", own))
        }
        _ => false,
    }
}

/// The user, their groups, everybody in a role below, and the groups of those that pass on what is
/// shared with them to bosses.
fn reach(
    world: &World,
    members: &BTreeMap<String, BTreeSet<String>>,
    user: &str,
) -> BTreeSet<String> {
    let below = below(world, user);
    let mut reach = BTreeSet::from([user.to_owned()]);
    for (group, row) in world.rows("Group") {
        let Some(users) = members.get(group) else {
            continue;
        };
        let bosses = flag(row, "DoesIncludeBosses") && !users.is_disjoint(&below);
        if users.contains(user) || bosses {
            reach.insert(group.to_owned());
        }
    }
    reach.extend(below);
    reach
}

/// The users in roles below the user's.
fn below(world: &World, user: &str) -> BTreeSet<String> {
    let own = world
        .row("User", user)
        .and_then(|row| text(row, "UserRoleId"));
    let Some(own) = own else {
        return BTreeSet::new();
    };
    let mut roles = BTreeSet::from([own.to_owned()]);
    loop {
        let children = world.rows("UserRole").filter(|(_, row)| {
            text(row, "ParentRoleId").is_some_and(|above| roles.contains(above))
        });
        let grown: BTreeSet<String> = children.map(|(id, _)| id.to_owned()).collect();
        let before = roles.len();
        roles.extend(grown);
        if roles.len() == before {
            break;
        }
    }
    let users = world.rows("User").filter(|(_, row)| {
        text(row, "UserRoleId").is_some_and(|role| role != own && roles.contains(role))
    });
    users.map(|(id, _)| id.to_owned()).collect()
}

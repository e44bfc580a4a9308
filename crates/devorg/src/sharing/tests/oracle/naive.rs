//! Who reads what, by growing sets.

use std::collections::BTreeSet;

use super::world::{Holder, Record, User, World};

type Users = BTreeSet<usize>;

/// The numbers of all records that a user may read.
pub fn readable(world: &World, user: usize) -> BTreeSet<usize> {
    let mut readable = BTreeSet::new();
    if !world.users[user].active {
        return readable;
    }
    loop {
        let before = readable.len();
        for (number, record) in world.records.iter().enumerate() {
            if may_read(world, user, number, record, &readable) {
                readable.insert(number);
            }
        }
        if readable.len() == before {
            return readable;
        }
    }
}

fn may_read(
    world: &World,
    user: usize,
    number: usize,
    record: &Record,
    readable: &BTreeSet<usize>,
) -> bool {
    let sets = || world.users[user].sets.iter().map(|&set| &world.sets[set]);
    if sets().any(|set| set.view_all_data) {
        return true;
    }
    if !reads_object(world, &world.users[user], record.object) {
        return false;
    }
    let owns = matches!(record.owner, Some(Holder::User(owner)) if owner == user);
    if record.private {
        return owns;
    }
    if sets().any(|set| set.objects.get(record.object) == Some(&'v')) {
        return true;
    }
    let first_parent_readable = || {
        record
            .parents
            .first()
            .map(|parent| readable.contains(parent))
    };
    let owned_by_mine = || {
        record
            .owner
            .is_some_and(|owner| audience(world, owner).contains(&user))
    };
    match record.object {
        "Task" | "Event" => {
            let private_default = world.defaults.get("Activity") == Some(&"None");
            owns || first_parent_readable().unwrap_or_else(owned_by_mine)
                || private_default && owned_by_mine()
        }
        "Contact" if world.defaults["Contact"] == "ControlledByParent" => match record.account {
            Some(account) => readable.contains(&account),
            None => owned_by_mine(),
        },
        object if super::world::OWNED.contains(&object) => {
            world.defaults[object] == "Read"
                || owned_by_mine()
                || was_given(world, user, number, record)
                || object == "Account" && opened_by_child(world, number, readable)
        }
        _ => record
            .parents
            .iter()
            .all(|parent| readable.contains(parent)),
    }
}

fn reads_object(world: &World, user: &User, object: &str) -> bool {
    let mentioned = |object: &str| {
        world
            .sets
            .iter()
            .any(|set| set.objects.contains_key(object))
    };
    let has = |object: &str| {
        user.sets
            .iter()
            .any(|&set| world.sets[set].objects.contains_key(object))
    };
    if world.sets.is_empty() {
        return true;
    }
    match object {
        "CaseComment" if mentioned("CaseComment") => has("CaseComment"),
        "CaseComment" | "CaseArticle" | "EmailMessage" => has("Case"),
        "OpportunityLineItem" | "OpportunityContactRole" => has("Opportunity"),
        "Task" if !mentioned("Task") => true,
        "Event" => true,
        object => has(object),
    }
}

fn was_given(world: &World, user: usize, number: usize, record: &Record) -> bool {
    world.grants.iter().any(|grant| {
        let this = grant.record == number
            || grant.below == Some(record.object) && record.account == Some(grant.record);
        this && audience(world, grant.to).contains(&user)
    })
}

fn opened_by_child(world: &World, account: usize, readable: &BTreeSet<usize>) -> bool {
    readable.iter().any(|&child| {
        let child = &world.records[child];
        child.account == Some(account) && matches!(child.object, "Contact" | "Opportunity" | "Case")
    })
}

/// Everybody whom a grant to this user or group reaches.
fn audience(world: &World, holder: Holder) -> Users {
    match holder {
        Holder::User(user) => {
            let mut reached = bosses(world, user);
            reached.insert(user);
            reached
        }
        Holder::Group(group) => {
            let mut reached = members(world, group);
            if world.groups[group].bosses {
                for member in reached.clone() {
                    reached.extend(bosses(world, member));
                }
            }
            reached
        }
    }
}

/// The users in roles above a user's.
fn bosses(world: &World, user: usize) -> Users {
    let Some(own) = world.users[user].role else {
        return Users::new();
    };
    let mut above = roles_from(world, own);
    above.remove(&own);
    (0..world.users.len())
        .filter(|&boss| {
            world.users[boss]
                .role
                .is_some_and(|role| above.contains(&role))
        })
        .collect()
}

/// A role and what lies above it.
fn roles_from(world: &World, role: usize) -> BTreeSet<usize> {
    let mut roles = BTreeSet::from([role]);
    for _ in 0..world.roles.len() {
        let above: Vec<usize> = roles.iter().filter_map(|&role| world.roles[role]).collect();
        roles.extend(above);
    }
    roles
}

/// A user and the managers above.
fn managers_from(world: &World, user: usize) -> Users {
    let mut users = Users::from([user]);
    for _ in 0..world.users.len() {
        let above: Vec<usize> = users
            .iter()
            .filter_map(|&user| world.users[user].manager)
            .collect();
        users.extend(above);
    }
    users
}

fn members(world: &World, group: usize) -> Users {
    let mut groups = BTreeSet::from([group]);
    let mut found = Users::new();
    for _ in 0..world.groups.len() {
        for group in groups.clone() {
            for member in &world.groups[group].members {
                match *member {
                    Holder::User(user) => drop(found.insert(user)),
                    Holder::Group(inner) => drop(groups.insert(inner)),
                }
            }
        }
    }
    for group in groups {
        let all = 0..world.users.len();
        found.extend(all.filter(|&user| made_for(world, group, user)));
    }
    found
}

/// Is the user in a group by role, reporting line, or for being internal?
fn made_for(world: &World, group: usize, user: usize) -> bool {
    let (group, person) = (&world.groups[group], &world.users[user]);
    let below_role = || {
        person
            .role
            .is_some_and(|role| roles_from(world, role).contains(&group.related))
    };
    match group.kind {
        "Organization" => person.internal,
        "Role" => person.role == Some(group.related),
        "RoleAndSubordinates" => below_role(),
        "RoleAndSubordinatesInternal" => person.internal && below_role(),
        "Manager" => user != group.related && managers_from(world, group.related).contains(&user),
        "ManagerAndSubordinatesInternal" => {
            person.internal && managers_from(world, user).contains(&group.related)
        }
        _ => false,
    }
}

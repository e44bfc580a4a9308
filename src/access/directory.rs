//! Who is above whom and in which group: the tables from which sharing reaches a user, as of a short
//! while ago. Everybody's reach is worked out from the same copy, so that a new viewer costs no call.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{ObjectName, RecordId};
use salesforce::{Client, Error, Record, Soql};

use super::Kind;
use super::permissions::{field, object};

/// The people, groups and territories of an org.
#[derive(Default)]
pub(super) struct Directory {
    users: HashMap<RecordId, Person>,
    users_in_role: HashMap<RecordId, Vec<RecordId>>,
    reports: HashMap<RecordId, Vec<RecordId>>,
    role_above: HashMap<RecordId, RecordId>,
    roles_below: HashMap<RecordId, Vec<RecordId>>,
    groups: HashMap<RecordId, Group>,
    /// A user or a group → the groups that list it.
    listing: HashMap<RecordId, Vec<RecordId>>,
    territories_of: HashMap<RecordId, Vec<RecordId>>,
    territory_above: HashMap<RecordId, RecordId>,
}

struct Person {
    role: Option<RecordId>,
    manager: Option<RecordId>,
    is_internal: bool,
}

struct Group {
    members: Members,
    /// The role, user or territory that it is made for.
    of: Option<RecordId>,
    /// `DoesIncludeBosses`: what is shared with it reaches those above its members.
    reaches_above: bool,
}

/// Who belongs to a group beside those whom it lists (`Group.Type`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Members {
    Listed,
    /// The company's own people.
    Organization,
    /// Of the role or territory.
    Role,
    RoleAndSubordinates,
    RoleAndSubordinatesInternal,
    Managers,
    ManagerAndSubordinates,
}

impl Members {
    fn of(group_type: &str) -> Self {
        match group_type {
            "Organization" => Self::Organization,
            "Role" | "Territory" => Self::Role,
            "RoleAndSubordinates" | "TerritoryAndSubordinates" => Self::RoleAndSubordinates,
            "RoleAndSubordinatesInternal" => Self::RoleAndSubordinatesInternal,
            "Manager" => Self::Managers,
            "ManagerAndSubordinatesInternal" => Self::ManagerAndSubordinates,
            // Regular groups, queues, and what is not known: those whom it lists.
            _ => Self::Listed,
        }
    }
}

impl Directory {
    /// Reads the tables; a few calls, one for each 2,000 rows.
    ///
    /// # Errors
    /// When Salesforce cannot be asked, or does not show precis its users, roles or groups.
    pub async fn read(salesforce: &Client) -> Result<Self, Error> {
        let mut directory = Self::default();
        let users = ["Id", "UserRoleId", "ManagerId", "UserType"];
        for row in rows(salesforce, "User", &users).await? {
            directory.add_user(&row);
        }
        for row in rows(salesforce, "UserRole", &["Id", "ParentRoleId"]).await? {
            if let (Some(role), Some(above)) = (row.id(), row.record_id("ParentRoleId")) {
                directory.role_above.insert(role, above);
                directory.roles_below.entry(above).or_default().push(role);
            }
        }
        let groups = ["Id", "Type", "RelatedId", "DoesIncludeBosses"];
        for row in rows(salesforce, "Group", &groups).await? {
            directory.add_group(&row);
        }
        for row in rows(salesforce, "GroupMember", &["GroupId", "UserOrGroupId"]).await? {
            let (group, member) = (row.record_id("GroupId"), row.record_id("UserOrGroupId"));
            if let (Some(group), Some(member)) = (group, member) {
                directory.listing.entry(member).or_default().push(group);
            }
        }
        directory.read_territories(salesforce).await?;
        Ok(directory)
    }

    /// Most orgs have no territories, and then no such objects.
    async fn read_territories(&mut self, salesforce: &Client) -> Result<(), Error> {
        let association = object("UserTerritory2Association");
        match salesforce.describe(&association).await {
            Ok(_) => {}
            Err(Error::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
        let columns = ["UserId", "Territory2Id", "IsActive"];
        for row in rows(salesforce, "UserTerritory2Association", &columns).await? {
            let (user, territory) = (row.record_id("UserId"), row.record_id("Territory2Id"));
            if let (Some(user), Some(territory)) = (user, territory)
                && row.bool("IsActive") != Some(false)
            {
                self.territories_of.entry(user).or_default().push(territory);
            }
        }
        for row in rows(salesforce, "Territory2", &["Id", "ParentTerritory2Id"]).await? {
            if let (Some(territory), Some(above)) = (row.id(), row.record_id("ParentTerritory2Id"))
            {
                self.territory_above.insert(territory, above);
            }
        }
        Ok(())
    }

    fn add_user(&mut self, row: &Record) {
        let Some(user) = row.id() else { return };
        let person = Person {
            role: row.record_id("UserRoleId"),
            manager: row.record_id("ManagerId"),
            is_internal: Kind::of(row.text("UserType")) == Kind::Internal,
        };
        if let Some(role) = person.role {
            self.users_in_role.entry(role).or_default().push(user);
        }
        if let Some(manager) = person.manager {
            self.reports.entry(manager).or_default().push(user);
        }
        self.users.insert(user, person);
    }

    fn add_group(&mut self, row: &Record) {
        let Some(id) = row.id() else { return };
        let group = Group {
            members: Members::of(row.text("Type").unwrap_or_default()),
            of: row.record_id("RelatedId"),
            reaches_above: row.bool("DoesIncludeBosses") == Some(true),
        };
        self.groups.insert(id, group);
    }

    /// The users and groups with whom a record has to be shared for this user to read it: the user,
    /// their groups, the users in roles below, and of these users' groups those that reach above.
    /// Territories count by the groups that Salesforce keeps for them.
    pub fn reach(&self, user: RecordId) -> BTreeSet<RecordId> {
        let below = self.below(user);
        let made = self.groups_by_relation();
        let mut reach = self.groups_of(&made, below.iter().copied());
        reach.retain(|group| {
            let group = self.groups.get(group);
            group.is_some_and(|group| group.reaches_above)
        });
        reach.extend(self.groups_of(&made, [user]));
        reach.extend(below);
        reach.insert(user);
        reach
    }

    /// Users, active or not, whose role is below this user's.
    fn below(&self, user: RecordId) -> BTreeSet<RecordId> {
        let Some(own) = self.users.get(&user).and_then(|person| person.role) else {
            return BTreeSet::new();
        };
        let mut roles = closure([own], |role| listed(&self.roles_below, role).to_vec());
        roles.remove(&own);
        let users = roles
            .iter()
            .flat_map(|role| listed(&self.users_in_role, *role));
        users.copied().collect()
    }

    /// Groups by the role, user or territory that they are made for.
    fn groups_by_relation(&self) -> BTreeMap<RecordId, Vec<RecordId>> {
        let mut made: BTreeMap<RecordId, Vec<RecordId>> = BTreeMap::new();
        for (id, group) in &self.groups {
            if let Some(of) = group.of {
                made.entry(of).or_default().push(*id);
            }
        }
        made
    }

    /// The groups that one of the users is in, through other groups too.
    fn groups_of(
        &self,
        made: &BTreeMap<RecordId, Vec<RecordId>>,
        users: impl IntoIterator<Item = RecordId>,
    ) -> BTreeSet<RecordId> {
        let mut direct = BTreeSet::new();
        for user in users {
            direct.extend(listed(&self.listing, user));
            self.add_by_relation(made, user, &mut direct);
        }
        closure(direct, |group| listed(&self.listing, group).to_vec())
    }

    /// The groups that a user is in by role, by reporting line, or for being one of the company's
    /// people.
    fn add_by_relation(
        &self,
        made: &BTreeMap<RecordId, Vec<RecordId>>,
        user: RecordId,
        found: &mut BTreeSet<RecordId>,
    ) {
        let Some(person) = self.users.get(&user) else {
            return;
        };
        let mut add = |of: RecordId, kinds: &[Members]| {
            for id in made.get(&of).into_iter().flatten() {
                let is_such = |group: &Group| kinds.contains(&group.members);
                if self.groups.get(id).is_some_and(is_such) {
                    found.insert(*id);
                }
            }
        };
        let mut with_those_below = vec![Members::RoleAndSubordinates];
        if person.is_internal {
            with_those_below.push(Members::RoleAndSubordinatesInternal);
        }
        let places = listed(&self.territories_of, user).iter().copied();
        for place in places.chain(person.role) {
            add(place, &[Members::Role]);
            let above = |at: RecordId| {
                let role = self
                    .role_above
                    .get(&at)
                    .or_else(|| self.territory_above.get(&at));
                role.copied().into_iter().collect()
            };
            for at in closure([place], above) {
                add(at, &with_those_below);
            }
        }
        for report in closure([user], |at| listed(&self.reports, at).to_vec()) {
            if report != user {
                add(report, &[Members::Managers]);
            }
        }
        if person.is_internal {
            let manager = |at: RecordId| self.users.get(&at).and_then(|person| person.manager);
            for at in closure([user], |at| manager(at).into_iter().collect()) {
                add(at, &[Members::ManagerAndSubordinates]);
            }
            let everybody = self.groups.iter();
            let everybody = everybody.filter(|(_, g)| g.members == Members::Organization);
            found.extend(everybody.map(|(id, _)| *id));
        }
    }
}

/// What can be reached by any number of steps, the beginnings with it. Circles are walked once.
fn closure(
    beginnings: impl IntoIterator<Item = RecordId>,
    step: impl Fn(RecordId) -> Vec<RecordId>,
) -> BTreeSet<RecordId> {
    let mut found = BTreeSet::new();
    let mut open: Vec<RecordId> = beginnings.into_iter().collect();
    while let Some(at) = open.pop() {
        if found.insert(at) {
            open.extend(step(at));
        }
    }
    found
}

fn listed(lists: &HashMap<RecordId, Vec<RecordId>>, of: RecordId) -> &[RecordId] {
    lists.get(&of).map_or(&[], Vec::as_slice)
}

async fn rows(
    salesforce: &Client,
    from: &'static str,
    columns: &[&'static str],
) -> Result<Vec<Record>, Error> {
    let name: ObjectName = object(from);
    let soql = Soql::select(columns.iter().copied().map(field)).from(&name);
    salesforce.query_all_rows(&soql).await
}

//! Users, roles, groups in groups, queues, territories.

use serde_json::{Value, json};

use super::{INTEGRATION, Maker};

impl Maker {
    pub(super) fn people(&mut self) {
        self.roles();
        self.profiles_and_users();
        self.territories();
        self.groups_of_roles();
        self.public_groups();
        self.queues();
    }

    fn roles(&mut self) {
        for number in 0..self.random.usize(2..9) {
            let roles = self.roles.clone();
            let above = self.pick(&roles).cloned();
            // Some trees have several roots.
            let above = if self.one_in(6) { None } else { above };
            let role = json!({"Name": format!("Role {number}"), "ParentRoleId": above});
            let role = self.world.add("UserRole", "00E", role);
            self.roles.push(role);
        }
    }

    fn profiles_and_users(&mut self) {
        for kind in [
            "Standard",
            "Standard",
            "Standard",
            "PowerCustomerSuccess",
            "PowerPartner",
        ] {
            let profile = json!({"Name": format!("Profile {kind}"), "UserType": kind});
            self.world.add("Profile", "00e", profile);
        }
        let profiles = self.world.ids("Profile");
        self.new_user(0, &profiles[0], "Standard", None);
        for number in 1..self.random.usize(6..20) {
            let (profile, kind) = match self.random.usize(..8) {
                0 => (&profiles[3], "PowerCustomerSuccess"),
                1 => (&profiles[4], "PowerPartner"),
                n => (&profiles[n % 3], "Standard"),
            };
            let roles = self.roles.clone();
            let role = self.pick(&roles).cloned();
            let role = if self.one_in(5) { None } else { role };
            self.new_user(number, profile, kind, role);
        }
    }

    fn new_user(&mut self, number: usize, profile: &str, kind: &str, role: Option<String>) {
        let username = match number {
            0 => INTEGRATION.to_owned(),
            _ => format!("user{number}@zz.example"),
        };
        let active = number < 3 || !self.one_in(8);
        let language = if self.one_in(3) { "de" } else { "en_US" };
        let user = json!({"Username": username, "Email": username, "LastName": format!("Person{number}"),
            "FirstName": "Sample", "Name": format!("Sample Person{number}"), "Alias": format!("p{number}"),
            "IsActive": active, "UserType": kind, "ProfileId": profile, "UserRoleId": role,
            "LanguageLocaleKey": language});
        let user = self.world.add("User", "005", user);
        self.users.push(user);
    }

    fn territories(&mut self) {
        let north = self
            .world
            .add("Territory2", "0MI", json!({"Name": "North"}));
        let far = json!({"Name": "Far north", "ParentTerritory2Id": north});
        let far = self.world.add("Territory2", "0MI", far);
        for territory in [&north, &far] {
            let user = self.user();
            let active = !self.one_in(4);
            let member = json!({"UserId": user, "Territory2Id": territory, "IsActive": active});
            self.world.add("UserTerritory2Association", "0MU", member);
            for kind in ["Territory", "TerritoryAndSubordinates"] {
                self.new_group(kind, "T", Some(territory));
            }
        }
    }

    fn new_group(&mut self, kind: &str, name: &str, related: Option<&String>) -> String {
        let bosses = self.random.bool();
        let number = self.groups.len() + self.queues.len();
        let group = json!({"Name": format!("{name} {number}"), "DeveloperName": format!("{name}_{number}"),
            "Type": kind, "RelatedId": related, "DoesIncludeBosses": bosses});
        let group = self.world.add("Group", "00G", group);
        match kind {
            "Queue" => self.queues.push(group.clone()),
            _ => self.groups.push(group.clone()),
        }
        group
    }

    fn groups_of_roles(&mut self) {
        for role in self.roles.clone() {
            for kind in ["Role", "RoleAndSubordinates", "RoleAndSubordinatesInternal"] {
                self.new_group(kind, "R", Some(&role));
            }
        }
        self.new_group("Organization", "O", None);
    }

    /// Groups list users, groups of roles, and each other, in circles too.
    fn public_groups(&mut self) {
        let regular: Vec<String> = (0..self.random.usize(2..7))
            .map(|_| self.new_group("Regular", "G", None))
            .collect();
        for group in &regular {
            for _ in 0..self.random.usize(..4) {
                let member = match self.random.usize(..8) {
                    0..4 => self.user(),
                    4..7 => self.pick(&regular).cloned().unwrap_or_default(),
                    _ => self.group(),
                };
                self.new_member(group, &member);
            }
        }
    }

    fn queues(&mut self) {
        for _ in 0..self.random.usize(1..4) {
            let queue = self.new_group("Queue", "Q", None);
            for object in ["Case", "Lead"] {
                let served = json!({"QueueId": queue, "SobjectType": object});
                self.world.add("QueueSobject", "03g", served);
            }
            for _ in 0..self.random.usize(1..4) {
                let member = if self.one_in(3) {
                    self.group()
                } else {
                    self.user()
                };
                self.new_member(&queue, &member);
            }
        }
    }

    pub(super) fn group(&mut self) -> String {
        let groups = self.groups.clone();
        self.pick(&groups).cloned().expect("an org has groups")
    }

    fn new_member(&mut self, group: &str, member: &str) {
        let fields: Value = json!({"GroupId": group, "UserOrGroupId": member});
        self.world.add("GroupMember", "011", fields);
    }
}

//! A random org, as plain numbers: what the naive rules read, and what is written as a folder.

mod write;

use std::collections::BTreeMap;

/// A user or a group, by number.
#[derive(Clone, Copy, Debug)]
pub enum Holder {
    User(usize),
    Group(usize),
}

#[derive(Debug)]
pub struct User {
    pub active: bool,
    pub internal: bool,
    pub role: Option<usize>,
    pub manager: Option<usize>,
    pub sets: Vec<usize>,
}

#[derive(Debug)]
pub struct Group {
    pub kind: &'static str,
    pub related: usize,
    pub bosses: bool,
    pub members: Vec<Holder>,
}

/// A permission set: `r`ead or `v`iew all, by object.
#[derive(Debug)]
pub struct Set {
    pub view_all_data: bool,
    pub objects: BTreeMap<&'static str, char>,
}

/// A record with the numbers of those that it points at.
#[derive(Debug, Default)]
pub struct Record {
    pub object: &'static str,
    pub owner: Option<Holder>,
    pub account: Option<usize>,
    pub parents: Vec<usize>,
    pub private: bool,
}

/// Somebody was given a record, or, with `below`, an account's records of that object.
#[derive(Debug)]
pub struct Grant {
    pub record: usize,
    pub to: Holder,
    pub below: Option<&'static str>,
    pub team: bool,
}

#[derive(Debug, Default)]
pub struct World {
    /// Role → the role above it; circles happen.
    pub roles: Vec<Option<usize>>,
    pub users: Vec<User>,
    pub groups: Vec<Group>,
    pub sets: Vec<Set>,
    pub defaults: BTreeMap<&'static str, &'static str>,
    pub records: Vec<Record>,
    pub grants: Vec<Grant>,
}

pub const OWNED: [&str; 5] = ["Account", "Contact", "Opportunity", "Case", "Deal__c"];
const KINDS: [&str; 8] = [
    "Regular",
    "Regular",
    "Queue",
    "Role",
    "RoleAndSubordinates",
    "RoleAndSubordinatesInternal",
    "Manager",
    "ManagerAndSubordinatesInternal",
];

pub fn user_name(number: usize) -> String {
    format!("u{number}")
}

pub fn record_name(number: usize) -> String {
    format!("r{number}")
}

/// A small generator of numbers (SplitMix64); tests need no better one.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % limit as u64).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn maybe(&mut self, percent: usize, limit: usize) -> Option<usize> {
        let pick = self.below(limit);
        self.chance(percent).then_some(pick)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

impl World {
    pub fn random(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut world = Self::default();
        world.add_people(&mut dice);
        world.add_defaults(&mut dice);
        world.add_sets(&mut dice);
        world.add_records(&mut dice);
        world.add_grants(&mut dice);
        world
    }

    fn add_people(&mut self, dice: &mut Dice) {
        let (roles, users, groups) = (5, 9, 6);
        self.roles = (0..roles).map(|_| dice.maybe(70, roles)).collect();
        for _ in 0..users {
            self.users.push(User {
                active: dice.chance(90),
                internal: dice.chance(85),
                role: dice.maybe(85, roles),
                manager: dice.maybe(60, users),
                sets: Vec::new(),
            });
        }
        for _ in 0..groups {
            let kind = dice.pick(&KINDS);
            let related = dice.below(if kind.starts_with("Role") {
                roles
            } else {
                users
            });
            let listed = if matches!(kind, "Regular" | "Queue") {
                3
            } else {
                0
            };
            let members = (0..dice.below(listed + 1)).map(|_| {
                if dice.chance(60) {
                    Holder::User(dice.below(users))
                } else {
                    Holder::Group(dice.below(groups))
                }
            });
            let members = members.collect();
            self.groups.push(Group {
                kind,
                related,
                bosses: dice.chance(40),
                members,
            });
        }
        if dice.chance(30) {
            self.groups.push(Group {
                kind: "Organization",
                related: 0,
                bosses: false,
                members: Vec::new(),
            });
        }
    }

    fn add_defaults(&mut self, dice: &mut Dice) {
        for object in OWNED {
            let public = dice.chance(15);
            self.defaults
                .insert(object, if public { "Read" } else { "None" });
        }
        if dice.chance(50) {
            self.defaults.insert("Contact", "ControlledByParent");
        }
        if dice.chance(40) {
            self.defaults.insert("Activity", "None");
        }
    }

    /// Half of the worlds have no permission sets.
    fn add_sets(&mut self, dice: &mut Dice) {
        if dice.chance(50) {
            return;
        }
        let objects = [
            "Account",
            "Contact",
            "Opportunity",
            "Case",
            "Deal__c",
            "Line__c",
            "SubLine__c",
            "Contract",
            "Task",
            "CaseComment",
        ];
        for number in 0..3 {
            let mut set = Set {
                view_all_data: number == 0 && dice.chance(30),
                objects: BTreeMap::new(),
            };
            for object in objects {
                if dice.chance(70) {
                    let right = if dice.chance(15) { 'v' } else { 'r' };
                    set.objects.insert(object, right);
                }
            }
            self.sets.push(set);
        }
        for user in &mut self.users {
            user.sets = (0..3).filter(|_| dice.chance(50)).collect();
        }
    }

    fn add_records(&mut self, dice: &mut Dice) {
        for object in OWNED {
            for _ in 0..5 {
                self.add_owned(object, dice);
            }
        }
        for _ in 0..4 {
            let account = self.of(&["Account"], dice);
            self.add_child("Contract", vec![account]);
            for (child, parents) in [
                ("CaseComment", &["Case"][..]),
                ("CaseArticle", &["Case"]),
                ("EmailMessage", &["Case", "Opportunity", "Account"]),
                ("OpportunityLineItem", &["Opportunity"]),
                ("OpportunityContactRole", &["Opportunity"]),
            ] {
                let parent = self.of(parents, dice);
                self.add_child(child, vec![parent]);
            }
            let mut masters = vec![self.of(&["Deal__c"], dice)];
            if dice.chance(50) {
                masters.push(self.of(&["Account"], dice));
            }
            self.add_child("Line__c", masters);
            let line = self.of(&["Line__c"], dice);
            self.add_child("SubLine__c", vec![line]);
            self.add_activity("Task", dice);
            self.add_activity("Event", dice);
        }
    }

    /// The number of some record of one of these objects.
    fn of(&self, objects: &[&str], dice: &mut Dice) -> usize {
        let object = dice.pick(objects);
        let candidates: Vec<usize> = (0..self.records.len())
            .filter(|&number| self.records[number].object == object)
            .collect();
        dice.pick(&candidates)
    }

    fn add_owned(&mut self, object: &'static str, dice: &mut Dice) {
        let below_account = matches!(object, "Contact" | "Opportunity" | "Case");
        let account = (below_account && dice.chance(80)).then(|| self.of(&["Account"], dice));
        let queue = matches!(object, "Case" | "Deal__c") && dice.chance(25);
        let owner = if queue {
            Holder::Group(dice.below(self.groups.len()))
        } else {
            Holder::User(dice.below(self.users.len()))
        };
        self.records.push(Record {
            object,
            owner: Some(owner),
            account,
            private: object == "Opportunity" && dice.chance(20),
            parents: Vec::new(),
        });
    }

    fn add_child(&mut self, object: &'static str, parents: Vec<usize>) {
        self.records.push(Record {
            object,
            parents,
            ..Record::default()
        });
    }

    /// The first parent is what the activity is about, or else the contact.
    fn add_activity(&mut self, object: &'static str, dice: &mut Dice) {
        let mut parents = Vec::new();
        if dice.chance(60) {
            parents.push(self.of(&["Case", "Account", "Opportunity", "Deal__c"], dice));
        }
        if dice.chance(60) {
            parents.push(self.of(&["Contact"], dice));
        }
        self.records.push(Record {
            object,
            owner: Some(Holder::User(dice.below(self.users.len()))),
            account: None,
            parents,
            private: object == "Event" && dice.chance(25),
        });
    }

    fn add_grants(&mut self, dice: &mut Dice) {
        for _ in 0..12 {
            let record = self.of(&OWNED, dice);
            let object = self.records[record].object;
            let contact_follows = self.defaults["Contact"] == "ControlledByParent";
            if object == "Contact" && contact_follows {
                continue;
            }
            let team = matches!(object, "Account" | "Opportunity" | "Case") && dice.chance(30);
            let to = if team || dice.chance(40) {
                Holder::User(dice.below(self.users.len()))
            } else {
                Holder::Group(dice.below(self.groups.len()))
            };
            let below = (object == "Account" && !team && dice.chance(50))
                .then(|| dice.pick(&["Case", "Opportunity"]));
            self.grants.push(Grant {
                record,
                to,
                below,
                team,
            });
        }
    }
}

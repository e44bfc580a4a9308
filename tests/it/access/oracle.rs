//! Who may read what, by Salesforce's rules, told once more and plainly: from the rows of an org, by
//! growing the set of what one user reads until nothing is added. It shares nothing with precis, and
//! nothing with the org in a box.

mod articles;
mod people;

use std::collections::{BTreeMap, BTreeSet};

use super::words::{NUMBERS, SEARCHED};
use super::world::{Row, World, flag, plain, text};
use people::People;

/// What is never hidden by field-level security.
const NEVER_HIDDEN: [(&str, &str); 22] = [
    ("Account", "Name"),
    ("Case", "CaseNumber"),
    ("Contact", "FirstName"),
    ("Contact", "LastName"),
    ("Contact", "Name"),
    ("Contract", "AccountId"),
    ("Contract", "ContractNumber"),
    ("Gadget__c", "Name"),
    ("Knowledge__kav", "ArticleNumber"),
    ("Knowledge__kav", "KnowledgeArticleId"),
    ("Knowledge__kav", "Title"),
    ("Knowledge__kav", "UrlName"),
    ("Lead", "Company"),
    ("Lead", "FirstName"),
    ("Lead", "LastName"),
    ("Lead", "Name"),
    ("Opportunity", "Name"),
    ("OpportunityLineItem", "OpportunityId"),
    ("OpportunityContactRole", "OpportunityId"),
    ("OpportunityContactRole", "ContactId"),
    ("Part__c", "Account__c"),
    ("Part__c", "Name"),
];
/// Children that follow their parent's object permission, and its records; and by which field.
const CHILDREN: [(&str, &str, &str); 6] = [
    ("CaseComment", "Case", "ParentId"),
    ("EmailMessage", "Case", "ParentId"),
    ("CaseArticle", "Case", "CaseId"),
    ("OpportunityLineItem", "Opportunity", "OpportunityId"),
    ("OpportunityContactRole", "Opportunity", "OpportunityId"),
    (
        "Knowledge__DataCategorySelection",
        "Knowledge__kav",
        "ParentId",
    ),
];
/// Objects with owners and share rows: the table, the field that names the record, that of the level.
const SHARED: [(&str, &str, &str, &str); 6] = [
    ("Account", "AccountShare", "AccountId", "AccountAccessLevel"),
    ("Case", "CaseShare", "CaseId", "CaseAccessLevel"),
    ("Contact", "ContactShare", "ContactId", "ContactAccessLevel"),
    ("Lead", "LeadShare", "LeadId", "LeadAccessLevel"),
    (
        "Opportunity",
        "OpportunityShare",
        "OpportunityId",
        "OpportunityAccessLevel",
    ),
    ("Gadget__c", "Gadget__Share", "ParentId", "AccessLevel"),
];
/// Objects of which nobody needs a permission where the org has no row about them.
const UNGOVERNED: [&str; 2] = ["Task", "Event"];
/// Documents, in the order in which what they depend on comes first.
pub const DOCUMENTS: [&str; 11] = [
    "Account",
    "Contact",
    "Case",
    "Opportunity",
    "Contract",
    "Lead",
    "Gadget__c",
    "Part__c",
    "Knowledge__kav",
    "Task",
    "Event",
];

/// What one user may read.
pub struct Sight {
    pub active: bool,
    channel: &'static str,
    /// Record id → object.
    pub records: BTreeMap<String, String>,
    objects: BTreeSet<String>,
    /// `Object.Field`, of those that need a permission.
    fields: BTreeSet<String>,
    /// Objects whose fields need no permission.
    unsecured: BTreeSet<String>,
}

impl Sight {
    /// The flag that an article needs to be in the user's channel.
    pub fn channel(&self) -> &'static str {
        self.channel
    }

    pub fn reads(&self, record: &str) -> bool {
        self.records.contains_key(record)
    }

    pub fn reads_object(&self, object: &str) -> bool {
        self.objects.contains(object)
    }

    pub fn reads_field(&self, object: &str, field: &str) -> bool {
        let system = [
            "Id",
            "OwnerId",
            "CreatedById",
            "LastModifiedById",
            "IsClosed",
            "PublishStatus",
        ];
        let open = system.contains(&field)
            || NEVER_HIDDEN.contains(&(object, field))
            || (object == "Opportunity" && ["StageName", "CloseDate"].contains(&field))
            || (object == "Knowledge__kav" && !["Summary", "Answer__c"].contains(&field))
            || CHILDREN.contains(&(object, "Case", field));
        self.reads_object(object)
            && (open
                || self.unsecured.contains(object)
                || self.fields.contains(&format!("{object}.{field}")))
    }

    /// Whether a field's text of a record may be shown.
    pub fn reads_text(&self, object: &str, record: &str, field: &str) -> bool {
        self.reads(record) && self.reads_field(object, field)
    }

    /// The documents that may be found.
    pub fn documents(&self, world: &World) -> BTreeSet<String> {
        let records = self.records.iter();
        records
            .filter(|(_, object)| DOCUMENTS.contains(&object.as_str()))
            .filter(|(id, object)| is_document(world, object, id))
            .map(|(id, _)| id.clone())
            .collect()
    }
}

/// Only online articles are documents.
pub fn is_document(world: &World, object: &str, id: &str) -> bool {
    let online = |row: &Row| text(row, "PublishStatus") == Some("Online");
    object != "Knowledge__kav" || world.row(object, id).is_some_and(online)
}

/// The document that a record is part of.
pub fn document_of(world: &World, object: &str, record: &str) -> Option<String> {
    let child = CHILDREN.iter().find(|(child, _, _)| *child == object);
    let Some((_, _, field)) = child else {
        return Some(record.to_owned());
    };
    Some(text(world.row(object, record)?, field)?.to_owned())
}

/// A text that may be searched for.
pub struct Text {
    pub document: String,
    /// The record in which it stands, and its object: the document's own, or one of its parts.
    pub record: String,
    pub object: String,
    pub field: String,
    pub text: String,
}

/// Every text of the org that may be searched for.
pub fn texts(world: &World) -> Vec<Text> {
    let mut texts = Vec::new();
    for (object, field) in SEARCHED.iter().chain(&NUMBERS) {
        for (record, row) in world.rows(object) {
            let document = document_of(world, object, record);
            if let (Some(value), Some(document)) = (row.get(*field), document) {
                texts.push(Text {
                    document,
                    record: record.to_owned(),
                    object: (*object).to_owned(),
                    field: (*field).to_owned(),
                    text: plain(value),
                });
            }
        }
    }
    texts
}

/// What each user may read, by username.
pub fn sights(world: &World) -> BTreeMap<String, Sight> {
    let people = People::of(world);
    let users = world.rows("User");
    users
        .map(|(id, row)| {
            let username = text(row, "Username").unwrap_or_default().to_owned();
            (username, Reader::new(world, &people, id, row).sight())
        })
        .collect()
}

/// One user, and what is known of them before any record is looked at.
struct Reader<'a> {
    world: &'a World,
    user: &'a str,
    row: &'a Row,
    /// The users and groups whose grants reach the user.
    reach: BTreeSet<String>,
    /// Permission sets and profile.
    sets: BTreeSet<String>,
    all_data: bool,
    governed: BTreeSet<&'a str>,
    /// Readable objects, and whether every record of them is.
    objects: BTreeMap<String, bool>,
}

impl<'a> Reader<'a> {
    fn new(world: &'a World, people: &People, user: &'a str, row: &'a Row) -> Self {
        let sets = people.sets_of(world, user, row);
        let views_all =
            |(id, set): (&str, &Row)| sets.contains(id) && flag(set, "PermissionsViewAllData");
        let mut reader = Self {
            world,
            user,
            row,
            reach: people.reach(user),
            all_data: world.rows("PermissionSet").any(views_all),
            sets,
            governed: world
                .rows("ObjectPermissions")
                .filter_map(|(_, row)| text(row, "SobjectType"))
                .collect(),
            objects: BTreeMap::new(),
        };
        for object in DOCUMENTS
            .iter()
            .copied()
            .chain(CHILDREN.iter().map(|child| child.0))
        {
            if let Some(all) = reader.object_right(object) {
                reader.objects.insert(object.to_owned(), all);
            }
        }
        reader
    }

    /// None if the object is hidden; else whether all of its records are open.
    fn object_right(&self, object: &str) -> Option<bool> {
        if self.all_data {
            return Some(true);
        }
        if !self.governed.contains(object) {
            let child = CHILDREN.iter().find(|(child, _, _)| *child == object);
            return match child {
                Some((_, parent, _)) => self.object_right(parent).map(|_| false),
                None => UNGOVERNED.contains(&object).then_some(false),
            };
        }
        let ours = |row: &Row| {
            let set = text(row, "ParentId").unwrap_or_default();
            text(row, "SobjectType") == Some(object) && self.sets.contains(set)
        };
        let rows = self.world.rows("ObjectPermissions").map(|(_, row)| row);
        let mut rights = rows
            .filter(|row| ours(row))
            .filter(|row| flag(row, "PermissionsRead") || flag(row, "PermissionsViewAllRecords"))
            .map(|row| flag(row, "PermissionsViewAllRecords"))
            .peekable();
        rights.peek()?;
        Some(rights.any(|all| all))
    }

    fn sight(&self) -> Sight {
        let active = flag(self.row, "IsActive");
        let mut sight = Sight {
            active,
            channel: self.channel(),
            records: BTreeMap::new(),
            objects: BTreeSet::new(),
            fields: BTreeSet::new(),
            unsecured: BTreeSet::new(),
        };
        if !active {
            return sight;
        }
        sight.objects = self.objects.keys().cloned().collect();
        self.fields(&mut sight);
        loop {
            let before = sight.records.len();
            for object in self.objects.keys() {
                for (id, row) in self.world.rows(object) {
                    if !sight.reads(id) && self.reads(object, id, row, &sight) {
                        sight.records.insert(id.to_owned(), object.clone());
                    }
                }
            }
            if sight.records.len() == before {
                return sight;
            }
        }
    }

    fn fields(&self, sight: &mut Sight) {
        let mut secured = BTreeSet::from(["Task", "Event", "OpportunityLineItem"]);
        for (_, row) in self.world.rows("FieldPermissions") {
            secured.extend(text(row, "SobjectType"));
            let set = text(row, "ParentId").unwrap_or_default();
            if self.sets.contains(set) && flag(row, "PermissionsRead") {
                sight.fields.extend(text(row, "Field").map(str::to_owned));
            }
        }
        let children = CHILDREN.iter().map(|child| child.0);
        let unsecured = children.filter(|child| !secured.contains(child));
        sight.unsecured = unsecured.map(str::to_owned).collect();
    }

    fn reads(&self, object: &str, id: &str, row: &Row, sight: &Sight) -> bool {
        if self.all_data {
            return true;
        }
        let is_owner = text(row, "OwnerId") == Some(self.user);
        if ["Event", "Opportunity"].contains(&object) && flag(row, "IsPrivate") {
            return is_owner;
        }
        if self.objects.get(object) == Some(&true) {
            return true;
        }
        let follows = |field: &str| text(row, field).is_some_and(|parent| sight.reads(parent));
        if let Some((_, _, field)) = CHILDREN.iter().find(|(child, _, _)| *child == object) {
            return follows(field);
        }
        match object {
            "Knowledge__kav" => self.reads_article(id, row),
            "Contract" => follows("AccountId"),
            "Part__c" => follows("Account__c"),
            "Task" | "Event" => self.reads_activity(row, sight),
            "Contact" if self.default("Contact") == "ControlledByParent" => {
                match text(row, "AccountId") {
                    Some(account) => sight.reads(account),
                    None => self.is_reached(text(row, "OwnerId")),
                }
            }
            _ => self.reads_shared(object, id, row, sight),
        }
    }

    fn reads_activity(&self, row: &Row, sight: &Sight) -> bool {
        let parent = text(row, "WhatId").or_else(|| text(row, "WhoId"));
        let owner = text(row, "OwnerId");
        let by_owner = self.is_reached(owner);
        match parent {
            Some(parent) => {
                sight.reads(parent)
                    || owner == Some(self.user)
                    || (self.default("Activity") == "None" && by_owner)
            }
            None => by_owner,
        }
    }

    fn reads_shared(&self, object: &str, id: &str, row: &Row, sight: &Sight) -> bool {
        ["Read", "Edit", "ReadEditTransfer"].contains(&self.default(object))
            || self.is_reached(text(row, "OwnerId"))
            || self.is_given(object, id, row)
            || self.is_on_team(object, id)
            || (object == "Account" && self.has_readable_child(id, sight))
    }

    /// By share rows of the record, or by those of its account that speak of such records.
    fn is_given(&self, object: &str, id: &str, row: &Row) -> bool {
        let opens = |table: &str, field: &str, level: &str, id: &str| {
            self.world.rows(table).any(|(_, share)| {
                text(share, field) == Some(id)
                    && is_read(text(share, level))
                    && self.is_reached(text(share, "UserOrGroupId"))
            })
        };
        let shared = SHARED.iter().find(|(name, ..)| *name == object);
        let by_row = shared.is_some_and(|(_, table, field, level)| opens(table, field, level, id));
        let by_account = ["Case", "Contact", "Opportunity"].contains(&object)
            && text(row, "AccountId").is_some_and(|account| {
                opens(
                    "AccountShare",
                    "AccountId",
                    &format!("{object}AccessLevel"),
                    account,
                )
            });
        by_row || by_account
    }

    fn is_on_team(&self, object: &str, id: &str) -> bool {
        let (table, record, user) = match object {
            "Account" => ("AccountTeamMember", "AccountId", "UserId"),
            "Opportunity" => ("OpportunityTeamMember", "OpportunityId", "UserId"),
            "Case" => ("CaseTeamMember", "ParentId", "MemberId"),
            _ => return false,
        };
        let level = |member: &Row| match object {
            "Case" => {
                let role = text(member, "TeamRoleId");
                let role = role.and_then(|role| self.world.row("CaseTeamRole", role));
                is_read(role.and_then(|role| text(role, "AccessLevel")))
            }
            _ => is_read(text(member, &format!("{object}AccessLevel"))),
        };
        self.world.rows(table).any(|(_, member)| {
            text(member, record) == Some(id) && level(member) && self.is_reached(text(member, user))
        })
    }

    /// Who reads a contact, an opportunity or a case reads its account.
    fn has_readable_child(&self, account: &str, sight: &Sight) -> bool {
        ["Contact", "Opportunity", "Case"].iter().any(|child| {
            let children = self.world.rows(child);
            children
                .filter(|(_, row)| text(row, "AccountId") == Some(account))
                .any(|(id, _)| sight.reads(id))
        })
    }

    fn is_reached(&self, user_or_group: Option<&str>) -> bool {
        user_or_group.is_some_and(|id| self.reach.contains(id))
    }

    fn default(&self, object: &str) -> &str {
        let default = self.world.settings["defaultAccess"][object].as_str();
        default.unwrap_or(if object == "Activity" {
            "ControlledByParent"
        } else {
            "Read"
        })
    }
}

fn is_read(level: Option<&str>) -> bool {
    ["Read", "Edit", "All"].contains(&level.unwrap_or_default())
}

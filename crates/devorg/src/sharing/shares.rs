//! Share rows and team members: who was given a record besides its owner.

use super::{people::key, rules::level_named, standing::Standing};
use crate::{
    org::{ObjectDescribe, Org, Row, Schema, table::text},
    soql::AccessLevel,
};

/// Where the share rows about an object are kept: `AccountShare`, `Deal__Share`, …
pub(super) struct ShareTable {
    object: String,
    /// The field that names the shared record.
    parent_field: String,
    level_field: String,
}

impl ShareTable {
    /// The share table of an object, if the org has one.
    pub fn of(schema: &Schema, object: &ObjectDescribe) -> Option<Self> {
        let table = match object.name.strip_suffix("__c") {
            Some(custom) => format!("{custom}__Share"),
            None => format!("{}Share", object.name),
        };
        let table = schema.object(&table)?;
        table.field("UserOrGroupId")?;
        let with_name = |suffix: &str| format!("{}{suffix}", object.name);
        Some(Self {
            object: table.name.clone(),
            parent_field: first_field(table, [&with_name("Id"), "ParentId"])?,
            level_field: first_field(table, [&with_name("AccessLevel"), "AccessLevel"])?,
        })
    }

    /// `AccountShare` as far as it speaks of an account's cases, contacts or opportunities.
    pub fn of_account_for(schema: &Schema, object: &ObjectDescribe) -> Option<Self> {
        if !matches!(object.name.as_str(), "Case" | "Contact" | "Opportunity") {
            return None;
        }
        let table = schema.object("AccountShare")?;
        let level_field = format!("{}AccessLevel", object.name);
        Some(Self {
            object: table.name.clone(),
            parent_field: first_field(table, ["AccountId", "ParentId"])?,
            level_field: first_field(table, [&level_field])?,
        })
    }

    /// The strongest access to the record that reaches the user.
    pub fn level(&self, org: &Org, standing: &Standing, record_id: &str) -> AccessLevel {
        let rows = org.children(&self.object, &self.parent_field, record_id);
        strongest(rows, standing, "UserOrGroupId", |row| {
            text(row, &self.level_field).map_or(AccessLevel::None, level_named)
        })
    }
}

/// Where the team of a record is kept.
pub(super) struct TeamTable {
    object: &'static str,
    parent_field: &'static str,
    user_field: &'static str,
    level_field: &'static str,
}

impl TeamTable {
    pub fn of(schema: &Schema, object: &str) -> Option<Self> {
        let team = match object {
            "Account" => Self {
                object: "AccountTeamMember",
                parent_field: "AccountId",
                user_field: "UserId",
                level_field: "AccountAccessLevel",
            },
            "Opportunity" => Self {
                object: "OpportunityTeamMember",
                parent_field: "OpportunityId",
                user_field: "UserId",
                level_field: "OpportunityAccessLevel",
            },
            "Case" => Self {
                object: "CaseTeamMember",
                parent_field: "ParentId",
                user_field: "MemberId",
                level_field: "AccessLevel",
            },
            _ => return None,
        };
        schema.object(team.object).map(|_| team)
    }

    /// The strongest access to the record that its team gives the user.
    pub fn level(&self, org: &Org, standing: &Standing, record_id: &str) -> AccessLevel {
        let rows = org.children(self.object, self.parent_field, record_id);
        strongest(rows, standing, self.user_field, |row| {
            self.member_level(org, row)
        })
    }

    /// The member's own access, or that of the role in a case team; Salesforce's default is Read.
    fn member_level(&self, org: &Org, member: &Row) -> AccessLevel {
        let role = || {
            let role = org.row("CaseTeamRole", text(member, "TeamRoleId")?)?;
            text(role, "AccessLevel")
        };
        let level = text(member, self.level_field).or_else(role);
        level.map_or(AccessLevel::Read, level_named)
    }
}

fn strongest(
    rows: Vec<&Row>,
    standing: &Standing,
    grantee_field: &str,
    level: impl Fn(&Row) -> AccessLevel,
) -> AccessLevel {
    rows.into_iter()
        .filter(|row| key(row, grantee_field).is_some_and(|to| standing.reached_by(to)))
        .map(level)
        .max()
        .unwrap_or_default()
}

/// The first of these fields that the object has, as its describe spells it.
fn first_field<const N: usize>(object: &ObjectDescribe, names: [&str; N]) -> Option<String> {
    let field = names.into_iter().find_map(|name| object.field(name))?;
    Some(field.name.clone())
}

//! Tables whose rows give records to people: share tables and teams.

use std::collections::BTreeMap;

use domain::{FieldName, ObjectName, RecordId};
use rusqlite::Connection;
use salesforce::Describe;

use crate::mirror::{Stored, read};

/// The objects of an account whose access a row of `AccountShare` can tell as well.
const OF_ACCOUNT: [&str; 3] = ["Case", "Contact", "Opportunity"];

/// `AccountShare`, `CaseTeamMember`, `Installation__Share`…
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub object: ObjectName,
    /// The object whose records are shared, and the field that names the record.
    pub shared: ObjectName,
    pub record: FieldName,
    /// Names the user or group to whom it is shared.
    pub grantee: FieldName,
    pub level: Level,
    /// What a row says of the account's own records: their object, and the field of its level.
    pub of_account: BTreeMap<ObjectName, FieldName>,
}

/// Where a row tells its level of access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Level {
    Field(FieldName),
    /// The member's role has it: the field that names the role, and where the role tells.
    Role {
        field: FieldName,
        object: ObjectName,
        level: FieldName,
    },
}

/// The share table of an object.
pub(super) fn share_table(object: &ObjectName) -> Option<ObjectName> {
    let name = match object.as_str().strip_suffix("__c") {
        Some(custom) => format!("{custom}__Share"),
        None => format!("{object}Share"),
    };
    ObjectName::parse(&name).ok()
}

/// The table of an object's team.
pub(super) fn team_table(object: &ObjectName) -> Option<ObjectName> {
    match object.as_str() {
        "Account" | "Opportunity" | "Case" => {
            ObjectName::parse(&format!("{object}TeamMember")).ok()
        }
        _ => None,
    }
}

/// `CaseTeamRole`, which has the level of a case team's member.
pub(super) fn role_table(object: &ObjectName) -> Option<ObjectName> {
    (*object == "Case").then(|| ObjectName::parse("CaseTeamRole").expect("a literal API name"))
}

/// `AccountShare`, for the objects that it speaks of beside accounts.
pub(super) fn account_share(object: &ObjectName) -> Option<ObjectName> {
    let speaks = OF_ACCOUNT.contains(&object.as_str());
    speaks.then(|| ObjectName::parse("AccountShare").expect("a literal API name"))
}

impl Table {
    /// None where describe does not show what it takes.
    pub(super) fn of_shares(shared: &ObjectName, table: &Describe) -> Option<Self> {
        let with_name = |suffix: &str| format!("{shared}{suffix}");
        let level = first(table, [&with_name("AccessLevel"), "AccessLevel"])?;
        let of_account = OF_ACCOUNT.iter().filter(|_| *shared == "Account");
        let of_account = of_account.filter_map(|object| {
            let level = first(table, [&format!("{object}AccessLevel")])?;
            Some((ObjectName::parse(object).ok()?, level))
        });
        Some(Self {
            object: table.name.clone(),
            shared: shared.clone(),
            record: first(table, [&with_name("Id"), "ParentId"])?,
            grantee: first(table, ["UserOrGroupId"])?,
            level: Level::Field(level),
            of_account: of_account.collect(),
        })
    }

    /// A team whose members have their level of access themselves, or by a role.
    pub(super) fn of_team(
        shared: &ObjectName,
        table: &Describe,
        role: Option<&Describe>,
    ) -> Option<Self> {
        let level = match first(table, [&format!("{shared}AccessLevel")]) {
            Some(field) => Level::Field(field),
            None => Level::Role {
                field: first(table, ["TeamRoleId"])?,
                object: role?.name.clone(),
                level: first(role?, ["AccessLevel"])?,
            },
        };
        Some(Self {
            object: table.name.clone(),
            shared: shared.clone(),
            record: first(table, [&format!("{shared}Id"), "ParentId"])?,
            grantee: first(table, ["UserId", "MemberId"])?,
            level,
            of_account: BTreeMap::new(),
        })
    }

    /// The columns of a row that count.
    pub(super) fn fields(&self) -> Vec<FieldName> {
        let mut fields = vec![self.record.clone(), self.grantee.clone()];
        match &self.level {
            Level::Field(field) | Level::Role { field, .. } => fields.push(field.clone()),
        }
        fields.extend(self.of_account.values().cloned());
        fields
    }

    /// The columns that name other records which lead to a row.
    pub(super) fn references(&self) -> Vec<FieldName> {
        match &self.level {
            Level::Field(_) => vec![self.record.clone()],
            Level::Role { field, .. } => vec![self.record.clone(), field.clone()],
        }
    }

    /// To whom the rows of this table open a record of `object`: for another object than its own,
    /// `record` is the record's account.
    pub(super) fn grantees(
        &self,
        connection: &Connection,
        object: &ObjectName,
        record: RecordId,
    ) -> rusqlite::Result<Vec<RecordId>> {
        let mut grantees = Vec::new();
        for row in read::linked(connection, &self.object, &self.record, record)? {
            if self.opens(connection, object, &row)?
                && let Some(grantee) = row.reference(&self.grantee)
            {
                grantees.push(grantee);
            }
        }
        Ok(grantees)
    }

    fn opens(
        &self,
        connection: &Connection,
        object: &ObjectName,
        row: &Stored,
    ) -> rusqlite::Result<bool> {
        if *object != self.shared {
            let level = self.of_account.get(object);
            return Ok(reads(level.and_then(|level| row.text(level))));
        }
        match &self.level {
            Level::Field(field) => Ok(reads(row.text(field))),
            Level::Role {
                field,
                object,
                level,
            } => {
                // Who has no role reads, as members do by default.
                let Some(role) = row.reference(field) else {
                    return Ok(row.text(field).is_none());
                };
                let role = read::record(connection, object, role)?;
                Ok(reads(role.as_ref().and_then(|role| role.text(level))))
            }
        }
    }
}

/// Whether a level of access lets somebody read. What is not known opens nothing.
pub(super) fn reads(level: Option<&str>) -> bool {
    matches!(
        level,
        Some(
            "Read"
                | "Edit"
                | "ReadWrite"
                | "ReadEditTransfer"
                | "ReadWriteTransfer"
                | "All"
                | "FullAccess"
        )
    )
}

/// The first of these fields that the object has, as its describe spells it.
pub(super) fn first<const N: usize>(object: &Describe, names: [&str; N]) -> Option<FieldName> {
    let field = names.into_iter().find_map(|name| object.field(name))?;
    Some(field.name.clone())
}

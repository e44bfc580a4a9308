//! The rule of one object: what the reasons to read its records depend on.

use domain::{FieldName, ObjectName};
use salesforce::Describe;

use super::models::Model;
use super::rules::OPENS_ACCOUNT;
use super::tables::first;

/// Objects whose records can be private: their owner's alone.
const WITH_PRIVATE: [&str; 2] = ["Event", "Opportunity"];

/// What the reasons to read a record of one object depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub basis: Basis,
    /// `OwnerId`; where an object has none, whoever created a record stands in.
    pub owner: FieldName,
    /// `IsPrivate`.
    pub private: Option<FieldName>,
    /// Names the account that can be read by whoever reads the record, or whose share rows speak of
    /// it as well.
    pub account: Option<FieldName>,
}

/// Where access to a record comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Basis {
    /// Whoever reads the object reads all of it. Share rows add nothing.
    Public,
    /// Owner, share rows, teams.
    Own,
    /// As the record that the first filled field names.
    FirstParent(Vec<Lookup>),
    /// As all of the masters together.
    EveryMaster(Vec<Lookup>),
    /// Tasks and events: what they are about, and their owner.
    Activity(Vec<Lookup>, Activities),
}

/// The organization-wide default of activities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activities {
    /// The roles above the owner read one that is about nothing.
    ControlledByParent,
    /// The roles above the owner read each.
    OwnersAndAbove,
}

/// A field that leads to a record which access comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lookup {
    pub field: FieldName,
    pub to: Vec<ObjectName>,
}

impl Rule {
    /// Whether its reasons are kept in the mirror; others are told by other records' reasons.
    pub(crate) fn is_kept(&self) -> bool {
        match self.basis {
            Basis::Public | Basis::Own => true,
            Basis::FirstParent(_) | Basis::EveryMaster(_) | Basis::Activity(..) => false,
        }
    }

    pub(crate) fn lookups(&self) -> &[Lookup] {
        match &self.basis {
            Basis::Public | Basis::Own => &[],
            Basis::FirstParent(lookups)
            | Basis::EveryMaster(lookups)
            | Basis::Activity(lookups, _) => lookups,
        }
    }

    /// The columns whose values decide who may read a record.
    pub(crate) fn fields(&self) -> Vec<FieldName> {
        let lookups = self.lookups().iter().map(|lookup| &lookup.field);
        let others = [&self.private, &self.account].into_iter().flatten();
        let all = lookups.chain(others).chain([&self.owner]);
        all.cloned().collect()
    }

    /// The columns by which a record is found from another one.
    pub(super) fn references(&self) -> impl Iterator<Item = &FieldName> {
        let lookups = self.lookups().iter().map(|lookup| &lookup.field);
        lookups.chain(&self.account)
    }
}

/// Articles, notes and files have rules of their own.
pub(super) fn has_sharing(object: &ObjectName) -> bool {
    !object.is_article() && !object.as_str().starts_with("Content")
}

pub(super) fn can_be_private(object: &ObjectName) -> bool {
    WITH_PRIVATE.contains(&object.as_str())
}

/// The rule of an object by its describe and its default; none where nobody can tell.
pub(super) fn of(describe: &Describe, model: Model) -> Option<Rule> {
    let object = &describe.name;
    if !has_sharing(object) {
        return None;
    }
    let private = first(describe, ["IsPrivate"]).filter(|_| can_be_private(object));
    if private.is_none() && can_be_private(object) {
        // Whether a record is private is hidden, so nobody can tell.
        return None;
    }
    let owner = first(describe, ["OwnerId"]);
    let account = first(describe, ["AccountId"]);
    Some(Rule {
        basis: basis(describe, model, owner.is_some())?,
        owner: owner.or_else(|| first(describe, ["CreatedById"]))?,
        private,
        account: account.filter(|_| OPENS_ACCOUNT.contains(&object.as_str())),
    })
}

fn basis(describe: &Describe, model: Model, has_owner: bool) -> Option<Basis> {
    let object = describe.name.as_str();
    if matches!(object, "Task" | "Event") {
        let default = match model {
            Model::ControlledByParent => Activities::ControlledByParent,
            Model::Private | Model::Public => Activities::OwnersAndAbove,
        };
        return Some(Basis::Activity(possible_lookups(describe), default));
    }
    let masters = masters(describe);
    if !masters.is_empty() {
        return Some(Basis::EveryMaster(masters));
    }
    match model {
        // A contract follows its account, whatever is said of it.
        _ if object == "Contract" => parents(describe),
        Model::ControlledByParent => parents(describe),
        Model::Public if has_owner || is_open(&describe.name) => Some(Basis::Public),
        Model::Public => None,
        Model::Private if has_owner => Some(Basis::Own),
        Model::Private => None,
    }
}

fn parents(describe: &Describe) -> Option<Basis> {
    let lookups = possible_lookups(describe);
    (!lookups.is_empty()).then_some(Basis::FirstParent(lookups))
}

/// The master-detail fields.
fn masters(describe: &Describe) -> Vec<Lookup> {
    let fields = describe.fields.iter();
    fields
        .filter(|field| field.relationship_order.is_some())
        .map(|field| Lookup {
            field: field.name.clone(),
            to: field.reference_to.clone(),
        })
        .collect()
}

/// Whether an object is known to be open as a whole although it has no owners. Others without owners
/// may follow a record that nothing here knows of.
fn is_open(object: &ObjectName) -> bool {
    object.is_custom() || matches!(object.as_str(), "Product2" | "Pricebook2")
}

/// The fields that access can come from where an object is controlled by a parent.
pub(super) fn possible_lookups(describe: &Describe) -> Vec<Lookup> {
    let names: &[&str] = match describe.name.as_str() {
        "Task" | "Event" => &["WhatId", "WhoId"],
        "Quote" => &["OpportunityId"],
        _ if describe.field("AccountId").is_some() => &["AccountId"],
        _ => &["ParentId"],
    };
    let masters = masters(describe);
    if !masters.is_empty() {
        return masters;
    }
    let fields = names.iter().filter_map(|name| describe.field(name));
    fields
        .map(|field| Lookup {
            field: field.name.clone(),
            to: field.reference_to.clone(),
        })
        .collect()
}

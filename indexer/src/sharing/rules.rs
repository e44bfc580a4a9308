//! Which rule governs each document object: what the reasons to read its records depend on.

use std::collections::{BTreeMap, BTreeSet};

use domain::{FieldName, ObjectName, RecordId};
use salesforce::Describe;

use super::models::{Model, Models};
use super::tables::{self, Level, Table, first};
use crate::plan::Describes;

/// Objects whose reading lets somebody read the account, too.
const OPENS_ACCOUNT: [&str; 3] = ["Case", "Contact", "Opportunity"];

/// Objects whose records can be private: their owner's alone.
const WITH_PRIVATE: [&str; 2] = ["Event", "Opportunity"];

/// The rules of all objects whose sharing can be told, and the tables that they need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    rules: BTreeMap<ObjectName, Rule>,
    tables: BTreeMap<ObjectName, Table>,
    /// Objects of which the org tells a default, so that *View All* and a public default can be
    /// reasons even where an object has no rule.
    told: BTreeSet<ObjectName>,
    /// The object of each key prefix.
    prefixes: BTreeMap<String, ObjectName>,
}

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
    fn references(&self) -> impl Iterator<Item = &FieldName> {
        let lookups = self.lookups().iter().map(|lookup| &lookup.field);
        lookups.chain(&self.account)
    }
}

impl Rules {
    /// The objects whose defaults are to be asked for.
    pub(crate) fn asked_for<'a>(
        documents: impl IntoIterator<Item = &'a ObjectName>,
        describes: &Describes,
    ) -> BTreeSet<ObjectName> {
        let mut objects = BTreeSet::new();
        for object in documents {
            if let Some(describe) = describes.get(object).filter(|_| has_sharing(object)) {
                objects.insert(object.clone());
                let lookups = possible_lookups(describe);
                objects.extend(lookups.into_iter().flat_map(|lookup| lookup.to));
            }
        }
        objects
    }

    /// The rules as far as describes and defaults tell them; [`Rules::complete`] adds the tables.
    pub(crate) fn draft<'a>(
        documents: impl IntoIterator<Item = &'a ObjectName>,
        describes: &Describes,
        models: &Models,
    ) -> Self {
        let mut rules = Self::default();
        for object in documents {
            let model = models.get(object).and_then(|known| known.model);
            if let Some(describe) = describes.get(object)
                && let Some(rule) = model.and_then(|model| rule(describe, model))
            {
                rules.rules.insert(object.clone(), rule);
            }
        }
        for (object, definition) in models {
            let described = describes.get(object).and_then(|d| d.key_prefix.clone());
            if let Some(prefix) = definition.prefix.clone().or(described) {
                rules.prefixes.insert(prefix, object.clone());
            }
            if definition.model.is_some() && !can_be_private(object) {
                rules.told.insert(object.clone());
            }
        }
        rules
    }

    /// The tables that have to be described.
    pub(crate) fn wanted_tables(&self) -> BTreeSet<ObjectName> {
        let own = self
            .rules
            .iter()
            .filter(|(_, rule)| rule.basis == Basis::Own);
        own.flat_map(|(object, _)| {
            [
                tables::share_table(object),
                tables::team_table(object),
                tables::role_table(object),
                tables::account_share(object),
            ]
        })
        .flatten()
        .collect()
    }

    /// Adds the tables. An object whose share table the org does not show gets no rule, and neither
    /// does what follows such an object.
    pub(crate) fn complete(mut self, described: &Describes) -> Self {
        let own = |rule: &Rule| rule.basis == Basis::Own;
        let objects: Vec<ObjectName> = self.rules.keys().cloned().collect();
        for object in objects {
            if !self.rules.get(&object).is_some_and(own) {
                continue;
            }
            let describe = |name: Option<ObjectName>| name.and_then(|name| described.get(&name));
            let shares = describe(tables::share_table(&object));
            match shares.and_then(|table| Table::of_shares(&object, table)) {
                Some(table) => self.add(table),
                None => {
                    self.rules.remove(&object);
                    continue;
                }
            }
            let role = describe(tables::role_table(&object)).map(AsRef::as_ref);
            let team = describe(tables::team_table(&object));
            if let Some(team) = team.and_then(|table| Table::of_team(&object, table, role)) {
                self.add(team);
            }
            let account = ObjectName::parse("Account").expect("a literal API name");
            let by_account = describe(tables::account_share(&object));
            if let Some(table) = by_account.and_then(|table| Table::of_shares(&account, table)) {
                self.add(table);
            }
        }
        self.drop_what_follows_the_unknown();
        self
    }

    fn add(&mut self, table: Table) {
        self.tables.insert(table.object.clone(), table);
    }

    fn drop_what_follows_the_unknown(&mut self) {
        loop {
            let unknown = self.rules.iter().find(|(_, rule)| match &rule.basis {
                Basis::FirstParent(lookups) | Basis::EveryMaster(lookups) => lookups
                    .iter()
                    .any(|lookup| !lookup.to.iter().all(|to| self.rules.contains_key(to))),
                Basis::Public | Basis::Own | Basis::Activity(..) => false,
            });
            let Some(object) = unknown.map(|(object, _)| object.clone()) else {
                return;
            };
            self.rules.remove(&object);
        }
    }

    pub(crate) fn get(&self, object: &ObjectName) -> Option<&Rule> {
        self.rules.get(object)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&ObjectName, &Rule)> {
        self.rules.iter()
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }

    pub(crate) fn table(&self, object: &ObjectName) -> Option<&Table> {
        self.tables.get(object)
    }

    /// The tables whose rows speak of an object's records.
    pub(crate) fn tables_of(&self, object: &ObjectName) -> impl Iterator<Item = &Table> {
        self.tables
            .values()
            .filter(move |table| table.shared == *object || table.of_account.contains_key(object))
    }

    /// The tables that are there for an object's records in the first place, with their roles.
    pub(crate) fn tables_about<'a>(
        &'a self,
        object: &'a ObjectName,
    ) -> impl Iterator<Item = &'a ObjectName> {
        let own = self
            .tables
            .values()
            .filter(move |table| table.shared == *object);
        own.flat_map(|table| {
            let role = match &table.level {
                Level::Role { object, .. } => Some(object),
                Level::Field(_) => None,
            };
            [Some(&table.object), role].into_iter().flatten()
        })
    }

    /// The tables whose members have this object's roles.
    pub(crate) fn tables_by_role(
        &self,
        role: &ObjectName,
    ) -> impl Iterator<Item = (&Table, &FieldName)> {
        self.tables
            .values()
            .filter_map(move |table| match &table.level {
                Level::Role { field, object, .. } if object == role => Some((table, field)),
                Level::Role { .. } | Level::Field(_) => None,
            })
    }

    /// All objects of which rows are pulled for sharing alone, each with its columns and with those
    /// of them by which rows are found.
    pub(crate) fn sources(&self) -> BTreeMap<ObjectName, (Vec<FieldName>, Vec<FieldName>)> {
        let mut sources = BTreeMap::new();
        for table in self.tables.values() {
            sources.insert(table.object.clone(), (table.fields(), table.references()));
            if let Level::Role { object, level, .. } = &table.level {
                sources.insert(object.clone(), (vec![level.clone()], Vec::new()));
            }
        }
        sources
    }

    /// The objects whose rows have to be there before the reasons of an object's records can be
    /// told: tables first, accounts behind what opens them, the object itself not among them.
    pub(crate) fn needed_for(&self, object: &ObjectName) -> Vec<ObjectName> {
        let mut reached = BTreeSet::from([object]);
        let mut open = vec![object];
        let mut sources = BTreeSet::new();
        while let Some(object) = open.pop() {
            for table in self.tables_of(object) {
                sources.insert(&table.object);
                if let Level::Role { object, .. } = &table.level {
                    sources.insert(object);
                }
            }
            let Some(rule) = self.rules.get(object) else {
                continue;
            };
            let above = rule.lookups().iter().flat_map(|lookup| &lookup.to);
            let openers = self.openers(object).map(|(opener, _)| opener);
            for next in above.chain(openers) {
                if self.rules.contains_key(next) && reached.insert(next) {
                    open.push(next);
                }
            }
        }
        reached.remove(object);
        let (accounts, others): (Vec<_>, Vec<_>) = reached
            .into_iter()
            .partition(|object| **object == "Account");
        let all = sources.into_iter().chain(others).chain(accounts);
        all.cloned().collect()
    }

    /// These rules as far as an object's reasons depend on them. None if it has no rule.
    pub(crate) fn part_for(&self, object: &ObjectName) -> Option<Self> {
        self.rules.get(object)?;
        let mut kept: BTreeSet<ObjectName> = self.needed_for(object).into_iter().collect();
        kept.insert(object.clone());
        let mut part = self.clone();
        part.rules.retain(|object, _| kept.contains(object));
        part.tables.retain(|object, _| kept.contains(object));
        let lookups = part.rules.values().flat_map(Rule::lookups);
        let named: BTreeSet<&ObjectName> = lookups.flat_map(|lookup| &lookup.to).collect();
        part.told = self.told.clone();
        part.told.retain(|object| named.contains(object));
        part.prefixes = self.prefixes.clone();
        part.prefixes.retain(|_, object| named.contains(object));
        Some(part)
    }

    /// The objects whose records let somebody read the account that they name.
    pub(crate) fn openers(
        &self,
        object: &ObjectName,
    ) -> impl Iterator<Item = (&ObjectName, &FieldName)> {
        let basis = self.rules.get(object).map(|rule| &rule.basis);
        let opened = *object == "Account" && basis == Some(&Basis::Own);
        let rules = self.rules.iter().filter(move |_| opened);
        rules.filter_map(|(object, rule)| {
            let opens = OPENS_ACCOUNT.contains(&object.as_str());
            Some((object, rule.account.as_ref().filter(|_| opens)?))
        })
    }

    /// The account object, if records of `object` let somebody read an account.
    pub(crate) fn opened_by(&self, object: &ObjectName) -> Option<&ObjectName> {
        let (account, rule) = self.rules.get_key_value("Account")?;
        let opens = OPENS_ACCOUNT.contains(&object.as_str()) && rule.basis == Basis::Own;
        opens.then_some(account)
    }

    /// Which records get access from one of `object`, and by which field they name it.
    pub(crate) fn followers(
        &self,
        object: &ObjectName,
    ) -> impl Iterator<Item = (&ObjectName, &FieldName)> {
        self.rules.iter().flat_map(move |(follower, rule)| {
            let lookups = rule.lookups().iter();
            let leading = lookups.filter(move |lookup| lookup.to.contains(object));
            leading.map(move |lookup| (follower, &lookup.field))
        })
    }

    /// The columns by which records of an object are found from others.
    pub(crate) fn references(&self, object: &ObjectName) -> BTreeSet<FieldName> {
        let rule = self.rules.get(object).into_iter();
        rule.flat_map(Rule::references).cloned().collect()
    }

    /// The object that a lookup's record is of.
    pub(crate) fn object_of<'a>(
        &'a self,
        lookup: &'a Lookup,
        record: RecordId,
    ) -> Option<&'a ObjectName> {
        match lookup.to.as_slice() {
            [only] => Some(only),
            _ => self.prefixes.get(record.key_prefix()),
        }
    }

    /// Whether an object has no rule, but a default that is known.
    pub(crate) fn is_told_alone(&self, object: &ObjectName) -> bool {
        self.told.contains(object) && !self.rules.contains_key(object)
    }
}

/// Articles, notes and files have rules of their own.
fn has_sharing(object: &ObjectName) -> bool {
    !object.as_str().ends_with("__kav") && !object.as_str().starts_with("Content")
}

pub(super) fn can_be_private(object: &ObjectName) -> bool {
    WITH_PRIVATE.contains(&object.as_str())
}

fn rule(describe: &Describe, model: Model) -> Option<Rule> {
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
fn possible_lookups(describe: &Describe) -> Vec<Lookup> {
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

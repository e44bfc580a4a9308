//! The reasons for which a record can be read, computed from the mirror.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use domain::{Grant, Grantee, ObjectName, RecordId};
use rusqlite::{Connection, OptionalExtension, params};

use super::rules::{Activities, Basis, Lookup, Rule, Rules};
use crate::mirror::{Stored, read};

/// How far records are followed upwards. Real chains are shorter; a circle of them ends here.
const MAX_STEPS: u8 = 12;

type Grants = BTreeSet<Grant>;

/// Tells the reasons for records, and remembers those that other records follow.
pub(crate) struct Reasons<'a> {
    rules: &'a Rules,
    parents: HashMap<RecordId, Arc<Grants>>,
}

impl<'a> Reasons<'a> {
    pub(crate) fn new(rules: &'a Rules) -> Self {
        Self {
            rules,
            parents: HashMap::new(),
        }
    }

    /// The reasons for a record; none at all where its object's sharing is not known.
    pub(crate) fn of(
        &mut self,
        connection: &Connection,
        object: &ObjectName,
        record: &Stored,
    ) -> rusqlite::Result<Grants> {
        self.step(connection, object, record, MAX_STEPS)
    }

    fn step(
        &mut self,
        connection: &Connection,
        object: &ObjectName,
        record: &Stored,
        steps: u8,
    ) -> rusqlite::Result<Grants> {
        let Some(rule) = self.rules.get(object) else {
            return Ok(Grants::new());
        };
        if rule.is_kept() {
            return match kept(connection, object, record.id)? {
                Some(kept) => Ok(kept),
                None => compute(connection, self.rules, object, record),
            };
        }
        let owner = record.reference(&rule.owner);
        if is_private(rule, record) {
            return Ok(owner
                .into_iter()
                .map(|owner| direct(Grantee::Only(owner)))
                .collect());
        }
        let mut grants = Grants::from([direct(Grantee::All(object.clone()))]);
        let above = |grants: &mut Grants| {
            grants.extend(owner.map(|owner| direct(Grantee::Reach(owner))));
        };
        match &rule.basis {
            Basis::Public | Basis::Own => {}
            Basis::FirstParent(lookups) => match first_filled(lookups, record) {
                Some((lookup, parent)) => {
                    grants.extend(self.by_parent(connection, object, lookup, parent, steps)?);
                }
                None => above(&mut grants),
            },
            Basis::EveryMaster(lookups) => {
                let filled = lookups.iter().filter_map(|lookup| named(lookup, record));
                let filled: Vec<_> = filled.collect();
                if filled.is_empty() {
                    above(&mut grants);
                } else {
                    grants.extend(self.by_masters(connection, object, &filled, steps)?);
                }
            }
            Basis::Activity(lookups, default) => {
                grants.extend(owner.map(|owner| direct(Grantee::Only(owner))));
                let parent = first_filled(lookups, record);
                if parent.is_none() || *default == Activities::OwnersAndAbove {
                    above(&mut grants);
                }
                if let Some((lookup, parent)) = parent {
                    grants.extend(self.by_parent(connection, object, lookup, parent, steps)?);
                }
            }
        }
        Ok(grants)
    }

    /// The reasons of a record of `object` that come from another record. A parent that is not
    /// there gives none.
    fn by_parent(
        &mut self,
        connection: &Connection,
        object: &ObjectName,
        lookup: &Lookup,
        parent: RecordId,
        steps: u8,
    ) -> rusqlite::Result<Grants> {
        let Some(parent_object) = self.rules.object_of(lookup, parent) else {
            return Ok(Grants::new());
        };
        let parent_object = parent_object.clone();
        if self.rules.is_told_alone(&parent_object) {
            let all = direct(Grantee::All(parent_object.clone()));
            return Ok(Grants::from([through(&all, &parent_object, object)]));
        }
        let grants = self.of_parent(connection, &parent_object, parent, steps)?;
        let grants = grants.iter();
        Ok(grants
            .map(|grant| through(grant, &parent_object, object))
            .collect())
    }

    fn of_parent(
        &mut self,
        connection: &Connection,
        object: &ObjectName,
        id: RecordId,
        steps: u8,
    ) -> rusqlite::Result<Arc<Grants>> {
        if let Some(known) = self.parents.get(&id) {
            return Ok(Arc::clone(known));
        }
        let record = match steps {
            0 => None,
            _ => read::record(connection, object, id)?,
        };
        let grants = match record {
            Some(record) => self.step(connection, object, &record, steps.saturating_sub(1))?,
            None => Grants::new(),
        };
        let grants = Arc::new(grants);
        if steps > 0 {
            self.parents.insert(id, Arc::clone(&grants));
        }
        Ok(grants)
    }

    /// The reasons that hold for every one of the masters. Everybody who reads the object reads one
    /// that is public, so what holds for the others decides.
    fn by_masters(
        &mut self,
        connection: &Connection,
        object: &ObjectName,
        masters: &[(&Lookup, RecordId)],
        steps: u8,
    ) -> rusqlite::Result<Grants> {
        let mut common: Option<Grants> = None;
        let mut public: Vec<ObjectName> = Vec::new();
        for (lookup, master) in masters {
            let master_object = self.rules.object_of(lookup, *master).cloned();
            let grants = self.by_parent(connection, object, lookup, *master, steps)?;
            let rule = master_object.as_ref().and_then(|name| self.rules.get(name));
            if let (Some(name), Some(Basis::Public)) = (&master_object, rule.map(|r| &r.basis))
                && !grants.is_empty()
            {
                public.push(name.clone());
                continue;
            }
            common = Some(match common {
                None => grants,
                Some(common) => both(&common, &grants),
            });
        }
        let common = common.unwrap_or_else(|| {
            let all = public
                .first()
                .map(|name| direct(Grantee::All(name.clone())));
            all.into_iter().collect()
        });
        Ok(common
            .iter()
            .map(|grant| {
                let mut grant = grant.clone();
                for name in &public {
                    grant = through(&grant, name, object);
                }
                grant
            })
            .collect())
    }
}

/// The reasons for a record with sharing of its own.
pub(super) fn compute(
    connection: &Connection,
    rules: &Rules,
    object: &ObjectName,
    record: &Stored,
) -> rusqlite::Result<Grants> {
    let Some(rule) = rules.get(object) else {
        return Ok(Grants::new());
    };
    let owner = record.reference(&rule.owner);
    if is_private(rule, record) {
        return Ok(owner
            .into_iter()
            .map(|owner| direct(Grantee::Only(owner)))
            .collect());
    }
    let mut grants = Grants::from([direct(Grantee::All(object.clone()))]);
    if rule.basis != Basis::Own {
        return Ok(grants);
    }
    grants.extend(owner.map(|owner| direct(Grantee::Reach(owner))));
    for table in rules.tables_of(object) {
        let shared = match table.shared == *object {
            true => Some(record.id),
            false => rule
                .account
                .as_ref()
                .and_then(|field| record.reference(field)),
        };
        if let Some(shared) = shared {
            let grantees = table.grantees(connection, object, shared)?;
            grants.extend(grantees.into_iter().map(|to| direct(Grantee::Reach(to))));
        }
    }
    for (opener, field) in rules.openers(object) {
        let reasons = by_children(connection, rules, (opener, field), record.id)?;
        grants.extend(reasons.iter().map(|grant| through(grant, opener, object)));
    }
    Ok(grants)
}

/// The reasons for which at least one of an account's records of one object can be read.
fn by_children(
    connection: &Connection,
    rules: &Rules,
    (object, field): (&ObjectName, &domain::FieldName),
    account: RecordId,
) -> rusqlite::Result<Grants> {
    let everybody = Grants::from([direct(Grantee::All(object.clone()))]);
    let Some(rule) = rules.get(object) else {
        return Ok(Grants::new());
    };
    if rule.private.is_none() && rule.basis != Basis::Own {
        // Either all of them are open, or they follow the account and cannot open it, but for
        // those who read them all.
        return Ok(match read::is_named(connection, object, field, account)? {
            true => everybody,
            false => Grants::new(),
        });
    }
    // Most records of an account have the same few reasons: equal texts are parsed once.
    let mut texts = BTreeSet::new();
    let mut grants = Grants::new();
    for child in read::linked_ids(connection, object, field, &[account])? {
        match kept_text(connection, object, child)? {
            Some(text) => {
                texts.insert(text);
            }
            None => {
                if let Some(record) = read::record(connection, object, child)? {
                    grants.extend(compute(connection, rules, object, &record)?);
                }
            }
        }
    }
    for text in texts {
        grants.extend(parsed(&text)?);
    }
    Ok(grants)
}

/// What the mirror keeps of a record's reasons.
fn kept(
    connection: &Connection,
    object: &ObjectName,
    id: RecordId,
) -> rusqlite::Result<Option<Grants>> {
    let text = kept_text(connection, object, id)?;
    text.map(|text| parsed(&text)).transpose()
}

pub(super) fn kept_text(
    connection: &Connection,
    object: &ObjectName,
    id: RecordId,
) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT grants FROM reason WHERE object = ?1 AND id = ?2")?
        .query_row(params![object.as_str(), id.as_str()], |row| row.get(0))
        .optional()
}

fn parsed(text: &str) -> rusqlite::Result<Grants> {
    serde_json::from_str(text).map_err(read::unreadable_text)
}

fn is_private(rule: &Rule, record: &Stored) -> bool {
    let private = rule.private.as_ref();
    private.and_then(|field| record.text(field)) == Some("true")
}

fn direct(to: Grantee) -> Grant {
    Grant {
        path: Vec::new(),
        to,
    }
}

/// A reason for a record of `object` that leads through a record of `other`.
fn through(grant: &Grant, other: &ObjectName, object: &ObjectName) -> Grant {
    let mut path: BTreeSet<&ObjectName> = grant.path.iter().chain([other]).collect();
    path.remove(object);
    Grant {
        path: path.into_iter().cloned().collect(),
        to: grant.to.clone(),
    }
}

fn first_filled<'r>(lookups: &'r [Lookup], record: &Stored) -> Option<(&'r Lookup, RecordId)> {
    lookups.iter().find_map(|lookup| named(lookup, record))
}

fn named<'r>(lookup: &'r Lookup, record: &Stored) -> Option<(&'r Lookup, RecordId)> {
    Some((lookup, record.reference(&lookup.field)?))
}

/// The reasons that are among both.
fn both(one: &Grants, other: &Grants) -> Grants {
    let mut paths: BTreeMap<&Grantee, Vec<&Grant>> = BTreeMap::new();
    for grant in other {
        paths.entry(&grant.to).or_default().push(grant);
    }
    let mut common = Grants::new();
    for grant in one {
        for same in paths.get(&grant.to).into_iter().flatten() {
            let path: BTreeSet<&ObjectName> = grant.path.iter().chain(&same.path).collect();
            common.insert(Grant {
                path: path.into_iter().cloned().collect(),
                to: grant.to.clone(),
            });
        }
    }
    common
}

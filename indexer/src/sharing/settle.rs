//! Keeping the reasons of records that have sharing of their own up to date, and touching the
//! documents whose reasons change with theirs.
//!
//! A row that is pulled notes in its own transaction whose reasons it may have changed. What is
//! noted is settled in transactions of its own: when a record's reasons are other ones than before,
//! they are kept, its document is touched, and so is each that follows it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{FieldName, ObjectName, RecordId};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::grants::{compute, kept_text};
use super::rules::Rules;
use super::tables::reads;
use crate::mirror::{Log, read};
use crate::plan;

/// How far followers are followed. Real chains are shorter; a circle of them ends here.
const MAX_STEPS: u8 = 12;

/// The values of a row, by the names of their fields.
type Fields = BTreeMap<String, String>;

/// A row that a page has changed: its values before and after.
pub(crate) struct Note<'a> {
    pub object: &'a ObjectName,
    pub id: RecordId,
    /// None for one that is new, or of which nothing was known to others.
    pub before: Option<&'a Fields>,
    /// None for one that is gone.
    pub after: Option<&'a Fields>,
}

impl Note<'_> {
    /// Whether one of these fields has another value than before.
    fn differs(&self, fields: &[FieldName]) -> bool {
        let (Some(before), Some(after)) = (self.before, self.after) else {
            return true;
        };
        fields
            .iter()
            .any(|field| before.get(field.as_str()) != after.get(field.as_str()))
    }

    /// The records that a field names or named.
    fn named(&self, field: &FieldName) -> BTreeSet<RecordId> {
        let values = [self.before, self.after].into_iter().flatten();
        let values = values.filter_map(|fields| fields.get(field.as_str()));
        values.filter_map(|id| RecordId::parse(id).ok()).collect()
    }

    /// Whether a level lets or let somebody read.
    fn opens(&self, level: &FieldName) -> bool {
        let values = [self.before, self.after].into_iter().flatten();
        let mut levels = values.map(|fields| fields.get(level.as_str()));
        levels.any(|level| reads(level.map(String::as_str)))
    }

    /// Whether who may read the record itself may have changed. Always true of what has no rule.
    pub(crate) fn concerns_reading(&self, rules: &Rules) -> bool {
        let rule = rules.get(self.object);
        rule.is_none_or(|rule| self.differs(&rule.fields()))
    }

    /// Settles the reasons of the row's own record, and notes all others that it may have changed.
    pub(crate) fn take(&self, log: &mut Log<'_>, rules: &Rules) -> rusqlite::Result<()> {
        if let Some(rule) = rules.get(self.object)
            && self.differs(&rule.fields())
        {
            if let (Some(account), Some(field)) = (rules.opened_by(self.object), &rule.account) {
                for id in self.named(field) {
                    note(log.transaction(), account, id)?;
                }
            }
            record(log, rules, self.object, self.id)?;
        }
        if let Some(table) = rules.table(self.object)
            && self.differs(&table.fields())
        {
            for id in self.named(&table.record) {
                note(log.transaction(), &table.shared, id)?;
                for (object, level) in &table.of_account {
                    if self.opens(level) {
                        note_of_account(log.transaction(), rules, object, id)?;
                    }
                }
            }
        }
        for (table, field) in rules.tables_by_role(self.object) {
            for member in read::linked(log.transaction(), &table.object, field, self.id)? {
                if let Some(id) = member.reference(&table.record) {
                    note(log.transaction(), &table.shared, id)?;
                }
            }
        }
        Ok(())
    }
}

/// Notes a record whose reasons may have changed. One that has not come yet is settled when it comes.
fn note(transaction: &Transaction<'_>, object: &ObjectName, id: RecordId) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT OR IGNORE INTO unsettled SELECT ?1, ?2 WHERE EXISTS (
                SELECT 1 FROM record WHERE object = ?1 AND id = ?2)",
        )?
        .execute(params![object.as_str(), id.as_str()])?;
    Ok(())
}

fn note_of_account(
    transaction: &Transaction<'_>,
    rules: &Rules,
    object: &ObjectName,
    account: RecordId,
) -> rusqlite::Result<()> {
    let field = rules.get(object).and_then(|rule| rule.account.as_ref());
    if let Some(field) = field {
        for id in read::linked_ids(transaction, object, field, &[account])? {
            note(transaction, object, id)?;
        }
    }
    Ok(())
}

/// Settles a record: when its reasons are other ones than those that are kept, its document and all
/// that follow it are touched. The reasons of what only follows are its parents' and its own row's,
/// so for such a record the followers are touched in any case.
fn record(
    log: &mut Log<'_>,
    rules: &Rules,
    object: &ObjectName,
    id: RecordId,
) -> rusqlite::Result<()> {
    let Some(rule) = rules.get(object) else {
        return Ok(());
    };
    if !rule.is_kept() {
        return touch_followers(log, rules, object, id, MAX_STEPS);
    }
    let transaction = log.transaction();
    let stored = read::record(transaction, object, id)?;
    let now = match &stored {
        Some(stored) => {
            let grants = compute(transaction, rules, object, stored)?;
            Some(read::json(&grants)?)
        }
        None => None,
    };
    if now == kept_text(transaction, object, id)? {
        return Ok(());
    }
    keep(transaction, object, id, now.as_deref())?;
    if let Some(stored) = &stored {
        log.touch(object, id.as_str())?;
        let account = rule
            .account
            .as_ref()
            .and_then(|field| stored.reference(field));
        if let (Some(opened), Some(account)) = (rules.opened_by(object), account) {
            note(transaction, opened, account)?;
        }
    }
    touch_followers(log, rules, object, id, MAX_STEPS)
}

fn keep(
    transaction: &Transaction<'_>,
    object: &ObjectName,
    id: RecordId,
    grants: Option<&str>,
) -> rusqlite::Result<()> {
    match grants {
        Some(grants) => transaction
            .prepare_cached(
                "INSERT INTO reason VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET grants = excluded.grants",
            )?
            .execute(params![object.as_str(), id.as_str(), grants])?,
        None => transaction
            .prepare_cached("DELETE FROM reason WHERE object = ?1 AND id = ?2")?
            .execute(params![object.as_str(), id.as_str()])?,
    };
    Ok(())
}

fn touch_followers(
    log: &mut Log<'_>,
    rules: &Rules,
    object: &ObjectName,
    id: RecordId,
    steps: u8,
) -> rusqlite::Result<()> {
    let Some(steps) = steps.checked_sub(1) else {
        return Ok(());
    };
    for (follower, field) in rules.followers(object) {
        for id in read::linked_ids(log.transaction(), follower, field, &[id])? {
            log.touch(follower, id.as_str())?;
            touch_followers(log, rules, follower, id, steps)?;
        }
    }
    Ok(())
}

/// Settles up to `limit` of the records that are noted, accounts after what opens them, and returns
/// whether there are more.
pub(crate) fn some(
    connection: &mut Connection,
    rules: &Rules,
    limit: u32,
) -> rusqlite::Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let noted = noted(&transaction, limit)?;
    if noted.is_empty() {
        return Ok(false);
    }
    let mut log = Log::open(&transaction)?;
    for (object, id) in &noted {
        // First, so that what this changes can note it again.
        transaction
            .prepare_cached("DELETE FROM unsettled WHERE object = ?1 AND id = ?2")?
            .execute(params![object.as_str(), id.as_str()])?;
        record(&mut log, rules, object, *id)?;
    }
    log.close()?;
    transaction.commit()?;
    Ok(true)
}

/// Some of the records that are noted. Accounts come only when nothing else is left, so that each is
/// settled once for all of its records.
fn noted(connection: &Connection, limit: u32) -> rusqlite::Result<Vec<(ObjectName, RecordId)>> {
    for condition in ["object <> 'Account'", "TRUE"] {
        let select = format!("SELECT object, id FROM unsettled WHERE {condition} LIMIT ?1");
        let found = connection
            .prepare_cached(&select)?
            .query_map([limit], |row| {
                let (object, id): (String, String) = (row.get(0)?, row.get(1)?);
                Ok((
                    ObjectName::parse(&object).map_err(read::unreadable_text)?,
                    RecordId::parse(&id).map_err(read::unreadable_text)?,
                ))
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// Lets the rules of this run govern what is kept: where they are others than those of the last one,
/// every record is settled anew.
pub(crate) fn adopt(connection: &mut Connection, rules: &Rules) -> rusqlite::Result<()> {
    const KEY: &str = "sharing";
    let fingerprint = plan::fingerprint(rules);
    if read::meta(connection, KEY)?.as_deref() == Some(fingerprint.as_str()) {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let kept: BTreeSet<&ObjectName> = rules
        .iter()
        .filter(|(_, rule)| rule.is_kept())
        .map(|(object, _)| object)
        .collect();
    for object in objects_with_reasons(&transaction)? {
        if !kept.contains(&object) {
            let name = [object.as_str()];
            transaction.execute("DELETE FROM reason WHERE object = ?1", name)?;
            transaction.execute("DELETE FROM unsettled WHERE object = ?1", name)?;
        }
    }
    for object in kept {
        transaction.execute(
            "INSERT OR IGNORE INTO unsettled
             SELECT object, id FROM record WHERE object = ?1 AND deleted = 0",
            [object.as_str()],
        )?;
    }
    transaction.execute("DELETE FROM meta WHERE key = ?1", [KEY])?;
    transaction.execute("INSERT INTO meta VALUES (?1, ?2)", [KEY, &fingerprint])?;
    transaction.commit()
}

fn objects_with_reasons(connection: &Connection) -> rusqlite::Result<Vec<ObjectName>> {
    // A look-up for each object instead of a walk over all records.
    let mut objects = Vec::new();
    let mut after = String::new();
    loop {
        let next: Option<String> = connection
            .prepare_cached("SELECT object FROM reason WHERE object > ?1 ORDER BY object LIMIT 1")?
            .query_row([&after], |row| row.get(0))
            .optional()?;
        let Some(next) = next else {
            return Ok(objects);
        };
        objects.push(ObjectName::parse(&next).map_err(read::unreadable_text)?);
        after = next;
    }
}

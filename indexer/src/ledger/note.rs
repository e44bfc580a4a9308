//! What runs write into the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{ObjectName, RecordId};
use rusqlite::{Connection, params};

use super::status::{name, shadowed};
use crate::mirror::read::{self, json, parsed};
use crate::mirror::signed;
use crate::plan::{DocumentPlan, Warning};
use crate::profile::Shadow;

/// What a run leaves behind.
#[derive(Debug, Clone)]
pub(crate) struct RunNote {
    pub calls: u64,
    pub failed_calls: u64,
    pub api_used: Option<u64>,
    pub api_limit: Option<u64>,
    pub outage: Option<String>,
}

/// Notes the plans and warnings of a run.
pub(crate) fn note_plans(
    connection: &mut Connection,
    warnings: &BTreeSet<Warning>,
    plans: &[Arc<DocumentPlan>],
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM warning", [])?;
    for warning in warnings {
        note_warning(&transaction, &warning.object, &warning.text)?;
    }
    for plan in plans {
        note_plan(&transaction, plan)?;
    }
    transaction.commit()
}

fn note_plan(connection: &Connection, plan: &DocumentPlan) -> rusqlite::Result<()> {
    let shadows: Vec<(&ObjectName, &domain::FieldName)> = plan
        .shadowed_by
        .iter()
        .map(|shadow| (&shadow.object, &shadow.field))
        .collect();
    connection.execute(
        "INSERT INTO plan (object, label, sources, shadows) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET
            label = excluded.label, sources = excluded.sources, shadows = excluded.shadows",
        params![
            plan.object.as_str(),
            plan.label,
            json(&plan.own_objects())?,
            json(&shadows)?
        ],
    )?;
    Ok(())
}

/// Notes something that an object was left without.
pub(crate) fn note_warning(
    connection: &Connection,
    object: &ObjectName,
    warning: &str,
) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT OR IGNORE INTO warning VALUES (?1, ?2)",
        params![object.as_str(), warning],
    )?;
    Ok(())
}

/// Notes how far the index has read the log for an object.
pub(crate) fn note_built(
    connection: &Connection,
    object: &ObjectName,
    seq: i64,
    at: Option<DateTime<Utc>>,
) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE plan SET seq = ?2, built = coalesce(?3, built) WHERE object = ?1",
        params![object.as_str(), seq, at.map(|time| time.timestamp_millis())],
    )?;
    Ok(())
}

/// Forgets an object that is not synced any more.
pub(crate) fn forget_plan(connection: &Connection, object: &ObjectName) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM plan WHERE object = ?1", [object.as_str()])?;
    Ok(())
}

/// The document objects of the last run.
pub(crate) fn planned(connection: &Connection) -> rusqlite::Result<Vec<ObjectName>> {
    connection
        .prepare("SELECT object FROM plan ORDER BY object")?
        .query_map([], |row| name(row.get(0)?))?
        .collect()
}

/// Everything that objects were left without.
pub(crate) fn all_warnings(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare("SELECT warning FROM warning")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Remembers the profiles, and tells whether they are others than last time.
pub(crate) fn note_profiles(connection: &Connection, profiles: &str) -> rusqlite::Result<bool> {
    let known = read::meta(connection, "profiles")?;
    note(connection, "profiles", Some(profiles))?;
    Ok(known.as_deref() != Some(profiles))
}

/// The custom objects that were found in the org; none if nobody has looked.
pub(crate) fn discovered(connection: &Connection) -> rusqlite::Result<Option<Vec<ObjectName>>> {
    let known = read::meta(connection, "discovered")?;
    Ok(known.and_then(|known| serde_json::from_str(&known).ok()))
}

pub(crate) fn note_discovered(
    connection: &Connection,
    objects: &[ObjectName],
) -> rusqlite::Result<()> {
    note(connection, "discovered", Some(&json(&objects)?))
}

/// How far links were looked at (JSON, as the looker writes it).
pub(crate) fn links_seen(connection: &Connection) -> rusqlite::Result<Option<String>> {
    read::meta(connection, "links")
}

pub(crate) fn note_links_seen(connection: &Connection, seen: &str) -> rusqlite::Result<()> {
    note(connection, "links", Some(seen))
}

/// Notes what a run has cost and what the index has after it.
pub(crate) fn note_run(
    connection: &mut Connection,
    run: &RunNote,
    indexed: &BTreeMap<ObjectName, u64>,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for (key, more) in [("calls", run.calls), ("failed_calls", run.failed_calls)] {
        let all = read::meta_number(&transaction, key)?.unwrap_or(0) + more;
        note(&transaction, key, Some(&all.to_string()))?;
    }
    let api = [("api_used", run.api_used), ("api_limit", run.api_limit)];
    for (key, calls) in api {
        if let Some(calls) = calls {
            note(&transaction, key, Some(&calls.to_string()))?;
        }
    }
    note(&transaction, "outage", run.outage.as_deref())?;
    note_indexed(&transaction, indexed)?;
    note_skipped(&transaction)?;
    transaction.commit()
}

/// Notes how many documents the index has.
pub(crate) fn note_indexed(
    connection: &Connection,
    indexed: &BTreeMap<ObjectName, u64>,
) -> rusqlite::Result<()> {
    for object in planned(connection)? {
        let indexed = indexed.get(&object).copied().unwrap_or(0);
        connection.execute(
            "UPDATE plan SET indexed = ?2 WHERE object = ?1",
            params![object.as_str(), signed(indexed)],
        )?;
    }
    Ok(())
}

/// Counts the records that are told in other documents.
fn note_skipped(connection: &Connection) -> rusqlite::Result<()> {
    for object in planned(connection)? {
        let shadows: Vec<(ObjectName, domain::FieldName)> = connection.query_row(
            "SELECT shadows FROM plan WHERE object = ?1",
            [object.as_str()],
            |row| parsed(row, 0),
        )?;
        let mut skipped = 0;
        for (teller, field) in shadows {
            let shadow = Shadow {
                object: teller,
                field,
            };
            skipped += shadowed(connection, &object, &shadow)?;
        }
        connection.execute(
            "UPDATE plan SET skipped = ?2 WHERE object = ?1",
            params![object.as_str(), signed(skipped)],
        )?;
    }
    Ok(())
}

/// Notes that the sync waits for API calls (JSON of a [`super::Pause`]), or goes on.
pub(crate) fn note_pause(connection: &Connection, pause: Option<&str>) -> rusqlite::Result<()> {
    note(connection, "paused", pause)
}

fn note(connection: &Connection, key: &str, value: Option<&str>) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM meta WHERE key = ?1", [key])?;
    if let Some(value) = value {
        connection.execute("INSERT INTO meta VALUES (?1, ?2)", [key, value])?;
    }
    Ok(())
}

/// Checks that the mirror is of this org, or makes it so if it is of none.
pub(crate) fn claim(connection: &Connection, org: RecordId) -> rusqlite::Result<Option<String>> {
    connection.execute(
        "INSERT OR IGNORE INTO meta VALUES ('org', ?1)",
        [org.as_str()],
    )?;
    let known = read::meta(connection, "org")?;
    Ok(known.filter(|known| known != org.as_str()))
}

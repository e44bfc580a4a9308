//! Salesforce's own word on who may read which record.

use std::collections::{BTreeMap, BTreeSet};

use domain::{ObjectName, RecordId, UserId};
use futures::{StreamExt, TryStreamExt, stream};

use crate::client::Client;
use crate::error::Error;
use crate::record::Record;
use crate::soql::{Condition, FieldPath, Soql};

/// The most ids that one query of `UserRecordAccess` takes.
const IDS_A_CALL: usize = 200;
const CALLS_AT_ONCE: usize = 4;

const RECORD_ID: FieldPath = FieldPath::fixed("RecordId");
const HAS_READ_ACCESS: FieldPath = FieldPath::fixed("HasReadAccess");
const USER_ID: FieldPath = FieldPath::fixed("UserId");

pub(crate) async fn record_access(
    client: &Client,
    user: UserId,
    ids: &[RecordId],
) -> Result<BTreeMap<RecordId, bool>, Error> {
    let distinct: Vec<RecordId> = ids
        .iter()
        .copied()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let queries: Vec<Soql> = distinct
        .chunks(IDS_A_CALL)
        .map(|ids| question(user, ids))
        .collect();
    let replies: Vec<Vec<Record>> = stream::iter(queries)
        .map(|soql| async move { client.query_all_rows(&soql).await })
        .buffer_unordered(CALLS_AT_ONCE)
        .try_collect()
        .await?;
    // Whatever Salesforce does not mention stays hidden.
    let mut readable: BTreeMap<RecordId, bool> = distinct.iter().map(|id| (*id, false)).collect();
    for row in replies.iter().flatten() {
        if let Some(id) = row.record_id("RecordId")
            && let Some(access) = readable.get_mut(&id)
        {
            *access = row.bool("HasReadAccess") == Some(true);
        }
    }
    Ok(readable)
}

fn question(user: UserId, ids: &[RecordId]) -> Soql {
    let object = ObjectName::parse("UserRecordAccess").expect("it is an API name");
    Soql::select([RECORD_ID, HAS_READ_ACCESS])
        .from(&object)
        .filter(Condition::eq(USER_ID, user))
        .filter(Condition::is_in(RECORD_ID, ids.iter().copied()))
}

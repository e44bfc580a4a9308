//! Objects of which a viewer may read every record, so that no record of them has to be asked about:
//! by *View All Data* or by *View All Records*.
//!
//! It is only an inference, so Salesforce is asked about a viewer's candidates all the same, once in
//! each span for which decisions are remembered. If it denies a single one that was not deleted, the
//! inference is given up and each record is asked about.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::{ObjectName, RecordId};
use futures::StreamExt;
use salesforce::{Client, Condition, Error, Literal, Record, Scope, Soql};

use super::permissions::{ObjectGrants, Readable, field, names, select};
use super::{Kind, User};

/// Objects without records that are private whatever the defaults say: no *Private* opportunities,
/// contacts without an account, or events.
const WITHOUT_PRIVATE: [&str; 3] = ["Account", "Case", "Lead"];
/// What *View All Data* opens beyond those. Articles, notes and files have rules of their own.
const OF_ALL_DATA: [&str; 5] = ["Contact", "Contract", "Event", "Opportunity", "Task"];
/// Organization-wide defaults by which everybody inside the company reads.
const PUBLIC: [&str; 4] = ["Read", "ReadWrite", "ReadWriteTransfer", "FullAccess"];

/// The objects by the key prefix of their ids.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct OpenObjects(BTreeMap<String, ObjectName>);

impl OpenObjects {
    /// The open object that a record is of.
    pub fn object_of(&self, record: RecordId) -> Option<&ObjectName> {
        self.0.get(record.key_prefix())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What of `objects` is open to the user as a whole. Where the org does not tell, nothing is.
pub(super) async fn of(
    salesforce: &Client,
    user: &User,
    grants: &ObjectGrants,
    objects: &[ObjectName],
) -> Readable {
    let definitions = match definitions(salesforce, objects).await {
        Ok(definitions) => definitions,
        Err(error) => {
            tracing::debug!(error = %error, "sharing defaults are not known");
            Vec::new()
        }
    };
    let is_internal = user.kind == Kind::Internal;
    let read = definitions.iter().filter(|d| grants.reads(&d.object));
    // A default only narrows searches: it does not spare Salesforce a question.
    let shared = read
        .clone()
        .filter(|d| (is_internal && d.is_public) || grants.views_all(&d.object));
    let open = read.filter(|d| grants.views_all(&d.object) && may_be_open(&d.object, grants));
    Readable {
        open: OpenObjects(open.map(|d| (d.prefix.clone(), d.object.clone())).collect()),
        shared: shared.map(|d| d.object.clone()).collect(),
        all_data: grants.all_data,
        ..Readable::default()
    }
}

fn may_be_open(object: &ObjectName, grants: &ObjectGrants) -> bool {
    let name = object.as_str();
    WITHOUT_PRIVATE.contains(&name)
        || object.is_custom()
        || (grants.all_data && OF_ALL_DATA.contains(&name))
}

/// What the org says of an object.
struct Definition {
    object: ObjectName,
    prefix: String,
    is_public: bool,
}

async fn definitions(
    salesforce: &Client,
    objects: &[ObjectName],
) -> Result<Vec<Definition>, Error> {
    let soql = select(
        &["QualifiedApiName", "KeyPrefix", "InternalSharingModel"],
        "EntityDefinition",
        Condition::is_in(field("QualifiedApiName"), names(objects)),
    );
    let rows = salesforce.query_all_rows(&soql).await?;
    let definitions = rows.iter().filter_map(|row| {
        let object = ObjectName::parse(row.text("QualifiedApiName")?).ok()?;
        Some(Definition {
            object,
            prefix: row.text("KeyPrefix")?.to_owned(),
            is_public: PUBLIC.contains(&row.text("InternalSharingModel")?),
        })
    });
    Ok(definitions.collect())
}

/// The records of an object that were deleted since `since`. None if there are too many to tell.
pub(super) async fn deleted_since(
    salesforce: &Client,
    object: &ObjectName,
    since: DateTime<Utc>,
) -> Result<Option<BTreeSet<RecordId>>, Error> {
    const MOST: usize = 2_000;
    let soql = Soql::select([field("Id")])
        .from(object)
        .filter(Condition::eq(field("IsDeleted"), Literal::Bool(true)))
        .filter(Condition::ge(
            field("SystemModstamp"),
            Literal::DateTime(since),
        ));
    let mut pages = std::pin::pin!(salesforce.query(&soql, Scope::All));
    let mut deleted = BTreeSet::new();
    while let Some(page) = pages.next().await {
        deleted.extend(page?.records.iter().filter_map(Record::id));
        if deleted.len() > MOST {
            return Ok(None);
        }
    }
    Ok(Some(deleted))
}

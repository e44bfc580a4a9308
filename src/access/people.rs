//! Who owns records: users and queues by their names, and the names of owners.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use domain::{RecordId, Viewer};
use salesforce::{Client, Condition, Literal, Record, Soql};

use super::{Access, Error, lock, permissions};

/// Names and ids that are remembered; above it, all are forgotten.
const MOST_REMEMBERED: usize = 5_000;
/// More users of one name are nobody in particular.
const MOST_NAMESAKES: u32 = 20;
/// Ids of one query.
const CHUNK: usize = 100;

/// What Salesforce said of users and queues, for a while.
#[derive(Default)]
pub(super) struct People {
    by_name: Mutex<HashMap<String, (Instant, Vec<RecordId>)>>,
    names: Mutex<HashMap<RecordId, (Instant, String)>>,
}

impl Access {
    /// The users, of those whom the viewer may see, and the queues that have this username, email
    /// address or name.
    pub async fn owners(&self, viewer: &Viewer, name: &str) -> Result<Vec<RecordId>, Error> {
        let owners = self.owners_named(name).await?;
        let is_user = |id: &RecordId| id.key_prefix() == "005";
        let (users, mut owners): (Vec<_>, Vec<_>) = owners.into_iter().partition(is_user);
        owners.extend(self.confirm(viewer, &users).await?);
        Ok(owners)
    }

    /// The names of users and queues. Unknown ids are left out.
    pub async fn names(&self, owners: &[RecordId]) -> Result<BTreeMap<RecordId, String>, Error> {
        let people = &self.inner.people;
        let mut found = BTreeMap::new();
        let mut unknown = Vec::new();
        {
            let names = lock(&people.names);
            for id in owners {
                match names.get(id) {
                    Some((since, name)) if self.is_fresh(*since) => {
                        found.insert(*id, name.clone());
                    }
                    Some(_) | None => unknown.push(*id),
                }
            }
        }
        let is_user = |id: &RecordId| id.key_prefix() == "005";
        let (users, queues): (Vec<_>, Vec<_>) = unknown.into_iter().partition(is_user);
        for (object, ids) in [("User", users), ("Group", queues)] {
            for chunk in ids.chunks(CHUNK) {
                let named = named(&self.inner.salesforce, object, chunk).await?;
                let now = Instant::now();
                let mut names = lock(&people.names);
                make_room(&mut names);
                names.extend(named.iter().map(|(id, name)| (*id, (now, name.clone()))));
                found.extend(named);
            }
        }
        Ok(found)
    }

    async fn owners_named(&self, name: &str) -> Result<Vec<RecordId>, Error> {
        let people = &self.inner.people;
        let key = name.to_lowercase();
        if let Some((since, owners)) = lock(&people.by_name).get(&key)
            && self.is_fresh(*since)
        {
            return Ok(owners.clone());
        }
        let salesforce = &self.inner.salesforce;
        let is_named =
            |field: &'static str| Condition::eq(permissions::field(field), Literal::text(name));
        let users = permissions::select(
            &["Id"],
            "User",
            Condition::any([is_named("Username"), is_named("Email"), is_named("Name")]),
        );
        let queues = permissions::select(
            &["Id"],
            "Group",
            Condition::eq(permissions::field("Type"), Literal::text("Queue")).and(Condition::any(
                [is_named("Name"), is_named("DeveloperName")],
            )),
        );
        let mut owners = Vec::new();
        for soql in [users, queues] {
            let found = salesforce.query_all_rows(&limited(soql)).await?;
            owners.extend(found.iter().filter_map(Record::id));
        }
        let mut by_name = lock(&people.by_name);
        make_room(&mut by_name);
        by_name.insert(key, (Instant::now(), owners.clone()));
        Ok(owners)
    }

    fn is_fresh(&self, since: Instant) -> bool {
        since.elapsed() < self.inner.config.permissions.max(Duration::from_secs(60))
    }
}

async fn named(
    salesforce: &Client,
    object: &'static str,
    ids: &[RecordId],
) -> Result<Vec<(RecordId, String)>, Error> {
    let ids = ids.iter().copied().map(Literal::Id);
    let named = permissions::select(
        &["Id", "Name"],
        object,
        Condition::is_in(permissions::field("Id"), ids),
    );
    let found = salesforce.query_all_rows(&named).await?;
    let name = |record: &Record| Some((record.id()?, record.text("Name")?.to_owned()));
    Ok(found.iter().filter_map(name).collect())
}

fn limited(soql: Soql) -> Soql {
    soql.limit(MOST_NAMESAKES)
}

fn make_room<K, V>(remembered: &mut HashMap<K, V>) {
    if remembered.len() >= MOST_REMEMBERED {
        remembered.clear();
    }
}

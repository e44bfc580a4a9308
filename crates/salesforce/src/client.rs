//! The client: one handle for all that Salesforce is asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::{ObjectName, RecordId, UserId};
use futures::Stream;
use serde::Deserialize;

use crate::access;
use crate::auth::{Identity, Org};
use crate::bulk::Bulk;
use crate::categories::DataCategoryGroup;
use crate::describe::{Describe, Describes, ObjectSummary};
use crate::error::Error;
use crate::http::{Call, Http, VersionReply};
use crate::limits::Limits;
use crate::options::{ApiVersion, Options};
use crate::query::{self, Page, Scope};
use crate::record::Record;
use crate::replication::{self, Deleted, Updated};
use crate::soql::{Condition, FieldPath, Soql};
use crate::usage::{CallKind, Usage};

/// A client of one org. Clones are cheap and share the session, the describes and the counters.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: Http,
    options: Options,
    describes: Describes,
}

/// A version of the API that the org offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// As Salesforce calls the release: `Spring '26`.
    pub label: String,
    pub version: ApiVersion,
}

#[derive(Deserialize)]
struct UserInfo {
    preferred_username: String,
    user_id: RecordId,
    organization_id: RecordId,
}

impl Client {
    /// Prepares a client, without any I/O.
    ///
    /// # Errors
    /// [`Error::Setting`] for a login address that is none, or a private key that cannot be read.
    pub fn new(options: Options) -> Result<Self, Error> {
        Ok(Self {
            inner: Arc::new(Inner {
                http: Http::new(&options)?,
                describes: Describes::new(&options),
                options,
            }),
        })
    }

    /// Signs in if there is no session yet, and says as whom.
    pub async fn sign_in(&self) -> Result<Identity, Error> {
        let session = self.http().session().await?;
        // An app without the `id` scope may not ask who it is; then the user's own row tells.
        let call = Call::get(CallKind::Login, "user info", "/services/oauth2/userinfo");
        let (org_id, user_id, username) = match self.http().once::<UserInfo>(&call).await {
            Ok(info) => {
                let user = UserId::try_from(info.user_id);
                let user = user.map_err(|error| Error::unreadable(call.name, error))?;
                (info.organization_id, user, info.preferred_username)
            }
            Err(refused) => {
                let (org, user) = session.ids.ok_or(refused)?;
                (org, user, self.username_of(user).await?)
            }
        };
        Ok(Identity {
            user_id,
            org_id,
            username,
            instance_url: session.instance_url.clone(),
        })
    }

    /// Signs in if there is no session yet, and says where. That costs no call beyond the sign-in
    /// unless the app lacks the `id` scope.
    pub async fn org(&self) -> Result<Org, Error> {
        let session = self.http().session().await?;
        let org_id = match session.ids {
            Some((org_id, _)) => org_id,
            None => self.sign_in().await?.org_id,
        };
        Ok(Org {
            org_id,
            instance_url: session.instance_url.clone(),
        })
    }

    async fn username_of(&self, user: UserId) -> Result<String, Error> {
        const USERNAME: FieldPath = FieldPath::fixed("Username");
        let object = ObjectName::parse("User").expect("User is an API name");
        let soql = Soql::select([USERNAME])
            .from(&object)
            .filter(Condition::eq(FieldPath::ID, user));
        let rows = self.query_all_rows(&soql).await?;
        let username = rows.first().and_then(|row| row.text("Username"));
        username
            .map(str::to_owned)
            .ok_or_else(|| Error::unreadable("user", "the user's own row is missing"))
    }

    /// The API versions that the org offers.
    pub async fn versions(&self) -> Result<Vec<Version>, Error> {
        let call = Call::get(CallKind::Rest, "versions", "/services/data/");
        let versions: Vec<VersionReply> = self.http().json(&call).await?;
        versions
            .into_iter()
            .map(|offered| {
                Ok(Version {
                    version: ApiVersion::parse(&offered.version)
                        .map_err(|error| Error::unreadable(call.name, error))?,
                    label: offered.label,
                })
            })
            .collect()
    }

    /// The org's allocations and what is left of them.
    pub async fn limits(&self) -> Result<Limits, Error> {
        let call = Call::get(CallKind::Rest, "limits", self.path("/limits"));
        self.http().json(&call).await
    }

    /// The fields of an object that the client's user may see. Cached; after
    /// `Options::describe_fresh_for` Salesforce is asked whether it has changed.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an object that the org does not have or the user may not see.
    pub async fn describe(&self, object: &ObjectName) -> Result<Arc<Describe>, Error> {
        let path = self.path(&format!("/sobjects/{object}/describe"));
        self.inner.describes.get(self.http(), object, path).await
    }

    /// Forgets all describes, in memory and on disk: something of the org's objects has changed.
    pub async fn forget_describes(&self) {
        self.inner.describes.forget().await;
    }

    /// The data categories of articles that the client's user may see, whole trees.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::BadQuery`] in an org without Knowledge.
    pub async fn data_category_groups(&self) -> Result<Vec<DataCategoryGroup>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Groups {
            category_groups: Vec<DataCategoryGroup>,
        }
        let path = "/support/dataCategoryGroups?sObjectName=KnowledgeArticleVersion\
                    &topCategoriesOnly=false";
        let call = Call::get(CallKind::Rest, "data categories", self.path(path));
        let groups: Groups = self.http().json(&call).await?;
        Ok(groups.category_groups)
    }

    /// Every object that the client's user may see.
    pub async fn describe_global(&self) -> Result<Vec<ObjectSummary>, Error> {
        #[derive(Deserialize)]
        struct Global {
            sobjects: Vec<ObjectSummary>,
        }
        let call = Call::get(CallKind::Rest, "global describe", self.path("/sobjects"));
        let global: Global = self.http().json(&call).await?;
        Ok(global.sobjects)
    }

    /// The rows of a query, in pages as the server cuts them, each complete with all of its child
    /// rows. A page is fetched when it is asked for. After an error the stream ends.
    pub fn query(
        &self,
        soql: &Soql,
        scope: Scope,
    ) -> impl Stream<Item = Result<Page, Error>> + Send + use<> {
        query::pages(self.clone(), soql.clone(), scope)
    }

    /// All rows of a query at once, without deleted ones. For results that are known to be small.
    pub async fn query_all_rows(&self, soql: &Soql) -> Result<Vec<Record>, Error> {
        query::all_rows(self, soql).await
    }

    /// How many rows a query has. Of another query than [`Soql::count`] object, condition and limit
    /// are taken.
    pub async fn count(&self, soql: &Soql) -> Result<u64, Error> {
        self.count_in(soql, Scope::Live).await
    }

    /// The same of a wider or narrower set of rows.
    pub async fn count_in(&self, soql: &Soql, scope: Scope) -> Result<u64, Error> {
        query::count(self, soql, scope).await
    }

    /// The bytes of a file by its path, as a record's field shows it (`VersionData`).
    ///
    /// # Errors
    /// [`Error::FileTooLarge`] beyond `Options::max_blob_bytes`; [`Error::Unreadable`] for a path
    /// that is not below `/services/data/`.
    pub async fn get_blob(&self, path: &str) -> Result<Bytes, Error> {
        if !path.starts_with("/services/data/") {
            return Err(Error::unreadable(
                "file",
                "its address is not one of the REST API",
            ));
        }
        let call = Call::get(CallKind::Rest, "file", path);
        let limit = self.options().max_blob_bytes;
        Ok(self.http().reply_up_to(&call, limit).await?.body)
    }

    /// The Bulk API, for many rows.
    pub fn bulk(&self) -> Bulk {
        Bulk::new(self.clone())
    }

    /// Which of these records a user may read, by Salesforce's own decision
    /// (`UserRecordAccess`, 200 ids a call). Every id is in the result; one that Salesforce does not
    /// mention may not be read. Object and field permissions are not part of it.
    pub async fn record_access(
        &self,
        user: UserId,
        ids: &[RecordId],
    ) -> Result<BTreeMap<RecordId, bool>, Error> {
        access::record_access(self, user, ids).await
    }

    /// Ids of the records created or changed in a span of time, at most 30 days back.
    pub async fn updated(
        &self,
        object: &ObjectName,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Result<Updated, Error> {
        replication::updated(self, object, start, end).await
    }

    /// Ids of the records deleted in a span of time, at most 15 days back.
    ///
    /// # Errors
    /// [`Error::HistoryGone`] when the list has been purged that far.
    pub async fn deleted(
        &self,
        object: &ObjectName,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Result<Deleted, Error> {
        replication::deleted(self, object, start, end).await
    }

    /// What was called so far, and the org's quota as the newest reply told it. No I/O.
    pub fn usage(&self) -> Usage {
        self.http().usage()
    }

    /// The time by Salesforce's clock, as the newest reply told it; none before the first. No I/O.
    pub fn server_time(&self) -> Option<DateTime<Utc>> {
        self.http().server_time()
    }

    pub(crate) fn http(&self) -> &Http {
        &self.inner.http
    }

    pub(crate) fn options(&self) -> &Options {
        &self.inner.options
    }

    /// The path of a resource: `/services/data/v66.0` and `rest`.
    pub(crate) fn path(&self, rest: &str) -> String {
        self.options().api_version.path() + rest
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("login_url", &self.options().login_url.as_str())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_send<T: Send + 'static>(_: impl FnOnce(Client, Soql) -> T) {}

    /// Every call may run in a task of its own; that this compiles is the test.
    #[test]
    fn calls_can_be_spawned() {
        is_send(|client, soql| client.query(&soql, Scope::Live));
        is_send(|client, _| async move { client.sign_in().await });
        is_send(|client, soql| async move { client.query_all_rows(&soql).await });
        is_send(|client, soql| async move { client.describe(soql.object()).await });
        is_send(|client, _| async move {
            let user = UserId::try_from(RecordId::parse("005Ez0000000001").ok()?).ok()?;
            client.record_access(user, &[]).await.ok()
        });
        is_send(|client, soql| async move {
            let job = client.bulk().start(&soql, Scope::Live).await?;
            client.bulk().wait(&job, |_| {}).await
        });
    }
}

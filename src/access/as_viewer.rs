//! Asked in the viewer's own session: what a query returns there, Salesforce shows them. That counts
//! restriction rules, field-level security and data categories, too.
//!
//! It needs the JWT bearer flow, and users for whom the External Client App is pre-authorised.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;

use domain::{FieldAccess, FieldName, ObjectName, RecordId, Viewer};
use futures::future::try_join_all;
use salesforce::{Auth, Client, Condition, FieldPath, Literal, Options, Soql};

use super::permissions::{Readable, field, object};
use super::records::IDS_A_CALL;
use super::{Access, Error, lock};

/// Sessions that are kept.
const MOST_SESSIONS: usize = 1_000;

/// Viewers' own sessions, by username.
pub(super) struct Sessions {
    options: Options,
    clients: Mutex<HashMap<String, Client>>,
}

impl Sessions {
    pub fn new(mut options: Options) -> Self {
        // What precis itself may see is kept on disk; what a viewer may see is another thing.
        options.describe_folder = None;
        Self {
            options,
            clients: Mutex::default(),
        }
    }

    /// # Errors
    /// [`Error::Refused`] where precis does not sign in by JWT bearer.
    fn of(&self, name: &str) -> Result<Client, Error> {
        if let Some(client) = lock(&self.clients).get(name) {
            return Ok(client.clone());
        }
        let mut options = self.options.clone();
        match &mut options.auth {
            Auth::JwtBearer { username, .. } => name.clone_into(username),
            Auth::ClientCredentials { .. } => {
                return Err(Error::Refused(
                    "access.confirm = \"as_viewer\" needs salesforce.auth = \"jwt_bearer\""
                        .to_owned(),
                ));
            }
        }
        let client = Client::new(options)?;
        let mut clients = lock(&self.clients);
        if clients.len() >= MOST_SESSIONS {
            clients.clear();
        }
        clients.insert(name.to_owned(), client.clone());
        Ok(client)
    }
}

impl Access {
    /// Which of `objects`, and which of their fields, Salesforce describes to this user.
    pub(super) async fn described_to(
        &self,
        username: &str,
        objects: &[ObjectName],
    ) -> Result<Readable, Error> {
        let session = self.inner.sessions.of(username)?;
        session.forget_describes().await;
        let mut readable = Readable::default();
        for object in objects {
            let describe = match session.describe(object).await {
                Ok(describe) => describe,
                Err(error) if is_hidden(&error) => continue,
                Err(error) => return Err(not_as_viewer(username, error)),
            };
            let names = describe.fields.iter().map(|field| field.name.clone());
            let fields: BTreeSet<FieldName> = names.collect();
            let access = FieldAccess::Only(fields);
            readable.objects.insert(object.clone(), access);
        }
        Ok(readable)
    }

    /// The data categories that this user sees: by group, all their names.
    pub(super) async fn categories_of(
        &self,
        username: &str,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
        let session = self.inner.sessions.of(username)?;
        let groups = session.data_category_groups().await;
        let groups = groups.map_err(|error| not_as_viewer(username, error))?;
        let all = groups.into_iter().map(|group| {
            let names = group.categories.iter().flat_map(|top| top.names());
            (group.name.clone(), names.map(str::to_owned).collect())
        });
        Ok(all.collect())
    }

    pub(super) async fn ask_as_viewer(
        &self,
        viewer: &Viewer,
        documents: &[RecordId],
    ) -> Result<BTreeMap<RecordId, bool>, Error> {
        let session = self.inner.sessions.of(viewer.name())?;
        let found = self.found_in(&session, documents).await;
        found.map_err(|error| match error {
            Error::Undecided(error) => not_as_viewer(viewer.name(), error),
            Error::Refused(_) | Error::Ledger(_) | Error::Index(_) => error,
        })
    }

    /// For a service, which is nobody in Salesforce: what precis itself can still read.
    pub(super) async fn synced_still(
        &self,
        documents: &[RecordId],
    ) -> Result<BTreeMap<RecordId, bool>, Error> {
        self.found_in(&self.inner.salesforce, documents).await
    }

    async fn found_in(
        &self,
        session: &Client,
        documents: &[RecordId],
    ) -> Result<BTreeMap<RecordId, bool>, Error> {
        let mut found: BTreeMap<RecordId, bool> = documents.iter().map(|id| (*id, false)).collect();
        let mut questions = Vec::new();
        for (object, ids) in self.by_key_prefix(documents).await? {
            for ids in ids.chunks(IDS_A_CALL) {
                questions.push(question(&object, ids));
            }
        }
        let asked = questions.iter().map(|soql| async move {
            match session.query_all_rows(soql).await {
                Err(error) if is_hidden(&error) => Ok(Vec::new()),
                rows => rows,
            }
        });
        for row in try_join_all(asked).await?.iter().flatten() {
            if let Some(readable) = row.id().and_then(|id| found.get_mut(&id)) {
                *readable = true;
            }
        }
        Ok(found)
    }

    /// Documents by their object. What is of no synced object is left out.
    async fn by_key_prefix(
        &self,
        documents: &[RecordId],
    ) -> Result<Vec<(ObjectName, Vec<RecordId>)>, Error> {
        if self.document_objects().is_empty() {
            self.synced_objects().await?;
        }
        let mut sorted = Vec::new();
        let people = [object("User")];
        for object in self.document_objects().into_iter().chain(people) {
            let describe = self.inner.salesforce.describe(&object).await?;
            let is_its = |id: &&RecordId| describe.key_prefix.as_deref() == Some(id.key_prefix());
            let ids: Vec<RecordId> = documents.iter().filter(is_its).copied().collect();
            if !ids.is_empty() {
                sorted.push((object, ids));
            }
        }
        Ok(sorted)
    }
}

fn question(object: &ObjectName, ids: &[RecordId]) -> Soql {
    let ids = ids.iter().copied().map(Literal::Id);
    let soql = Soql::select([FieldPath::ID])
        .from(object)
        .filter(Condition::is_in(FieldPath::ID, ids));
    match object.is_article() {
        true => soql.filter(Condition::eq(
            field("PublishStatus"),
            Literal::text("Online"),
        )),
        false => soql,
    }
}

/// Whether Salesforce says that there is no such object, which is how it hides one.
fn is_hidden(error: &salesforce::Error) -> bool {
    matches!(
        error,
        salesforce::Error::NotFound { .. }
            | salesforce::Error::BadQuery { .. }
            | salesforce::Error::Denied { .. }
    )
}

/// A session that Salesforce does not grant is a matter for its admin, not an outage.
fn not_as_viewer(username: &str, error: salesforce::Error) -> Error {
    if let salesforce::Error::Setting { problem, .. } = &error {
        return Error::Refused(format!(
            "Salesforce does not let precis sign in as '{username}' ({problem}): pre-authorise them \
             for the External Client App, or set access.confirm = \"user_record_access\""
        ));
    }
    Error::Undecided(error)
}

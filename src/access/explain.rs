//! Why a user can or cannot see a record, layer by layer, for an admin.
//!
//! It asks Salesforce anew and remembers nothing, so it tells what is so now, not what a cache holds.

use std::collections::BTreeMap;

use domain::{Document, FieldName, Grant, Grantee, ObjectName, RecordId, UserId, Viewer};
use serde::{Deserialize, Serialize};
use store::{ExactKey, Filters};
use utoipa::ToSchema;

use super::permissions::Sources;
use super::{Access, Error, Kind, User, permissions};
use crate::config::Confirm;

/// What decides, from the first layer to the last.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AccessExplanation {
    pub record_id: RecordId,
    /// None for a record that precis has not synced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectName>,
    /// The document that the record is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_id: Option<RecordId>,
    pub username: String,
    /// Whether anything of the record is shown to the user.
    pub readable: bool,
    pub layers: Vec<Layer>,
    /// The record's fields, in the order of the document.
    pub fields: Vec<FieldExplanation>,
}

/// One layer of access.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = AccessLayer)]
pub struct Layer {
    /// `user`, `index`, `object`, `article`, `sharing` or `record`.
    pub layer: String,
    pub outcome: Outcome,
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AccessOutcome)]
pub enum Outcome {
    Allowed,
    Denied,
    /// It does not decide, or it cannot be told.
    Open,
}

/// One field of the record.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = FieldAccess)]
pub struct FieldExplanation {
    pub field: FieldName,
    pub readable: bool,
    pub detail: String,
}

/// What has been found out so far.
struct Explaining<'a> {
    access: &'a Access,
    told: AccessExplanation,
}

impl Access {
    /// Explains what `username` may see of a record. `own` is the user that precis signs in as: what
    /// they may not read is not in the index.
    ///
    /// # Errors
    /// [`Error::Undecided`] while Salesforce cannot be asked.
    pub async fn explain(
        &self,
        own: &Viewer,
        username: &str,
        record: RecordId,
    ) -> Result<AccessExplanation, Error> {
        let mut explaining = Explaining {
            access: self,
            told: AccessExplanation {
                record_id: record,
                object: None,
                document_id: None,
                username: username.to_owned(),
                readable: false,
                layers: Vec::new(),
                fields: Vec::new(),
            },
        };
        let user = match self.user(username).await {
            Ok(user) => user,
            Err(Error::Refused(reason)) => {
                explaining.add("user", Outcome::Denied, reason);
                return Ok(explaining.told);
            }
            Err(error) => return Err(error),
        };
        explaining.user(&user);
        let Some(document) = explaining.document(own, record).await? else {
            return Ok(explaining.told);
        };
        explaining.all_layers(user, &document).await?;
        Ok(explaining.told)
    }
}

impl Explaining<'_> {
    fn add(&mut self, layer: &str, outcome: Outcome, detail: impl Into<String>) {
        self.told.layers.push(Layer {
            layer: layer.to_owned(),
            outcome,
            detail: detail.into(),
        });
    }

    fn user(&mut self, user: &User) {
        let kind = match user.kind {
            Kind::Internal => "internal",
            Kind::Customer => "customer",
            Kind::Partner => "partner",
            Kind::Guest => "guest",
        };
        let detail = format!("{} is an active {kind} user ({})", user.username, user.id);
        self.add("user", Outcome::Allowed, detail);
    }

    /// The document that the record is part of, as precis itself may see it.
    async fn document(
        &mut self,
        own: &Viewer,
        record: RecordId,
    ) -> Result<Option<Document>, Error> {
        let reader = &self.access.inner.reader;
        let keys = [ExactKey::Id(record)];
        let found = reader.exact(own, &keys, &Filters::default()).await?;
        let document = reader.documents(own, &found).await?.into_iter().next();
        match &document {
            Some(document) => {
                let part = document
                    .records
                    .iter()
                    .find(|part| part.record_id == record);
                let object = part.map_or(&document.object, |part| &part.object);
                self.told.object = Some(object.clone());
                self.told.document_id = Some(document.id);
                let detail = match document.id == record {
                    true => format!("it is the document {} {}", document.object, document.id),
                    false => format!("it is part of the {} {}", document.object, document.id),
                };
                self.add("index", Outcome::Allowed, detail);
            }
            None => self.add(
                "index",
                Outcome::Denied,
                "it is not in the index: not synced, not visible to the user that precis signs in \
                 as, or no article version that is online (`precis status` says what is synced)",
            ),
        }
        Ok(document)
    }

    async fn all_layers(&mut self, user: User, document: &Document) -> Result<(), Error> {
        let record = self.told.record_id;
        let object = self
            .told
            .object
            .clone()
            .unwrap_or_else(|| document.object.clone());
        let mut objects = vec![document.object.clone()];
        if object != document.object {
            objects.push(object.clone());
        }
        let synced = self.access.synced_objects().await?;
        let (id, confirm) = (user.id, self.access.inner.config.confirm);
        let mut sources = BTreeMap::new();
        for object in &objects {
            let of = permissions::sources(&self.access.inner.salesforce, &user, object).await?;
            sources.insert(object.clone(), of);
        }
        let viewer = self.access.viewer_of(user, &synced).await?;
        let mut readable = true;
        for object in &objects {
            readable &= self.object(&viewer, object, sources.get(object));
        }
        readable &= self.article(&viewer, document);
        self.sharing(&viewer, document).await?;
        readable &= self.record(id, &viewer, document.id, confirm).await?;
        self.told.readable = readable;
        if let Some(part) = document
            .records
            .iter()
            .find(|part| part.record_id == record)
        {
            for text in &part.fields {
                self.field(&viewer, &object, &text.field, sources.get(&object));
            }
        }
        Ok(())
    }

    fn object(&mut self, viewer: &Viewer, object: &ObjectName, from: Option<&Sources>) -> bool {
        let reads = viewer.reads_object(object);
        let granted = from.map(|from| from.object.join(", ")).unwrap_or_default();
        let (outcome, detail) = match (reads, granted.is_empty()) {
            (true, false) => (
                Outcome::Allowed,
                format!("{object} is readable by {granted}"),
            ),
            (true, true) => (
                Outcome::Allowed,
                format!("{object} follows its parent, or the org governs it by nothing of its own"),
            ),
            (false, _) => (
                Outcome::Denied,
                format!("no profile or permission set of the user has Read on {object}"),
            ),
        };
        self.add("object", outcome, detail);
        reads
    }

    fn article(&mut self, viewer: &Viewer, document: &Document) -> bool {
        let Some(visibility) = &document.visibility else {
            return true;
        };
        let sight = viewer.articles();
        let mut hidden = Vec::new();
        if !sight.sees_channels(&visibility.channels) {
            hidden.push(format!(
                "its channels are {:?}, the user is in {:?}",
                visibility.channels, sight.channels
            ));
        }
        for (group, categories) in &visibility.categories {
            if !sight.sees_categories(group, categories) {
                let names: Vec<_> = categories.iter().map(String::as_str).collect();
                let names = names.join(", ");
                hidden.push(format!(
                    "none of its categories in {group} is visible ({names})"
                ));
            }
        }
        if !sight.sees_validation(visibility.validation_status.as_deref()) {
            let status = visibility.validation_status.as_deref().unwrap_or("none");
            hidden.push(format!(
                "its validation status is {status} (access.validation_status)"
            ));
        }
        match hidden.is_empty() {
            true => {
                let detail = "its channel, categories and validation status are visible";
                self.add("article", Outcome::Allowed, detail);
            }
            false => self.add("article", Outcome::Denied, hidden.join("; ")),
        }
        hidden.is_empty()
    }

    /// What sharing said at the last sync. It narrows searches and decides nothing by itself, unless
    /// the configuration says so.
    async fn sharing(&mut self, viewer: &Viewer, document: &Document) -> Result<(), Error> {
        if document.grants.is_empty() {
            let detail = "the index knows nothing of its sharing: Salesforce is asked";
            self.add("sharing", Outcome::Open, detail);
            return Ok(());
        }
        let Some(reach) = viewer.reach() else {
            let detail = "searches of this user are not narrowed by sharing: Salesforce is asked";
            self.add("sharing", Outcome::Open, detail);
            return Ok(());
        };
        if reach.all_data {
            self.add("sharing", Outcome::Allowed, "by View All Data");
            return Ok(());
        }
        let counts = |grant: &&Grant| {
            reach.holds(grant) && grant.path.iter().all(|object| viewer.reads_object(object))
        };
        let holding: Vec<&Grant> = document.grants.iter().filter(counts).take(5).collect();
        let (outcome, grants) = match holding.is_empty() {
            true => (Outcome::Denied, document.grants.iter().take(8).collect()),
            false => (Outcome::Allowed, holding),
        };
        let reasons = self.reasons(&grants).await?;
        let detail = match outcome {
            Outcome::Allowed => format!("as of the last sync by {reasons}"),
            Outcome::Denied | Outcome::Open => {
                format!("as of the last sync shared with others only: {reasons}")
            }
        };
        self.add("sharing", outcome, detail);
        Ok(())
    }

    async fn reasons(&self, grants: &[&Grant]) -> Result<String, Error> {
        let principals: Vec<RecordId> = grants
            .iter()
            .filter_map(|grant| match grant.to {
                Grantee::Reach(id) | Grantee::Only(id) => Some(id),
                Grantee::All(_) => None,
            })
            .collect();
        let names = self.access.names(&principals).await?;
        let reason = |grant: &&Grant| {
            let name = |id: RecordId| names.get(&id).cloned().unwrap_or_else(|| id.to_string());
            let to = match &grant.to {
                Grantee::All(object) => format!("all records of {object}"),
                Grantee::Reach(id) => format!("{} and above", name(*id)),
                Grantee::Only(id) => format!("{} alone", name(*id)),
            };
            let path: Vec<_> = grant.path.iter().map(ObjectName::as_str).collect();
            match path.is_empty() {
                true => to,
                false => format!("{to} through {}", path.join(", ")),
            }
        };
        Ok(grants.iter().map(reason).collect::<Vec<_>>().join("; "))
    }

    /// What has the last word on the record.
    async fn record(
        &mut self,
        user: UserId,
        viewer: &Viewer,
        document: RecordId,
        confirm: Confirm,
    ) -> Result<bool, Error> {
        let access = self.access;
        let (readable, by) = match confirm {
            Confirm::UserRecordAccess => {
                let salesforce = &access.inner.salesforce;
                let asked = salesforce.record_access(user, &[document]).await?;
                (asked.get(&document) == Some(&true), "UserRecordAccess")
            }
            Confirm::AsViewer => {
                let asked = access.ask_as_viewer(viewer, &[document]).await?;
                (
                    asked.get(&document) == Some(&true),
                    "a query in the user's own session",
                )
            }
            Confirm::Principals => {
                let expected = access.confirm(viewer, &[document]).await?;
                (expected.contains(&document), "sharing as of the last sync")
            }
        };
        let (outcome, word) = match readable {
            true => (Outcome::Allowed, "grants"),
            false => (Outcome::Denied, "denies"),
        };
        let detail = format!("{by} {word} reading {document} (access.confirm)");
        self.add("record", outcome, detail);
        Ok(readable)
    }

    fn field(
        &mut self,
        viewer: &Viewer,
        object: &ObjectName,
        field: &FieldName,
        from: Option<&Sources>,
    ) {
        let readable = viewer.reads_field(object, field);
        let granted = from.and_then(|from| from.fields.get(field));
        let secured = from.is_some_and(|from| from.permissionable.contains(field));
        let detail = match (readable, granted) {
            (true, Some(sets)) => format!("readable by {}", sets.join(", ")),
            (true, None) if secured => "readable: its object follows another".to_owned(),
            (true, None) => "not subject to field-level security".to_owned(),
            (false, _) if !viewer.reads_object(object) => format!("{object} is not readable"),
            (false, _) => "no profile or permission set of the user has Read on it".to_owned(),
        };
        self.told.fields.push(FieldExplanation {
            field: field.clone(),
            readable,
            detail,
        });
    }
}

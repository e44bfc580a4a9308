//! The organization-wide defaults, as `EntityDefinition` tells them.

use std::collections::{BTreeMap, BTreeSet};

use domain::ObjectName;
use salesforce::{Client, Error, FieldPath, Soql};

use crate::extract::concerns_object;

const NAME: FieldPath = FieldPath::fixed("QualifiedApiName");
const PREFIX: FieldPath = FieldPath::fixed("KeyPrefix");
const MODEL: FieldPath = FieldPath::fixed("InternalSharingModel");

/// What the org says of objects; one that it says nothing of is not among them.
pub(crate) type Models = BTreeMap<ObjectName, Definition>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Definition {
    /// The first three characters of its records' ids.
    pub prefix: Option<String>,
    /// None for a word that is not known: nobody can tell then who reads the records.
    pub model: Option<Model>,
}

/// Who inside the company reads a record without any other reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    Private,
    Public,
    ControlledByParent,
}

impl Model {
    /// By `EntityDefinition.InternalSharingModel`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "Private" => Some(Self::Private),
            "Read" | "ReadWrite" | "ReadWriteTransfer" | "FullAccess" => Some(Self::Public),
            "ControlledByParent" => Some(Self::ControlledByParent),
            _ => None,
        }
    }
}

/// Asks the org for the defaults of these objects. An org that refuses to tell has none that are
/// known.
pub(crate) async fn models(
    salesforce: &Client,
    objects: &BTreeSet<ObjectName>,
) -> Result<Models, Error> {
    let definitions = ObjectName::parse("EntityDefinition").expect("a literal API name");
    let soql = Soql::select([NAME, PREFIX, MODEL]).from(&definitions);
    let mut models = Models::new();
    for soql in soql.chunks_in(NAME, objects.iter().map(ObjectName::as_str)) {
        let rows = match salesforce.query_all_rows(&soql).await {
            Ok(rows) => rows,
            Err(error) if concerns_object(&error) => {
                tracing::warn!(%error, "sharing defaults are not known, so documents get no grants");
                return Ok(Models::new());
            }
            Err(error) => return Err(error),
        };
        for row in rows {
            let name = row.text("QualifiedApiName").unwrap_or_default();
            if let Ok(object) = ObjectName::parse(name) {
                let definition = Definition {
                    prefix: row.text("KeyPrefix").map(str::to_owned),
                    model: row.text("InternalSharingModel").and_then(Model::parse),
                };
                models.insert(object, definition);
            }
        }
    }
    Ok(models)
}

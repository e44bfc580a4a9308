//! What the oracle says of an org as it is now, and what each of its users may come across.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::oracle::{self, Sight, Text};
use super::words::Canaries;
use super::world::{Row, World, flag, plain};

/// What the oracle says of the org as it is now.
pub struct Truth {
    pub sights: BTreeMap<String, Sight>,
    pub views: BTreeMap<String, View>,
    pub canaries: Canaries,
    pub texts: Vec<Text>,
    /// Every id that stands anywhere in the org.
    pub ids: BTreeSet<String>,
}

/// What one user may come across.
#[derive(Default)]
pub struct View {
    pub documents: BTreeSet<String>,
    /// Articles outside the channel of somebody who views all data: the rules do not say whether they
    /// are to be found, so they may be and need not.
    pub doubtful: BTreeSet<String>,
    /// Value of a readable field → the readable documents in which it stands.
    pub values: BTreeMap<String, BTreeSet<String>>,
    /// Ids of readable records, and those in their readable fields.
    pub ids: BTreeSet<String>,
}

impl Truth {
    pub fn of(world: &World) -> Self {
        let sights = oracle::sights(world);
        let views = sights
            .iter()
            .map(|(user, sight)| (user.clone(), View::of(world, sight)));
        let mut ids = BTreeSet::new();
        for object in world.objects() {
            for (id, row) in world.rows(object) {
                ids.insert(id.to_owned());
                ids.extend(
                    row.values()
                        .filter_map(Value::as_str)
                        .filter(|text| is_id(text))
                        .map(str::to_owned),
                );
            }
        }
        Self {
            views: views.collect(),
            sights,
            canaries: Canaries::of(world),
            texts: oracle::texts(world),
            ids,
        }
    }
}

impl View {
    fn of(world: &World, sight: &Sight) -> Self {
        let mut view = Self {
            documents: sight.documents(world),
            ..Self::default()
        };
        let outside = world
            .rows("Knowledge__kav")
            .filter(|(_, row)| !flag(row, sight.channel()));
        view.doubtful = outside.map(|(id, _)| id.to_owned()).collect();
        for object in ["User", "Group", "Organization"] {
            view.ids.extend(world.ids(object));
        }
        for (record, object) in &sight.records {
            view.ids.insert(record.clone());
            let document = oracle::document_of(world, object, record).unwrap_or_default();
            let is_document = view.documents.contains(&document);
            let none = Row::new();
            for (field, value) in world.row(object, record).unwrap_or(&none) {
                if !sight.reads_field(object, field) {
                    continue;
                }
                let value = plain(value);
                if is_id(&value) {
                    view.ids.insert(value.clone());
                }
                if is_document {
                    view.values
                        .entry(value)
                        .or_default()
                        .insert(document.clone());
                }
            }
            if is_document && document == *record {
                view.values
                    .entry(object.clone())
                    .or_default()
                    .insert(document);
            }
        }
        view
    }
}

/// Eighteen letters and digits.
fn is_id(text: &str) -> bool {
    text.len() == 18 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

//! Filters of every kind, read to the last page.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::oracle::DOCUMENTS;
use super::super::session::Session;
use super::super::world::text;
use super::hits;

/// Fields whose values the status filter compares.
const STATUS: [(&str, &str); 6] = [
    ("Case", "Status"),
    ("Contract", "Status"),
    ("Knowledge__kav", "PublishStatus"),
    ("Lead", "Status"),
    ("Opportunity", "StageName"),
    ("Task", "Status"),
];

impl Session {
    pub(super) async fn filtered(&mut self, user: &str) {
        let (filters, expected) = self.filter(user);
        let sort = ["date", "date_asc", "relevance"][self.random.usize(..3)];
        let limit = self.random.usize(2..40);
        let body = json!({"filters": filters, "sort": sort, "limit": limit,
            "facets": ["account", "object", "owner", "status"]});
        let (replies, _) = self.all_pages(user, &body).await;
        if replies.iter().any(|reply| reply["hits"].is_null()) {
            // A name that the user may not know is refused.
            return;
        }
        let found: BTreeSet<String> = replies.iter().flat_map(hits).collect();
        self.expect_exactly(user, &body, &found, &expected);
    }

    /// A random filter, and what the user may find by it.
    fn filter(&mut self, user: &str) -> (Value, BTreeSet<String>) {
        let view = self.view(user).documents.clone();
        match self.random.usize(..7) {
            0 => {
                let object = DOCUMENTS[self.random.usize(..DOCUMENTS.len())];
                let expected = self.documents_by(&view, |of, _| of == object);
                (json!({"object": object}), expected)
            }
            1 => {
                let object = DOCUMENTS[self.random.usize(..DOCUMENTS.len())];
                let expected = self.documents_by(&view, |of, _| of != object);
                (json!({"not": {"object": object}}), expected)
            }
            2 => {
                let owners = [self.world.ids("User"), self.world.ids("Group")].concat();
                let owner = &owners[self.random.usize(..owners.len())];
                let expected = self.by_field(user, &view, "OwnerId", owner);
                (json!({"owner": owner}), expected)
            }
            3 => {
                let status = ["New", "Closed", "Draft", "Prospecting", "Not Started"];
                let status = status[self.random.usize(..status.len())];
                let mut expected = BTreeSet::new();
                for (object, field) in STATUS {
                    let by_field = self.by_field(user, &view, field, status);
                    expected.extend(self.documents_by(&by_field, |of, _| of == object));
                }
                (json!({"status": status}), expected)
            }
            4 => {
                let (word, place) = self.any_canary();
                if place.field != "Type" {
                    return (json!({"from": "2001-01-01"}), view);
                }
                let expected = self.by_field(user, &view, "Type", &word);
                (json!({"facets": {"type": word}}), expected)
            }
            5 => self.by_account(user, &view),
            _ => (
                json!({"to": "2099-01-01", "created_from": "2001-01-01"}),
                view,
            ),
        }
    }

    /// The account's own document and what hangs on it by a field that the user may read.
    fn by_account(&mut self, user: &str, view: &BTreeSet<String>) -> (Value, BTreeSet<String>) {
        let accounts = self.world.ids("Account");
        let account = &accounts[self.random.usize(..accounts.len())];
        let mut expected = self.by_field(user, view, "AccountId", account);
        expected.extend(self.by_field(user, view, "Account__c", account));
        expected.extend(self.documents_by(view, |_, id| id == account));
        // A parent account is a parent too.
        expected.extend(self.by_field(user, view, "ParentId", account));
        (json!({"account": account}), expected)
    }

    fn documents_by(
        &self,
        among: &BTreeSet<String>,
        is_meant: impl Fn(&str, &str) -> bool,
    ) -> BTreeSet<String> {
        let meant = |id: &&String| {
            let object = self.world.object_of(id).unwrap_or_default();
            is_meant(object, id)
        };
        among.iter().filter(meant).cloned().collect()
    }

    /// Those of the documents whose own field has a value, where the user may read the field.
    fn by_field(
        &self,
        user: &str,
        among: &BTreeSet<String>,
        field: &str,
        value: &str,
    ) -> BTreeSet<String> {
        let sight = self.sight(user);
        self.documents_by(among, |object, id| {
            let row = self.world.row(object, id);
            row.and_then(|row| text(row, field)) == Some(value) && sight.reads_field(object, field)
        })
    }
}

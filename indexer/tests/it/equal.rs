//! Random edits of an org, with syncs between: after each the index is what a first sync of the same
//! org makes. `PRECIS_TEST_STEPS` and `PRECIS_TEST_SEED` make it longer and another one.

use std::collections::BTreeMap;

use domain::{Document, RecordId};
use precis_indexer::Depth;
use serde_json::json;

use crate::admin::Admin;
use crate::support::{Folder, Org, export, id, sync_to};

/// Edits between two syncs, at most.
const EDITS: usize = 12;

/// A random walk over the org's life.
struct Life {
    admin: Admin,
    random: fastrand::Rng,
    live: BTreeMap<&'static str, Vec<String>>,
    deleted: Vec<(&'static str, String)>,
    done: BTreeMap<&'static str, usize>,
    edits: usize,
}

/// What an edit may leave behind that no query of changes tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trace {
    Left,
    None,
}

impl Life {
    async fn begin(org: &Org, seed: u64) -> Self {
        let mut life = Self {
            admin: Admin::of(org).await,
            random: fastrand::Rng::with_seed(seed),
            live: BTreeMap::new(),
            deleted: Vec::new(),
            done: BTreeMap::new(),
            edits: 0,
        };
        for _ in 0..3 {
            life.insert("Account").await;
            life.insert("Product2").await;
        }
        for _ in 0..10 {
            life.insert("Contact").await;
            life.insert("Case").await;
            life.insert("Opportunity").await;
            life.insert("CaseComment").await;
        }
        life
    }

    fn text(&mut self) -> String {
        const WORDS: [&str; 12] = [
            "valve",
            "leaks",
            "pump",
            "<b>hot</b>",
            "invoice",
            "Zürich",
            "renewal",
            "blocked",
            "ERR-42",
            "firmware",
            "again",
            "calibration",
        ];
        self.edits += 1;
        let count = self.random.usize(1..30);
        let words: Vec<&str> = (0..count)
            .map(|_| *self.random.choice(WORDS.iter()).unwrap())
            .collect();
        format!("{} {}", words.join(" "), self.edits)
    }

    fn any(&mut self, object: &'static str) -> Option<String> {
        let ids = self.live.get(object)?;
        self.random.choice(ids.iter()).cloned()
    }

    async fn insert(&mut self, object: &'static str) -> bool {
        let text = self.text();
        let (account, case) = (self.any("Account"), self.any("Case"));
        let opportunity = self.any("Opportunity");
        let fields = match object {
            "Account" => json!({"Name": text, "ParentId": account}),
            "Contact" => json!({"LastName": text, "AccountId": account}),
            "Product2" => json!({"Name": text}),
            "Case" => json!({"Subject": text, "Description": self.text(), "AccountId": account}),
            "CaseComment" => json!({"ParentId": case, "CommentBody": text}),
            "EmailMessage" => json!({"ParentId": case, "Subject": text, "TextBody": self.text()}),
            "Task" => {
                json!({"Subject": text, "Description": self.text(), "WhatId": case.or(account)})
            }
            "Opportunity" => json!({
                "Name": text, "AccountId": account, "StageName": "Prospecting", "CloseDate": "2026-12-01",
            }),
            "OpportunityLineItem" => json!({
                "OpportunityId": opportunity, "Product2Id": self.any("Product2"), "Quantity": 1,
                "UnitPrice": 10, "Description": text,
            }),
            "Knowledge__kav" => json!({
                "Title": text, "UrlName": format!("a-{}", self.edits), "Summary": self.text(),
                "Language": "en_US",
            }),
            other => panic!("{other} is not inserted"),
        };
        let Some(id) = self.admin.insert(object, fields).await else {
            return false;
        };
        self.live.entry(object).or_default().push(id);
        true
    }

    async fn update(&mut self, object: &'static str, field: &str) -> bool {
        let Some(id) = self.any(object) else {
            return false;
        };
        let text = self.text();
        self.admin.update(object, &id, json!({ field: text })).await
    }

    async fn move_to(&mut self, object: &'static str, field: &str, parent: &'static str) -> bool {
        let (id, parent) = (self.any(object), self.any(parent));
        let Some((id, parent)) = id.zip(parent) else {
            return false;
        };
        self.admin
            .update(object, &id, json!({ field: parent }))
            .await
    }

    async fn delete(&mut self, object: &'static str) -> bool {
        let Some(id) = self.any(object) else {
            return false;
        };
        let done = self.admin.delete(object, &id).await;
        if done {
            self.forget(object, &id);
            self.deleted.push((object, id));
        }
        done
    }

    fn forget(&mut self, object: &'static str, id: &str) {
        self.live
            .entry(object)
            .or_default()
            .retain(|known| known != id);
    }

    async fn undelete(&mut self) -> bool {
        if self.deleted.is_empty() {
            return false;
        }
        let (object, id) = self
            .deleted
            .swap_remove(self.random.usize(..self.deleted.len()));
        let done = self
            .admin
            .control("undelete", json!({ "id": id }))
            .await
            .is_some();
        if done {
            self.live.entry(object).or_default().push(id);
        }
        done
    }

    async fn merge(&mut self, object: &'static str) -> bool {
        let Some((master, other)) = self.any(object).zip(self.any(object)) else {
            return false;
        };
        let body = json!({"object": object, "master": master, "merged": [other]});
        let done = master != other && self.admin.control("merge", body).await.is_some();
        if done {
            self.forget(object, &other);
        }
        done
    }

    async fn article(&mut self, what: &str) -> bool {
        let Some(id) = self.any("Knowledge__kav") else {
            return false;
        };
        let Some(reply) = self.admin.control(what, json!({ "id": id })).await else {
            return false;
        };
        let now = reply["id"].as_str().unwrap().to_owned();
        if now != id {
            self.live.entry("Knowledge__kav").or_default().push(now);
        }
        true
    }

    async fn hard_delete(&mut self) -> bool {
        const OBJECTS: [&str; 3] = ["Case", "CaseComment", "Task"];
        let object = OBJECTS[self.random.usize(..3)];
        let Some(id) = self.any(object) else {
            return false;
        };
        let done = self
            .admin
            .control("hard-delete", json!({ "id": id }))
            .await
            .is_some();
        if done {
            self.forget(object, &id);
        }
        done
    }

    async fn set_silently(&mut self) -> bool {
        let (Some(id), text) = (self.any("Account"), self.text()) else {
            return false;
        };
        let body = json!({"object": "Account", "id": id, "fields": {"Industry": text}});
        self.admin.control("set", body).await.is_some()
    }

    /// One edit, and what it left.
    async fn step(&mut self) -> Trace {
        const OBJECTS: [&str; 10] = [
            "Account",
            "Contact",
            "Product2",
            "Case",
            "CaseComment",
            "EmailMessage",
            "Task",
            "Opportunity",
            "OpportunityLineItem",
            "Knowledge__kav",
        ];
        let object = OBJECTS[self.random.usize(..OBJECTS.len())];
        let mut trace = Trace::Left;
        let (name, done) = match self.random.usize(..24) {
            0..6 => ("insert", self.insert(object).await),
            6 => ("rename", self.update("Account", "Name").await),
            7 => ("rename product", self.update("Product2", "Name").await),
            8 => ("edit case", self.update("Case", "Description").await),
            9 => (
                "edit comment",
                self.update("CaseComment", "CommentBody").await,
            ),
            10 => ("edit task", self.update("Task", "Description").await),
            11 => (
                "move case",
                self.move_to("Case", "AccountId", "Account").await,
            ),
            12 => ("own", self.move_to("Case", "OwnerId", "User").await),
            13..16 => ("delete", self.delete(object).await),
            16 | 17 => ("undelete", self.undelete().await),
            18 => {
                let mergeable = ["Account", "Contact", "Case"];
                let object = mergeable[self.random.usize(..mergeable.len())];
                ("merge", self.merge(object).await)
            }
            19 => ("publish", self.article("publish").await),
            20 => ("archive", self.article("archive").await),
            21 => ("unpublish", self.article("unpublish").await),
            22 => {
                trace = Trace::None;
                ("hard delete", self.hard_delete().await)
            }
            _ => {
                trace = Trace::None;
                ("set silently", self.set_silently().await)
            }
        };
        *self.done.entry(name).or_default() += usize::from(done);
        if done { trace } else { Trace::Left }
    }
}

fn person(number: usize) -> serde_json::Value {
    json!({
        "Id": id("005", number), "Username": format!("p{number}@example.com"), "LastName": "P",
        "Name": format!("P {number}"), "Email": format!("p{number}@example.com"), "IsActive": true,
        "UserType": "Standard",
    })
}

fn setting<T: std::str::FromStr>(name: &str, default: T) -> T {
    let value = std::env::var(name).ok();
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or(default)
}

/// What a first sync of the org as it is now makes.
async fn first_sync(org: &Org) -> BTreeMap<RecordId, Document> {
    let folder = tempfile::tempdir().unwrap();
    let options = precis_indexer::Options {
        folder: folder.path().to_owned(),
        ..org.options()
    };
    let mut indexer = org.indexer(options).await;
    assert!(sync_to(&mut indexer, Depth::Changes).await.complete);
    export(&indexer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_edits_the_index_equals_the_org() {
    let steps: usize = setting("PRECIS_TEST_STEPS", 400);
    let seed: u64 = setting("PRECIS_TEST_SEED", 7);
    let org = Folder::new()
        .with("User", [person(2), person(3)])
        .start()
        .await;
    let mut life = Life::begin(&org, seed).await;
    life.live
        .insert("User", (1..=3).map(|n| id("005", n).to_string()).collect());
    let mut indexer = org.indexer(org.options()).await;
    let mut step = 0;
    while step < steps {
        let mut traces = Vec::new();
        for _ in 0..life.random.usize(1..=EDITS) {
            traces.push(life.step().await);
            step += 1;
        }
        let depth = match traces.contains(&Trace::None) {
            false => Depth::Changes,
            true if life.random.bool() => Depth::Reconcile,
            true => Depth::Full,
        };
        let report = sync_to(&mut indexer, depth).await;
        assert!(report.complete, "seed {seed}, step {step}: {report:?}");
        let (found, expected) = (export(&indexer).await, first_sync(&org).await);
        for (id, document) in &expected {
            assert_eq!(
                found.get(id),
                Some(document),
                "seed {seed}, step {step}, {depth:?}"
            );
        }
        let surplus: Vec<_> = found
            .keys()
            .filter(|id| !expected.contains_key(id))
            .collect();
        assert!(
            surplus.is_empty(),
            "seed {seed}, step {step}, {depth:?}: {surplus:?}"
        );
        let status = indexer.status().await.unwrap();
        for object in &status.objects {
            assert!(
                object.is_complete(),
                "seed {seed}, step {step}: {object:#?}"
            );
        }
    }
    let rare: Vec<_> = life.done.iter().filter(|(_, count)| **count == 0).collect();
    assert!(
        rare.is_empty(),
        "never done: {rare:?}; {:?}",
        life.admin.refused.borrow()
    );
}

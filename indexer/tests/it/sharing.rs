//! Random orgs and random edits: after each sync the grants of the index let each user read exactly
//! what Salesforce says that they read, and are those of a first sync. `PRECIS_TEST_STEPS` and
//! `PRECIS_TEST_SEED` make it longer and another one.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Channel, Document, Grant, Grantee, RecordId};
use precis_indexer::{Depth, Indexer, Progress, Request, Scope};
use salesforce::{Condition, FieldPath, Literal, Soql};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::admin::Admin;
use crate::people::{self, GROUPS, Reach, USERS};
use crate::support::{Folder, Org, export, id, object, profiles, sync, sync_to};

const LEVELS: [&str; 3] = ["None", "Read", "Edit"];

/// How many records of each object a random org has.
const COUNTS: [(&str, &str, usize); 10] = [
    ("Account", "001", 5),
    ("Contact", "003", 9),
    ("Case", "500", 12),
    ("Opportunity", "006", 9),
    ("Contract", "800", 4),
    ("Lead", "00Q", 3),
    ("Deal__c", "a01", 4),
    ("Line__c", "a02", 6),
    ("Task", "00T", 14),
    ("Event", "00U", 8),
];

struct World {
    random: fastrand::Rng,
    public: Vec<&'static str>,
}

impl World {
    fn any(&mut self, object: &str) -> RecordId {
        let (_, prefix, count) = COUNTS.iter().find(|(name, ..)| *name == object).unwrap();
        id(prefix, self.random.usize(1..=*count))
    }

    fn maybe(&mut self, object: &str) -> Option<RecordId> {
        (self.random.usize(..4) > 0).then(|| self.any(object))
    }

    fn user(&mut self) -> RecordId {
        id("005", self.random.usize(USERS))
    }

    fn user_or_group(&mut self) -> RecordId {
        match self.random.bool() {
            true => self.user(),
            false => id("00G", self.random.usize(GROUPS)),
        }
    }

    fn level(&mut self) -> &'static str {
        LEVELS[self.random.usize(..LEVELS.len())]
    }

    fn flag(&mut self) -> bool {
        self.random.usize(..4) == 0
    }

    /// What a record says of sharing.
    fn fields(&mut self, object: &str) -> Value {
        let mut fields = match object {
            "Line__c" => json!({"Deal__c": self.any("Deal__c"), "Account__c": self.any("Account")}),
            "Contact" | "Case" => json!({"AccountId": self.maybe("Account")}),
            "Opportunity" => json!({"AccountId": self.maybe("Account"), "IsPrivate": self.flag()}),
            "Contract" => json!({"AccountId": self.any("Account")}),
            "Task" => json!({"WhatId": self.what(), "WhoId": self.who()}),
            "Event" => {
                json!({"WhatId": self.what(), "WhoId": self.who(), "IsPrivate": self.flag()})
            }
            _ => json!({}),
        };
        if object != "Line__c" {
            fields["OwnerId"] = json!(self.user());
        }
        fields
    }

    fn what(&mut self) -> Option<RecordId> {
        const WHAT: [&str; 5] = ["Account", "Case", "Opportunity", "Contract", "Deal__c"];
        let object = WHAT[self.random.usize(..WHAT.len())];
        self.maybe(object)
    }

    fn who(&mut self) -> Option<RecordId> {
        let object = if self.flag() { "Lead" } else { "Contact" };
        self.maybe(object)
    }

    fn record(&mut self, object: &str, prefix: &str, number: usize) -> Value {
        let mut fields = self.fields(object);
        fields["Id"] = json!(id(prefix, number));
        let name = format!("{object} {number}");
        match object {
            "Contact" => fields["LastName"] = json!(name),
            "Lead" => {
                fields["LastName"] = json!(name);
                fields["Company"] = json!("Acme");
            }
            "Case" | "Task" | "Event" => fields["Subject"] = json!(name),
            "Opportunity" => {
                fields["Name"] = json!(name);
                fields["StageName"] = json!("Prospecting");
                fields["CloseDate"] = json!("2026-12-01");
            }
            "Contract" => fields["Status"] = json!("Draft"),
            _ => fields["Name"] = json!(name),
        }
        fields
    }

    /// A row that gives a record to somebody.
    fn share(&mut self) -> (&'static str, Value) {
        let shared = [
            "Account",
            "Case",
            "Contact",
            "Opportunity",
            "Lead",
            "Deal__c",
        ];
        let to = self.user_or_group();
        match self.random.usize(..9) {
            0 => (
                "AccountTeamMember",
                json!({"AccountId": self.any("Account"), "UserId": self.user(),
                       "AccountAccessLevel": self.level()}),
            ),
            1 => (
                "OpportunityTeamMember",
                json!({"OpportunityId": self.any("Opportunity"), "UserId": self.user(),
                       "OpportunityAccessLevel": self.level()}),
            ),
            2 => (
                "CaseTeamMember",
                json!({"ParentId": self.any("Case"), "MemberId": self.user(),
                       "TeamRoleId": id("0B7", self.random.usize(1..=2))}),
            ),
            3 | 4 => (
                "AccountShare",
                json!({"AccountId": self.any("Account"), "UserOrGroupId": to, "RowCause": "Manual",
                       "AccountAccessLevel": self.level(), "CaseAccessLevel": self.level(),
                       "ContactAccessLevel": self.level(), "OpportunityAccessLevel": self.level()}),
            ),
            _ => match shared[self.random.usize(..shared.len())] {
                "Deal__c" => (
                    "Deal__Share",
                    json!({"ParentId": self.any("Deal__c"), "UserOrGroupId": to,
                           "RowCause": "Manual", "AccessLevel": self.level()}),
                ),
                "Lead" => ("LeadShare", self.share_of("Lead", to)),
                "Contact" => ("ContactShare", self.share_of("Contact", to)),
                "Opportunity" => ("OpportunityShare", self.share_of("Opportunity", to)),
                "Account" => ("AccountShare", self.share_of("Account", to)),
                _ => ("CaseShare", self.share_of("Case", to)),
            },
        }
    }

    fn share_of(&mut self, object: &str, to: RecordId) -> Value {
        json!({
            format!("{object}Id"): self.any(object), "UserOrGroupId": to, "RowCause": "Manual",
            format!("{object}AccessLevel"): self.level(),
        })
    }

    /// The org of a seed.
    fn folder(&mut self) -> Folder {
        let mut folder = people::org();
        for object in ["Account", "Case", "Lead", "Opportunity", "Deal__c"] {
            if self.flag() {
                folder = folder.default_access(object, "Read");
                self.public.push(object);
            }
        }
        match self.random.usize(..3) {
            0 => {
                folder = folder.default_access("Contact", "Read");
                self.public.push("Contact");
            }
            1 => {}
            _ => folder = folder.default_access("Contact", "ControlledByParent"),
        }
        if self.random.bool() {
            folder = folder.default_access("Activity", "None");
        }
        for (object, prefix, count) in COUNTS {
            let records: Vec<Value> = (1..=count)
                .map(|number| self.record(object, prefix, number))
                .collect();
            folder = folder.with(object, records);
        }
        folder = folder.with(
            "CaseTeamRole",
            [
                json!({"Id": id("0B7", 1), "Name": "reads", "AccessLevel": "Read"}),
                json!({"Id": id("0B7", 2), "Name": "none", "AccessLevel": "None"}),
            ],
        );
        // One at least, so that the org has the table.
        let deal = json!({"ParentId": self.any("Deal__c"), "UserOrGroupId": self.user(),
                          "RowCause": "Manual", "AccessLevel": "Read"});
        folder = folder.with("Deal__Share", [deal]);
        for _ in 0..25 {
            let (table, row) = self.share();
            folder = folder.with(table, [row]);
        }
        folder
    }

    async fn edit(&mut self, admin: &Admin, shares: &mut Vec<(&'static str, String)>) {
        let (object, prefix, count) = COUNTS[self.random.usize(..COUNTS.len())];
        let record = id(prefix, self.random.usize(1..=count)).to_string();
        match self.random.usize(..10) {
            0..4 => {
                let fields = self.fields(object);
                let names: Vec<&String> = fields.as_object().unwrap().keys().collect();
                let name = names[self.random.usize(..names.len())].clone();
                let change = json!({ name.clone(): fields[&name] });
                admin.update(object, &record, change).await;
            }
            4..6 => {
                let (table, row) = self.share();
                if let Some(share) = admin.insert(table, row).await {
                    shares.push((table, share));
                }
            }
            6 if !shares.is_empty() => {
                let (table, share) = shares.swap_remove(self.random.usize(..shares.len()));
                admin.delete(table, &share).await;
            }
            7 => {
                admin.delete(object, &record).await;
            }
            8 => {
                let level = json!({"AccessLevel": self.level()});
                admin
                    .update("CaseTeamRole", id("0B7", 2).as_str(), level)
                    .await;
            }
            _ => {
                admin.control("undelete", json!({ "id": record })).await;
            }
        }
    }
}

/// What Salesforce says that a user reads.
async fn readable(org: &Org, user: usize, ids: &[RecordId]) -> BTreeSet<RecordId> {
    let path = |name: &str| FieldPath::parse(name).unwrap();
    let soql = Soql::select([path("RecordId"), path("HasReadAccess")])
        .from(&object("UserRecordAccess"))
        .filter(Condition::eq(
            path("UserId"),
            Literal::from(id("005", user)),
        ));
    let client = org.client();
    let mut readable = BTreeSet::new();
    for ids in ids.chunks(200) {
        let condition = Condition::is_in(path("RecordId"), ids.iter().copied());
        let rows = client
            .query_all_rows(&soql.clone().filter(condition))
            .await
            .unwrap();
        let rows = rows
            .iter()
            .filter(|row| row.bool("HasReadAccess") == Some(true));
        readable.extend(rows.filter_map(|row| row.record_id("RecordId")));
    }
    readable
}

async fn first_sync(org: &Org, options: &precis_indexer::Options) -> BTreeMap<RecordId, Document> {
    let folder = tempfile::tempdir().unwrap();
    let options = precis_indexer::Options {
        folder: folder.path().to_owned(),
        ..options.clone()
    };
    let mut indexer = org.indexer(options).await;
    assert!(sync_to(&mut indexer, Depth::Changes).await.complete);
    export(&indexer).await
}

async fn compare(org: &Org, world: &World, documents: &BTreeMap<RecordId, Document>, when: &str) {
    let ids: Vec<RecordId> = documents.keys().copied().collect();
    for user in USERS {
        let reach = Reach::of(user, &world.public);
        let readable = readable(org, user, &ids).await;
        for (id, document) in documents {
            assert!(
                !document.grants.is_empty(),
                "{when}: {} {id}",
                document.object
            );
            let passes = reach.passes(&document.object, &document.grants);
            // Two masters that somebody reads for different reasons have none in common.
            if document.object == "Line__c" && !passes {
                continue;
            }
            assert_eq!(
                passes,
                readable.contains(id),
                "{when}: user {user}, {} {id}: {:#?}",
                document.object,
                document.grants
            );
        }
    }
}

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_let_everybody_read_what_salesforce_lets_them_read() {
    let steps = setting("PRECIS_TEST_STEPS", 12);
    let first = setting("PRECIS_TEST_SEED", 1);
    for seed in first..first + 3 {
        let mut world = World {
            random: fastrand::Rng::with_seed(seed),
            public: Vec::new(),
        };
        let org = world.folder().start().await;
        let admin = Admin::of(&org).await;
        let mut options = org.options();
        options.profiles = profiles("[Deal__c]\n[Line__c]");
        let mut indexer = org.indexer(options.clone()).await;
        assert!(sync(&mut indexer).await.complete);
        compare(
            &org,
            &world,
            &export(&indexer).await,
            &format!("seed {seed}"),
        )
        .await;
        let mut shares = Vec::new();
        for step in 0..steps {
            let when = format!("seed {seed}, step {step}");
            for _ in 0..world.random.usize(1..=6) {
                world.edit(&admin, &mut shares).await;
            }
            let report = sync(&mut indexer).await;
            assert!(report.complete, "{when}: {report:?}");
            let (found, expected) = (export(&indexer).await, first_sync(&org, &options).await);
            for (id, document) in &expected {
                assert_eq!(found.get(id), Some(document), "{when}");
            }
            assert_eq!(found.len(), expected.len(), "{when}");
            compare(&org, &world, &found, &when).await;
        }
    }
}

fn account(owner: usize) -> Value {
    json!({"Id": id("001", 1), "Name": "Acme", "OwnerId": id("005", owner)})
}

fn case(number: usize, owner: usize) -> Value {
    json!({"Id": id("500", number), "Subject": format!("Case {number}"), "Status": "New",
           "AccountId": id("001", 1), "OwnerId": id("005", owner)})
}

fn task(number: usize, what: RecordId) -> Value {
    json!({"Id": id("00T", number), "Subject": format!("Task {number}"), "WhatId": what,
           "OwnerId": id("005", 8)})
}

/// An account with two cases, and tasks about the account and its first case.
async fn followed() -> (Org, Indexer) {
    let org = people::org()
        .with("Account", [account(2)])
        .with("Case", [case(1, 3), case(2, 4)])
        .with("Task", (1..=3).map(|number| task(number, id("001", 1))))
        .with("Task", (4..=6).map(|number| task(number, id("500", 1))))
        .start()
        .await;
    let mut indexer = org.indexer(org.options()).await;
    let report = sync(&mut indexer).await;
    assert!(report.complete);
    for object in &report.objects {
        assert!(object.written <= 6, "documents are built once: {object:?}");
    }
    (org, indexer)
}

fn written(report: &precis_indexer::Report) -> BTreeMap<&str, u64> {
    let objects = report.objects.iter().filter(|object| object.written > 0);
    objects
        .map(|object| (object.object.as_str(), object.written))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_is_built_anew_only_when_its_reasons_change() {
    let (org, mut indexer) = followed().await;
    let admin = Admin::of(&org).await;
    // Text alone: the case, and no task of it.
    org.change("Case", id("500", 1), json!({"Description": "It leaks."}))
        .await;
    assert_eq!(written(&sync(&mut indexer).await), [("Case", 1)].into());
    // A case of an owner who reads the account anyway.
    let more = json!({"Subject": "More", "AccountId": id("001", 1), "OwnerId": id("005", 4)});
    admin.insert("Case", more).await.unwrap();
    assert_eq!(written(&sync(&mut indexer).await), [("Case", 1)].into());
    // One of an owner who did not: the account, and its tasks with it.
    let more = json!({"Subject": "More", "AccountId": id("001", 1), "OwnerId": id("005", 8)});
    admin.insert("Case", more).await.unwrap();
    let expected = [("Account", 1), ("Case", 1), ("Task", 3)].into();
    assert_eq!(written(&sync(&mut indexer).await), expected);
    // A share row that says nothing new, and one that does.
    let share = |to: usize| json!({"CaseId": id("500", 1), "UserOrGroupId": id("005", to), "CaseAccessLevel": "Read"});
    admin.insert("CaseShare", share(3)).await.unwrap();
    assert_eq!(written(&sync(&mut indexer).await), BTreeMap::new());
    admin.insert("CaseShare", share(9)).await.unwrap();
    let expected = [("Account", 1), ("Case", 1), ("Task", 6)].into();
    assert_eq!(written(&sync(&mut indexer).await), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn share_rows_have_a_sync_of_their_own() {
    let (org, mut indexer) = followed().await;
    let admin = Admin::of(&org).await;
    let share =
        json!({"CaseId": id("500", 1), "UserOrGroupId": id("005", 9), "CaseAccessLevel": "Read"});
    let share = admin.insert("CaseShare", share).await.unwrap();
    org.change("Case", id("500", 2), json!({"Description": "Not yet."}))
        .await;
    let request = Request {
        scope: Scope::Sharing,
        ..Request::default()
    };
    let (silent, stop) = (Progress::silent(), CancellationToken::new());
    let report = indexer.sync(&request, &silent, &stop).await.unwrap();
    assert!(report.complete, "{report:?}");
    let expected = [("Account", 1), ("Case", 1), ("Task", 6)].into();
    assert_eq!(written(&report), expected);
    let reads = |to: usize| Grant {
        path: Vec::new(),
        to: Grantee::Reach(id("005", to)),
    };
    let documents = export(&indexer).await;
    assert!(documents[&id("500", 1)].grants.contains(&reads(9)));
    // Gone without a trace.
    admin
        .control("hard-delete", json!({ "id": share }))
        .await
        .unwrap();
    let report = indexer.sync(&request, &silent, &stop).await.unwrap();
    assert_eq!(written(&report)["Case"], 1, "{report:?}");
    let documents = export(&indexer).await;
    assert!(!documents[&id("500", 1)].grants.contains(&reads(9)));
    let status = indexer.status().await.unwrap();
    let tables: Vec<&str> = status
        .sharing
        .iter()
        .map(|table| table.object.as_str())
        .collect();
    assert!(
        tables.contains(&"CaseShare") && tables.contains(&"CaseTeamRole"),
        "{tables:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_tells_its_channels_and_categories() {
    let org = Folder::new()
        .with(
            "Knowledge__kav",
            [json!({
                "Id": id("ka0", 1), "KnowledgeArticleId": id("kA0", 1), "Title": "Reset",
                "ArticleNumber": "000000001", "UrlName": "reset", "Language": "en_US",
                "PublishStatus": "Online", "IsLatestVersion": true, "VersionNumber": 1,
                "IsVisibleInApp": true, "IsVisibleInCsp": true, "ValidationStatus": "Validated",
            })],
        )
        .with(
            "Knowledge__DataCategorySelection",
            ["Europe", "Nordics"].map(|name| {
                json!({"ParentId": id("ka0", 1), "DataCategoryGroupName": "Regions",
                       "DataCategoryName": name})
            }),
        )
        .start()
        .await;
    let (indexer, _) = org.sync().await;
    let documents = export(&indexer).await;
    let article = &documents[&id("ka0", 1)];
    assert!(article.grants.is_empty());
    let visibility = article.visibility.as_ref().unwrap();
    assert_eq!(visibility.channels, [Channel::App, Channel::Csp].into());
    let names = ["Europe", "Nordics"].map(str::to_owned);
    assert_eq!(
        visibility.categories,
        [("Regions".to_owned(), names.into())].into()
    );
    assert_eq!(visibility.validation_status.as_deref(), Some("Validated"));
}

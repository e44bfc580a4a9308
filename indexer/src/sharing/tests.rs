use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::{FieldName, Grant, Grantee, ObjectName, RecordId};
use salesforce::Describe;
use serde_json::{Value, json};

use super::models::{Definition, Model, Models};
use super::{Reasons, Rules, settle};
use crate::mirror::{Mirror, Page, Row, read};
use crate::plan::Describes;

fn object(name: &str) -> ObjectName {
    ObjectName::parse(name).unwrap()
}

fn id(prefix: &str, number: usize) -> RecordId {
    RecordId::parse(&format!("{prefix}Tst{number:09}")).unwrap()
}

fn describe(name: &str, prefix: &str, fields: &[(&str, &[&str])]) -> Describe {
    let fields = fields.iter().map(|(name, to)| {
        // A field whose name starts with M_ is a master-detail field.
        let order = name.starts_with("M_").then_some(0);
        json!({"name": name, "type": if to.is_empty() { "string" } else { "reference" },
               "referenceTo": to, "relationshipOrder": order})
    });
    let fields: Vec<Value> = fields.collect();
    serde_json::from_value(json!({"name": name, "keyPrefix": prefix, "fields": fields})).unwrap()
}

const OWNER: (&str, &[&str]) = ("OwnerId", &["User", "Group"]);
const ACCOUNT: (&str, &[&str]) = ("AccountId", &["Account"]);
const TO: (&str, &[&str]) = ("UserOrGroupId", &["User", "Group"]);

/// The documents of a small org, and the tables that share them.
fn describes() -> (Vec<ObjectName>, Describes, Describes) {
    let documents = [
        describe("Account", "001", &[OWNER]),
        describe("Contact", "003", &[OWNER, ACCOUNT]),
        describe("Case", "500", &[OWNER, ACCOUNT]),
        describe("Contract", "800", &[OWNER, ACCOUNT]),
        describe("Opportunity", "006", &[OWNER, ACCOUNT, ("IsPrivate", &[])]),
        describe("Deal__c", "a01", &[OWNER]),
        describe(
            "Line__c",
            "a02",
            &[
                ("M_Deal__c", &["Deal__c"]),
                ("M_Account__c", &["Account"]),
                ("CreatedById", &["User"]),
            ],
        ),
        describe(
            "Task",
            "00T",
            &[
                OWNER,
                ("WhatId", &["Account", "Case", "Campaign"]),
                ("WhoId", &["Contact"]),
            ],
        ),
    ];
    let levels = [
        "AccountAccessLevel",
        "CaseAccessLevel",
        "ContactAccessLevel",
        "OpportunityAccessLevel",
    ];
    let levels = levels.map(|level| (level, &[] as &[&str]));
    let tables = [
        describe(
            "AccountShare",
            "00r",
            &[ACCOUNT, TO, levels[0], levels[1], levels[2], levels[3]],
        ),
        describe("CaseShare", "01n", &[("CaseId", &["Case"]), TO, levels[1]]),
        describe(
            "ContactShare",
            "03s",
            &[("ContactId", &["Contact"]), TO, levels[2]],
        ),
        describe(
            "OpportunityShare",
            "00t",
            &[("OpportunityId", &["Opportunity"]), TO, levels[3]],
        ),
        describe(
            "CaseTeamMember",
            "0B6",
            &[
                ("ParentId", &["Case"]),
                ("MemberId", &["User"]),
                ("TeamRoleId", &["CaseTeamRole"]),
            ],
        ),
        describe("CaseTeamRole", "0B7", &[("AccessLevel", &[])]),
        describe(
            "Deal__Share",
            "02c",
            &[("ParentId", &["Deal__c"]), TO, ("AccessLevel", &[])],
        ),
    ];
    let names = documents
        .iter()
        .map(|describe| describe.name.clone())
        .collect();
    let by_name = |describe: Describe| (describe.name.clone(), Arc::new(describe));
    (
        names,
        documents.map(by_name).into(),
        tables.map(by_name).into(),
    )
}

/// The rules where everything is private but what is listed.
fn rules(listed: &[(&str, Model)]) -> Rules {
    let (names, documents, tables) = describes();
    let mut models: Models = [
        "Account",
        "Case",
        "Contact",
        "Contract",
        "Opportunity",
        "Deal__c",
    ]
    .map(|name| (object(name), Model::Private))
    .into_iter()
    .chain(["Line__c", "Task"].map(|name| (object(name), Model::ControlledByParent)))
    .chain(listed.iter().map(|(name, model)| (object(name), *model)))
    .map(|(name, model)| {
        (
            name,
            Definition {
                prefix: None,
                model: Some(model),
            },
        )
    })
    .collect();
    if let Some(campaign) = models.get_mut("Campaign") {
        campaign.prefix = Some("701".to_owned());
    }
    Rules::draft(&names, &documents, &models).complete(&tables)
}

/// A mirror in which rows are written as pulls write them.
struct World {
    mirror: Mirror,
    rules: Arc<Rules>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new(listed: &[(&str, Model)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            mirror: Mirror::open(folder.path()).await.unwrap(),
            rules: Arc::new(rules(listed)),
            _folder: folder,
        }
    }

    fn page(&self, name: &str) -> Page {
        let sources = self.rules.sources();
        let of_table = sources
            .get(name)
            .map(|(_, references)| references.iter().cloned().collect());
        Page {
            object: object(name),
            is_document: self.rules.get(&object(name)).is_some(),
            rows: Vec::new(),
            gone: Vec::new(),
            failures: Vec::new(),
            links: Vec::new(),
            refreshes: BTreeSet::new(),
            references: of_table.unwrap_or_else(|| self.rules.references(&object(name))),
            sharing: Some(Arc::clone(&self.rules)),
            seen: Vec::new(),
            cursor: None,
        }
    }

    async fn apply(&self, page: Page) {
        let rules = Arc::clone(&self.rules);
        self.mirror
            .call(move |mirror| page.apply(mirror))
            .await
            .unwrap();
        let settled = self.mirror.call(move |mirror| {
            while settle::some(mirror, &rules, 2)? {}
            Ok(())
        });
        settled.await.unwrap();
    }

    async fn put(&self, name: &str, id: RecordId, fields: &[(&str, &str)]) {
        let mut page = self.page(name);
        let fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        page.rows.push(Row {
            id,
            stamp: None,
            fields: fields.collect::<BTreeMap<_, _>>(),
        });
        self.apply(page).await;
    }

    async fn share_case(&self, number: usize, case: RecordId, to: RecordId, level: &str) {
        let fields = [
            ("CaseId", case.as_str()),
            ("UserOrGroupId", to.as_str()),
            ("CaseAccessLevel", level),
        ];
        self.put("CaseShare", id("01n", number), &fields).await;
    }

    async fn remove(&self, name: &str, id: RecordId) {
        let mut page = self.page(name);
        page.gone.push(id);
        self.apply(page).await;
    }

    async fn grants(&self, name: &str, id: RecordId) -> BTreeSet<Grant> {
        let (name, rules) = (object(name), Arc::clone(&self.rules));
        let grants = self.mirror.call(move |mirror| {
            let record = read::record(mirror, &name, id)?.expect("it is there");
            Reasons::new(&rules).of(mirror, &name, &record)
        });
        grants.await.unwrap()
    }

    /// The documents of an object that changed behind a position, and the position behind them.
    async fn changed(&self, name: &str, after: i64) -> (BTreeSet<RecordId>, i64) {
        let name = object(name);
        let read = self
            .mirror
            .call(move |mirror| read::changes(mirror, &name, after, 100));
        let changes = read.await.unwrap();
        let last = changes.last().map_or(after, |change| change.seq);
        (changes.iter().map(|change| change.id).collect(), last)
    }
}

fn grant(path: &[&str], to: Grantee) -> Grant {
    Grant {
        path: path.iter().map(|name| object(name)).collect(),
        to,
    }
}

fn all(path: &[&str], name: &str) -> Grant {
    grant(path, Grantee::All(object(name)))
}

fn reach(path: &[&str], number: usize) -> Grant {
    grant(path, Grantee::Reach(id("005", number)))
}

fn only(path: &[&str], number: usize) -> Grant {
    grant(path, Grantee::Only(id("005", number)))
}

fn user(number: usize) -> RecordId {
    id("005", number)
}

#[tokio::test]
async fn an_owned_record_is_its_owners_and_whose_it_is_shared_with() {
    let world = World::new(&[]).await;
    let case = id("500", 1);
    world.share_case(1, case, user(2), "Read").await;
    world
        .put("Case", case, &[("OwnerId", user(1).as_str())])
        .await;
    world.share_case(2, case, user(3), "None").await;
    let (first, role) = (id("0B6", 1), id("0B7", 1));
    let member = [
        ("ParentId", case.as_str()),
        ("MemberId", user(4).as_str()),
        ("TeamRoleId", role.as_str()),
    ]
    .map(|(a, b)| (a, b.to_owned()));
    let member: Vec<(&str, &str)> = member.iter().map(|(a, b)| (*a, b.as_str())).collect();
    world.put("CaseTeamMember", first, &member).await;
    let expected = [all(&[], "Case"), reach(&[], 1), reach(&[], 2)];
    assert_eq!(
        world.grants("Case", case).await,
        expected.clone().into(),
        "a role that is not known"
    );
    world
        .put("CaseTeamRole", role, &[("AccessLevel", "Read")])
        .await;
    let with_team = expected.iter().cloned().chain([reach(&[], 4)]).collect();
    assert_eq!(world.grants("Case", case).await, with_team);
    world
        .put("CaseTeamRole", role, &[("AccessLevel", "None")])
        .await;
    world.remove("CaseShare", id("01n", 1)).await;
    assert_eq!(
        world.grants("Case", case).await,
        [all(&[], "Case"), reach(&[], 1)].into()
    );
}

#[tokio::test]
async fn an_account_is_read_by_whoever_reads_what_hangs_on_it() {
    let world = World::new(&[("Contact", Model::ControlledByParent)]).await;
    let account = id("001", 1);
    let by = |owner: usize| {
        [
            ("OwnerId", user(owner).to_string()),
            ("AccountId", account.to_string()),
        ]
    };
    let fields = |owner: usize| by(owner).to_vec();
    let put = async |name: &str, id: RecordId, more: &[(&str, &str)], owner: usize| {
        let own = fields(owner);
        let own = own.iter().map(|(name, value)| (*name, value.as_str()));
        let all: Vec<(&str, &str)> = own.chain(more.iter().copied()).collect();
        world.put(name, id, &all).await;
    };
    world
        .put("Account", account, &[("OwnerId", user(1).as_str())])
        .await;
    put("Case", id("500", 1), &[], 2).await;
    put("Opportunity", id("006", 1), &[("IsPrivate", "true")], 3).await;
    put("Contact", id("003", 1), &[], 4).await;
    let expected: BTreeSet<Grant> = [
        all(&[], "Account"),
        reach(&[], 1),
        all(&["Case"], "Case"),
        reach(&["Case"], 2),
        only(&["Opportunity"], 3),
        all(&["Contact"], "Contact"),
    ]
    .into();
    assert_eq!(world.grants("Account", account).await, expected);
    assert_eq!(
        world.grants("Opportunity", id("006", 1)).await,
        [only(&[], 3)].into()
    );
    let contact: BTreeSet<Grant> = [
        all(&[], "Contact"),
        all(&["Account"], "Account"),
        reach(&["Account"], 1),
        all(&["Account", "Case"], "Case"),
        reach(&["Account", "Case"], 2),
        only(&["Account", "Opportunity"], 3),
        all(&["Account"], "Contact"),
    ]
    .into();
    assert_eq!(world.grants("Contact", id("003", 1)).await, contact);
    // A share row of the account can speak of its cases alone.
    let share = [
        ("AccountId", account.to_string()),
        ("UserOrGroupId", user(5).to_string()),
        ("AccountAccessLevel", "None".to_owned()),
        ("CaseAccessLevel", "Edit".to_owned()),
    ];
    let share: Vec<(&str, &str)> = share.iter().map(|(a, b)| (*a, b.as_str())).collect();
    world.put("AccountShare", id("00r", 1), &share).await;
    assert!(
        world
            .grants("Case", id("500", 1))
            .await
            .contains(&reach(&[], 5))
    );
    assert!(
        world
            .grants("Account", account)
            .await
            .contains(&reach(&["Case"], 5))
    );
    world.remove("Case", id("500", 1)).await;
    let left = world.grants("Account", account).await;
    assert!(!left.contains(&all(&["Case"], "Case")), "{left:?}");
}

#[tokio::test]
async fn activities_and_details_follow() {
    let world = World::new(&[("Deal__c", Model::Public), ("Campaign", Model::Public)]).await;
    let (account, deal) = (id("001", 1), id("a01", 1));
    world
        .put("Account", account, &[("OwnerId", user(1).as_str())])
        .await;
    world
        .put("Deal__c", deal, &[("OwnerId", user(2).as_str())])
        .await;
    let masters = [
        ("M_Deal__c", deal.as_str()),
        ("M_Account__c", account.as_str()),
    ];
    world.put("Line__c", id("a02", 1), &masters).await;
    let line: BTreeSet<Grant> = [
        all(&[], "Line__c"),
        all(&["Account", "Deal__c"], "Account"),
        reach(&["Account", "Deal__c"], 1),
    ]
    .into();
    assert_eq!(world.grants("Line__c", id("a02", 1)).await, line);
    let task = |what: RecordId| {
        [
            ("OwnerId", user(3).to_string()),
            ("WhatId", what.to_string()),
        ]
    };
    for (number, what) in [account, id("701", 1), id("500", 9)]
        .into_iter()
        .enumerate()
    {
        let fields = task(what);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (*a, b.as_str())).collect();
        world.put("Task", id("00T", number), &fields).await;
    }
    world
        .put("Task", id("00T", 3), &[("OwnerId", user(3).as_str())])
        .await;
    let own = [all(&[], "Task"), only(&[], 3)];
    let with = |more: &[Grant]| own.iter().chain(more).cloned().collect::<BTreeSet<_>>();
    let about_account = with(&[all(&["Account"], "Account"), reach(&["Account"], 1)]);
    assert_eq!(world.grants("Task", id("00T", 0)).await, about_account);
    let elsewhere = with(&[all(&["Campaign"], "Campaign")]);
    assert_eq!(world.grants("Task", id("00T", 1)).await, elsewhere);
    assert_eq!(
        world.grants("Task", id("00T", 2)).await,
        with(&[]),
        "a case that is not there"
    );
    assert_eq!(
        world.grants("Task", id("00T", 3)).await,
        with(&[reach(&[], 3)])
    );
}

#[tokio::test]
async fn only_other_reasons_touch_what_follows() {
    let world = World::new(&[]).await;
    let (account, contract) = (id("001", 1), id("800", 1));
    world
        .put("Account", account, &[("OwnerId", user(1).as_str())])
        .await;
    world
        .put(
            "Contract",
            contract,
            &[
                ("OwnerId", user(2).as_str()),
                ("AccountId", account.as_str()),
            ],
        )
        .await;
    let (_, seq) = world.changed("Contract", 0).await;
    let case = |owner: usize| {
        [
            ("OwnerId", user(owner).to_string()),
            ("AccountId", account.to_string()),
        ]
    };
    let put = async |number: usize, owner: usize| {
        let fields = case(owner);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (*a, b.as_str())).collect();
        world.put("Case", id("500", number), &fields).await;
    };
    put(1, 3).await;
    let (changed, seq) = world.changed("Contract", seq).await;
    assert_eq!(changed, [contract].into());
    put(2, 3).await;
    assert_eq!(world.changed("Contract", seq).await.0, [].into());
    world
        .put(
            "Account",
            account,
            &[("OwnerId", user(1).as_str()), ("Name", "New")],
        )
        .await;
    assert_eq!(world.changed("Contract", seq).await.0, [].into());
    world
        .put("Account", account, &[("OwnerId", user(4).as_str())])
        .await;
    assert_eq!(world.changed("Contract", seq).await.0, [contract].into());
}

#[test]
fn what_nobody_can_tell_has_no_rule() {
    let (names, mut documents, mut tables) = describes();
    let models = |model| -> Models {
        let definition = |name: &ObjectName| {
            (
                name.clone(),
                Definition {
                    prefix: None,
                    model,
                },
            )
        };
        names.iter().map(definition).collect()
    };
    let untold = Rules::draft(&names, &documents, &models(None)).complete(&tables);
    assert_eq!(untold.iter().count(), 0);
    tables.remove("AccountShare");
    let opportunity = describe("Opportunity", "006", &[OWNER, ACCOUNT]);
    documents.insert(object("Opportunity"), Arc::new(opportunity));
    let rules = Rules::draft(&names, &documents, &models(Some(Model::Private))).complete(&tables);
    let known: Vec<&str> = rules.iter().map(|(object, _)| object.as_str()).collect();
    // Without accounts neither contracts nor lines, and nobody knows which opportunities are private.
    assert_eq!(known, ["Case", "Contact", "Deal__c", "Task"]);
    assert!(rules.part_for(&object("Account")).is_none());
    let field = FieldName::parse("AccountId").unwrap();
    assert!(rules.references(&object("Case")).contains(&field));
}

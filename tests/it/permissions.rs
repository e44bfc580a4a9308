//! Nobody is shown what Salesforce would not show them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::edits::Editor;
use crate::support::{Org, Server, client, reply};

pub const USERS: [&str; 8] = [
    "astrid.vale@tarnwick.example",
    "jonas.brandt@tarnwick.example",
    "claire.fontaine@tarnwick.example",
    "rafael.mendes@tarnwick.example",
    "helen.okafor@tarnwick.example",
    "sam.delgado@tarnwick.example",
    "ruth.abernathy@tarnwick.example",
    "victor.lind@tarnwick.example",
];

pub const QUERIES: [&str; 6] = [
    "contract special terms liability penalty",
    "discount and amount of the renewal",
    "night alarm vaccine depot",
    "internal notes for engineers",
    "call about the promised quotation",
    "E17 alarm hall B",
];

fn started() -> (Org, Server) {
    let org = Org::demo_synced();
    let run_as = org.run_as().to_owned();
    let mut keys = USERS.to_vec();
    keys.push(&run_as);
    let org = org.with_keys(&keys);
    let server = org.serve_without_sync();
    (org, server)
}

/// Asks the org itself, as its integration user, with a client that is not ours.
pub async fn readable(org: &Org, user: &str, ids: &BTreeSet<String>) -> BTreeSet<String> {
    let users = org
        .soql(&format!("SELECT Id FROM User WHERE Username = '{user}'"))
        .await;
    let user_id = users[0]["Id"].as_str().expect("an id").to_owned();
    let mut readable = BTreeSet::new();
    for chunk in ids.iter().cloned().collect::<Vec<_>>().chunks(200) {
        let list: Vec<_> = chunk.iter().map(|id| format!("'{id}'")).collect();
        let rows = org
            .soql(&format!(
                "SELECT RecordId, HasReadAccess FROM UserRecordAccess \
                 WHERE UserId = '{user_id}' AND RecordId IN ({})",
                list.join(",")
            ))
            .await;
        let yes = rows.iter().filter(|row| row["HasReadAccess"] == true);
        readable.extend(yes.map(|row| row["RecordId"].as_str().expect("an id").to_owned()));
    }
    readable
}

pub fn document_ids(found: &Value) -> BTreeSet<String> {
    let hits = found["hits"].as_array().expect("hits");
    hits.iter()
        .map(|hit| hit["document"]["id"].as_str().expect("an id").to_owned())
        .collect()
}

#[tokio::test]
async fn everybody_finds_exactly_what_the_org_lets_them_read() {
    let (org, server) = started();
    let active = &USERS[..USERS.len() - 1];
    for query in QUERIES {
        let body = json!({"query": query, "limit": 100});
        let all = document_ids(&server.search(org.run_as(), body.clone()).await);
        assert!(
            all.len() > 20,
            "'{query}' finds too little to tell anything"
        );
        for user in active {
            let found = document_ids(&server.search(user, body.clone()).await);
            let allowed = readable(&org, user, &found).await;
            assert_eq!(found, allowed, "{user} was shown too much for '{query}'");
        }
    }
}

#[tokio::test]
async fn hidden_fields_and_objects_are_not_searched_or_shown() {
    let (_org, server) = started();
    let sam = "sam.delgado@tarnwick.example";
    let jonas = "jonas.brandt@tarnwick.example";
    for (user, hidden_fields, hidden_objects) in [
        (sam, ["Amount", "AnnualRevenue"], ["Contract", "Lead"]),
        (jonas, ["SpecialTerms", "Internal_Notes__c"], ["-", "-"]),
    ] {
        for query in QUERIES {
            let found = server
                .search(user, json!({"query": query, "limit": 100}))
                .await;
            for hit in found["hits"].as_array().expect("hits") {
                let object = hit["document"]["object"].as_str().expect("an object");
                assert!(
                    !hidden_objects.contains(&object),
                    "{user} was shown a {object}"
                );
                for passage in hit["passages"].as_array().expect("passages") {
                    let field = passage["field"].as_str().expect("a field");
                    assert!(!hidden_fields.contains(&field), "{user} was shown {field}");
                }
            }
            let facets = found["facets"]["object"].as_array();
            for facet in facets.into_iter().flatten() {
                let value = facet["value"].as_str().expect("a value");
                assert!(!hidden_objects.contains(&value), "{user} counts {value}");
            }
        }
    }
}

#[tokio::test]
async fn somebody_who_left_is_refused_and_ids_open_nothing() {
    let (org, server) = started();
    let body = json!({"query": "alarm"}).to_string();
    let victor = Some("victor.lind@tarnwick.example");
    let reply = server.post("/v1/search", victor, body.clone()).await;
    assert_eq!(reply.status, 403, "{}", reply.body);

    // An id that one may not read answers as one that does not exist.
    let case = org
        .soql("SELECT Id FROM Contract ORDER BY Id LIMIT 1")
        .await;
    let id = case[0]["Id"].as_str().expect("an id");
    let sam = "sam.delgado@tarnwick.example";
    let body = |id: &str| json!({"query": id, "filters": {"object": "Case"}});
    let hidden = server.search(sam, body(id)).await;
    let unknown = server.search(sam, body("800Tw000000ZZZZ")).await;
    assert_eq!(document_ids(&hidden), document_ids(&unknown));

    // What a request says about its user counts for nothing.
    let claimed = json!({"query": "alarm", "user": "astrid.vale@tarnwick.example"}).to_string();
    assert_eq!(
        server.post("/v1/search", Some(sam), claimed).await.status,
        400
    );
}

/// Where a viewer may read every record of an object, Salesforce is not asked about each; what is
/// deleted there is gone all the same, and who may not read everything is asked about as before.
#[tokio::test]
async fn what_is_open_as_a_whole_is_not_asked_about_and_stays_exact() {
    let org = without_vectors();
    let server = org.serve_without_sync();
    let admin = org.run_as().to_owned();
    let body = |query: &str| json!({"query": query, "filters": {"object": "Case"}, "limit": 50});
    // The first answer is compared with what Salesforce says.
    let first = document_ids(&server.search(&admin, body("alarm")).await);
    assert!(first.len() > 10);
    let asked = calls(&org).await;
    for query in [
        "night alarm vaccine depot",
        "E17 alarm hall B",
        "promised quotation",
        "alarm",
    ] {
        let found = document_ids(&server.search(&admin, body(query)).await);
        let allowed = readable(&org, &admin, &found).await;
        assert_eq!(found, allowed, "'{query}'");
    }
    // What remains are the queries of this test, and one for what was deleted.
    let more = calls(&org).await - asked;
    assert!(more <= 4 * 3 + 1, "{more} calls for four searches");

    let sam = "sam.delgado@tarnwick.example";
    let found = document_ids(&server.search(sam, body("alarm")).await);
    assert_eq!(found, readable(&org, sam, &found).await);
}

#[tokio::test]
async fn a_case_that_was_deleted_is_not_shown_to_who_may_read_all() {
    let org = without_vectors();
    let admin = org.run_as().to_owned();
    let gone = org
        .soql("SELECT Id, CaseNumber FROM Case ORDER BY Id LIMIT 1")
        .await;
    let (id, number) = (gone[0]["Id"].as_str(), gone[0]["CaseNumber"].as_str());
    let (id, number) = (id.expect("an id").to_owned(), number.expect("a number"));
    let body = json!({"query": number});
    let server = org.serve_without_sync();
    assert!(document_ids(&server.search(&admin, body.clone()).await).contains(&id));

    Editor::of(&org).await.delete("Case", &id).await;
    // Decisions are remembered for a minute; another process has none.
    drop(server);
    let server = org.serve_without_sync();
    for _ in 0..2 {
        let found = document_ids(&server.search(&admin, body.clone()).await);
        assert!(!found.contains(&id), "a deleted case was shown");
    }
}

/// The demo org, with keys for the two who ask.
fn without_vectors() -> Org {
    let org = Org::demo();
    let run_as = org.run_as().to_owned();
    let org = org.with_keys(&[&run_as, "sam.delgado@tarnwick.example"]);
    org.configure_without_vectors();
    org.json(&["sync"]);
    org
}

/// Calls that the org has counted.
async fn calls(org: &Org) -> u64 {
    let url = format!("{}/__devorg/calls", org.devorg.url());
    let counted = reply(client().get(url)).await;
    let kinds = counted.body["byKind"].as_object().expect("calls by kind");
    kinds.values().filter_map(Value::as_u64).sum()
}

//! Nobody is shown what Salesforce would not show them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Org, Server};

const USERS: [&str; 8] = [
    "astrid.vale@tarnwick.example",
    "jonas.brandt@tarnwick.example",
    "claire.fontaine@tarnwick.example",
    "rafael.mendes@tarnwick.example",
    "helen.okafor@tarnwick.example",
    "sam.delgado@tarnwick.example",
    "ruth.abernathy@tarnwick.example",
    "victor.lind@tarnwick.example",
];

const QUERIES: [&str; 6] = [
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
async fn readable(org: &Org, user: &str, ids: &BTreeSet<String>) -> BTreeSet<String> {
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

fn document_ids(found: &Value) -> BTreeSet<String> {
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

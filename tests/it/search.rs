//! What people can ask of search: filters in words and in JSON, facets, order, pages, what resembles
//! a record, things that are named exactly, and why.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::edits::Editor;
use crate::support::{Org, Server};

const SAM: &str = "sam.delgado@tarnwick.example";

fn started() -> (Org, Server, String) {
    let org = Org::demo_synced();
    let run_as = org.run_as().to_owned();
    let org = org.with_keys(&[&run_as, SAM]);
    let server = org.serve_without_sync();
    (org, server, run_as)
}

fn ids(found: &Value) -> Vec<String> {
    let hits = found["hits"].as_array().expect("hits");
    hits.iter()
        .map(|hit| hit["document"]["id"].as_str().expect("an id").to_owned())
        .collect()
}

/// Every page of a search, with something done between each two.
async fn pages(
    server: &Server,
    user: &str,
    body: &Value,
    mut between: impl AsyncFnMut(),
) -> Vec<String> {
    let mut body = body.clone();
    let mut listed = Vec::new();
    loop {
        let page = server.search(user, body.clone()).await;
        listed.extend(ids(&page));
        if page["next_cursor"].is_null() {
            return listed;
        }
        body["cursor"] = page["next_cursor"].clone();
        between().await;
    }
}

async fn ids_of(org: &Org, soql: &str) -> BTreeSet<String> {
    let rows = org.soql(soql).await;
    let id = |row: &Value| row["Id"].as_str().expect("an id").to_owned();
    rows.iter().map(id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_list_what_the_org_has_in_words_and_in_json() {
    let (org, server, run_as) = started();
    let account = "Name = 'Aurelin Biobank'";
    let cases: Vec<(&str, Value, String)> = vec![
        (
            "status:open object:Case",
            json!({"status": ["open"], "object": "Case"}),
            "SELECT Id FROM Case WHERE IsClosed = false".to_owned(),
        ),
        (
            "object:case -status:closed,working priority:High",
            json!({"object": "Case", "not": {"status": ["Closed", "Working"]},
                   "facets": {"priority": "high"}}),
            "SELECT Id FROM Case WHERE Status NOT IN ('Closed', 'Working') AND Priority = 'High'"
                .to_owned(),
        ),
        (
            "object:Opportunity account:\"aurelin biobank\"",
            json!({"object": ["Opportunity"], "account": "Aurelin Biobank"}),
            format!("SELECT Id FROM Opportunity WHERE Account.{account}"),
        ),
        (
            "object:Installation account:\"Aurelin Biobank\"",
            json!({"object": "Installation__c", "account": ["Aurelin Biobank"]}),
            format!("SELECT Id FROM Installation__c WHERE Account__r.{account}"),
        ),
        (
            "object:Opportunity is_closed:true created_from:2025-01-01 created_to:2025-06-30",
            json!({"object": "Opportunity", "is_closed": true, "created_from": "2025-01-01",
                   "created_to": "2025-06-30T23:59:59Z"}),
            "SELECT Id FROM Opportunity WHERE IsClosed = true AND CreatedDate >= \
             2025-01-01T00:00:00Z AND CreatedDate < 2025-07-01T00:00:00Z"
                .to_owned(),
        ),
        (
            "product:\"Kelda 700 ULT Freezer\"",
            json!({"product": "TW-K700"}),
            "SELECT Id FROM Opportunity WHERE Id IN (SELECT OpportunityId FROM \
             OpportunityLineItem WHERE ProductCode = 'TW-K700')"
                .to_owned(),
        ),
        (
            "owner:\"Sam Delgado\" object:Case",
            json!({"owner": SAM, "object": "Case"}),
            format!("SELECT Id FROM Case WHERE Owner.Username = '{SAM}'"),
        ),
    ];
    for (words, typed, soql) in cases {
        let expected = ids_of(&org, &soql).await;
        let words = json!({"query": words, "limit": 100});
        let typed = json!({"filters": typed, "limit": 40});
        let in_words = pages(&server, &run_as, &words, async || {}).await;
        let in_json = pages(&server, &run_as, &typed, async || {}).await;
        assert_eq!(in_words, in_json, "{words}");
        let found: BTreeSet<String> = in_words.iter().cloned().collect();
        assert_eq!(found.len(), in_words.len(), "{words}: something twice");
        assert!(!found.is_empty(), "{words}");
        assert_eq!(found, expected, "{words}");
    }
    // Both hold; and "me" is whoever asks.
    let body = json!({"query": "object:Case", "filters": {"object": "Task"}});
    assert!(ids(&server.search(&run_as, body).await).is_empty());
    let mine = json!({"query": "owner:me", "filters": {"object": "Case"}, "limit": 100});
    let theirs = json!({"query": "", "filters": {"object": "Case", "owner": SAM}, "limit": 100});
    assert_eq!(
        ids(&server.search(SAM, mine).await),
        ids(&server.search(SAM, theirs).await)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_neither_repeats_nor_skips_while_records_change() {
    let (org, server, run_as) = started();
    let editor = Editor::of(&org).await;
    let by_date = json!({"query": "status:open object:Case", "limit": 20});
    let oldest = json!({"query": "status:open object:Case", "sort": "date_asc", "limit": 20});
    let ranked = json!({"query": "alarm E17 object:Case", "limit": 100});
    for body in [by_date, oldest, ranked] {
        let before = pages(&server, &run_as, &body, async || {}).await;
        let mut random = fastrand::Rng::with_seed(7);
        let mut touched = BTreeSet::new();
        let during = pages(&server, &run_as, &body, async || {
            let gone = &before[random.usize(..before.len())];
            editor.delete("Case", gone).await;
            touched.insert(gone.clone());
            let new = json!({"Subject": "Alarm E17 again", "Status": "New", "Origin": "Web"});
            touched.insert(editor.insert("Case", new).await);
            org.json(&["sync", "--object", "Case"]);
        })
        .await;
        assert!(!touched.is_empty(), "{body} has one page only");
        let distinct: BTreeSet<&String> = during.iter().collect();
        assert_eq!(distinct.len(), during.len(), "{body}: something twice");
        let is_missing = |id: &&String| !touched.contains(*id) && !distinct.contains(id);
        // A ranking has an end, which new records push a little further up.
        let deep = before.len()
            - if body["query"] == "alarm E17 object:Case" {
                10
            } else {
                0
            };
        let missing: Vec<_> = before[..deep].iter().filter(is_missing).collect();
        assert!(missing.is_empty(), "{body}: {missing:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_sort_facets_count_and_a_cursor_is_for_its_search() {
    let (_org, server, run_as) = started();
    for (sort, ascending) in [("date", false), ("date_asc", true)] {
        let body = json!({"query": "freezer alarm", "sort": sort, "limit": 30});
        let found = server.search(&run_as, body).await;
        let hits = found["hits"].as_array().expect("hits");
        let times: Vec<&str> = hits
            .iter()
            .map(|hit| hit["document"]["updated_at"].as_str().expect("a time"))
            .collect();
        assert!(times.len() > 10);
        let sorted = match ascending {
            true => times.is_sorted(),
            false => times.iter().rev().is_sorted(),
        };
        assert!(sorted, "{sort}: {times:?}");
    }

    let names = ["owner", "account", "status", "priority"];
    let body = json!({"query": "alarm", "facets": names, "limit": 1});
    let found = server.search(&run_as, body).await;
    let facets = found["facets"].as_object().expect("facets");
    assert!(facets.keys().all(|name| names.contains(&name.as_str())));
    for counts in facets.values() {
        let counts = counts.as_array().expect("counts");
        let key = |count: &Value| {
            let value = count["value"].as_str().expect("a value").to_owned();
            (-count["count"].as_i64().expect("a count"), value)
        };
        assert!(counts.is_sorted_by_key(key), "{counts:?}");
    }
    assert!(
        facets["owner"][0]["label"].is_string(),
        "{}",
        facets["owner"]
    );
    assert!(
        facets["account"][0]["label"].is_string(),
        "{}",
        facets["account"]
    );

    let cursor = found["next_cursor"].clone();
    let elsewhere = [
        (run_as.as_str(), json!({"query": "valve", "cursor": cursor})),
        (
            &run_as,
            json!({"query": "alarm", "sort": "date", "cursor": cursor}),
        ),
        (
            &run_as,
            json!({"query": "alarm", "filters": {"object": "Case"}, "cursor": cursor}),
        ),
        (SAM, json!({"query": "alarm", "cursor": cursor})),
    ];
    for (user, body) in elsewhere {
        let reply = server
            .post("/v1/search", Some(user), body.to_string())
            .await;
        assert_eq!(reply.status, 400, "{body}");
        let detail = reply.body["detail"].as_str().expect("a detail");
        assert!(detail.contains("another search"), "{detail}");
    }
    let body = json!({"query": "alarm", "cursor": cursor, "limit": 7});
    let next = server.search(&run_as, body).await;
    assert_eq!(ids(&next).len(), 7);
    assert!(!ids(&next).contains(&ids(&found)[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_named_exactly_comes_first() {
    let (org, server, run_as) = started();
    let case = "500Tw0000000001IAA";
    let link = format!("https://tarnwick.lightning.force.com/lightning/r/Case/{case}/view");
    for query in [
        case,
        &case[..15],
        &link,
        "00001001",
        "1001",
        "case 1001",
        "#00001001 please",
    ] {
        let found = server.search(&run_as, json!({"query": query})).await;
        assert_eq!(ids(&found)[0], case, "{query}");
        let reason = &found["hits"][0]["score"];
        assert!(reason.as_f64().expect("a score") >= 1.9, "{query}");
    }
    let contacts = org
        .soql("SELECT Id FROM Contact WHERE Email = 'paloma.cardenas@selva.example'")
        .await;
    let found = server
        .search(&run_as, json!({"query": "Paloma.Cardenas@Selva.example"}))
        .await;
    assert_eq!(ids(&found)[0], contacts[0]["Id"].as_str().expect("an id"));

    let lines = org.exported();
    // A code, however it is written, stands in the first hits; a phrase in all of them.
    for (query, written, hits) in [
        ("0X80070005", "0x80070005", 5),
        ("what is 0x80070005?", "0x80070005", 1),
        ("ERR-1042", "ERR-1042", 5),
        ("err1042", "ERR-1042", 5),
        ("err 1042", "ERR-1042", 3),
        ("v2.4.1", "2.4.1", 3),
        ("2.4.1", "2.4.1", 3),
        ("TW-1703", "TW-1703", 5),
        ("tw1703", "TW-1703", 5),
        ("tw 1703", "TW-1703", 5),
        ("TW-K700", "TW-K700", 1),
        ("INST-0060", "INST-0060", 1),
        ("k7 2013 0625", "K7-2013-0625", 1),
        ("\"condenser filter\"", "condenser filter", 5),
        ("\"alarm E17\" freezer", "alarm E17", 10),
    ] {
        let found = server
            .search(&run_as, json!({"query": query, "limit": hits}))
            .await;
        let found = found["hits"].as_array().expect("hits");
        assert_eq!(found.len(), hits, "{query}");
        let is_phrase = query.starts_with('"');
        for hit in found {
            let id = hit["document"]["id"].as_str().expect("an id");
            let text = match is_phrase {
                true => line_of(&lines, id).to_owned(),
                false => hit["passages"].to_string(),
            };
            let text = text.to_lowercase();
            assert!(text.contains(&written.to_lowercase()), "{query}: {hit}");
        }
    }
    let none = server
        .search(&run_as, json!({"query": "\"filter condenser\""}))
        .await;
    assert!(ids(&none).is_empty());
    let without = json!({"query": "alarm -freezer -\"E17\"", "limit": 50});
    let found = server.search(&run_as, without).await;
    assert!(!ids(&found).is_empty());
    for id in ids(&found) {
        let text = line_of(&lines, &id).to_lowercase();
        assert!(!text.contains("freezer") && !text.contains("e17"), "{id}");
    }
}

/// A document's line of the export.
fn line_of<'a>(lines: &'a [String], id: &str) -> &'a str {
    let start = format!("{{\"id\":\"{id}\"");
    let found = lines.iter().find(|line| line.starts_with(&start));
    found.unwrap_or_else(|| panic!("{id} is not exported"))
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_mistakes_are_forgiven_and_each_hit_says_why() {
    let (_org, server, run_as) = started();
    for (typed, meant) in [
        ("compresor", "compressor"),
        ("humidty sensor", "humidity sensor"),
        ("calibraton certificat", "calibration certificate"),
        ("Aurelinn", "Aurelin"),
        ("gatway blinking blue", "gateway blinking blue"),
    ] {
        let wrong = server
            .search(&run_as, json!({"query": typed, "limit": 5}))
            .await;
        let right = server
            .search(&run_as, json!({"query": meant, "limit": 20}))
            .await;
        let right = ids(&right);
        let shared = ids(&wrong).iter().filter(|id| right.contains(id)).count();
        assert!(shared >= 3, "{typed}: {shared} of {}", ids(&wrong).len());
    }

    let body = json!({"query": "TW-K700 freezer", "explain": true, "limit": 3});
    let found = server.search(&run_as, body).await;
    let first = &found["hits"][0]["explanation"];
    let boosts = first["boosts"].as_array().expect("boosts");
    let reasons: Vec<_> = boosts
        .iter()
        .map(|boost| boost["reason"].as_str())
        .collect();
    assert!(reasons.contains(&Some("exact_key")), "{first}");
    assert!(
        first["why"].as_str().expect("a why").contains("number"),
        "{first}"
    );
    assert!(first["terms"].to_string().contains("tw-k700"), "{first}");
    let legs = &found["hits"][0]["passages"][0]["explanation"]["keyword"];
    for part in ["rank", "score", "scaled", "share"] {
        assert!(legs[part].is_number(), "{legs}");
    }
    let plain = server.search(&run_as, json!({"query": "freezer"})).await;
    assert!(plain["hits"][0].get("explanation").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_resembles_a_record_is_found_without_it() {
    let (org, server, run_as) = started();
    let case = "500Tw0000000001IAA";
    let body = json!({"more_like": case, "filters": {"object": "Case"}, "limit": 5});
    let found = server.search(&run_as, body).await;
    let titles = found["hits"].as_array().expect("hits").iter();
    let titles: Vec<_> = titles
        .map(|hit| hit["document"]["title"].to_string())
        .collect();
    assert!(!ids(&found).contains(&case.to_owned()));
    assert!(
        titles.iter().filter(|title| title.contains("E17")).count() >= 3,
        "{titles:?}"
    );
    let by_number = json!({"more_like": "1001", "filters": {"object": "Case"}, "limit": 5});
    assert_eq!(ids(&server.search(&run_as, by_number).await), ids(&found));

    // What is not there and what one may not read are alike.
    let contract = org.soql("SELECT Id FROM Contract LIMIT 1").await;
    let hidden = contract[0]["Id"].as_str().expect("an id");
    for (record, status) in [(hidden, 404), ("500Tw00000000zzAAA", 404), ("nothing", 400)] {
        let body = json!({"more_like": record}).to_string();
        let reply = server.post("/v1/search", Some(SAM), body).await;
        assert_eq!(reply.status, status, "{record}: {}", reply.body);
    }
}

#[test]
fn the_command_line_asks_the_same() {
    let org = Org::demo_synced();
    let args = [
        "search",
        "-status:closed",
        "--object",
        "Case",
        "--not",
        "priority=High",
    ];
    let sorted = [
        "--sort",
        "date_asc",
        "--facets",
        "owner,priority",
        "-n",
        "3",
    ];
    let found = org.json(&[&args[..], &sorted].concat());
    assert_eq!(ids(&found).len(), 3);
    assert!(found["facets"]["owner"][0]["label"].is_string());
    let priorities = found["facets"]["priority"].to_string();
    assert!(!priorities.contains("High"), "{priorities}");
    let cursor = found["next_cursor"].as_str().expect("a cursor");
    let next = org.json(&[&args[..], &["--sort", "date_asc", "--cursor", cursor]].concat());
    assert!(!ids(&next).contains(&ids(&found)[2]));

    let text = org.run(&["search", "ERR-1042 owner:me -word", "--explain"]);
    assert!(text.status.success(), "{text:?}");
    let shown = org.run(&["search", "--more-like", "00001001", "--explain", "-n", "2"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    for word in ["Why: ", "by meaning", "status: ", "--cursor "] {
        assert!(shown.contains(word), "{shown}");
    }
    let help = org.run(&["search", "--help"]);
    assert!(String::from_utf8_lossy(&help.stdout).contains("status:open owner:me"));
    let wrong = org.run(&["search", "from:soon"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("2026-05-03"));
}

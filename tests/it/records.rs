//! One record to read: the text that citations point into, for those who may read it, and for nobody else.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::permissions::{QUERIES, USERS, readable};
use crate::support::{Org, Server, client, key_of};

const SAM: &str = "sam.delgado@tarnwick.example";

struct Reading {
    org: Org,
    server: Server,
}

/// What a reader gets.
struct Read {
    status: u16,
    tag: String,
    body: Value,
}

impl Reading {
    fn start() -> Self {
        let org = Org::demo_synced();
        let run_as = org.run_as().to_owned();
        let mut keys = USERS.to_vec();
        keys.push(&run_as);
        let org = org.with_keys(&keys);
        let server = org.serve_without_sync();
        Self { org, server }
    }

    async fn read(&self, user: &str, record: &str, kept: Option<&str>) -> Read {
        let url = format!("{}/v1/records/{record}", self.server.process.url());
        let mut request = client().get(url).bearer_auth(key_of(user));
        if let Some(kept) = kept {
            request = request.header("if-none-match", kept);
        }
        let reply = request.send().await.expect("precis answers");
        let tag = reply.headers().get("etag");
        Read {
            status: reply.status().as_u16(),
            tag: tag
                .map(|tag| tag.to_str().expect("ASCII").to_owned())
                .unwrap_or_default(),
            body: reply.json().await.unwrap_or(Value::Null),
        }
    }

    /// The hits of all queries, as the user that sees the most.
    async fn hits(&self) -> Vec<Value> {
        let mut hits = Vec::new();
        for query in QUERIES {
            let body = json!({"query": query, "limit": 20});
            let found = self.server.search(self.org.run_as(), body).await;
            hits.extend(found["hits"].as_array().expect("hits").clone());
        }
        hits
    }
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The text of a field of a record.
fn text<'a>(read: &'a Value, record: &Value, field: &Value) -> Option<&'a str> {
    let records = read["records"].as_array()?;
    let found = records.iter().find(|found| &found["record_id"] == record)?;
    let fields = found["fields"].as_array()?;
    let field = fields.iter().find(|found| &found["name"] == field)?;
    field["text"].as_str()
}

#[tokio::test]
async fn passages_are_where_they_say_and_children_lead_to_their_record() {
    let reading = Reading::start();
    let run_as = reading.org.run_as();
    let mut compared = 0;
    for hit in reading.hits().await {
        let document = string(&hit["document"]["id"]);
        let read = reading.read(run_as, document, None).await;
        assert_eq!(read.status, 200, "{document}");
        assert_eq!(read.body["document"], hit["document"]);
        for passage in hit["passages"].as_array().expect("passages") {
            let whole = text(&read.body, &passage["record_id"], &passage["field"]);
            let place = |name: &str| passage[name].as_u64().expect("an offset") as usize;
            let (start, end) = (place("start"), place("end"));
            let cut: String = whole
                .expect("the field")
                .chars()
                .skip(start)
                .take(end - start)
                .collect();
            assert_eq!(cut, string(&passage["text"]));
            let child = reading
                .read(run_as, string(&passage["record_id"]), None)
                .await;
            assert_eq!(child.body["document"]["id"], document);
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared} passages compared");
}

#[tokio::test]
async fn nobody_reads_what_the_org_would_not_show_and_both_sound_alike() {
    let reading = Reading::start();
    let hits = reading.hits().await;
    let ids = hits
        .iter()
        .filter(|hit| hit["document"]["object"] != "Knowledge__kav");
    let ids: BTreeSet<String> = ids
        .map(|hit| string(&hit["document"]["id"]).to_owned())
        .collect();
    let (mut shown, mut hidden) = (0, 0);
    for user in USERS {
        let may = readable(&reading.org, user, &ids).await;
        for id in &ids {
            let read = reading.read(user, id, None).await;
            match may.contains(id) {
                true => shown += usize::from(read.status == 200),
                false => {
                    let absent = reading.read(user, "500000000000000AAA", None).await;
                    // Somebody who may not sign in is refused whatever they name.
                    assert!(matches!(read.status, 404 | 403), "{user} reads {id}");
                    assert_eq!(read.status, absent.status);
                    let detail = string(&read.body["detail"]).replace(id.as_str(), "");
                    let other = string(&absent.body["detail"]).replace("500000000000000AAA", "");
                    assert_eq!(detail, other);
                    hidden += 1;
                }
            }
        }
    }
    assert!(shown > 20 && hidden > 20, "{shown} shown, {hidden} hidden");
}

#[tokio::test]
async fn a_reader_who_has_it_is_told_that_it_is_the_same() {
    let reading = Reading::start();
    let body = json!({"query": "", "filters": {"object": ["Case"]}, "limit": 1});
    let found = reading.server.search(SAM, body).await;
    let id = string(&found["hits"][0]["document"]["id"]).to_owned();
    let first = reading.read(SAM, &id, None).await;
    assert_eq!(first.status, 200);
    assert!(first.tag.starts_with("W/\""), "{}", first.tag);
    let strong = first.tag.trim_start_matches("W/");
    for kept in [
        first.tag.as_str(),
        strong,
        "*",
        &format!("\"other\", {}", first.tag),
    ] {
        let again = reading.read(SAM, &id, Some(kept)).await;
        assert_eq!(
            (again.status, again.tag.as_str()),
            (304, first.tag.as_str()),
            "{kept}"
        );
    }
    let other = reading.read(SAM, &id, Some("W/\"other\"")).await;
    assert_eq!((other.status, other.body), (200, first.body));
}

#[tokio::test]
async fn a_record_is_found_by_its_number_and_the_trail_has_it() {
    let reading = Reading::start();
    let run_as = reading.org.run_as();
    let rows = reading
        .org
        .soql("SELECT Id, CaseNumber FROM Case LIMIT 1")
        .await;
    let (id, number) = (string(&rows[0]["Id"]), string(&rows[0]["CaseNumber"]));
    let read = reading.read(run_as, number, None).await;
    // Other objects count from the same number.
    let found = match read.status {
        409 => read.body["choices"].as_array().expect("choices").clone(),
        _ => vec![read.body["document"].clone()],
    };
    assert!(found.iter().any(|found| found["id"] == id), "{}", read.body);
    assert_eq!(reading.read(run_as, id, None).await.status, 200);
    let token = reading.org.operator_token();
    let page = reading.server.admin(&token, "/v1/admin/audit", None).await;
    let lines = page.body["entries"].as_array().expect("lines").clone();
    let line = lines
        .iter()
        .find(|line| line["operation"] == "records/{record}");
    let line = line.expect("a line of the record").to_string();
    assert!(line.contains(id), "{line}");
}

//! The knowledge source of Copilot Studio, and the package that connects one.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Org, Server, client, key_of, run, workspace};

const SAM: &str = "sam.delgado@tarnwick.example";
const MOST_CHARS: usize = 2_000;

fn started() -> (Org, Server, String) {
    let org = Org::demo_synced();
    let run_as = org.run_as().to_owned();
    let org = org.with_keys(&[&run_as, SAM]);
    let server = org.serve_without_sync();
    (org, server, run_as)
}

/// What a topic gets.
struct Asked {
    status: u16,
    reason: Option<String>,
    body: Value,
}

impl Asked {
    fn rows(&self) -> &[Value] {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body["results"].as_array().expect("rows")
    }
}

async fn ask(server: &Server, user: Option<&str>, body: &Value) -> Asked {
    let url = format!("{}/v1/copilot/knowledge", server.process.url());
    let mut request = client().post(url).json(body);
    if let Some(user) = user {
        request = request.bearer_auth(key_of(user));
    }
    let reply = request.send().await.expect("precis answers");
    let reason = reply.headers().get("x-precis-reason");
    Asked {
        status: reply.status().as_u16(),
        reason: reason.map(|reason| reason.to_str().expect("ASCII").to_owned()),
        body: reply.json().await.unwrap_or(Value::Null),
    }
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().expect("a text")
}

/// Whether one of the rows is of one of these records.
fn has_one_of(rows: &[Value], records: &Value) -> bool {
    let mut records = records.as_array().expect("ids").iter();
    records.any(|id| {
        let id = id.as_str().expect("an id");
        rows.iter().any(|row| text(row, "url").contains(id))
    })
}

#[tokio::test]
async fn rows_are_few_plain_and_of_the_right_records() {
    let (_org, server, run_as) = started();
    let path = workspace().join("demo/questions.jsonl");
    let questions = std::fs::read_to_string(path).expect("questions");
    let questions: Vec<Value> = questions
        .lines()
        .map(|line| serde_json::from_str(line).expect("a question"))
        .filter(|question: &Value| question.get("user").is_none())
        .take(60)
        .collect();
    let (mut found, mut told, mut times) = (0, 0, Vec::new());
    for question in &questions {
        let begun = Instant::now();
        let asked = ask(
            &server,
            Some(&run_as),
            &json!({"query": question["question"]}),
        )
        .await;
        times.push(begun.elapsed());
        let rows = asked.rows();
        assert!((1..=15).contains(&rows.len()), "{question}");
        assert_eq!(asked.reason, None);
        for row in rows {
            assert_eq!(row.as_object().expect("a row").len(), 3);
            assert!(!text(row, "title").is_empty());
            assert!(text(row, "url").starts_with("http"));
            let length = text(row, "snippet").chars().count();
            assert!((1..=MOST_CHARS).contains(&length), "{length}: {row}");
        }
        let urls: std::collections::BTreeSet<&str> =
            rows.iter().map(|row| text(row, "url")).collect();
        assert_eq!(urls.len(), rows.len(), "a document crowds out others");
        found += usize::from(has_one_of(rows, &question["record_ids"]));
        let expected = question["answer_contains"][0].as_str().unwrap_or_default();
        let tells = |row: &Value| text(row, "snippet").contains(expected);
        told += usize::from(rows.iter().any(tells));
    }
    let all = questions.len();
    times.sort();
    let p95 = times[all * 95 / 100];
    eprintln!("{found} found and {told} told of {all}; 95 % within {p95:?}");
    assert!(found * 100 >= all * 90, "{found} of {all}");
    assert!(told * 100 >= all * 60, "{told} of {all}");
    assert!(p95 < Duration::from_secs(1), "{p95:?}");
}

#[tokio::test]
async fn both_rewritten_queries_count_and_no_sign_in_them_makes_it_fail() {
    let (_org, server, run_as) = started();
    let vague =
        json!({"query": "How is it solved?", "keyword_query": "ERR-1042 Kelda 700 pairing key"});
    let asked = ask(&server, Some(&run_as), &vague).await;
    assert!(has_one_of(asked.rows(), &json!(["ka0Tw000000000UIAQ"])));
    let blank = json!({"query": null, "keyword_query": "ERR-1042 Kelda 700"});
    assert!(!ask(&server, Some(&run_as), &blank).await.rows().is_empty());
    for odd in [
        "\"unclosed AND (status:open OR -\"a b\" NOT *:*",
        "status:nonsense owner:nobody is_closed:perhaps from:yesterday alarm",
        "+alarm^2 ~freezer /.*/ [a TO z] {x} \\ \u{0} \u{202e} 🧊",
        "\"ERR-1042\" \"ERR-1042\" \"a\" \"b\" \"c\" \"d\" \"e\" \"f\" \"g\" \"h\" \"i\" freezer",
    ] {
        for body in [
            json!({"query": odd, "keyword_query": "freezer alarm"}),
            json!({"query": "Why does the freezer sound an alarm?", "keyword_query": odd}),
        ] {
            let asked = ask(&server, Some(&run_as), &body).await;
            assert!(!asked.rows().is_empty(), "{odd}: {:?}", asked.reason);
        }
    }
    let long = "freezer ".repeat(1_000);
    let asked = ask(&server, Some(&run_as), &json!({"query": long})).await;
    assert!(!asked.rows().is_empty());
}

#[tokio::test]
async fn limits_and_filters_hold_and_bad_bodies_are_refused() {
    let (_org, server, run_as) = started();
    let user = Some(run_as.as_str());
    let body = json!({"query": "alarm in the freezer", "limit": 3, "filters": {"object": "Case"}});
    let asked = ask(&server, user, &body).await;
    assert_eq!(asked.rows().len(), 3);
    for row in asked.rows() {
        assert!(text(row, "url").contains("/500"), "{row}");
        assert!(text(row, "snippet").starts_with("Case "), "{row}");
    }
    let blank = ask(&server, user, &json!({"query": " ", "keyword_query": ""})).await;
    assert!(blank.rows().is_empty());
    assert_eq!(blank.reason.as_deref(), Some("nothing-asked"));
    let filters = json!({"query": "alarm", "filters": {"account": "No such account"}});
    let unusable = ask(&server, user, &filters).await;
    assert!(unusable.rows().is_empty());
    assert!(unusable.reason.is_some());
    let nowhere = json!({"query": "alarm", "filters": {"created_from": "2199-01-01"}});
    let nothing = ask(&server, user, &nowhere).await;
    assert!(nothing.rows().is_empty());
    assert_eq!(nothing.reason.as_deref(), Some("nothing-found"));
    for body in [
        json!({}),
        json!([]),
        json!({"query": 3}),
        json!({"query": "a", "limit": 0}),
        json!({"query": "a", "limit": 16}),
        json!({"query": "a", "top": 5}),
        json!({"query": "a", "filters": {"colour": "red"}}),
    ] {
        assert_eq!(ask(&server, user, &body).await.status, 400, "{body}");
    }
    let nobody = ask(&server, None, &json!({"query": "alarm"})).await;
    assert_eq!(nobody.status, 401);
}

#[tokio::test]
async fn nobody_is_told_what_they_may_not_read() {
    let (org, server, run_as) = started();
    let body = json!({"query": "What did we promise Regula Amstutz about the liability clause?"});
    let all = ask(&server, Some(&run_as), &body).await;
    let sams = ask(&server, Some(SAM), &body).await;
    let search = json!({"query": body["query"], "limit": 100});
    let allowed = server.search(SAM, search).await;
    let allowed: Vec<&str> = allowed["hits"]
        .as_array()
        .expect("hits")
        .iter()
        .map(|hit| hit["document"]["url"].as_str().expect("an address"))
        .collect();
    assert!(!all.rows().is_empty());
    for row in sams.rows() {
        assert!(allowed.contains(&text(row, "url")), "{row}");
    }
    let trail = org.json(&["audit", "show"]);
    let lines = trail.to_string();
    assert!(lines.contains("\"copilot\""), "{lines}");
    assert!(lines.contains("copilot/knowledge"), "{lines}");
}

#[tokio::test]
async fn what_is_away_is_an_empty_reply_with_a_reason() {
    let org = Org::demo_synced();
    let run_as = org.run_as().to_owned();
    let org = org.with_keys(&[&run_as]);
    let server = org.serve_without_sync();
    let body = json!({"query": "alarm in the freezer"});
    let Org { devorg, folder } = org;
    // Nobody has been asked about this user yet, and now nobody can be.
    devorg.kill();
    let asked = ask(&server, Some(&run_as), &body).await;
    assert!(asked.rows().is_empty());
    // How often the sign-in is repeated decides which of both comes first.
    let reason = asked.reason.as_deref().expect("a reason");
    assert!(
        ["access-undecided", "took-too-long"].contains(&reason),
        "{reason}"
    );
    drop(folder);
}

#[test]
fn a_package_is_written_once_and_only_for_a_safe_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("package");
    let out = out.to_string_lossy();
    let package = |url: &str, more: &[&str]| {
        let mut args = vec!["copilot", "package", "--out", &*out, "--url", url];
        args.extend(more);
        run(&args)
    };
    let refused = package("http://precis.example.com", &["--auth", "key"]);
    assert_eq!(refused.status.code(), Some(2));
    let sentence = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(sentence.contains("https://"), "{sentence}");
    let written = package("https://precis.example.com", &["--auth", "entra", "--json"]);
    assert!(written.status.success(), "{written:?}");
    let told: Value = serde_json::from_slice(&written.stdout).expect("JSON");
    for path in told["files"].as_array().expect("files") {
        let path = folder
            .path()
            .join("package")
            .join(path.as_str().expect("a path"));
        assert!(path.is_file(), "{}", path.display());
    }
    let again = package("https://precis.example.com", &["--auth", "key"]);
    assert_eq!(again.status.code(), Some(2));
    let forced = package("https://precis.example.com", &["--auth", "key", "--force"]);
    assert!(forced.status.success(), "{forced:?}");
}

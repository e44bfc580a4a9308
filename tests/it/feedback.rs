//! Whether a reply helped: who may say so, and where it is told.

use serde_json::{Value, json};

use crate::support::{Org, Server};

const JONAS: &str = "jonas.brandt@tarnwick.example";
const SAM: &str = "sam.delgado@tarnwick.example";
const PATH: &str = "/v1/feedback";

fn served(org: &Org) -> Server {
    org.serve_without_sync()
}

async fn say(server: &Server, user: &str, feedback: Value) -> (u16, Value) {
    let reply = server.post(PATH, Some(user), feedback.to_string()).await;
    (reply.status, reply.body)
}

fn counts(org: &Org) -> Value {
    org.json(&["status"])["audit"]["feedback"].clone()
}

#[tokio::test]
async fn who_was_shown_a_reply_says_whether_it_helped_and_the_operator_sees_it() {
    let org = Org::demo_synced().with_keys(&[JONAS, SAM]);
    let server = served(&org);
    assert_eq!(counts(&org), json!({"up": 0, "down": 0}));
    let answer = server.answer(JONAS, "How do I reset the admin PIN?").await;
    let id = &answer["request_id"];
    let up = json!({"request_id": id, "verdict": "up"});
    assert_eq!(say(&server, JONAS, up.clone()).await.0, 204);
    // Of others, and of what never was, the same is said.
    let (status, others) = say(&server, SAM, up).await;
    let never = "6f1c2a54-3f0e-4a56-9a39-0d3f2f2f8d11";
    let unknown = say(
        &server,
        JONAS,
        json!({"request_id": never, "verdict": "up"}),
    )
    .await;
    assert_eq!((status, unknown.0), (404, 404));
    assert_eq!(others["detail"], unknown.1["detail"]);
    assert_eq!(counts(&org), json!({"up": 1, "down": 0}));
    // Who changes their mind counts once.
    let comment = "The steps are of the older firmware.";
    let down = json!({"request_id": id, "verdict": "down", "comment": comment});
    assert_eq!(say(&server, JONAS, down).await.0, 204);
    assert_eq!(counts(&org), json!({"up": 0, "down": 1}));
    let trail = org.json(&["audit", "show", "--operation", "feedback"]);
    let lines = trail["entries"].as_array().expect("lines");
    let outcomes: Vec<&Value> = lines.iter().map(|line| &line["outcome"]).collect();
    assert_eq!(outcomes, ["noted", "refused", "refused", "noted"]);
    assert_eq!(lines[0]["feedback"]["comment"], comment);
    assert_eq!(lines[0]["feedback"]["request_id"], *id);
    assert_eq!(lines[0]["username"], JONAS);
    // The counts are those of the files.
    drop(server);
    let server = served(&org);
    assert_eq!(counts(&org), json!({"up": 0, "down": 1}));
    let shown = String::from_utf8(org.run(&["status"]).stdout).expect("UTF-8");
    assert!(
        shown.contains("Feedback in 30 days: 0 of 1 replies helped."),
        "{shown}"
    );
    let metrics = crate::support::client()
        .get(format!("{}/metrics", server.process.url()))
        .send()
        .await
        .expect("precis answers");
    let metrics = metrics.text().await.expect("text");
    assert!(metrics.contains("precis_feedback_down 1"), "{metrics}");
}

#[tokio::test]
async fn what_cannot_be_feedback_is_explained() {
    let org = Org::demo_synced().with_keys(&[JONAS]);
    let server = served(&org);
    let search = json!({"query": "E17"}).to_string();
    let url = format!("{}/v1/search", server.process.url());
    let request = crate::support::client().post(url).body(search);
    let request = request.header("content-type", "application/json");
    let found = request
        .bearer_auth(crate::support::key_of(JONAS))
        .send()
        .await;
    let found = found.expect("precis answers");
    let id = found.headers()["x-request-id"]
        .to_str()
        .expect("ASCII")
        .to_owned();
    for (body, told) in [
        (json!({"request_id": id, "verdict": "sideways"}), "verdict"),
        (json!({"request_id": "x", "verdict": "up"}), "request_id"),
        (json!({"verdict": "up"}), "request_id"),
        (
            json!({"request_id": id, "verdict": "up", "stars": 5}),
            "stars",
        ),
        (
            json!({"request_id": id, "verdict": "up", "comment": "x".repeat(2_001)}),
            "comment",
        ),
    ] {
        let (status, problem) = say(&server, JONAS, body.clone()).await;
        let detail = problem["detail"].as_str().expect("a sentence");
        assert!(
            status == 400 && detail.contains(told),
            "{body}: {status} {detail}"
        );
    }
    // A page of hits is a reply, too.
    let up = json!({"request_id": id, "verdict": "up", "comment": "x".repeat(2_000)});
    assert_eq!(say(&server, JONAS, up).await.0, 204);
    let reply = server
        .post(
            PATH,
            None,
            json!({"request_id": id, "verdict": "up"}).to_string(),
        )
        .await;
    assert_eq!(reply.status, 401);
}

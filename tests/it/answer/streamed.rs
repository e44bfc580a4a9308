//! Answers as server-sent events: claims when they are verified, and the trail of what was shown.

use std::time::{Duration, Instant};

use devorg::openai::Behaviour;
use futures::StreamExt;
use serde_json::{Value, json};

use super::{Fields, Generating, QUESTION};
use crate::support::{client, key_of};

/// An event, and when it came.
struct Event {
    name: String,
    data: Value,
    at: Duration,
}

impl Generating {
    async fn stream(&self, body: &Value) -> reqwest::Response {
        let url = format!("{}/v1/answer", self.server.process.url());
        let request = client().post(url).bearer_auth(key_of(self.org.run_as()));
        let request = request.header("accept", "text/event-stream").json(body);
        request.send().await.expect("a reply")
    }

    async fn events(&self, body: &Value) -> Vec<Event> {
        let reply = self.stream(body).await;
        assert_eq!(reply.status(), 200);
        let begun = Instant::now();
        let (mut bytes, mut text, mut events) = (reply.bytes_stream(), String::new(), Vec::new());
        while let Some(piece) = bytes.next().await {
            text.push_str(std::str::from_utf8(&piece.expect("a piece")).expect("UTF-8"));
            while let Some((event, rest)) = text.split_once("\n\n") {
                let line = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name).map(str::trim))
                };
                if let (Some(name), Some(data)) = (line("event:"), line("data:")) {
                    events.push(Event {
                        name: name.to_owned(),
                        data: serde_json::from_str(data).expect("JSON"),
                        at: begun.elapsed(),
                    });
                }
                text = rest.to_owned();
            }
        }
        events
    }

    fn trail(&self) -> Vec<Value> {
        let lines = self.org.json(&["audit", "show", "-n", "20"]);
        lines["entries"].as_array().expect("lines").clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_come_as_they_are_verified_and_then_the_whole_answer() {
    let generating = Generating::start().await;
    let fields = Fields::of(&generating.org);
    generating.script(
        &[Behaviour::SlowTokens {
            per_token_milliseconds: 10,
        }],
        false,
    );
    let events = generating.events(&json!({"question": QUESTION})).await;
    let (last, claims) = events.split_last().expect("events");
    assert_eq!(last.name, "answer");
    fields.check(&last.data);
    assert!(!claims.is_empty() && claims.iter().all(|event| event.name == "claim"));
    let shown: Vec<&Value> = claims.iter().map(|event| &event.data["text"]).collect();
    let whole: Vec<&Value> = last.data["claims"]
        .as_array()
        .expect("claims")
        .iter()
        .map(|c| &c["text"])
        .collect();
    assert_eq!(shown, whole);
    assert!(claims[0].at < last.at, "the first claim waits for the last");
    for event in claims {
        assert!(
            !event.data["citations"]
                .as_array()
                .expect("numbers")
                .is_empty()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_cut_gives_what_held_and_says_so() {
    let generating = Generating::start().await;
    let fields = Fields::of(&generating.org);
    for behaviour in [
        Behaviour::CutStream,
        Behaviour::FilterMidStream,
        Behaviour::ErrorMidStream,
    ] {
        generating.script(std::slice::from_ref(&behaviour), true);
        let events = generating.events(&json!({"question": QUESTION})).await;
        let last = events.last().expect("events");
        assert_eq!(last.name, "answer", "{behaviour:?}");
        fields.check(&last.data);
        assert!(
            !last.data["degraded"].as_array().expect("a list").is_empty(),
            "{behaviour:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_ends_when_its_time_is_over_with_what_it_has() {
    let generating = Generating::of(crate::support::Org::demo_synced(), "seconds = 2\n").await;
    generating.script(
        &[Behaviour::Stalled {
            after_chars: 20,
            milliseconds: 20_000,
        }],
        true,
    );
    let begun = Instant::now();
    let answer = generating.post(&json!({"question": QUESTION})).await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(answer["answered"], true, "{answer}");
    assert!(
        answer["degraded"]
            .to_string()
            .contains("did not answer within"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_goes_away_stops_the_model_and_leaves_a_line() {
    let generating = Generating::start().await;
    generating.script(
        &[Behaviour::SlowTokens {
            per_token_milliseconds: 200,
        }],
        false,
    );
    let reply = generating.stream(&json!({"question": QUESTION})).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    drop(reply);
    let begun = Instant::now();
    while generating.openai.dropped() == 0 {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "the model goes on"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let lines = generating.trail();
    let outcomes: Vec<&Value> = lines
        .iter()
        .filter(|line| line["operation"] == "answer")
        .map(|line| &line["outcome"])
        .collect();
    assert!(
        outcomes.contains(&&json!("begun")) && outcomes.contains(&&json!("failed")),
        "{lines:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_none_is_refused_before_anything_is_streamed() {
    let generating = Generating::start().await;
    let reply = generating.stream(&json!({"question": " "})).await;
    assert_eq!(reply.status(), 400);
    assert_eq!(reply.headers()["content-type"], "application/problem+json");
}

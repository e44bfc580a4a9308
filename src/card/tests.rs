//! Cards of replies that have more than fits, and of records that would like to be links.

use domain::{Citation, Claim};
use serde_json::{Value, json};

use super::*;
use crate::query::{Answer, Triage};

const HOSTILE: &str = "**[click](https://evil.example)** <b>x</b>\u{202e}\u{1b}[2J {{DATE()}}";

fn citation(number: usize, title: &str) -> Citation {
    serde_json::from_value(json!({
        "number": number, "record_id": "500000000000001", "object": "Case", "field": "Description",
        "quote": title.repeat(20), "start": 0, "end": 9, "title": title,
        "url": format!("https://org.example/lightning/r/Case/{number}/view"),
    }))
    .unwrap()
}

fn answer_of(claims: usize, text: &str) -> Answer {
    let citations: Vec<Citation> = (1..=claims).map(|number| citation(number, text)).collect();
    let claim = |number| Claim {
        text: text.repeat(10),
        citations: vec![number, 1],
    };
    let claims: Vec<Claim> = (1..=claims).map(claim).collect();
    serde_json::from_value(json!({
        "answered": true, "answer": "", "claims": claims, "citations": citations,
        "verification": {"shown": 0, "repaired": 0, "dropped": 0}, "nearest": [],
        "as_of": "2026-11-23T10:42:00Z", "model": "extractive",
        "usage": {"prompt_tokens": 0, "completion_tokens": 0},
        "request_id": "6f1c2a54-3f0e-4a56-9a39-0d3f2f2f8d11", "degraded": ["é".repeat(5_000)],
    }))
    .unwrap()
}

/// The card's JSON, after what holds for every card.
fn checked(card: &Card) -> Value {
    let text = serde_json::to_string(card).unwrap();
    assert!(text.len() <= MOST_BYTES, "{} bytes", text.len());
    let card: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&card["type"], &card["version"]),
        (&json!("AdaptiveCard"), &json!("1.5"))
    );
    assert!(!card["fallbackText"].as_str().unwrap().is_empty());
    assert!(card["actions"].as_array().unwrap().len() <= 6, "{card}");
    for url in found(&card, "url") {
        assert!(url.starts_with("https://org.example/"), "{url}");
    }
    for text in found(&card, "text") {
        assert!(!text.contains(['\u{202e}', '\u{1b}']), "{text:?}");
    }
    card
}

/// Every text under this name.
fn found(value: &Value, name: &str) -> Vec<String> {
    let own = value[name].as_str().map(str::to_owned);
    let inner: Vec<String> = match value {
        Value::Object(members) => members
            .values()
            .flat_map(|value| found(value, name))
            .collect(),
        Value::Array(items) => items.iter().flat_map(|value| found(value, name)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    own.into_iter().chain(inner).collect()
}

#[test]
fn what_records_say_is_never_read_as_markdown() {
    let card = checked(&answer(&answer_of(2, HOSTILE)));
    for element in card["body"].as_array().unwrap() {
        let is_ours = |text: &Value| text.as_str() == Some("Sources");
        assert!(
            element["type"] != "TextBlock" || is_ours(&element["text"]),
            "{element}"
        );
    }
    let said = &card["body"][0]["inlines"][0];
    assert_eq!(said["type"], "TextRun");
    assert!(
        said["text"]
            .as_str()
            .unwrap()
            .contains("**[click](https://evil.example)**")
    );
    let mark = &card["body"][0]["inlines"][1];
    assert_eq!(mark["text"], " [1]");
    assert_eq!(mark["selectAction"]["type"], "Action.OpenUrl");
}

#[test]
fn what_has_no_room_is_left_out_and_the_card_says_so() {
    let card = checked(&answer(&answer_of(200, "é\"\\ Zürich ")));
    let texts = found(&card, "text");
    assert!(texts.iter().any(|text| text.starts_with("There is more")));
    assert!(
        texts
            .iter()
            .any(|text| text.starts_with("As of 2026-11-23"))
    );
    let small = checked(&answer(&answer_of(2, "short")));
    assert!(
        !found(&small, "text")
            .iter()
            .any(|text| text.starts_with("There is more"))
    );
}

#[test]
fn each_mark_has_its_quote_among_the_sources() {
    let card = checked(&answer(&answer_of(3, "Hold the button. ")));
    let body = card["body"].as_array().unwrap();
    let sources = body
        .iter()
        .find(|element| element["id"] == "sources")
        .unwrap();
    assert_eq!(sources["isVisible"], false);
    let listed: Vec<String> = found(sources, "text")
        .into_iter()
        .filter(|text| text.starts_with('['))
        .collect();
    assert_eq!(listed, ["[1] ", "[2] ", "[3] "]);
    assert_eq!(card["actions"][0]["type"], "Action.ToggleVisibility");
    assert_eq!(card["actions"][0]["targetElements"], json!(["sources"]));
    let thumb = &card["actions"].as_array().unwrap().last().unwrap()["data"];
    assert_eq!(thumb["action"], "SendFeedback");
    assert_eq!(
        (&thumb["verdict"], &thumb["request_id"]),
        (
            &json!("down"),
            &json!("6f1c2a54-3f0e-4a56-9a39-0d3f2f2f8d11")
        )
    );
}

#[test]
fn what_is_not_known_leads_to_what_is_nearest() {
    let mut unknown = answer_of(0, "");
    unknown.nearest = serde_json::from_value(json!([{
        "id": "500000000000001", "object": "Case", "title": HOSTILE, "account_id": null,
        "url": "https://org.example/1", "updated_at": "2026-11-23T10:42:00Z",
    }, {
        "id": "500000000000002", "object": "Case", "title": "No link", "account_id": null,
        "url": "javascript:alert(1)", "updated_at": "2026-11-23T10:42:00Z",
    }]))
    .unwrap();
    let card = checked(&answer(&unknown));
    assert!(
        card["fallbackText"]
            .as_str()
            .unwrap()
            .starts_with("I do not know")
    );
    assert_eq!(found(&card["body"], "url"), ["https://org.example/1"]);
    // Without sources there is no button for them.
    assert_eq!(card["actions"].as_array().unwrap().len(), 2);
}

#[test]
fn a_triage_of_nothing_is_a_card_too() {
    let card = checked(&triage(&Triage::empty("extractive")));
    assert_eq!(
        card["body"][0]["inlines"][0]["text"],
        "Triage of a new case"
    );
}

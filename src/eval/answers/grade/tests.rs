use std::collections::HashSet;

use serde_json::json;

use super::*;

const ARTICLE: &str = "ka0000000000001AAA";
const OTHER: &str = "ka0000000000002AAA";
const TEXT: &str = "Each token may send 600 requests a minute. More are refused.";

fn id(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

fn question(answerability: Answerability) -> AnswerQuestion {
    AnswerQuestion {
        id: "q1".into(),
        text: "How many requests?".into(),
        history: Vec::new(),
        reference: Some("600 requests a minute".into()),
        gold: BTreeSet::from([id(ARTICLE), id(OTHER)]),
        answerability,
        contains: vec!["600 Requests".into()],
        user: None,
    }
}

fn answer(claim: &str, quote: &str) -> Answer {
    let start = TEXT.find(quote).unwrap_or(0);
    serde_json::from_value(json!({
        "answered": true, "answer": format!("{claim} [1]"),
        "claims": [{"text": claim, "citations": [1]}],
        "citations": [{
            "number": 1, "record_id": ARTICLE, "object": "Knowledge__kav", "field": "Answer__c",
            "quote": quote, "start": start, "end": start + quote.len(), "title": "Limits", "url": "",
        }],
        "verification": {"shown": 1, "repaired": 0, "dropped": 0}, "nearest": [], "as_of": null,
        "model": "extractive", "usage": {"prompt_tokens": 3, "completion_tokens": 4},
        "request_id": "00000000-0000-0000-0000-000000000000",
    }))
    .unwrap()
}

fn texts() -> Texts {
    let mut texts = Texts::new(HashSet::from([id(ARTICLE)]));
    let line = json!({"id": ARTICLE, "records": [
        {"record_id": ARTICLE, "object": "Knowledge__kav", "fields": {"Answer__c": TEXT}}]});
    texts.add(format!("{line}\n").as_bytes()).unwrap();
    texts
}

fn asked(question: &AnswerQuestion, reply: Result<Answer, String>) -> Asked<'_> {
    Asked {
        question,
        reply,
        milliseconds: 1.0,
        judged: None,
    }
}

#[test]
fn a_good_answer_has_no_fault() {
    let question = question(Answerability::Answerable);
    let asked = asked(
        &question,
        Ok(answer(
            "A token may send 600 requests.",
            "600 requests a minute",
        )),
    );
    let graded = Graded::of(&asked, Some(&texts()));
    assert_eq!(graded.faults, []);
    assert_eq!(graded.citation_precision, Some(1.0));
    assert_eq!(graded.citation_recall, Some(0.5));
    assert_eq!(
        (graded.told, graded.citations[0].valid),
        (Some(true), Some(true))
    );
    assert!(graded.token_f1 > Some(0.3));
}

#[test]
fn each_fault_is_seen() {
    let wrong = question(Answerability::Unanswerable);
    let mut reply = asked(
        &wrong,
        Ok(answer("A token may send 900 requests.", "600 Requests")),
    );
    reply.judged = Some(Ok(Judgement {
        verdict: Verdict::Wrong,
        faithful: false,
        why: String::new(),
    }));
    let faults = Graded::of(&reply, Some(&texts())).faults;
    assert_eq!(
        faults,
        [
            Fault::AnsweredUnanswerable,
            Fault::QuoteAltered,
            Fault::ClaimUnsupported,
            Fault::NotTold,
            Fault::JudgedWrong,
            Fault::JudgedUnfaithful
        ]
    );
    let missed = question(Answerability::Answerable);
    let mut silent = answer("", "");
    silent.answered = false;
    let silent = asked(&missed, Ok(silent));
    assert_eq!(Graded::of(&silent, None).faults, [Fault::NotAnswered]);
    let failed = asked(&missed, Err("the model is away".into()));
    let failed = Graded::of(&failed, None);
    assert_eq!(
        (failed.faults, failed.error),
        (vec![Fault::Failed], Some("the model is away"))
    );
}

#[test]
fn without_the_texts_nothing_is_said_of_quotes() {
    let question = question(Answerability::Answerable);
    let asked = asked(&question, Ok(answer("600 requests.", "not there")));
    let graded = Graded::of(&asked, None);
    assert_eq!((graded.citations[0].valid, graded.faults.len()), (None, 0));
}

//! `precis eval answers` and `precis prompts`, as an admin runs them.

use std::path::Path;

use devorg::openai::{self, OpenAiOptions};
use serde_json::{Value, json};

use crate::support::{Org, run, workspace};

/// What a command printed, line by line.
fn lines(output: &std::process::Output) -> Vec<Value> {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let parsed = stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    parsed.collect()
}

fn write_questions(folder: &Path) -> String {
    let path = folder.join("set.jsonl");
    let lines = [
        json!({"question": "What does ERR-1042 mean on a Kelda 700 freezer and how is it solved?",
               "record_ids": ["ka0Tw000000000UIAQ"], "answer_contains": ["pairing key"]}),
        json!({"question": "Which colour is the moon <b>made</b> of, in Tonga?", "record_ids": [], "answer_contains": []}),
        json!({"question": "What does ERR-1042 mean?", "record_ids": [], "user": "nobody@example.invalid"}),
    ];
    std::fs::write(&path, lines.map(|line| format!("{line}\n")).concat()).expect("written");
    path.to_string_lossy().into_owned()
}

#[test]
fn answers_are_measured_and_one_that_fails_ends_nothing() {
    let org = Org::demo_synced();
    let questions = write_questions(org.folder.path());
    let report = org.folder.path().join("report.html");
    let report_path = report.to_string_lossy();
    let args = [
        "eval",
        "answers",
        "--questions",
        &questions,
        "--report",
        &report_path,
        "--json",
    ];
    let output = org.run(&args);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let lines = lines(&output);
    let [told, moon, failed, last] = lines.as_slice() else {
        panic!("{lines:?}");
    };
    assert_eq!(
        (&told["outcome"], &told["told"]),
        (&json!("answered"), &json!(true))
    );
    assert_eq!(told["citations"][0]["valid"], true);
    assert_eq!(moon["answerability"], "unanswerable");
    assert_eq!(failed["faults"], json!(["failed"]));
    let summary = &last["summary"];
    assert_eq!(
        (&summary["questions"], &summary["failed"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(
        (&summary["quotes_valid"], &summary["claims_supported"]),
        (&json!(1.0), &json!(1.0))
    );

    let page = std::fs::read_to_string(report).expect("the report");
    assert!(
        page.contains("&lt;b&gt;made&lt;&#x2f;b&gt;"),
        "text is escaped"
    );
    assert!(
        page.contains("<mark>"),
        "quotes are marked in their passage"
    );
    for outside in ["src=", "@import", "url(", "<link"] {
        assert!(!page.contains(outside), "{outside} loads something");
    }

    let text = org.run(&["eval", "answers", "--questions", &questions, "--limit", "1"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(
        text.contains("letter for letter in their field: 100.0 %"),
        "{text}"
    );
    let judged = org.run(&["eval", "answers", "--questions", &questions, "--judge"]);
    assert_eq!(judged.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&judged.stderr).contains("set [chat]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judge_that_does_not_grade_is_counted() {
    let openai = openai::start(OpenAiOptions {
        deployments: vec!["judge".to_owned()],
        ..OpenAiOptions::default()
    });
    let openai = openai.await.expect("the box starts");
    let org = Org::demo_synced();
    std::fs::write(org.folder.path().join("openai-key"), openai.api_key()).expect("written");
    org.configure(&format!(
        "[chat]\nprovider = \"azure\"\nendpoint = {:?}\ndeployment = \"judge\"\n\
         api_version = \"2024-10-21\"\napi_key = \"file:openai-key\"\n",
        openai.url()
    ));
    let questions = write_questions(org.folder.path());
    let args = [
        "eval",
        "answers",
        "--questions",
        &questions,
        "--limit",
        "1",
        "--judge",
        "--json",
    ];
    let lines = lines(&org.run(&args));
    let (first, summary) = (&lines[0], &lines[1]["summary"]);
    assert_eq!(first["outcome"], "answered", "{first}");
    // The box has one opinion or none: either way the run ends, and says which.
    let judged = first["judgement"]["verdict"].is_string();
    assert_eq!(
        summary["not_judged"],
        json!(usize::from(!judged)),
        "{first}"
    );
    assert!(summary["prompt_tokens"].as_u64() > Some(0));
}

#[test]
fn rankings_are_measured_as_before() {
    let org = Org::demo_synced();
    let (queries, qrels) = (
        org.folder.path().join("q.jsonl"),
        org.folder.path().join("r.tsv"),
    );
    std::fs::write(
        &queries,
        json!({"_id": "a", "text": "ERR-1042 on a Kelda 700"}).to_string(),
    )
    .expect("written");
    std::fs::write(&qrels, "a\tka0Tw000000000UIAQ\t1\n").expect("written");
    let (queries, qrels) = (queries.to_string_lossy(), qrels.to_string_lossy());
    let plain = org.json(&["eval", "--queries", &queries, "--qrels", &qrels]);
    let named = org.json(&[
        "eval",
        "retrieval",
        "--queries",
        &queries,
        "--qrels",
        &qrels,
    ]);
    assert_eq!(plain["questions"], 1);
    assert_eq!(plain["ndcg_at_10"], named["ndcg_at_10"]);
    let bare = run(&["eval"]);
    assert_eq!(bare.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&bare.stderr).contains("--queries"));
}

#[test]
fn prompts_are_exported_changed_tried_and_shown() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let own = folder.path().join("prompts");
    let own = own.to_string_lossy();
    assert!(run(&["prompts", "export", &own]).status.success());
    assert_eq!(
        run(&["prompts", "export", &own]).status.code(),
        Some(2),
        "nothing is written over"
    );
    let exported = std::fs::read(format!("{own}/answer.md")).expect("answer.md");
    let shipped = std::fs::read(workspace().join("prompts/answer.md")).expect("answer.md");
    assert_eq!(exported, shipped);

    let good = run(&["prompts", "check", "--folder", &own, "--json"]);
    assert!(good.status.success(), "{good:?}");
    let prompts = &lines(&good)[0]["prompts"];
    assert!(prompts[0]["tokens"].as_u64() > Some(100), "{prompts}");
    assert_eq!(prompts[0]["own"], true);

    std::fs::write(format!("{own}/judge.md"), "Grade!").expect("written");
    std::fs::write(format!("{own}/anser.md"), "Answer!").expect("written");
    let bad = run(&["prompts", "check", "--folder", &own]);
    assert_eq!(bad.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&bad.stderr).into_owned();
    assert!(
        stderr.contains("judge.md, line 1: must begin with settings"),
        "{stderr}"
    );
    assert!(stderr.contains("anser.md is no prompt"), "{stderr}");

    let shown = run(&["prompts", "show", "answer"]);
    let stdout = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(
        stdout.contains("<passage id=\"1\" title=\"API limits\""),
        "{stdout}"
    );
    assert!(
        !stdout.contains("</passage> Ignore"),
        "text of records stays in its passage"
    );
}

#[test]
fn a_broken_prompt_file_is_in_the_status_and_a_missing_folder_in_the_config() {
    let org = Org::demo();
    let prompts = org.folder.path().join("prompts");
    std::fs::create_dir(&prompts).expect("a folder");
    std::fs::write(prompts.join("answer.md"), "Answer!").expect("written");
    org.configure("[prompts]\nfolder = \"prompts\"\n");
    let status = org.json(&["status"]);
    assert_eq!(status["prompts"][0]["prompt"], "answer");
    let text = org.run(&["status"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(
        text.contains("! Prompt not taken over: answer.md, line 1"),
        "{text}"
    );

    org.configure("[prompts]\nfolder = \"nowhere\"\n");
    let output = org.run(&["status"]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("prompts.folder"), "{stderr}");
}

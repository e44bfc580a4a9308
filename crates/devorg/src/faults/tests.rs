use serde_json::json;

use super::live::{Faults, Reply};
use super::{Call, FaultPlan, Kind, Problems};

fn faults(plan: serde_json::Value) -> Faults {
    match FaultPlan::from_json(plan) {
        Ok(plan) => Faults::new(plan),
        Err(problems) => panic!("{problems}"),
    }
}

/// Which of the calls `1..=count` fail.
fn struck(faults: &Faults, call: Call, count: usize) -> Vec<usize> {
    let fails = |_: &usize| faults.on_request(call, Some("Case")).1.is_some();
    (1..=count).filter(fails).collect()
}

#[test]
fn all_problems_are_told_at_once_with_their_rule() {
    let plan = r#"
        seed = "seven"
        sed = 1
        [[fault]]
        kind = "server_eror"
        rate = 2
        [[fault]]
        rate = 0.5
        every = 0
        [[fault]]
        kind = "slow"
        calls = ["querry", "query"]
        times = "twice"
        [[fault]]
        kind = "bulk_cut"
        calls = ["query"]
        seconds = 3
        above_rows = 3
        colour = "red"
        [[fault]]
        kind = "clock_skew"
        seconds = 30
        rate = 0.1
    "#;
    let Err(Problems(problems)) = FaultPlan::from_toml(plan) else {
        panic!("the plan is refused");
    };
    let expected = [
        "plan: `seed` must be a whole number from 0 on",
        "plan: unknown setting `sed`",
        "fault 1: unknown kind `server_eror`",
        "fault 1: `rate` must lie from 0 to 1",
        "fault 2: `kind` is missing",
        "fault 2: `every` must be a whole number from 1 on",
        "fault 3: unknown call `querry`",
        "fault 3: `times` must be a whole number from 1 on",
        "fault 3: slow needs `seconds`",
        "fault 4: bulk_cut cannot happen to `query`",
        "fault 4: `seconds` means nothing to bulk_cut",
        "fault 4: `above_rows` is for query_timeout only",
        "fault 4: unknown setting `colour`",
        "fault 5: clock_skew lasts as long as the plan",
    ];
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, expected) in problems.iter().zip(expected) {
        assert!(problem.starts_with(expected), "{problem}\n{expected}");
    }
}

#[test]
fn rules_count_the_calls_that_match() {
    let plan = json!({"fault": [
        {"kind": "session_expired", "calls": ["query"], "after": 2, "every": 3, "times": 2},
    ]});
    let faults = faults(plan);
    assert!(struck(&faults, Call::Describe, 20).is_empty());
    assert_eq!(struck(&faults, Call::Query, 20), [5, 8]);
    let report = faults.report();
    assert_eq!(report["fault"][0]["matched"], 20);
    assert_eq!(report["byKind"], json!({"session_expired": 2}));
    assert_eq!(report["total"], 2);
}

#[test]
fn a_share_is_kept_and_repeats_with_its_seed() {
    let plan = |seed: u64| json!({"seed": seed, "fault": [{"kind": "lock_row", "rate": 0.1}]});
    let first = struck(&faults(plan(7)), Call::Query, 5_000);
    assert!((400..600).contains(&first.len()), "{}", first.len());
    assert_eq!(first, struck(&faults(plan(7)), Call::Query, 5_000));
    assert_ne!(first, struck(&faults(plan(8)), Call::Query, 5_000));
}

#[test]
fn rules_about_an_object_leave_the_others_alone() {
    let faults = faults(json!({"fault": [{"kind": "server_error", "object": "case"}]}));
    assert!(faults.on_request(Call::Query, Some("Account")).1.is_none());
    assert!(faults.on_request(Call::Limits, None).1.is_none());
    assert!(faults.on_request(Call::Query, Some("Case")).1.is_some());
}

#[test]
fn large_answers_time_out() {
    let plan = json!({"fault": [{"kind": "query_timeout", "above_rows": 500}]});
    let faults = faults(plan);
    assert!(faults.on_request(Call::Query, None).1.is_none());
    let reply = |rows| Reply {
        rows: Some(rows),
        json: true,
    };
    assert!(faults.on_reply(Call::Query, None, reply(500)).is_none());
    let struck = faults.on_reply(Call::Query, None, reply(501));
    assert_eq!(struck.map(|fault| fault.kind), Some(Kind::QueryTimeout));
}

#[test]
fn waiting_does_not_spare_a_call() {
    let faults = faults(json!({"fault": [
        {"kind": "slow", "seconds": 1.5},
        {"kind": "lock_row"},
    ]}));
    let (delay, fault) = faults.on_request(Call::Query, None);
    assert_eq!(delay.as_millis(), 1_500);
    assert_eq!(fault.map(|fault| fault.kind), Some(Kind::LockRow));
}

#[test]
fn the_clock_is_off_by_the_sum() {
    let faults = faults(json!({"fault": [
        {"kind": "clock_skew", "seconds": -90}, {"kind": "clock_skew", "seconds": 30.5},
    ]}));
    assert_eq!(faults.skew().num_milliseconds(), -59_500);
    assert_eq!(faults.report()["byKind"]["clock_skew"], 2);
}

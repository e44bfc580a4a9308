//! A tenth of all calls fail, in every way that Salesforce has: the sync ends equal to the org, and
//! the ledger knows of each failure.

use serde_json::{Value, json};

use crate::edits::Editor;
use crate::resume::difference;
use crate::support::{Org, client, reply, setting};

/// Runs after which even a storm must have let a whole sync through.
const RUNS: usize = 8;

/// Every kind that strikes calls, each at the same rate.
fn plan(seed: u64) -> Value {
    const KINDS: [&str; 14] = [
        "server_error",
        "concurrent_limit",
        "lock_row",
        "query_timeout",
        "session_expired",
        "query_locator",
        "duplicate_page",
        "bulk_failed",
        "bulk_aborted",
        "bulk_lost",
        "bulk_cut",
        "cut_reply",
        "garbage",
        "drop_connection",
    ];
    let rules = KINDS.iter().map(|kind| json!({"kind": kind, "rate": 0.02}));
    json!({"seed": seed, "fault": rules.collect::<Vec<_>>()})
}

async fn control(org: &Org, what: &str, body: Value) -> Value {
    let url = format!("{}/__devorg/{what}", org.devorg.url());
    let reply = reply(client().post(url).json(&body)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_storm_of_faults_nothing_is_lost_and_everything_is_counted() {
    let seed: u64 = setting("PRECIS_TEST_SEED", 5);
    let org = Org::demo();
    org.configure_without_vectors();
    org.change_config("[sync]\n", "[sync]\nbulk_from = 300\n");
    let editor = Editor::of(&org).await;
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..3 {
        control(&org, "faults", plan(seed + round)).await;
        let runs = (0..RUNS).take_while(|_| !org.run(&["sync"]).status.success());
        assert!(runs.count() < RUNS, "seed {seed}: no run came to its end");
        let url = format!("{}/__devorg/faults", org.devorg.url());
        let told = reply(client().get(url)).await.body;
        control(&org, "faults", json!({})).await;
        let (found, expected) = (org.exported(), org.first_sync());
        assert!(
            found == expected,
            "seed {seed}, {told}: {}",
            difference(&found, &expected)
        );
        editor.edit(&mut random, 60).await;
    }
    let status = org.json(&["status"]);
    let failed = status["api"]["failed_calls"].as_u64().expect("a count");
    assert!(failed > 10, "{status}");
}

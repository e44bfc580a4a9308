//! What a sync costs in API calls, by the org's own count, and what it does when they run out.

use std::time::Duration;

use precis_indexer::{Error, Options, Progress, QuotaPolicy, Request};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::admin::Admin;
use crate::support::{Org, cases, export, sync};

async fn calls(org: &Org) -> u64 {
    let url = format!("{}/__devorg/calls", org.server.url());
    let calls: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    calls["total"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_run_costs_a_call_an_object_at_most() {
    let org = cases(450).start().await;
    let (mut indexer, first) = org.sync().await;
    let status = indexer.status().await.unwrap();
    let sources = status
        .objects
        .iter()
        .map(|object| object.sources.len() as u64)
        .sum::<u64>();
    // One for the sharing defaults, and two for each share table.
    let sources = sources + 1 + 2 * status.sharing.len() as u64;
    assert!(first.calls <= 30 * sources, "{}", first.calls);
    let before = calls(&org).await;
    let again = sync(&mut indexer).await;
    let idle = calls(&org).await - before;
    assert!(idle <= sources, "{idle} calls for {sources} objects");
    assert_eq!(again.calls, idle);
    // Nor in a process that has described nothing itself.
    drop(indexer);
    let before = calls(&org).await;
    sync(&mut org.indexer(org.options()).await).await;
    let idle = calls(&org).await - before;
    assert!(
        idle <= sources,
        "{idle} calls for {sources} objects in a new process"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_waits_at_its_budget_and_goes_on_when_calls_are_free() {
    const LIMIT: u64 = 60;
    let org = cases(300).api_limit(LIMIT).start().await;
    let options = || Options {
        quota: QuotaPolicy {
            share: 0.5,
            look_every: Duration::from_millis(50),
        },
        ..org.options()
    };
    let mut indexer = org.indexer(options()).await;
    let (progress, stop) = (Progress::silent(), CancellationToken::new());
    let impatient = Request {
        impatient: true,
        ..Request::default()
    };
    let refused = indexer
        .sync(&impatient, &progress, &stop)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, Error::Quota { limit: LIMIT, .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("sync.api_share"), "{refused}");
    assert!(calls(&org).await <= LIMIT / 2, "the rest is for others");

    let run = tokio::spawn(async move {
        let (progress, stop) = (Progress::silent(), CancellationToken::new());
        let report = indexer.sync(&Request::default(), &progress, &stop).await;
        (indexer, report)
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!run.is_finished(), "it waits");
    let admin = Admin::of(&org).await;
    // Each day has calls for some of it.
    for _ in 0..20 {
        admin
            .control("clock", json!({"advanceSeconds": 25 * 3600}))
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let (indexer, report) = run.await.unwrap();
    assert!(report.unwrap().complete);
    assert_eq!(export(&indexer).await.len(), 300);
    assert_eq!(indexer.status().await.unwrap().paused, None);
}

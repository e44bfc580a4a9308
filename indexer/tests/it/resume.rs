use std::time::Duration;

use precis_indexer::{Options, Progress, Request};
use tokio_util::sync::CancellationToken;

use crate::support::{Org, cases, export, stop_at, sync};

/// Enough for several pages of both a pull and a build.
const CASES: usize = 450;

fn options(org: &Org, bulk_from: u64) -> Options {
    Options {
        bulk_from,
        ..org.options()
    }
}

/// Runs that are stopped, each `step` events later than the one before, until one comes to its end;
/// returns how many runs there were and how many rows came in all.
async fn stopped_runs(org: &Org, bulk_from: u64, step: u64) -> (u64, u64) {
    let mut rows = 0;
    for run in 1..100 {
        let mut indexer = org.indexer(options(org, bulk_from)).await;
        let (progress, stop) = stop_at(run * step);
        let report = indexer
            .sync(&Request::default(), &progress, &stop)
            .await
            .unwrap();
        rows += report.objects.iter().map(|object| object.rows).sum::<u64>();
        if report.complete {
            return (run, rows);
        }
    }
    panic!("the runs never come to an end");
}

async fn stopped_runs_equal_one(bulk_from: u64) {
    let whole = cases(CASES).start().await;
    let mut indexer = whole.indexer(options(&whole, bulk_from)).await;
    let report = sync(&mut indexer).await;
    assert!(report.complete);
    let expected = export(&indexer).await;
    assert_eq!(expected.len(), CASES);

    for step in [2, 3, 5] {
        let org = cases(CASES).start().await;
        let (runs, rows) = stopped_runs(&org, bulk_from, step).await;
        assert!(runs > 2, "{runs} runs");
        let indexer = org.indexer(options(&org, bulk_from)).await;
        let mut found = export(&indexer).await;
        for document in found.values_mut() {
            document.url = document.url.replace(org.server.url(), whole.server.url());
        }
        assert_eq!(found, expected);
        // A run that is stopped asks again for what is newest, but never from the beginning.
        let whole_rows = 2 * CASES as u64;
        let bulk_calls = org.calls("bulkQuery").await;
        assert_eq!(bulk_calls > 0, bulk_from <= CASES as u64);
        assert!(rows <= whole_rows + runs * 10, "{rows} rows in {runs} runs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_rest_pulls_go_on() {
    stopped_runs_equal_one(100_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_bulk_pulls_go_on() {
    stopped_runs_equal_one(100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_dies_does_no_harm() {
    let org = cases(CASES).start().await;
    for milliseconds in [5, 30, 60, 100, 150, 250] {
        let mut indexer = org.indexer(options(&org, 100_000)).await;
        let run = tokio::spawn(async move {
            let (progress, stop) = (Progress::silent(), CancellationToken::new());
            indexer
                .sync(&Request::default(), &progress, &stop)
                .await
                .map(drop)
        });
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        run.abort();
        // Cancelled, or done: both are fine.
        let _ = run.await;
    }
    let mut indexer = org.indexer(options(&org, 100_000)).await;
    let report = sync(&mut indexer).await;
    assert!(report.complete);
    let found = export(&indexer).await;
    assert_eq!(found.len(), CASES);
    assert!(found.values().all(|document| document.records.len() == 2));
    let counts = indexer.writer().counts().await.unwrap();
    assert_eq!(counts.documents.values().sum::<u64>(), CASES as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_dropped_can_be_repeated_at_once() {
    let org = cases(CASES).start().await;
    let mut indexer = org.indexer(options(&org, 100_000)).await;
    for milliseconds in [20, 80, 140, 200] {
        let (progress, stop) = (Progress::silent(), CancellationToken::new());
        let request = Request::default();
        let run = indexer.sync(&request, &progress, &stop);
        // Dropped in the middle, or done.
        let _ = tokio::time::timeout(Duration::from_millis(milliseconds), run).await;
    }
    assert!(sync(&mut indexer).await.complete);
    assert_eq!(export(&indexer).await.len(), CASES);
}

//! How much one viewer, and one address, may ask.

use super::{Service, astrid, of};

#[tokio::test]
async fn a_viewer_who_asks_too_much_is_told_when_to_come_back() {
    let service = Service::with("requests_per_minute = 6\nburst = 3", "").await;
    for _ in 0..3 {
        service.ask_with(&astrid()).await.assert_answered();
    }
    let refused = service.ask_with(&astrid()).await;
    refused.assert_refused(429, "http.requests_per_minute");
    assert!(
        refused.wait.is_some_and(|wait| wait <= 10),
        "{:?}",
        refused.wait
    );
    // Others, and the operator, are not held up.
    let other = of("jonas.brandt@tarnwick.example");
    service.ask_with(&other).await.assert_answered();
    let operator = service.org.operator_token();
    for _ in 0..10 {
        service.ask(&operator).await.assert_answered();
    }
}

#[tokio::test]
async fn guesses_are_slowed_down() {
    let service = Service::with("failures_per_minute = 6", "").await;
    for _ in 0..7 {
        service.ask("guess").await.assert_refused(401, "API key");
    }
    let refused = service.ask("guess").await;
    refused.assert_refused(429, "http.failures_per_minute");
    // Not even a good one is looked at, or guessing would go on as fast.
    let good = service.ask_with(&astrid()).await;
    good.assert_refused(429, "http.failures_per_minute");
    let operator = service.org.operator_token();
    service.ask(&operator).await.assert_answered();
}

//! `GET /limits`.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::state::App;

/// The allocations that clients look at. Only the daily calls are counted; the rest is untouched.
pub(crate) async fn limits(State(app): State<App>) -> Json<Value> {
    let untouched = |max: u64| json!({"Max": max, "Remaining": max});
    let body = json!({
        "ConcurrentAsyncGetReportInstances": untouched(200),
        "DailyApiRequests": {
            "Max": app.meter.limit(),
            "Remaining": app.meter.remaining(app.clock.now()),
        },
        "DailyBulkApiBatches": untouched(15_000),
        "DailyBulkV2QueryFileStorageMB": untouched(976_562),
        "DailyBulkV2QueryJobs": untouched(10_000),
        "DataStorageMB": untouched(1_024),
        "FileStorageMB": untouched(1_024),
        "HourlySyncReportRuns": untouched(500),
    });
    std::future::ready(Json(body)).await
}

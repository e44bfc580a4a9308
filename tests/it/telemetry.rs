//! Traces and metrics as a collector gets them, read by OpenTelemetry's own types.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::{Value, json};

use crate::support::{Org, Server, client, key_of};

const QUESTION: &str = "zwetschgendatschi";
const PATIENCE: Duration = Duration::from_secs(60);

/// What came: path, headers, body.
type Posts = Arc<Mutex<Vec<(String, HeaderMap, Bytes)>>>;

/// A collector that takes everything.
struct Collector {
    url: String,
    posts: Posts,
}

impl Collector {
    async fn start() -> Self {
        let posts = Posts::default();
        let take = |State(posts): State<Posts>, uri: Uri, headers: HeaderMap, body: Bytes| async move {
            let post = (uri.path().to_owned(), headers, body);
            posts.lock().expect("no panic").push(post);
            StatusCode::OK
        };
        let router = Router::new().fallback(take).with_state(Arc::clone(&posts));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, posts }
    }

    fn bodies<M: Message + Default>(&self, path: &str) -> Vec<M> {
        let posts = self.posts.lock().expect("no panic");
        let posts = posts.iter().filter(|(posted, ..)| posted == path);
        posts
            .map(|(_, headers, body)| {
                assert_eq!(headers["x-collector-key"], "c0llect");
                M::decode(body.clone()).expect("protobuf")
            })
            .collect()
    }

    fn spans(&self) -> Vec<Span> {
        let requests = self.bodies::<ExportTraceServiceRequest>("/v1/traces");
        let resources = requests.into_iter().flat_map(|r| r.resource_spans);
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }

    /// The names of all metrics that came.
    fn metrics(&self) -> BTreeMap<String, String> {
        let requests = self.bodies::<ExportMetricsServiceRequest>("/v1/metrics");
        let resources = requests.into_iter().flat_map(|r| r.resource_metrics);
        let scopes = resources.flat_map(|resource| resource.scope_metrics);
        let metrics = scopes.flat_map(|scope| scope.metrics);
        metrics.map(|metric| (metric.name, metric.unit)).collect()
    }
}

fn attributes(span: &Span) -> BTreeMap<&str, Value> {
    let attributes = span.attributes.iter();
    attributes
        .map(|attribute| {
            (
                attribute.key.as_str(),
                json!(format!("{:?}", attribute.value)),
            )
        })
        .collect()
}

async fn search(server: &Server, user: &str) {
    let url = format!("{}/v1/search", server.process.url());
    let request = client().post(url).json(&json!({"query": QUESTION}));
    let request = request
        .header(
            "traceparent",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        )
        .bearer_auth(key_of(user));
    let reply = request.send().await.expect("precis answers");
    assert_eq!(reply.status(), 200);
}

// The collector goes on while this thread waits for precis to end.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_gets_the_steps_of_a_request_and_the_figures() {
    let collector = Collector::start().await;
    let org = Org::demo_synced();
    std::fs::write(org.folder.path().join("headers"), "x-collector-key=c0llect").expect("written");
    org.configure(&format!(
        "[telemetry]\notlp_endpoint = {:?}\notlp_headers = \"file:headers\"\nmetrics_seconds = 1\n",
        collector.url
    ));
    let run_as = org.run_as().to_owned();
    let org = org.with_keys(&[&run_as]);
    let server = org.serve_without_sync();
    search(&server, org.run_as()).await;
    let begun = Instant::now();
    while !collector.metrics().contains_key("precis.indexed_documents") {
        assert!(begun.elapsed() < PATIENCE, "{:?}", collector.metrics());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(collector.metrics()["precis.lag"], "s");
    // What is left is sent at the end.
    assert!(server.process.stop().success());
    let spans = collector.spans();
    let request = spans.iter().find(|span| span.name == "POST /v1/search");
    let request = request.unwrap_or_else(|| panic!("no request among {spans:?}"));
    let trace = |span: &Span| -> String {
        span.trace_id
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    assert_eq!(trace(request), "4bf92f3577b34da6a3ce929d0e0e4736");
    let told = attributes(request);
    assert!(
        told["http.response.status_code"]
            .to_string()
            .contains("200")
    );
    assert!(told.contains_key("request.id"), "{told:?}");
    let steps: Vec<&str> = spans
        .iter()
        .filter(|span| span.trace_id == request.trace_id)
        .map(|span| span.name.as_str())
        .collect();
    for step in [
        "retrieve",
        "embed question",
        "search the index",
        "audit line",
    ] {
        assert!(steps.contains(&step), "{step} is not among {steps:?}");
    }
    for (_, _, body) in collector.posts.lock().expect("no panic").iter() {
        let text = String::from_utf8_lossy(body).to_lowercase();
        assert!(!text.contains(QUESTION), "the question was sent");
    }
    assert!(spans.iter().all(|span| span.events.is_empty()));
}

#[test]
fn what_cannot_be_sent_to_is_explained() {
    for (settings, key) in [
        (
            "otlp_endpoint = \"localhost:4318\"",
            "telemetry.otlp_endpoint",
        ),
        ("trace_share = 1.5", "telemetry.trace_share"),
        ("metrics_seconds = 0", "telemetry.metrics_seconds"),
        (
            "otlp_endpoint = \"http://localhost:4318\"\notlp_headers = \"env:NOT_SET_ANYWHERE\"",
            "telemetry.otlp_headers",
        ),
    ] {
        let org = Org::demo();
        org.configure(&format!("[telemetry]\n{settings}\n"));
        let output = org.run(&["serve", "--no-sync"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(key), "{said}");
    }
}

//! TLS, limits, headers: what stands between the network and a question.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::CertifiedKey;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio_rustls::TlsConnector;

use crate::support::{Org, Process, Server, client, key_of};

/// What a client may take in these tests, in seconds.
const READ: u64 = 3;
/// Far more than a reply takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(20);

/// An org without a model, with more lines in `[http]`.
fn org(more: &str) -> Org {
    let org = Org::demo();
    org.configure(&format!("read_seconds = {READ}\n{more}"));
    org.configure_without_vectors();
    let run_as = org.run_as().to_owned();
    org.with_keys(&[&run_as])
}

/// A certificate for this machine, written where the config looks for it.
fn certify(org: &Org) -> reqwest::Certificate {
    let CertifiedKey { cert, signing_key } = certified();
    let folder = org.folder.path();
    std::fs::write(folder.join("cert.pem"), cert.pem()).expect("written");
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).expect("written");
    reqwest::Certificate::from_der(cert.der()).expect("a certificate")
}

fn certified() -> CertifiedKey<rcgen::KeyPair> {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    rcgen::generate_simple_self_signed(names).expect("a certificate")
}

const TLS: &str =
    "[http.tls]\ncertificate = \"cert.pem\"\nprivate_key = \"key.pem\"\nreload_seconds = 1\n";

fn trusting(certificate: reqwest::Certificate) -> reqwest::Client {
    let _ = client();
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([certificate])
        // Each request has a handshake of its own.
        .pool_max_idle_per_host(0)
        .build()
        .expect("an HTTP client")
}

async fn is_alive(client: &reqwest::Client, server: &Server) -> bool {
    let url = format!("{}/healthz", server.process.url());
    let reply = client.get(url).send().await;
    reply.is_ok_and(|reply| reply.status() == 200)
}

/// Waits until it is so.
async fn until(client: &reqwest::Client, server: &Server) {
    let begun = Instant::now();
    while !is_alive(client, server).await {
        assert!(begun.elapsed() < PATIENCE, "it never comes");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn address(server: &Server) -> SocketAddr {
    let url = server.process.url();
    let (_, address) = url.split_once("://").expect("a URL");
    address.parse().expect("an address")
}

#[tokio::test]
async fn tls_is_spoken_and_a_renewed_certificate_taken() {
    let org = org(TLS);
    let certificate = certify(&org);
    let first = trusting(certificate.clone());
    let server = org.serve_without_sync();
    assert!(server.process.url().starts_with("https://"));
    assert!(is_alive(&first, &server).await);
    let reply = first
        .get(format!("{}/healthz", server.process.url()))
        .send();
    let reply = reply.await.expect("a reply");
    let kept = reply.headers()["strict-transport-security"].to_str();
    assert!(kept.is_ok_and(|kept| kept.starts_with("max-age=")));
    let plain = server.process.url().replace("https", "http");
    assert!(
        client().get(plain).send().await.is_err(),
        "there is no plain HTTP beside it"
    );
    assert!(
        !is_alive(&client(), &server).await,
        "nobody else trusts the certificate"
    );
    assert_eq!(
        org.json(&["status"])["running"],
        Value::Null,
        "the command line knows it"
    );

    // Half of a new pair is no pair.
    let other = certified();
    let key = org.folder.path().join("key.pem");
    std::fs::write(&key, other.signing_key.serialize_pem()).expect("written");
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(is_alive(&first, &server).await, "the old pair stays");

    let second = trusting(certify(&org));
    until(&second, &server).await;
    // One that was there before may go on with its session.
    assert!(!is_alive(&trusting(certificate), &server).await);
    assert_eq!(
        org.json(&["status"])["running"],
        Value::Null,
        "the command line follows"
    );
    assert!(server.process.stop().success(), "a stop is in good order");
}

#[tokio::test]
async fn http_2_is_spoken_where_a_client_asks_for_it() {
    let org = org(TLS);
    let _ = client();
    let CertifiedKey { cert, signing_key } = certified();
    let folder = org.folder.path();
    std::fs::write(folder.join("cert.pem"), cert.pem()).expect("written");
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).expect("written");
    let server = org.serve_without_sync();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).expect("a root");
    let mut config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let connector = TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from("localhost").expect("a name");

    let stream = tokio::net::TcpStream::connect(address(&server))
        .await
        .expect("connected");
    let stream = connector.connect(name.clone(), stream).await.expect("TLS");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
        .await
        .expect("HTTP/2");
    tokio::spawn(connection);
    let request = Request::get("https://localhost/healthz").body(Body::empty());
    let reply = sender
        .send_request(request.expect("a request"))
        .await
        .expect("a reply");
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.headers()["x-content-type-options"], "nosniff");

    // One that has agreed on HTTP/2 and then says nothing is not waited for.
    let stream = tokio::net::TcpStream::connect(address(&server))
        .await
        .expect("connected");
    let mut stream = connector.connect(name, stream).await.expect("TLS");
    let mut rest = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest);
    assert!(
        tokio::time::timeout(PATIENCE, read).await.is_ok(),
        "it is never closed"
    );
}

#[tokio::test]
async fn every_reply_has_the_headers_and_none_says_who_serves() {
    let org = org("");
    let server = org.serve_without_sync();
    for (path, status) in [
        ("/healthz", 200),
        ("/nowhere", 404),
        ("/v1/search", 405),
        ("/v1/admin/status", 401),
    ] {
        let url = format!("{}{path}", server.process.url());
        let reply = client()
            .get(url)
            .header("origin", "https://example.com")
            .send();
        let reply = reply.await.expect("a reply");
        assert_eq!(reply.status().as_u16(), status, "{path}");
        let headers = reply.headers();
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            (
                "content-security-policy",
                "default-src 'none'; frame-ancestors 'none'",
            ),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(
                headers.get(name).map(|value| value.as_bytes()),
                Some(value.as_bytes()),
                "{path} {name}"
            );
        }
        for name in [
            "server",
            "strict-transport-security",
            "access-control-allow-origin",
        ] {
            assert!(!headers.contains_key(name), "{path} {name}");
        }
    }
}

/// Sends the beginning of a request and nothing more.
fn begin(server: &Server, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address(server)).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("an option");
    stream.write_all(text.as_bytes()).expect("sent");
    stream
}

/// What comes until the server closes the connection.
fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the connection stays open: {error}"),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn question(org: &Org, length: usize) -> String {
    let key = key_of(org.run_as());
    format!(
        "POST /v1/search HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{{"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_and_silent_clients_are_given_up() {
    let org = org("max_connections = 3\n");
    let server = org.serve_without_sync();
    let begun = Instant::now();
    let silent = begin(&server, "");
    let dripping = begin(&server, "GET /healthz HTTP/1.1\r\nhost: x\r\n");
    let bodiless = begin(&server, &question(&org, 10));
    // All places are taken; the next one waits until they are free again, and is answered.
    let next = server.get("/healthz").await;
    assert_eq!(next.status, 200);
    assert!(begun.elapsed() >= Duration::from_secs(READ) - Duration::from_millis(200));
    assert_eq!(rest(silent), "");
    let dripping = rest(dripping);
    assert!(!dripping.contains("200 OK"), "{dripping}");
    let bodiless = rest(bodiless);
    assert!(bodiless.starts_with("HTTP/1.1 408"), "{bodiless}");
    assert!(bodiless.contains("http.read_seconds"), "{bodiless}");
    assert!(begun.elapsed() < PATIENCE);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_questions_and_too_much_of_one_are_refused() {
    let org = org("max_concurrent_requests = 1\nmax_header_kilobytes = 16\n");
    let server = org.serve_without_sync();
    let slow = begin(&server, &question(&org, 10));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let url = format!("{}/v1/search", server.process.url());
    let refused = client()
        .post(url)
        .bearer_auth(key_of(org.run_as()))
        .json(&serde_json::json!({"query": "freezer"}))
        .send()
        .await
        .expect("a reply");
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "1");
    let problem: Value = refused.json().await.expect("a problem");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains("http.max_concurrent_requests"), "{detail}");
    let status = server
        .admin(&org.operator_token(), "/v1/admin/status", None)
        .await;
    assert_eq!(status.status, 200, "the operator is answered");
    assert!(rest(slow).starts_with("HTTP/1.1 408"));

    let long = server.get(&format!("/healthz?{}", "x".repeat(9_000))).await;
    assert_eq!(
        (long.status, long.content_type.as_str()),
        (414, "application/problem+json")
    );
    // What is left of the head when the server has had enough may reset the connection.
    let head = format!(
        "GET /healthz HTTP/1.1\r\nhost: x\r\nx-filler: {}\r\n\r\n",
        "x".repeat(16_500)
    );
    let head = rest(begin(&server, &head));
    assert!(
        head.is_empty() || head.starts_with("HTTP/1.1 431"),
        "{head}"
    );
    let deep = format!("{{\"query\": {}", "[".repeat(5_000));
    let deep = server.post("/v1/search", Some(org.run_as()), deep).await;
    assert_eq!(deep.status, 400);
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn metrics_are_for_whom_the_config_names() {
    let org = org("metrics = \"operator\"\nmetrics_token = \"file:metrics-token\"\n");
    std::fs::write(org.folder.path().join("metrics-token"), "for the monitor").expect("written");
    let server = org.serve_without_sync();
    let refused = server.get("/metrics").await;
    assert_eq!(refused.status, 401);
    assert!(
        refused.body["detail"]
            .to_string()
            .contains("http.metrics_token")
    );
    assert_eq!(server.admin("wrong", "/metrics", None).await.status, 403);
    assert_eq!(
        server
            .admin("for the monitor", "/metrics", None)
            .await
            .status,
        200
    );
    assert_eq!(
        server
            .admin(&org.operator_token(), "/metrics", None)
            .await
            .status,
        200
    );
    let other = server
        .admin("for the monitor", "/v1/admin/status", None)
        .await;
    assert_eq!(other.status, 403, "it opens nothing else");
    drop(server);

    org.set("metrics = \"operator\"", "behind_proxy = true");
    let server = org.serve_without_sync();
    assert_eq!(
        server.get("/metrics").await.status,
        401,
        "a proxy is on this machine, too"
    );
    drop(server);
    org.set("behind_proxy = true", "metrics = \"open\"");
    let server = org.serve_without_sync();
    assert_eq!(server.get("/metrics").await.status, 200);
}

/// What `precis serve` says on standard error until it is ready.
fn said_at_start(org: &Org) -> String {
    let path = org.folder.path().join("stderr");
    let mut command = org.serving();
    command.stderr(File::create(&path).expect("a file"));
    let process = Process::of(command);
    process.kill();
    std::fs::read_to_string(path).expect("text")
}

#[test]
fn plain_http_on_the_network_is_warned_of() {
    let org = org("");
    assert!(!said_at_start(&org).contains("PLAIN HTTP"));
    org.set("127.0.0.1:0", "0.0.0.0:0");
    let said = said_at_start(&org);
    assert!(
        said.contains("PLAIN HTTP ON THE NETWORK") && said.contains("http.tls"),
        "{said}"
    );
    org.set("read_seconds = 3", "read_seconds = 3\nbehind_proxy = true");
    assert!(!said_at_start(&org).contains("PLAIN HTTP"));
}

#[test]
fn what_is_wrong_with_a_certificate_is_one_sentence() {
    let org = org(TLS);
    let refused = |words: &[&str]| {
        let output = org.run(&["serve"]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        for word in words {
            assert!(text.contains(word), "'{word}' is not in: {text}");
        }
    };
    refused(&[
        "http.tls.certificate",
        "http.tls.private_key",
        "names no file",
    ]);
    let _ = certify(&org);
    let folder = org.folder.path();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&key, certified().signing_key.serialize_pem()).expect("written");
    refused(&["http.tls.private_key", "does not belong to the certificate"]);
    std::fs::copy(&key, &cert).expect("copied");
    refused(&["http.tls.certificate", "has no certificate"]);
    org.set("private_key = \"key.pem\"", "private_key = \"\"");
    refused(&["http.tls.private_key", "needs both"]);
}

#[test]
fn what_precis_writes_is_for_its_own_user() {
    let org = org("");
    org.json(&["sync", "--object", "Account"]);
    let data = org.folder.path().join("data");
    assert_closed(&data);
}

fn assert_closed(path: &Path) {
    let mode = std::fs::metadata(path)
        .expect("metadata")
        .permissions()
        .mode();
    assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
    if path.is_dir() {
        for entry in std::fs::read_dir(path).expect("a folder") {
            assert_closed(&entry.expect("an entry").path());
        }
    }
}

//! The description of the interface, as it is served and printed, and the page to read it on.

use serde_json::Value;

use crate::support::{Org, client, run};

fn printed(version: &str) -> Value {
    let output = run(&["openapi", "--version", version]);
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test]
async fn the_description_is_served_as_it_is_printed() {
    let server = Org::demo_synced().serve_without_sync();
    let url = server.process.url();
    for (path, version) in [("openapi.json", "3.1"), ("openapi-2.0.json", "2.0")] {
        let reply = client().get(format!("{url}/{path}")).send().await;
        let served: Value = reply.expect("a reply").json().await.expect("JSON");
        assert_eq!(served, printed(version), "{path}");
    }
}

#[tokio::test]
async fn the_reference_needs_no_other_host_and_no_inline_script() {
    let server = Org::demo_synced().serve_without_sync();
    let url = server.process.url();
    let reply = client().get(format!("{url}/docs/")).send().await;
    let reply = reply.expect("a reply");
    let policy = reply.headers()["content-security-policy"].to_str();
    let policy = policy.expect("ASCII").to_owned();
    assert!(policy.contains("script-src 'self';"), "{policy}");
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    let page = reply.text().await.expect("a page");
    let mut files = 0;
    for script in page.split("<script").skip(1) {
        let (head, rest) = script.split_once('>').expect("a tag");
        assert!(
            rest.trim_start().starts_with("</script>"),
            "an inline script: {rest:.40}"
        );
        let (_, file) = head.split_once("src=\"").expect("a file");
        let file = file.split('"').next().expect("a name");
        assert!(!file.contains("//"), "{file}");
        let address = format!("{url}/docs/{}", file.trim_start_matches("./"));
        let reply = client().get(&address).send().await.expect("a reply");
        assert_eq!(reply.status(), 200, "{file}");
        let text = reply.text().await.expect("a script");
        assert!(!text.is_empty());
        files += 1;
    }
    assert_eq!(files, 3);
    let reply = client().get(format!("{url}/docs/../nowhere.js")).send();
    assert_eq!(reply.await.expect("a reply").status(), 404);
}

#[tokio::test]
async fn a_callers_own_id_is_kept_if_it_is_one() {
    let server = Org::demo_synced().serve_without_sync();
    let url = format!("{}/healthz", server.process.url());
    let own = "6f1c2a54-3f0e-4a56-9a39-0d3f2f2f8d11";
    for (sent, is_kept) in [(own, true), ("1234", false)] {
        let reply = client().get(&url).header("x-request-id", sent).send();
        let reply = reply.await.expect("a reply");
        assert_eq!(reply.headers()["x-request-id"] == sent, is_kept, "{sent}");
    }
}

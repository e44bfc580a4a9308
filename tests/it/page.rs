//! The page for people: in a real browser, and what it is served with.

use std::process::Command;

use crate::installing::{node, run};
use crate::support::{Org, client, key_of};

/// Where the browser is, unless `CHROMIUM` says otherwise.
const CHROMIUM: &str = "/usr/bin/chromium";

#[test]
fn a_service_agent_gets_through_the_day_in_a_browser() {
    let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| CHROMIUM.to_owned());
    assert!(
        std::path::Path::new(&chromium).is_file(),
        "the page is tested in Chromium: install Debian's package chromium, or name one by CHROMIUM"
    );
    let org = Org::demo_synced();
    let run_as = org.run_as().to_owned();
    let org = org.with_keys(&[&run_as]);
    let server = org.serve_without_sync();
    let mut tests = Command::new("node");
    tests
        .arg("page_test.mjs")
        .args([server.process.url(), &key_of(&run_as)])
        .env("CHROMIUM", chromium)
        .current_dir(node("page"));
    let told = run(tests);
    assert!(told.lines().count() >= 15, "{told}");
}

#[tokio::test]
async fn its_files_come_under_a_strict_policy_and_can_be_turned_off() {
    let org = Org::demo_synced();
    let server = org.serve_without_sync();
    let get = async |path: &str| {
        let url = format!("{}{path}", server.process.url());
        client().get(url).send().await.expect("precis answers")
    };
    let page = get("/").await;
    assert_eq!(page.status(), 200);
    let header = |name: &str| page.headers()[name].to_str().expect("ASCII").to_owned();
    let policy = header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let tag = header("etag");
    let html = page.text().await.expect("text");
    assert!(!html.contains("<style") && !html.contains(" style=") && !html.contains("javascript:"));
    let again = client().get(format!("{}/", server.process.url()));
    let again = again.header("if-none-match", tag).send().await;
    assert_eq!(again.expect("precis answers").status(), 304);
    let script = get("/page/main.js").await;
    assert_eq!(
        script.headers()["content-type"],
        "text/javascript; charset=utf-8"
    );
    let settings = get("/page/settings.json").await.text().await;
    assert_eq!(settings.expect("text"), r#"{"sign_in":null}"#);
    for missing in [
        "/page/none.js",
        "/page/../Cargo.toml",
        "/page/%2e%2e/Cargo.toml",
    ] {
        assert_eq!(get(missing).await.status(), 404, "{missing}");
    }
    drop(server);
    org.configure("[page]\nenabled = false\n");
    let server = org.serve_without_sync();
    assert_eq!(server.get("/").await.status, 404);
    assert_eq!(server.get("/page/main.js").await.status, 404);
}

#[test]
fn signing_in_needs_a_directory_that_lets_the_page_in() {
    const TENANT: &str = "11111111-aaaa-4bbb-8ccc-000000000001";
    const PAGE: &str = "22222222-aaaa-4bbb-8ccc-000000000002";
    let identity =
        format!("[identity]\ntenants = [\"{TENANT}\"]\naudiences = [\"api://precis\"]\n");
    let other = format!("{identity}clients = [\"{TENANT}\"]\n");
    for (page, identity, told) in [
        ("the-page", "", "page.client_id must be the client id"),
        (PAGE, "", "page.client_id needs identity.tenants"),
        (
            PAGE,
            other.as_str(),
            "page.client_id must be among identity.clients",
        ),
    ] {
        let org = Org::demo();
        org.configure(&format!("[page]\nclient_id = \"{page}\"\n{identity}"));
        let output = org.run(&["serve", "--no-sync"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(told), "{said}");
    }
}

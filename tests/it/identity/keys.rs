//! API keys that end, and keys of services.

use serde_json::{Value, json};

use super::tokens::assert_policy;
use super::{ASTRID_USERNAME, Service};
use crate::support::{Org, run};

/// Makes a key with the command, and stores it.
fn made(org: &Org, args: &[&str]) -> String {
    let mut all = vec!["key", "new", "--json"];
    all.extend(args);
    let output = run(&all);
    assert!(output.status.success(), "{output:?}");
    let made: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let keys = org.folder.path().join("keys.jsonl");
    let stored = std::fs::read_to_string(&keys).expect("the keys");
    std::fs::write(keys, format!("{stored}{}\n", made["stored"])).expect("written");
    made["key"].as_str().expect("a key").to_owned()
}

fn problem(org: &Org) -> String {
    let output = org.run(&["serve", "--no-sync"]);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    stderr
}

#[tokio::test]
async fn keys_end_and_services_have_policies() {
    let Service { org, entra, server } = Service::start().await;
    drop(server);
    let good = made(
        &org,
        &["--user", ASTRID_USERNAME, "--expires", "2999-01-01"],
    );
    let ended = made(
        &org,
        &[
            "--user",
            ASTRID_USERNAME,
            "--expires",
            "2020-01-31",
            "--name",
            "old",
        ],
    );
    let policy = made(&org, &["--policy", "public-kb", "--name", "site"]);
    let server = org.serve_without_sync();
    let service = Service { org, entra, server };
    service.ask(&good).await.assert_answered();
    service
        .ask(&ended)
        .await
        .assert_refused(401, "'old' has expired");
    assert_policy(&service.ask(&policy).await);
}

#[test]
fn a_key_is_for_one_user_or_one_policy_that_there_is() {
    let org = Org::demo();
    let sha256 = "a".repeat(64);
    for (key, word) in [
        (
            json!({"name": "both", "user": "a", "policy": "b", "sha256": sha256}),
            "'both'",
        ),
        (json!({"name": "none", "sha256": sha256}), "exactly one"),
        (
            json!({"name": "lost", "policy": "gone", "sha256": sha256}),
            "'gone'",
        ),
        (
            json!({"name": "late", "user": "a", "sha256": sha256, "expires": "soon"}),
            "expires",
        ),
        (
            json!({"name": "odd", "user": "a", "sha256": "1234"}),
            "64 hexadecimal digits",
        ),
        (
            json!({"name": "more", "user": "a", "sha256": sha256, "admin": true}),
            "admin",
        ),
    ] {
        std::fs::write(org.folder.path().join("keys.jsonl"), format!("{key}\n")).expect("written");
        let problem = problem(&org);
        assert!(problem.contains("api_keys"), "{problem}");
        assert!(problem.contains(word), "'{word}' is not in: {problem}");
    }
    for args in [
        &["--user", "a", "--policy", "b"][..],
        &[][..],
        &["--user", " "][..],
        &["--user", "a", "--expires", "soon"][..],
    ] {
        let mut all = vec!["key", "new"];
        all.extend(args);
        assert_eq!(run(&all).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn each_wrong_setting_of_identity_and_policies_is_named() {
    let org = Org::demo();
    org.configure(
        "[identity]\ntenants = [\"common\"]\nclients = [7]\n[identity.apps]\n[policies]\n",
    );
    let told = problem(&org);
    assert!(
        told.contains("identity.clients must be a list of texts"),
        "{told}"
    );
    org.configure(
        "[identity]\ntenants = [\"common\"]\nscopes = []\nskew_seconds = 301\nkeys_hours = 25\n\
         key_refresh_seconds = 0\nauthority = \"http://login.example\"\nclaim = \"two words\"\n\
         [identity.apps.someone]\nuser = \"a\"\n\
         [identity.apps.\"22222222-aaaa-4bbb-8ccc-000000000002\"]\npolicy = \"gone\"\n\
         [policies.one]\nobjects = [\"Knowledge__kav\"]\nfields = {Case = [\"Subject\"]}\n\
         [policies.two]\nobjects = []\nchannels = [\"tv\"]\ncategories = {Products = []}\n\
         [policies.three]\nobjects = [\"Case\"]\nchanels = []\n",
    );
    let told = problem(&org);
    for key in [
        "identity.tenants has 'common'",
        "identity.scopes",
        "identity.skew_seconds",
        "identity.keys_hours",
        "identity.key_refresh_seconds",
        "identity.authority must start with https://",
        "identity.claim",
        "identity.apps.someone",
        "identity.apps.22222222-aaaa-4bbb-8ccc-000000000002",
        "policies.one.channels",
        "policies.one.fields.Case",
        "policies.two.objects",
        "policies.two.channels",
        "policies.two.categories.Products",
        "policies.three",
    ] {
        assert!(told.contains(key), "'{key}' is not in: {told}");
    }
    org.configure("[identity]\naudiences = [\"api://precis\"]\n");
    assert!(problem(&org).contains("identity.tenants is empty"));
    org.configure("[identity]\ntenants = [\"00000000-aaaa-4bbb-8ccc-00000000000a\"]\n");
    assert!(problem(&org).contains("identity.audiences is empty"));
}

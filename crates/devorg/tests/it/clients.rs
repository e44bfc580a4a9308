//! Python's simple-salesforce and Node's jsforce, as their registries ship them, against a running org.
//!
//! `installing` says what that needs.

use std::process::Command;

use crate::installing::{node, python, run, script};
use crate::support::{ACCOUNTS, Folder, key_file, public_key, start};
use precis_devorg::server::{DevOrg, Options};

#[tokio::test(flavor = "multi_thread")]
async fn simple_salesforce_works() {
    let python = tokio::task::spawn_blocking(|| python("salesforce"))
        .await
        .expect("an environment");
    let script = script("salesforce", "simple_salesforce_test.py");
    run_against_org(move |command_env| {
        let mut command = Command::new(python);
        command.arg(script).envs(command_env);
        command
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jsforce_works() {
    let folder = tokio::task::spawn_blocking(|| node("salesforce"))
        .await
        .expect("an installation");
    run_against_org(move |command_env| {
        let mut command = Command::new("node");
        command
            .arg("jsforce_test.mjs")
            .current_dir(folder)
            .envs(command_env);
        command
    })
    .await;
}

async fn run_against_org(
    command: impl FnOnce(Vec<(&'static str, String)>) -> Command + Send + 'static,
) {
    let folder = Folder::small();
    let org = start(Options {
        jwt_public_key: Some(public_key()),
        ..folder.options()
    })
    .await;
    let command = command(environment(&org));
    tokio::task::spawn_blocking(move || run(command))
        .await
        .expect("a script that ends well");
    org.stop().await;
}

fn environment(org: &DevOrg) -> Vec<(&'static str, String)> {
    let credentials = org.credentials();
    vec![
        ("DEVORG_URL", org.url().to_owned()),
        ("DEVORG_CLIENT_ID", credentials.client_id.clone()),
        ("DEVORG_CLIENT_SECRET", credentials.client_secret.clone()),
        ("DEVORG_USERNAME", credentials.run_as.clone()),
        (
            "DEVORG_PRIVATE_KEY",
            key_file("test-only-private.pem").display().to_string(),
        ),
        ("DEVORG_ACCOUNTS", ACCOUNTS.to_string()),
    ]
}

//! What `deploy/` names is there: settings, metrics, routes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::{Org, client, workspace};

/// Exported only where the audit trail goes to Azure.
const OF_AZURE: &str = "precis_audit_azure_waiting";

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

/// All words of the deployment files that begin so.
fn words(beginning: &str, is_part: fn(char) -> bool) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for file in files(&workspace().join("deploy")) {
        let text = std::fs::read_to_string(&file).expect("text");
        for (at, _) in text.match_indices(beginning) {
            let rest = &text[at..];
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            words.insert(rest[..end].to_owned());
        }
    }
    words
}

#[test]
fn each_setting_in_the_environment_is_one() {
    let defaults = std::fs::read_to_string(workspace().join("config/default.toml"));
    let defaults: toml::Table = defaults.expect("text").parse().expect("TOML");
    let named = words("PRECIS__", |c| c.is_ascii_uppercase() || c == '_');
    assert!(named.len() >= 8, "{named:?}");
    for name in named {
        let path = name.trim_start_matches("PRECIS__").to_lowercase();
        let keys: Vec<&str> = path.split("__").collect();
        let (last, tables) = keys.split_last().expect("a name");
        let table = tables.iter().try_fold(&defaults, |table, key| {
            table.get(*key).and_then(toml::Value::as_table)
        });
        assert!(
            table.is_some_and(|table| table.contains_key(*last)),
            "{name} sets nothing"
        );
    }
}

#[tokio::test]
async fn each_metric_of_the_dashboard_and_the_alerts_is_exported() {
    let org = Org::demo_synced();
    let run_as = org.run_as().to_owned();
    let org = org.with_keys(&[&run_as]);
    let server = org.serve_without_sync();
    let url = |path: &str| format!("{}{path}", server.process.url());
    let alive = client().get(url("/healthz")).send().await;
    assert!(alive.expect("a reply").status().is_success());
    let exported = client().get(url("/metrics")).send().await;
    let exported = exported.expect("a reply").text().await.expect("text");
    let named = words("precis_", |c| c.is_ascii_lowercase() || c == '_');
    assert!(named.len() >= 15, "{named:?}");
    for name in named {
        let is_there = exported.lines().any(|line| line.starts_with(&name));
        assert!(
            is_there || name.starts_with(OF_AZURE),
            "{name} is not exported"
        );
    }
}

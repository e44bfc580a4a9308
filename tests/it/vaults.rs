//! Secrets out of a key vault.

use std::process::Output;

use devorg::azure::{self, AzureBox, AzureOptions, Failure, Service};

use crate::support::{Org, precis};

async fn start(secrets: &[(&str, &str)]) -> AzureBox {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let options = AzureOptions {
        secrets: secrets.iter().map(own).collect(),
        ..AzureOptions::default()
    };
    azure::start(options).await.expect("the box starts")
}

/// An org whose client secret is in the vault.
fn org(running: &AzureBox, azure: &str) -> Org {
    let org = Org::demo();
    org.configure(&format!("[azure]\n{azure}\n"));
    org.configure_without_vectors();
    let reference = format!("\"keyvault:{}/secrets/salesforce\"", running.url());
    org.set("\"file:client-secret\"", &reference);
    org
}

fn by_machine(running: &AzureBox) -> String {
    format!(
        "credential = \"managed_identity\"\nimds_url = {:?}",
        running.url()
    )
}

fn secret_of(org: &Org) -> String {
    let secret = org.devorg.ready["client_secret"].as_str();
    secret.expect("a secret").to_owned()
}

/// Exit code 2 and one sentence with all of these words.
fn assert_refused(output: &Output, words: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert_eq!(text.trim().lines().count(), 1, "{text}");
    for word in words {
        assert!(text.contains(word), "'{word}' is not in: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_secret_comes_from_a_vault_by_each_credential() {
    let running = start(&[("metrics", "m")]).await;
    let org = org(&running, &by_machine(&running));
    running.set_secret("salesforce", &secret_of(&org));
    // Two references, one token.
    let more = format!(
        "metrics_token = \"keyvault:{}/secrets/metrics\"\n[azure]",
        running.url()
    );
    org.set("[azure]", &more);
    let found = org.json(&["check"]).to_string();
    assert!(
        found.contains("signed in as") && found.contains("gets tokens"),
        "{found}"
    );
    assert_eq!(
        running.calls(Service::VirtualMachine),
        2,
        "one to load, one to check"
    );
    assert_eq!(running.calls(Service::Vault), 2);

    let config = org.config();
    let in_an_app = precis(&["check", "--config", &config.to_string_lossy()])
        .env("IDENTITY_ENDPOINT", running.identity_endpoint())
        .env("IDENTITY_HEADER", &running.options().identity_header)
        .output()
        .expect("the program runs");
    assert!(in_an_app.status.success(), "{in_an_app:?}");
    assert_eq!(running.calls(Service::AppService), 2);

    let options = running.options();
    std::fs::write(
        org.folder.path().join("azure-secret"),
        &options.client_secret,
    )
    .expect("written");
    org.set(
        &by_machine(&running),
        &format!(
            "credential = \"client_secret\"\nauthority = {:?}\ntenant = {:?}\nclient_id = {:?}\n\
             client_secret = \"file:azure-secret\"",
            running.url(),
            options.tenant,
            options.client_id
        ),
    );
    let found = org.json(&["check"]).to_string();
    assert!(found.contains("signed in as"), "{found}");
    assert!(!found.contains(&secret_of(&org)) && !found.contains(&options.client_secret));
    std::fs::write(org.folder.path().join("azure-secret"), "wrong").expect("written");
    let refused = org.run(&["sync"]);
    let text = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{text}");
    for word in [
        "salesforce.client_secret",
        "http.metrics_token",
        "azure.client_secret",
        "AADSTS7000215",
    ] {
        assert!(text.contains(word), "'{word}' is not in: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_cannot_be_had_ends_the_start_with_one_sentence() {
    let running = start(&[]).await;
    let org = org(&running, &by_machine(&running));
    let key = "salesforce.client_secret";
    assert_refused(
        &org.run(&["sync"]),
        &[key, "SecretNotFound", "/secrets/salesforce"],
    );

    running.set_secret("salesforce", &secret_of(&org));
    running.fail(Failure::new(Service::Vault, 403, 1));
    assert_refused(&org.run(&["serve"]), &[key, "Key Vault Secrets User"]);
    running.fail(Failure::new(Service::Vault, 429, 10));
    assert_refused(
        &org.run(&["sync"]),
        &[key, "does not answer now", "Throttled"],
    );
    let odd = Failure {
        body: Some("{}".to_owned()),
        ..Failure::new(Service::Vault, 200, 1)
    };
    // A start tries four times: of the ten six are left, and then two, which the next one gets over.
    assert_refused(&org.run(&["sync"]), &[key, "does not answer now"]);
    assert!(
        org.run(&["check"]).status.success(),
        "two failures do no harm"
    );
    running.fail(odd);
    assert_refused(&org.run(&["sync"]), &[key, "no secret in it"]);

    org.set("managed_identity", "none");
    assert_refused(&org.run(&["sync"]), &[key, "azure.credential"]);
    org.set("\"none\"\nimds_url", "\"magic\"\nimds_url");
    let magic = org.run(&["sync"]);
    assert!(String::from_utf8_lossy(&magic.stderr).contains("azure.credential must be one of"));
    let short = format!("keyvault:{}/secrets/salesforce", running.url());
    org.set("\"magic\"\nimds_url", "\"managed_identity\"\nimds_url");
    org.set(&short, "keyvault:https://example.com/secrets/salesforce");
    assert_refused(&org.run(&["sync"]), &[key, "is no secret of a key vault"]);
}

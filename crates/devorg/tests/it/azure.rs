use precis_devorg::azure::{self, AzureBox, AzureOptions, Failure, Service};
use serde_json::{Value, json};

use crate::session::{Reply, client, read};

const VAULTS: &str = "https://vault.azure.net";

async fn start() -> AzureBox {
    let secrets = [("sf".to_owned(), "first".to_owned())];
    let options = AzureOptions {
        secrets: secrets.into_iter().collect(),
        ..AzureOptions::default()
    };
    match azure::start(options).await {
        Ok(running) => running,
        Err(error) => panic!("the box does not start: {error}"),
    }
}

async fn get(running: &AzureBox, path: &str, header: (&str, &str)) -> Reply {
    let url = format!("{}{path}", running.url());
    let request = client().get(url).header(header.0, header.1);
    read(request.send().await.expect("a reply")).await
}

fn token(reply: &Reply) -> String {
    let body = reply.json();
    body["access_token"].as_str().expect("a token").to_owned()
}

async fn secret(running: &AzureBox, path: &str, token: &str) -> Reply {
    let path = format!("/secrets/{path}?api-version=7.4");
    get(
        running,
        &path,
        ("authorization", &format!("Bearer {token}")),
    )
    .await
}

#[tokio::test]
async fn an_identity_needs_its_header_and_a_resource_that_is_no_scope() {
    let running = start().await;
    let vm =
        "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net";
    let given = get(&running, vm, ("metadata", "true")).await;
    assert_eq!(given.status, 200);
    let body = given.json();
    assert!(
        body["expires_on"]
            .as_str()
            .is_some_and(|at| at.parse::<i64>().is_ok())
    );
    assert!(running.accepts(&token(&given), VAULTS));
    assert!(!running.accepts(&token(&given), "https://monitor.azure.com"));
    assert_eq!(get(&running, vm, ("accept", "*/*")).await.status, 400);
    let scope = format!("{vm}/.default");
    assert_eq!(
        get(&running, &scope, ("metadata", "true")).await.status,
        400
    );
    let other = format!("{vm}&client_id=nobody");
    let refused = get(&running, &other, ("metadata", "true")).await;
    assert_eq!(refused.json()["error_description"], "Identity not found");

    let app = "/msi/token?api-version=2019-08-01&resource=https://vault.azure.net";
    let header = running.options().identity_header.clone();
    let given = get(&running, app, ("x-identity-header", &header)).await;
    assert!(running.accepts(&token(&given), VAULTS));
    assert_eq!(
        get(&running, app, ("x-identity-header", "no")).await.status,
        401
    );
}

#[tokio::test]
async fn client_credentials_are_refused_in_the_words_of_entra() {
    let running = start().await;
    let options = running.options();
    let cases = [
        (
            options.tenant.as_str(),
            options.client_id.as_str(),
            "wrong",
            "AADSTS7000215",
        ),
        (options.tenant.as_str(), "wrong", "x", "AADSTS700016"),
        ("wrong", options.client_id.as_str(), "x", "AADSTS90002"),
    ];
    for (tenant, id, secret, code) in cases {
        let refused = sign_in(&running, tenant, id, secret).await;
        assert!((400..402).contains(&refused.status));
        let body = refused.json();
        let words = body["error_description"].as_str().expect("words");
        assert!(words.starts_with(code), "{words}");
    }
    let given = sign_in(
        &running,
        &options.tenant,
        &options.client_id,
        &options.client_secret,
    )
    .await;
    assert_eq!(given.json()["expires_in"], 24 * 3_600);
    assert!(running.accepts(&token(&given), VAULTS));
}

async fn sign_in(running: &AzureBox, tenant: &str, id: &str, secret: &str) -> Reply {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
        ("scope", "https://vault.azure.net/.default"),
    ];
    let url = format!("{}/{tenant}/oauth2/v2.0/token", running.url());
    read(
        client()
            .post(url)
            .form(&form)
            .send()
            .await
            .expect("a reply"),
    )
    .await
}

#[tokio::test]
async fn a_vault_has_versions_and_wants_a_token_of_its_own() {
    let running = start().await;
    let vm = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=";
    let vaults = get(&running, &format!("{vm}{VAULTS}"), ("metadata", "true")).await;
    let vaults = token(&vaults);
    let others = get(
        &running,
        &format!("{vm}https://monitor.azure.com"),
        ("metadata", "true"),
    )
    .await;
    assert_eq!(secret(&running, "sf", &token(&others)).await.status, 401);

    let old = secret(&running, "SF", &vaults).await.json();
    assert_eq!(old["value"], "first");
    let version = old["id"]
        .as_str()
        .and_then(|id| id.rsplit('/').next())
        .expect("an id");
    running.set_secret("sf", "second");
    assert_eq!(
        secret(&running, "sf", &vaults).await.json()["value"],
        "second"
    );
    let pinned = secret(&running, &format!("sf/{version}"), &vaults).await;
    assert_eq!(pinned.json()["value"], "first");
    let missing = secret(&running, "none", &vaults).await;
    assert_eq!(
        (missing.status, &missing.json()["error"]["code"]),
        (404, &json!("SecretNotFound"))
    );

    running.fail(Failure::new(Service::Vault, 429, 1));
    assert_eq!(secret(&running, "sf", &vaults).await.status, 429);
    assert_eq!(secret(&running, "sf", &vaults).await.status, 200);
    assert_eq!(running.calls(Service::Vault), 7);
    expire(&running).await;
    assert_eq!(secret(&running, "sf", &vaults).await.status, 401);
}

async fn expire(running: &AzureBox) {
    let url = format!("{}/__devorg/expire", running.url());
    let reply = read(client().post(url).send().await.expect("a reply")).await;
    assert_eq!(reply.json(), Value::Object(serde_json::Map::new()));
}

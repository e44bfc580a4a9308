use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use precis_devorg::entra::{self, EntraBox, EntraOptions};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::session::client;

const TENANT: &str = "00000000-aaaa-4bbb-8ccc-00000000000a";

async fn started() -> EntraBox {
    entra::start(EntraOptions::default()).await.expect("a box")
}

async fn get(url: &str) -> Value {
    let reply = client().get(url).send().await.expect("a reply");
    assert_eq!(reply.status(), StatusCode::OK, "{url}");
    reply.json().await.expect("JSON")
}

async fn post(entra: &EntraBox, path: &str, body: Value) -> Value {
    let url = format!("{}/__devorg/{path}", entra.url());
    let reply = client()
        .post(url)
        .json(&body)
        .send()
        .await
        .expect("a reply");
    assert_eq!(reply.status(), StatusCode::OK, "{path}");
    reply.json().await.expect("JSON")
}

async fn token(entra: &EntraBox, mint: Value) -> String {
    let body = post(entra, "token", mint).await;
    assert_eq!(body["token_type"], "Bearer");
    body["access_token"].as_str().expect("a token").to_owned()
}

/// The claims, as somebody reads them who knows no more than the tenant and the version.
async fn checked(entra: &EntraBox, part: &str, token: &str) -> Value {
    let metadata = format!(
        "{}/{TENANT}{part}/.well-known/openid-configuration",
        entra.url()
    );
    let metadata = get(&metadata).await;
    let keys = get(metadata["jwks_uri"].as_str().expect("an address")).await;
    let kid = decode_header(token).expect("a header").kid.expect("a kid");
    let keys = keys["keys"].as_array().expect("keys");
    assert_eq!(keys.len(), 2);
    let key = keys
        .iter()
        .find(|key| key["kid"] == json!(kid))
        .expect("the key");
    let part = |name: &str| key[name].as_str().expect("a text").to_owned();
    let key = DecodingKey::from_rsa_components(&part("n"), &part("e")).expect("a key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_aud = false;
    validation.set_issuer(&[metadata["issuer"].as_str().expect("an issuer")]);
    decode(token, &key, &validation)
        .expect("a good token")
        .claims
}

#[tokio::test]
async fn both_versions_are_signed_by_published_keys() {
    let entra = started().await;
    let v2 = token(
        &entra,
        json!({"tenant": TENANT, "user": "ada@corp.example"}),
    )
    .await;
    let v2 = checked(&entra, "/v2.0", &v2).await;
    assert_eq!(v2["preferred_username"], "ada@corp.example");
    assert_eq!(
        (&v2["ver"], &v2["scp"]),
        (&json!("2.0"), &json!("access_as_user"))
    );
    assert!(v2["azp"].is_string() && v2.get("appid").is_none());

    let v1 = json!({"tenant": TENANT, "user": "ada@corp.example", "version": "1.0"});
    let v1 = token(&entra, v1).await;
    let v1 = checked(&entra, "", &v1).await;
    assert_eq!(
        (&v1["ver"], &v1["upn"]),
        (&json!("1.0"), &json!("ada@corp.example"))
    );
    assert_eq!(v1["oid"], v2["oid"], "a person has one object id");

    let app = json!({"tenant": TENANT, "app_only": true, "claims": {"roles": null, "tid": "x"}});
    let app = checked(&entra, "/v2.0", &token(&entra, app).await).await;
    assert!(app.get("scp").is_none() && app.get("roles").is_none());
    assert_eq!((&app["sub"], &app["tid"]), (&app["oid"], &json!("x")));
}

#[tokio::test]
async fn keys_rotate_and_fetches_are_counted() {
    let entra = started().await;
    let old = token(&entra, json!({"tenant": TENANT})).await;
    post(&entra, "rotate", json!({})).await;
    checked(&entra, "/v2.0", &old).await;
    let new = token(&entra, json!({"tenant": TENANT})).await;
    assert_ne!(
        decode_header(&old).unwrap().kid,
        decode_header(&new).unwrap().kid
    );
    checked(&entra, "/v2.0", &new).await;
    let fetches = get(&format!("{}/__devorg/fetches", entra.url())).await;
    assert_eq!(fetches, json!({"metadata": 2, "keys": 2}));

    post(&entra, "away", json!({"away": true})).await;
    let url = format!("{}/{TENANT}/discovery/v2.0/keys", entra.url());
    let reply = client().get(url).send().await.expect("a reply");
    assert_eq!(reply.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(entra.fetches().keys, 3);
}

#[tokio::test]
async fn attackers_tokens_are_what_they_say() {
    let entra = started().await;
    for (signature, algorithm) in [("none", "none"), ("hs256_with_public_key", "HS256")] {
        use base64::Engine;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let token = token(&entra, json!({"signature": signature})).await;
        let header = token.split('.').next().expect("a header");
        let header = URL_SAFE_NO_PAD.decode(header).expect("base64url");
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        assert_eq!(header["alg"], algorithm);
    }
}

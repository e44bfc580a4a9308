use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use precis_devorg::server::{Options, StartError};
use reqwest::Body;
use serde_json::{Value, json};

use crate::session::{Reply, Session, client, read};
use crate::support::{ADA, BOB, Folder, key_file, public_key};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

async fn with_key() -> Session {
    Session::with(Folder::small(), |options| {
        options.jwt_public_key = Some(public_key())
    })
    .await
}

fn claims() -> Value {
    json!({
        "iss": "demo",
        "sub": "bob@small.example",
        "aud": "https://login.salesforce.com",
        "exp": Utc::now().timestamp() + 120,
    })
}

fn sign(claims: &Value) -> String {
    let pem = std::fs::read(key_file("test-only-private.pem")).expect("a key file");
    let key = EncodingKey::from_rsa_pem(&pem).expect("a private key");
    encode(&Header::new(Algorithm::RS256), claims, &key).expect("an assertion")
}

async fn assert_with(session: &Session, claims: &Value) -> Reply {
    session
        .token_request(&[("grant_type", JWT_BEARER), ("assertion", &sign(claims))])
        .await
}

fn error(reply: &Reply) -> String {
    assert_eq!(reply.status, 400, "{}", reply.text);
    let body = reply.json();
    assert!(body["error_description"].is_string());
    body["error"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn client_credentials_come_as_form_or_as_basic() {
    let session = Session::small().await;
    let url = format!("{}/services/oauth2/token", session.org.url());
    let basic = format!("Basic {}", STANDARD.encode("demo:demo-secret"));
    let request = session.client.post(url).header("authorization", basic);
    let reply = read(
        request
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await
            .unwrap(),
    )
    .await;
    let body = reply.json();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["instance_url"], session.org.url());
    assert!(body.get("expires_in").is_none());
    assert!(body["id"].as_str().unwrap().ends_with(ADA));
}

#[tokio::test]
async fn refused_sign_ins_say_why() {
    let session = Session::small().await;
    let credentials = |id, secret| {
        [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
        ]
    };
    let wrong_secret = session.token_request(&credentials("demo", "guess")).await;
    assert_eq!(error(&wrong_secret), "invalid_client");
    let wrong_id = session
        .token_request(&credentials("nobody", "demo-secret"))
        .await;
    assert_eq!(error(&wrong_id), "invalid_client_id");
    let password = session.token_request(&[("grant_type", "password")]).await;
    assert_eq!(error(&password), "unsupported_grant_type");
    assert_eq!(
        error(&session.token_request(&[]).await),
        "unsupported_grant_type"
    );
    let no_key = session
        .token_request(&[("grant_type", JWT_BEARER), ("assertion", "x")])
        .await;
    assert_eq!(error(&no_key), "invalid_client");
}

#[tokio::test]
async fn an_assertion_signs_its_subject_in() {
    let session = with_key().await;
    for aud in [
        "https://login.salesforce.com",
        "https://test.salesforce.com",
        session.org.url(),
    ] {
        let mut claims = claims();
        claims["aud"] = json!(aud);
        // Some clients send text here.
        claims["exp"] = json!((Utc::now().timestamp() + 100).to_string());
        let reply = assert_with(&session, &claims).await;
        assert_eq!(reply.status, 200, "{aud}: {}", reply.text);
        assert!(reply.json()["id"].as_str().unwrap().ends_with(BOB));
    }
}

#[tokio::test]
async fn bad_assertions_are_refused() {
    let session = with_key().await;
    let cases = [
        ("exp", json!(Utc::now().timestamp() - 600), "invalid_grant"),
        ("exp", json!("soon"), "invalid_grant"),
        ("aud", json!("https://example.com"), "invalid_grant"),
        ("sub", json!("nobody@small.example"), "invalid_grant"),
        ("sub", json!("eve@small.example"), "inactive_user"),
        ("iss", json!("other"), "invalid_client_id"),
    ];
    for (claim, value, expected) in cases {
        let mut claims = claims();
        claims[claim] = value.clone();
        assert_eq!(
            error(&assert_with(&session, &claims).await),
            expected,
            "{claim} {value}"
        );
    }
    let mut forged = sign(&claims());
    let middle = forged.rfind('.').unwrap() + 10;
    forged.replace_range(
        middle..=middle,
        if &forged[middle..=middle] == "A" {
            "B"
        } else {
            "A"
        },
    );
    for assertion in [forged.as_str(), "", "a.b.c", "no token"] {
        let form = [("grant_type", JWT_BEARER), ("assertion", assertion)];
        assert_eq!(error(&session.token_request(&form).await), "invalid_grant");
    }
    assert_eq!(
        error(&session.token_request(&[("grant_type", JWT_BEARER)]).await),
        "invalid_request"
    );
}

#[tokio::test]
async fn a_token_request_may_come_in_chunks() {
    let session = with_key().await;
    let form: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", JWT_BEARER)
        .append_pair("assertion", &sign(&claims()))
        .finish();
    let chunks: Vec<Result<String, std::io::Error>> = form
        .as_bytes()
        .chunks(50)
        .map(|chunk| Ok(String::from_utf8_lossy(chunk).into_owned()))
        .collect();
    let url = format!("{}/services/oauth2/token", session.org.url());
    let request = client()
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::wrap_stream(futures::stream::iter(chunks)));
    assert_eq!(read(request.send().await.unwrap()).await.status, 200);
}

#[tokio::test]
async fn the_identity_is_that_of_the_session() {
    let session = Session::small().await;
    let url = format!("{}/id/00D000000000001EAA/{ADA}", session.org.url());
    let by_parameter = format!("{url}?format=json&oauth_token={}", session.token);
    let reply = read(session.client.get(by_parameter).send().await.unwrap()).await;
    assert_eq!(reply.json()["username"], "ada@small.example");
    let missing = read(session.client.get(&url).send().await.unwrap()).await;
    assert_eq!(
        (missing.status, missing.text.as_str()),
        (403, "Missing_OAuth_Token")
    );
    let bad = read(
        session
            .client
            .get(&url)
            .bearer_auth("x")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!((bad.status, bad.text.as_str()), (403, "Bad_OAuth_Token"));
    assert_eq!(
        session.get("/services/oauth2/userinfo").await.json()["user_id"],
        ADA
    );
}

#[tokio::test]
async fn sessions_end_when_told_to() {
    let mut session = Session::small().await;
    assert_eq!(session.get("limits").await.status, 200);
    session.control("expire-sessions", json!({})).await;
    let expired = session.get("limits").await;
    assert_eq!(
        (expired.status, expired.error_code().as_str()),
        (401, "INVALID_SESSION_ID")
    );
    session.sign_in().await;
    assert_eq!(session.get("limits").await.status, 200);

    let form = [("token", session.token.as_str())];
    let url = format!("{}/services/oauth2/revoke", session.org.url());
    assert_eq!(
        session
            .client
            .post(url)
            .form(&form)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(session.get("limits").await.status, 401);
}

#[tokio::test]
async fn sessions_run_out() {
    let session = Session::with(Folder::small(), |options| options.session_seconds = Some(1)).await;
    assert_eq!(session.get("limits").await.status, 200);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(
        session.get("limits").await.error_code(),
        "INVALID_SESSION_ID"
    );
}

#[tokio::test]
async fn an_org_that_cannot_start_names_the_option() {
    let folder = Folder::small();
    let failing = |change: fn(&mut Options)| {
        let mut options = folder.options();
        change(&mut options);
        async move {
            precis_devorg::server::start(options)
                .await
                .err()
                .expect("a refusal")
        }
    };
    let missing = failing(|options| options.data = "/nowhere".into()).await;
    assert!(matches!(missing, StartError::FolderMissing(_)), "{missing}");
    let unknown = failing(|options| options.run_as = Some("x@y.z".to_owned())).await;
    assert!(matches!(unknown, StartError::UnknownUser(_)), "{unknown}");
    let key = failing(|options| {
        options.jwt_public_key = Some(precis_devorg::server::PublicKey::Pem("no key".to_owned()));
    });
    assert!(matches!(key.await, StartError::PublicKey(_)));

    let running = crate::support::start(folder.options()).await;
    let port: u16 = running.url().rsplit(':').next().unwrap().parse().unwrap();
    let again = Options {
        port,
        ..folder.options()
    };
    let refused = precis_devorg::server::start(again)
        .await
        .err()
        .expect("a refusal");
    assert!(
        matches!(refused, StartError::PortInUse(taken) if taken == port),
        "{refused}"
    );
    running.stop().await;
}

//! Tokens that count, and those that do not.

use std::time::Duration;

use chrono::Utc;
use devorg::entra::{Mint, Signature, Version};
use futures::future::join_all;
use serde_json::{Value, json};

use super::{ASTRID, ASTRID_USERNAME, AUDIENCE, CLIENT, Service, TENANT, astrid, claims};

fn with(changes: Value) -> Mint {
    Mint {
        claims: claims(changes),
        ..astrid()
    }
}

fn signed(signature: Signature) -> Mint {
    Mint {
        signature,
        ..astrid()
    }
}

#[tokio::test]
async fn both_versions_count_and_the_trail_says_whose_they_are() {
    let service = Service::start().await;
    let v1 = Mint {
        version: Version::V1,
        claims: claims(json!({"aud": "api://precis"})),
        ..astrid()
    };
    for mint in [astrid(), v1] {
        service.ask_with(&mint).await.assert_answered();
        let line = service.recorded();
        assert_eq!(line["username"], ASTRID_USERNAME, "{line}");
        let identity = &line["identity"];
        assert_eq!(identity["by"], "entra", "{line}");
        assert_eq!(identity["tenant_id"], TENANT, "{line}");
        assert_eq!(identity["app_id"], CLIENT, "{line}");
        assert_eq!(identity["app_only"], false, "{line}");
        assert!(identity["object_id"].is_string(), "{line}");
    }
    // Clocks differ, and Salesforce ignores case.
    service
        .ask_with(&Mint {
            expires_in: -30,
            ..astrid()
        })
        .await
        .assert_answered();
    service
        .ask_with(&super::of(&ASTRID.to_uppercase()))
        .await
        .assert_answered();
}

#[tokio::test]
async fn a_token_that_is_wrong_anywhere_is_refused_and_says_where() {
    let service = Service::with("failures_per_minute = 0", "").await;
    let now = Utc::now().timestamp();
    let url = service.entra.url().to_owned();
    let other = "00000000-aaaa-4bbb-8ccc-00000000000b";
    let cases = [
        (
            Mint {
                expires_in: -120,
                ..astrid()
            },
            "expired",
        ),
        (with(json!({"exp": null})), "no exp"),
        (with(json!({"exp": "soon"})), "no exp"),
        (with(json!({"nbf": now + 600})), "not valid yet"),
        (with(json!({"iat": now + 600})), "iat"),
        (with(json!({"aud": "api://other"})), "identity.audiences"),
        (
            with(json!({"aud": [AUDIENCE, "api://other"]})),
            "cannot be read",
        ),
        (with(json!({"aud": null})), "cannot be read"),
        (with(json!({"iss": "https://login.example/v2.0"})), "issuer"),
        (with(json!({"iss": format!("{url}/{TENANT}/")})), "issuer"),
        (
            with(json!({"iss": format!("{url}/{other}/v2.0")})),
            "issuer",
        ),
        (with(json!({"tid": other})), "identity.tenants"),
        (with(json!({"tid": null})), "tid"),
        (with(json!({"ver": "3.0"})), "ver"),
        (with(json!({"ver": "1.0"})), "issuer"),
        (with(json!({"oid": null})), "oid"),
        (with(json!({"idtyp": "app"})), "idtyp"),
        (
            Mint {
                tenant: other.to_owned(),
                ..astrid()
            },
            "identity.tenants",
        ),
        (signed(Signature::None), "RS256"),
        (signed(Signature::Hs256WithPublicKey), "RS256"),
        (signed(Signature::Unpublished), "signature"),
        (
            Mint {
                kid: Some("made up".to_owned()),
                ..astrid()
            },
            "does not publish",
        ),
        (with(json!({"more": "x".repeat(20_000)})), "16 KB"),
    ];
    for (mint, word) in cases {
        service.ask_with(&mint).await.assert_refused(401, word);
    }
    service.ask("a.b.c").await.assert_refused(401, "RS256");
    service
        .ask("eyJhbGciOiJSUzI1NiJ9.e30.")
        .await
        .assert_refused(401, "kid");
    service.ask("nonsense").await.assert_refused(401, "API key");
    // A token that was changed on the way.
    let token = service.mint(&astrid());
    let (start, signature) = token.rsplit_once('.').expect("a signature");
    let (header, _) = start.split_once('.').expect("claims");
    let other = service.mint(&super::of("ruth.abernathy@login.tarnwick.example"));
    let body = other.split('.').nth(1).expect("claims");
    let forged = format!("{header}.{body}.{signature}");
    service.ask(&forged).await.assert_refused(401, "signature");
    // Who sends no proof is told of no error.
    let none = service.send(service.request()).await;
    assert_eq!(
        (none.status, none.challenge.as_str()),
        (401, "Bearer realm=\"precis\"")
    );
}

#[tokio::test]
async fn a_good_token_may_not_be_enough() {
    let clients = "clients = [\"33333333-aaaa-4bbb-8ccc-000000000003\"]";
    let service = Service::with("", clients).await;
    service
        .ask_with(&astrid())
        .await
        .assert_refused(403, "identity.clients");
    service
        .ask_with(&with(json!({"azp": null})))
        .await
        .assert_refused(403, "identity.clients");
    let allowed = with(json!({"azp": "33333333-aaaa-4bbb-8ccc-000000000003"}));
    service.ask_with(&allowed).await.assert_answered();

    let service = Service::start().await;
    // An ID token has no scp.
    for scope in [json!(null), json!(""), json!("User.Read access_as_user2")] {
        let refused = service.ask_with(&with(json!({"scp": scope}))).await;
        refused.assert_refused(403, "identity.scopes");
        let wanted = "error=\"insufficient_scope\", scope=\"access_as_user\"";
        assert!(refused.challenge.contains(wanted), "{}", refused.challenge);
    }
    service
        .ask_with(&with(json!({"scp": "User.Read access_as_user"})))
        .await
        .assert_answered();
}

#[tokio::test]
async fn apps_without_a_user_ask_as_whom_the_config_says() {
    let app = Mint {
        app_only: true,
        ..Mint::default()
    };
    let service = Service::start().await;
    service
        .ask_with(&app)
        .await
        .assert_refused(403, "a user is needed");
    // Its own claims make it nobody else.
    let claiming = Mint {
        claims: claims(json!({"preferred_username": ASTRID, "idtyp": "app"})),
        ..app.clone()
    };
    service
        .ask_with(&claiming)
        .await
        .assert_refused(403, "a user is needed");

    let bound = format!(
        "roles = [\"Ask.All\"]\n[identity.apps.\"{CLIENT}\"]\nuser = \"{ASTRID_USERNAME}\""
    );
    let service = Service::with("", &bound).await;
    service.ask_with(&app).await.assert_answered();
    let line = service.recorded();
    assert_eq!(line["username"], ASTRID_USERNAME, "{line}");
    assert_eq!(line["identity"]["app_only"], true, "{line}");
    let without_role = Mint {
        claims: claims(json!({"roles": []})),
        ..app.clone()
    };
    service
        .ask_with(&without_role)
        .await
        .assert_refused(403, "identity.roles");
    // A binding is for the app alone, and not for those who use it.
    service
        .ask_with(&super::of("nobody@login.example"))
        .await
        .assert_refused(403, "no user");

    let bound = format!("[identity.apps.\"{CLIENT}\"]\npolicy = \"public-kb\"");
    let service = Service::with("", &bound).await;
    service.ask_with(&app).await.assert_answered();
    service.assert_policy();
}

#[tokio::test]
async fn made_up_keys_do_not_become_requests_to_the_authority() {
    let service = Service::with("failures_per_minute = 0", "").await;
    service.ask_with(&astrid()).await.assert_answered();
    let before = service.entra.fetches();
    for number in 0..30 {
        let kid = Some(format!("made up {number}"));
        let refused = service.ask_with(&Mint { kid, ..astrid() }).await;
        refused.assert_refused(401, "does not publish");
    }
    assert_eq!(
        service.entra.fetches(),
        before,
        "the keys were fetched a moment ago"
    );
    // Another directory's name leads nowhere, either.
    let tenant = "00000000-aaaa-4bbb-8ccc-00000000000c".to_owned();
    service
        .ask_with(&Mint { tenant, ..astrid() })
        .await
        .assert_refused(401, "tenants");
    assert_eq!(service.entra.fetches(), before);
}

#[tokio::test]
async fn rotated_keys_are_found() {
    let service = Service::with("", "key_refresh_seconds = 1").await;
    let old = service.mint(&astrid());
    service.ask(&old).await.assert_answered();
    service.entra.rotate();
    service.entra.rotate();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    service.ask(&old).await.assert_answered();
    service.ask_with(&astrid()).await.assert_answered();
    // What was withdrawn no longer counts once the new keys are known.
    service
        .ask(&old)
        .await
        .assert_refused(401, "does not publish");
}

#[tokio::test]
async fn keys_go_on_counting_while_the_authority_is_away() {
    let service = Service::with("", "key_refresh_seconds = 3").await;
    service.entra.set_away(true);
    service
        .ask_with(&astrid())
        .await
        .assert_refused(503, "identity.authority");
    // Nobody is an answer to the next ones for a moment, too.
    let before = service.entra.fetches();
    service
        .ask_with(&astrid())
        .await
        .assert_refused(503, "identity.authority");
    assert_eq!(service.entra.fetches(), before);

    service.entra.set_away(false);
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    service.ask_with(&astrid()).await.assert_answered();
    service.entra.set_away(true);
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    service.ask_with(&astrid()).await.assert_answered();
    let unknown = Mint {
        kid: Some("new".to_owned()),
        ..astrid()
    };
    service
        .ask_with(&unknown)
        .await
        .assert_refused(503, "identity.authority");
    service.ask_with(&astrid()).await.assert_answered();
}

#[tokio::test]
async fn who_comes_at_the_same_time_waits_for_one_fetch() {
    let service = Service::start().await;
    let token = service.mint(&astrid());
    let asked = (0..20).map(|_| service.ask(&token));
    for outcome in join_all(asked).await {
        outcome.assert_answered();
    }
    let fetches = service.entra.fetches();
    assert_eq!((fetches.metadata, fetches.keys), (1, 1));
}

// The box answers in this process while the program runs.
#[tokio::test(flavor = "multi_thread")]
async fn check_says_whether_the_keys_can_be_had() {
    let service = Service::start().await;
    let finding = || {
        let output = service.org.run(&["check", "--json"]);
        let findings: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let findings = findings.as_array().expect("findings").clone();
        let finding = findings.into_iter().find(|one| one["what"] == "entra id");
        finding.expect("a finding about Entra ID")
    };
    assert_eq!(finding()["ok"], true);
    service.entra.set_away(true);
    let away = finding();
    assert_eq!(away["ok"], false);
    let detail = away["detail"].as_str().expect("a text");
    assert!(detail.contains("identity.authority"), "{detail}");
}

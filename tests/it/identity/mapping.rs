//! Which Salesforce user a person is.

use std::time::Duration;

use devorg::entra::{Mint, Version};
use serde_json::{Value, json};

use super::{ASTRID, ASTRID_USERNAME, CLIENT, Service, astrid, claims, of};

const JONAS: &str = "jonas.brandt@tarnwick.example";
const CLAIRE: &str = "claire.fontaine@tarnwick.example";
const VICTOR: &str = "victor.lind@tarnwick.example";

impl Service {
    async fn assert_is(&self, mint: &Mint, username: &str) {
        self.ask_with(mint).await.assert_answered();
        assert_eq!(self.recorded()["username"], username);
    }
}

#[tokio::test]
async fn by_federation_identifier_then_username_then_email() {
    let service = Service::start().await;
    service.assert_is(&astrid(), ASTRID_USERNAME).await;
    service
        .assert_is(&of("JONAS.Brandt@tarnwick.example"), JONAS)
        .await;
    service
        .set(CLAIRE, json!({"Email": "claire@corp.example"}))
        .await;
    service.assert_is(&of("Claire@Corp.Example"), CLAIRE).await;

    // Some orgs keep the object id.
    let oid = "44444444-aaaa-4bbb-8ccc-000000000004";
    service
        .set(JONAS, json!({"FederationIdentifier": oid}))
        .await;
    let by_oid = Mint {
        claims: claims(json!({"oid": oid})),
        ..of("someone@else.example")
    };
    service.assert_is(&by_oid, JONAS).await;

    // A name that stands in a field further ahead wins.
    service
        .set(CLAIRE, json!({"FederationIdentifier": JONAS}))
        .await;
    let twice = Mint {
        version: Version::V1,
        claims: claims(json!({"oid": "55555555-aaaa-4bbb-8ccc-000000000005"})),
        ..of(JONAS)
    };
    service.assert_is(&twice, CLAIRE).await;
}

#[tokio::test]
async fn nobody_ambiguous_and_inactive_people_are_refused_for_a_reason() {
    let service = Service::start().await;
    let refused = |user: &str| {
        let mint = of(user);
        let service = &service;
        async move { service.ask_with(&mint).await }
    };
    refused("nobody@corp.example")
        .await
        .assert_refused(403, "no user");
    refused(VICTOR).await.assert_refused(403, "not active");
    for user in [JONAS, CLAIRE] {
        service
            .set(user, json!({"Email": "desk@corp.example"}))
            .await;
    }
    refused("desk@corp.example")
        .await
        .assert_refused(403, "Email");
    // Who is not active does not come back by another's address.
    service
        .set(VICTOR, json!({"FederationIdentifier": "gone@corp.example"}))
        .await;
    service
        .set(JONAS, json!({"Email": "gone@corp.example"}))
        .await;
    refused("gone@corp.example")
        .await
        .assert_refused(403, "not active");
    // A quote in a name is a part of the name.
    refused("x' OR Username LIKE '%")
        .await
        .assert_refused(403, "no user");
    refused("\\' OR IsActive = true OR Username = '")
        .await
        .assert_refused(403, "no user");
    let nameless = Mint {
        claims: claims(json!({"preferred_username": null})),
        ..of("nameless@corp.example")
    };
    service
        .ask_with(&nameless)
        .await
        .assert_refused(403, "identity.claim");
}

#[tokio::test]
async fn only_the_token_says_who_asks() {
    let service = Service::start().await;
    let token = service.mint(&of(JONAS));
    for (name, value) in [
        ("x-precis-as", ASTRID_USERNAME),
        ("x-ms-client-principal-name", ASTRID),
        ("x-forwarded-user", ASTRID_USERNAME),
    ] {
        let request = service.request().header(name, value).bearer_auth(&token);
        service.send(request).await.assert_answered();
        assert_eq!(service.recorded()["username"], JONAS);
    }
    let body = json!({"query": "alarm", "user": ASTRID_USERNAME});
    let request = service.request().json(&body).bearer_auth(&token);
    service.send(request).await.assert_refused(400, "user");
}

#[tokio::test]
async fn the_config_says_which_claim_is_compared() {
    let service = Service::with("", "claim = \"employeeid\"").await;
    let mint = |claim: Value| Mint {
        claims: claims(json!({"employeeid": claim, "azp": CLIENT})),
        ..astrid()
    };
    service
        .ask_with(&mint(json!(null)))
        .await
        .assert_refused(403, "identity.claim");
    let other = Mint {
        claims: claims(json!({
            "employeeid": JONAS,
            "oid": "66666666-aaaa-4bbb-8ccc-000000000006",
        })),
        ..astrid()
    };
    service.assert_is(&other, JONAS).await;
}

#[tokio::test]
async fn somebody_who_leaves_is_refused_within_the_cache_time() {
    let service = Service::start().await;
    // The whole of the config is in place: only this one setting is added.
    let service = {
        let Service { org, entra, server } = service;
        drop(server);
        let config = std::fs::read_to_string(org.config()).expect("the config");
        let config = format!("{config}\n[access]\npermission_seconds = 1\n");
        std::fs::write(org.config(), config).expect("written");
        let server = org.serve_without_sync();
        Service { org, entra, server }
    };
    service.assert_is(&astrid(), ASTRID_USERNAME).await;
    service
        .set(ASTRID_USERNAME, json!({"IsActive": false}))
        .await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    service
        .ask_with(&astrid())
        .await
        .assert_refused(403, "not active");
    service
        .set(ASTRID_USERNAME, json!({"IsActive": true}))
        .await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    service.assert_is(&astrid(), ASTRID_USERNAME).await;
}

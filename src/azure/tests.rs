use std::time::Duration;

use devorg::azure::{self, AzureBox, AzureOptions, Failure, Service};
use futures::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::*;

const RESOURCE: &str = "https://monitor.azure.com";

async fn start(lifetime: i64) -> AzureBox {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let options = AzureOptions {
        lifetime,
        ..AzureOptions::default()
    };
    azure::start(options).await.expect("the box starts")
}

fn identity(running: &AzureBox, client_id: Option<&str>) -> Credential {
    let host = Url::parse(running.url()).expect("a URL");
    made(CredentialOptions::ManagedIdentity {
        endpoint: IdentityEndpoint::VirtualMachine { host },
        client_id: client_id.map(str::to_owned),
    })
}

fn made(options: CredentialOptions) -> Credential {
    Credential::new(options).expect("an HTTP client")
}

fn app_registration(running: &AzureBox, secret: &str) -> Credential {
    let options = running.options();
    made(CredentialOptions::ClientSecret {
        authority: Url::parse(running.url()).expect("a URL"),
        tenant: options.tenant.clone(),
        client_id: options.client_id.clone(),
        client_secret: SecretString::from(secret),
    })
}

#[tokio::test]
async fn each_way_gives_a_token_for_the_resource() {
    let running = start(3_600).await;
    let endpoint = IdentityEndpoint::AppService {
        url: Url::parse(&running.identity_endpoint()).expect("a URL"),
        header: SecretString::from(running.options().identity_header.clone()),
    };
    let user_assigned = running.options().user_assigned.clone();
    let secret = running.options().client_secret.clone();
    for credential in [
        identity(&running, None),
        identity(&running, Some(&user_assigned)),
        made(CredentialOptions::ManagedIdentity {
            endpoint,
            client_id: None,
        }),
        app_registration(&running, &secret),
    ] {
        let token = credential
            .token(&format!("{RESOURCE}/"))
            .await
            .expect("a token");
        assert!(running.accepts(token.expose_secret(), RESOURCE));
        assert!(!format!("{credential:?}").contains(&secret));
    }
}

#[tokio::test]
async fn a_token_is_shared_and_renewed_before_it_ends() {
    let running = start(4).await;
    let credential = identity(&running, None);
    let tokens = join_all((0..20).map(|_| credential.token(RESOURCE))).await;
    let first = tokens[0]
        .as_ref()
        .expect("a token")
        .expose_secret()
        .to_owned();
    assert!(tokens.iter().all(|token| {
        token
            .as_ref()
            .is_ok_and(|token| token.expose_secret() == first)
    }));
    assert_eq!(running.calls(Service::VirtualMachine), 1);

    // Half of its life is over: the next one is asked for, and the old one does while that fails.
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    running.fail(Failure::new(Service::VirtualMachine, 400, 1));
    let kept = credential.token(RESOURCE).await.expect("the old token");
    assert_eq!(kept.expose_secret(), first);
    let renewed = credential.token(RESOURCE).await.expect("a token");
    assert_ne!(renewed.expose_secret(), first);
}

#[tokio::test]
async fn a_passing_failure_is_not_noticed_and_others_name_the_setting() {
    let running = start(3_600).await;
    running.fail(Failure::new(Service::VirtualMachine, 429, 1));
    running.fail(Failure::new(Service::VirtualMachine, 500, 1));
    assert!(identity(&running, None).token(RESOURCE).await.is_ok());

    let refused = async |credential: Credential| {
        let error = credential.token(RESOURCE).await.expect_err("no token");
        error.to_string()
    };
    let unknown = refused(identity(&running, Some("nobody"))).await;
    assert!(
        unknown.starts_with("azure.client_id was refused"),
        "{unknown}"
    );
    let wrong = refused(app_registration(&running, "wrong")).await;
    assert!(
        wrong.starts_with("azure.client_secret was refused"),
        "{wrong}"
    );
    assert!(
        wrong.contains("AADSTS7000215") && !wrong.contains("Trace"),
        "{wrong}"
    );
    let none = refused(made(CredentialOptions::None)).await;
    assert!(none.contains("azure.credential"), "{none}");
    let nobody = CredentialOptions::ManagedIdentity {
        endpoint: IdentityEndpoint::VirtualMachine {
            host: Url::parse("http://127.0.0.1:9").expect("a URL"),
        },
        client_id: None,
    };
    let away = refused(made(nobody)).await;
    assert!(
        away.contains("127.0.0.1:9") && away.contains("azure.credential"),
        "{away}"
    );
    running.fail(Failure {
        body: Some("<html>hush</html>".to_owned()),
        ..Failure::new(Service::VirtualMachine, 200, 1)
    });
    let odd = refused(identity(&running, None)).await;
    assert!(odd.contains("no token") && !odd.contains("hush"), "{odd}");
}

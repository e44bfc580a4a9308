use precis_salesforce::{Auth, Client, Error, Retry};
use tokio::net::TcpListener;
use url::Url;

use crate::support::{Answer, Broken, Org, id, options, user};

fn client_credentials(secret: &str) -> Auth {
    Auth::ClientCredentials {
        client_id: "demo".to_owned(),
        client_secret: secret.to_owned().into(),
    }
}

async fn refusal(client: &Client) -> Error {
    client.sign_in().await.expect_err("a refused sign-in")
}

#[tokio::test]
async fn a_client_secret_signs_the_run_as_user_in() {
    let org = Org::start().await;
    let identity = org.client().sign_in().await.unwrap();
    assert_eq!(identity.user_id, user(1));
    assert_eq!(identity.org_id, id("00D", 1));
    assert_eq!(identity.username, "ada@example.com");
    assert_eq!(identity.instance_url, Url::parse(org.server.url()).unwrap());
}

#[tokio::test]
async fn a_signed_assertion_signs_its_user_in() {
    let org = Org::start().await;
    let client = Client::new(org.jwt_options("bob@example.com")).unwrap();
    let identity = client.sign_in().await.unwrap();
    assert_eq!(identity.user_id, user(2));
    assert_eq!(identity.username, "bob@example.com");
}

#[tokio::test]
async fn a_wrong_secret_names_its_setting_and_is_not_tried_again() {
    let org = Org::start().await;
    let client = Client::new(options(org.server.url(), client_credentials("wrong"))).unwrap();
    let error = refusal(&client).await;
    assert_eq!(error.retry(), Retry::Never);
    let text = error.to_string();
    assert!(text.ends_with("check salesforce.client_secret"), "{text}");
    assert!(!text.contains("wrong"), "{text}");
    assert_eq!(client.usage().by_kind.login, 1);
}

#[tokio::test]
async fn an_unknown_user_and_audience_name_their_settings() {
    let org = Org::start().await;
    let nobody = Client::new(org.jwt_options("nobody@example.com")).unwrap();
    let text = refusal(&nobody).await.to_string();
    assert!(text.ends_with("check salesforce.username"), "{text}");

    let mut options = org.jwt_options("ada@example.com");
    if let Auth::JwtBearer { audience, .. } = &mut options.auth {
        *audience = "https://elsewhere.example".to_owned();
    }
    let text = refusal(&Client::new(options).unwrap()).await.to_string();
    assert!(text.ends_with("check salesforce.audience"), "{text}");
}

#[tokio::test]
async fn an_unreachable_host_names_the_login_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = Client::new(options(&url, client_credentials("secret"))).unwrap();
    let error = refusal(&client).await;
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(matches!(error.retry(), Retry::After(_)));
    assert!(
        error.to_string().contains("salesforce.login_url"),
        "{error}"
    );
    assert_eq!(client.usage().by_kind.login, 6, "every try is counted");
}

#[tokio::test]
async fn an_address_that_is_not_salesforce_names_the_login_url() {
    for status in [200, 404] {
        let web_site = Broken::start(move |_| Answer::Html(status)).await;
        let error = refusal(&web_site.client()).await;
        let text = error.to_string();
        assert!(text.ends_with("check salesforce.login_url"), "{text}");
    }
}

#[tokio::test]
async fn a_version_that_the_org_does_not_offer_names_its_setting() {
    let org = Org::start().await;
    let mut options = org.options();
    options.api_version = "v99.0".parse().unwrap();
    let client = Client::new(options).unwrap();
    let text = client
        .limits()
        .await
        .expect_err("a wrong version")
        .to_string();
    assert!(text.ends_with("check salesforce.api_version"), "{text}");
    let versions = org.client().versions().await.unwrap();
    assert!(
        versions
            .iter()
            .any(|offered| offered.version.to_string() == "v66.0")
    );
}

#[tokio::test]
async fn an_address_of_another_kind_is_refused_at_once() {
    let options = options("ftp://example.com", client_credentials("secret"));
    let error = Client::new(options).expect_err("an address without http");
    assert!(
        error.to_string().contains("salesforce.login_url"),
        "{error}"
    );
}

#[tokio::test]
async fn calls_at_the_same_time_share_one_sign_in() {
    let org = Org::start().await;
    let client = org.client();
    let calls = (0..8).map(|_| client.limits());
    for limits in futures::future::join_all(calls).await {
        assert!(limits.unwrap().daily_api_requests().is_some());
    }
    assert_eq!(org.calls().await["signIns"], 1);

    org.control("expire-sessions", serde_json::json!({})).await;
    let calls = (0..8).map(|_| client.limits());
    for limits in futures::future::join_all(calls).await {
        assert!(limits.is_ok());
    }
    assert_eq!(org.calls().await["signIns"], 2);
    let usage = client.usage();
    assert!(
        usage.api_limit.is_some() && usage.api_used >= Some(8),
        "{usage:?}"
    );
}

use reqwest::Method;

use crate::session::Session;

#[tokio::test]
async fn versions_need_no_session() {
    let session = Session::small().await;
    for path in ["/services/data", "/services/data/"] {
        let url = format!("{}{path}", session.org.url());
        let versions: Vec<serde_json::Value> = session
            .client
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let last = versions.last().unwrap();
        assert_eq!(last["version"], "66.0");
        assert_eq!(last["url"], "/services/data/v66.0");
        assert_eq!(last["label"], "Spring '26");
    }
    assert!(session.get("/services/data/v66.0").await.json()["sobjects"].is_string());
    for version in ["v10.0", "v66", "v99.0", "66.0"] {
        let refused = session
            .get(&format!("/services/data/{version}/limits"))
            .await;
        assert_eq!(
            (refused.status, refused.error_code().as_str()),
            (404, "NOT_FOUND"),
            "{version}"
        );
    }
}

#[tokio::test]
async fn a_describe_is_not_sent_twice() {
    let session = Session::small().await;
    let first = session.get("sobjects/Account/describe/").await;
    assert_eq!(first.status, 200);
    let body = first.json();
    assert_eq!(
        (body["name"].as_str(), body["keyPrefix"].as_str()),
        (Some("Account"), Some("001"))
    );
    assert!(
        body["fields"]
            .as_array()
            .unwrap()
            .iter()
            .any(|field| field["name"] == "Industry")
    );

    let modified = first.header("last-modified").to_owned();
    let again = |value: String| {
        let session = &session;
        async move {
            let headers = [("If-Modified-Since", value.as_str())];
            session
                .send(Method::GET, "sobjects/Account/describe", &headers, None)
                .await
        }
    };
    let unchanged = again(modified).await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
    assert_eq!(
        again("Thu, 01 Jan 1970 00:00:00 GMT".to_owned())
            .await
            .status,
        200
    );
    assert_eq!(again("yesterday".to_owned()).await.status, 400);
}

#[tokio::test]
async fn objects_are_listed_and_summarised() {
    let session = Session::small().await;
    let all = session.get("sobjects/").await.json();
    let objects = all["sobjects"].as_array().unwrap();
    let account = objects
        .iter()
        .find(|object| object["name"] == "Account")
        .unwrap();
    assert!(account.get("fields").is_none());
    assert_eq!(
        account["urls"]["describe"],
        "/services/data/v66.0/sobjects/Account/describe"
    );
    let one = session.get("sobjects/account").await.json();
    assert_eq!(one["objectDescribe"]["name"], "Account");
    let missing = session.get("sobjects/Nothing/describe").await;
    assert_eq!(
        (missing.status, missing.error_code().as_str()),
        (404, "NOT_FOUND")
    );
}

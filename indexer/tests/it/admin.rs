//! A person with every right, who edits an org by REST and by what Salesforce offers beside it.

use std::cell::RefCell;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Org;

pub struct Admin {
    web: reqwest::Client,
    url: String,
    token: String,
    /// The calls that were refused, for the failure of a test.
    pub refused: RefCell<Vec<String>>,
}

impl Admin {
    pub async fn of(org: &Org) -> Self {
        // It installs what TLS needs, which any client wants.
        drop(org.client());
        let credentials = org.server.credentials();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &credentials.client_id),
            ("client_secret", &credentials.client_secret),
        ];
        let web = reqwest::Client::new();
        let url = org.server.url().to_owned();
        let token = web.post(format!("{url}/services/oauth2/token")).form(&form);
        let token: Value = token.send().await.unwrap().json().await.unwrap();
        Self {
            web,
            url,
            token: token["access_token"].as_str().unwrap().to_owned(),
            refused: RefCell::default(),
        }
    }

    /// The new record's id, unless the org refuses.
    pub async fn insert(&self, object: &str, fields: Value) -> Option<String> {
        let path = format!("/services/data/v66.0/sobjects/{object}");
        let reply = self.call(Method::POST, &path, fields).await?;
        Some(reply["id"].as_str()?.to_owned())
    }

    pub async fn update(&self, object: &str, id: &str, fields: Value) -> bool {
        let path = format!("/services/data/v66.0/sobjects/{object}/{id}");
        self.call(Method::PATCH, &path, fields).await.is_some()
    }

    pub async fn delete(&self, object: &str, id: &str) -> bool {
        let path = format!("/services/data/v66.0/sobjects/{object}/{id}");
        self.call(Method::DELETE, &path, json!(null))
            .await
            .is_some()
    }

    /// `undelete`, `merge`, `publish`, `archive`, `unpublish`, `hard-delete`, `set`, `clock`.
    pub async fn control(&self, what: &str, body: Value) -> Option<Value> {
        self.call(Method::POST, &format!("/__devorg/{what}"), body)
            .await
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Option<Value> {
        let request = self
            .web
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token)
            .json(&body);
        let reply = request.send().await.unwrap();
        let status = reply.status();
        let text = reply.text().await.unwrap();
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{path}: {text}");
        if !status.is_success() {
            let mut refused = self.refused.borrow_mut();
            refused.push(format!("{path} {body}: {text}"));
            return None;
        }
        Some(serde_json::from_str(&text).unwrap_or_default())
    }
}

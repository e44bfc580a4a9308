//! A signed-in client that hides nothing: methods, paths, headers and bodies as they go.

use precis_devorg::server::{DevOrg, Options};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::support::{Folder, start};

pub const JSON: &str = "application/json";

/// A running org and a session in it.
pub struct Session {
    pub org: DevOrg,
    pub client: Client,
    pub token: String,
    _folder: Folder,
}

/// A reply, read to its end.
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The code of Salesforce's error array.
    pub fn error_code(&self) -> String {
        self.json()[0]["errorCode"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("ASCII"))
    }
}

pub fn client() -> Client {
    // Another test may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

pub async fn read(response: Response) -> Reply {
    Reply {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.expect("a body"),
    }
}

impl Session {
    /// Signed in to the small org as its run-as user, Ada.
    pub async fn small() -> Self {
        Self::with(Folder::small(), |_| {}).await
    }

    pub async fn with(folder: Folder, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = folder.options();
        change(&mut options);
        let org = start(options).await;
        let mut session = Self {
            org,
            client: client(),
            token: String::new(),
            _folder: folder,
        };
        session.sign_in().await;
        session
    }

    /// As one user instead of the default one.
    pub async fn as_user(username: &str) -> Self {
        let username = username.to_owned();
        Self::with(Folder::small(), |options| options.run_as = Some(username)).await
    }

    pub async fn sign_in(&mut self) {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "demo"),
            ("client_secret", "demo-secret"),
        ];
        let reply = self.token_request(&form).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        self.token = reply.json()["access_token"]
            .as_str()
            .expect("a token")
            .to_owned();
    }

    pub async fn token_request(&self, form: &[(&str, &str)]) -> Reply {
        let url = format!("{}/services/oauth2/token", self.org.url());
        read(
            self.client
                .post(url)
                .form(form)
                .send()
                .await
                .expect("a reply"),
        )
        .await
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Reply {
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/services/data/v66.0/{path}")
        };
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.org.url()))
            .bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        read(request.send().await.expect("a reply")).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], None).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(
            Method::POST,
            path,
            &[("content-type", JSON)],
            Some(body.to_string()),
        )
        .await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(
            Method::PATCH,
            path,
            &[("content-type", JSON)],
            Some(body.to_string()),
        )
        .await
    }

    pub async fn query(&self, soql: &str) -> Reply {
        let parameters: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("q", soql)
            .finish();
        self.get(&format!("query?{parameters}")).await
    }

    pub async fn control(&self, name: &str, body: Value) -> Reply {
        self.post(&format!("/__devorg/{name}"), body).await
    }

    /// Creates a record and returns its id.
    pub async fn create(&self, object: &str, fields: Value) -> String {
        let reply = self.post(&format!("sobjects/{object}"), fields).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let body = reply.json();
        assert_eq!(body["success"], json!(true));
        body["id"].as_str().expect("an id").to_owned()
    }
}

//! Who asks: precis with an Entra ID in a box beside the org.

/// API keys that end, and keys of services.
mod keys;
/// Which Salesforce user a person is.
mod mapping;
/// How much one viewer, and one address, may ask.
mod rates;
/// Tokens that count, and those that do not.
mod tokens;

use std::path::PathBuf;

use devorg::entra::{self, EntraBox, EntraOptions, Mint};
use reqwest::RequestBuilder;
use serde_json::{Map, Value, json};

use crate::support::{Org, Server, client};

/// The directory of the box's tokens, its resource, and the app that asks for them.
const TENANT: &str = "00000000-aaaa-4bbb-8ccc-00000000000a";
const AUDIENCE: &str = "11111111-aaaa-4bbb-8ccc-000000000001";
const CLIENT: &str = "22222222-aaaa-4bbb-8ccc-000000000002";
/// Astrid as her company's directory calls her: her FederationIdentifier.
const ASTRID: &str = "astrid.vale@login.tarnwick.example";
const ASTRID_USERNAME: &str = "astrid.vale@tarnwick.example";

/// A server that takes tokens of the box. It has no index: who may ask is decided before that.
struct Service {
    org: Org,
    entra: EntraBox,
    server: Server,
}

/// What a request came to.
struct Outcome {
    status: u16,
    detail: String,
    /// `WWW-Authenticate`
    challenge: String,
    /// `Retry-After`
    wait: Option<u64>,
}

impl Service {
    async fn start() -> Self {
        Self::with("", "").await
    }

    /// With more lines below `[http]`, and below `[identity]`.
    async fn with(http: &str, identity: &str) -> Self {
        let entra = entra::start(EntraOptions::default()).await;
        let entra = entra.expect("an Entra ID in a box");
        let org = Org::demo();
        org.configure(&format!(
            "{http}\n[identity]\ntenants = [\"{TENANT}\"]\naudiences = [\"api://precis\", \
             \"{AUDIENCE}\"]\nauthority = \"{}\"\n{identity}\n{POLICY}",
            entra.url()
        ));
        org.configure_without_vectors();
        if http.contains("requests_per_minute") {
            org.set("requests_per_minute = 0\n", "");
        }
        let server = org.serve_without_sync();
        Self { org, entra, server }
    }

    fn mint(&self, mint: &Mint) -> String {
        self.entra.mint(mint).expect("a token")
    }

    async fn ask(&self, token: &str) -> Outcome {
        self.send(self.request().bearer_auth(token)).await
    }

    /// With the token that this makes.
    async fn ask_with(&self, mint: &Mint) -> Outcome {
        self.ask(&self.mint(mint)).await
    }

    fn request(&self) -> RequestBuilder {
        let url = format!("{}/v1/search", self.server.process.url());
        client().post(url).json(&json!({"query": "alarm"}))
    }

    async fn send(&self, request: RequestBuilder) -> Outcome {
        let reply = request.send().await.expect("precis answers");
        let header = |name: &str| {
            let value = reply.headers().get(name)?;
            Some(value.to_str().expect("ASCII").to_owned())
        };
        let (challenge, wait) = (header("www-authenticate"), header("retry-after"));
        let is_problem = header("content-type").as_deref() == Some("application/problem+json");
        let status = reply.status().as_u16();
        assert_eq!(is_problem, status >= 400, "a failure is a problem document");
        let body: Value = reply.json().await.expect("JSON");
        Outcome {
            status,
            detail: body["detail"].as_str().unwrap_or_default().to_owned(),
            challenge: challenge.unwrap_or_default(),
            wait: wait.map(|seconds| seconds.parse().expect("seconds")),
        }
    }

    /// Sets fields of a user in the org.
    async fn set(&self, username: &str, fields: Value) {
        let soql = format!("SELECT Id FROM User WHERE Username = '{username}'");
        let users = self.org.soql(&soql).await;
        let url = format!("{}/__devorg/set", self.org.devorg.url());
        let body = json!({"object": "User", "id": users[0]["Id"], "fields": fields});
        let reply = client().post(url).json(&body).send().await;
        assert!(reply.expect("devorg answers").status().is_success());
    }

    /// The last request ran under the policy, and as nobody in Salesforce.
    fn assert_policy(&self) {
        let line = self.recorded();
        assert_eq!(line["username"], "public-kb", "{line}");
        assert!(line.get("user_id").is_none(), "{line}");
    }

    /// The last line of the audit trail.
    fn recorded(&self) -> Value {
        let folder = self.org.folder.path().join("data/audit");
        let files = std::fs::read_dir(folder).expect("the audit trail");
        let paths = files.map(|file| file.expect("a file").path());
        let is_day = |path: &PathBuf| path.extension().is_some_and(|end| end == "jsonl");
        let newest = paths.filter(is_day).max().expect("a day");
        let text = std::fs::read_to_string(newest).expect("the audit trail");
        let line = text.lines().last().expect("a line");
        serde_json::from_str(line).expect("JSON")
    }
}

/// What services may read that have no user of their own.
const POLICY: &str = "[policies.public-kb]\nobjects = [\"Knowledge__kav\"]\nchannels = [\"pkb\"]\n";

fn astrid() -> Mint {
    of(ASTRID)
}

fn of(user: &str) -> Mint {
    Mint {
        user: user.to_owned(),
        ..Mint::default()
    }
}

fn claims(claims: Value) -> Map<String, Value> {
    claims.as_object().expect("an object").clone()
}

impl Outcome {
    /// A refusal with this status whose sentence has this word.
    fn assert_refused(&self, status: u16, word: &str) {
        let Self { detail, .. } = self;
        assert_eq!(self.status, status, "'{word}' was expected: {detail}");
        assert!(detail.contains(word), "'{word}' is not in: {detail}");
        match status {
            401 => assert!(
                self.challenge.contains("error=\"invalid_token\""),
                "{detail}"
            ),
            503 | 429 => assert!(self.wait.is_some_and(|wait| wait > 0), "{detail}"),
            _ => {}
        }
        assert!(!detail.contains("eyJ"), "a token is repeated: {detail}");
    }

    fn assert_answered(&self) {
        assert_eq!(self.status, 200, "{}", self.detail);
    }
}

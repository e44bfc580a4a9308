//! What the tests share: a small org folder, and clients of it.

mod broken;

use std::time::Duration;

use devorg::server::{DevOrg, Options as OrgOptions, PublicKey};
use domain::{ObjectName, RecordId, UserId};
use precis_salesforce::{Auth, Client, FieldPath, Options, RetryPolicy};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

pub use broken::{Answer, Ask, Broken};

pub const PRIVATE_KEY: &str = include_str!("keys/test_only.pem");
const PUBLIC_KEY: &str = include_str!("keys/test_only.pub.pem");

pub const CASES: usize = 450;
/// Quotes, commas, both line ends, a lone backslash, and characters beyond the basic plane.
pub const HOSTILE: &str =
    "line one\nline \"two\", with comma\r\nTokyo 東京 \u{1F6B0} \\ it's; done";

/// A running org of 450 cases, and the folder that it was loaded from.
pub struct Org {
    pub server: DevOrg,
    _folder: TempDir,
}

impl Org {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut OrgOptions)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write_folder(&folder);
        let mut options = OrgOptions {
            data: folder.path().to_owned(),
            run_as: Some("ada@example.com".to_owned()),
            jwt_public_key: Some(PublicKey::Pem(PUBLIC_KEY.to_owned())),
            ..OrgOptions::default()
        };
        change(&mut options);
        let server = devorg::server::start(options)
            .await
            .expect("the org starts");
        Self {
            server,
            _folder: folder,
        }
    }

    pub fn options(&self) -> Options {
        let credentials = self.server.credentials();
        options(
            self.server.url(),
            Auth::ClientCredentials {
                client_id: credentials.client_id.clone(),
                client_secret: credentials.client_secret.clone().into(),
            },
        )
    }

    pub fn client(&self) -> Client {
        Client::new(self.options()).expect("valid options")
    }

    pub fn jwt_options(&self, username: &str) -> Options {
        options(
            self.server.url(),
            Auth::JwtBearer {
                client_id: self.server.credentials().client_id.clone(),
                username: username.to_owned(),
                private_key: PRIVATE_KEY.to_owned().into(),
                audience: "https://login.salesforce.com".to_owned(),
            },
        )
    }

    /// What only the box can do.
    pub async fn control(&self, route: &str, body: Value) {
        let url = format!("{}/__devorg/{route}", self.server.url());
        let reply = reqwest::Client::new().post(url).json(&body).send().await;
        let reply = reply.expect("the control route answers");
        assert!(reply.status().is_success(), "{route}: {}", reply.status());
    }

    /// The org's own count of calls.
    pub async fn calls(&self) -> Value {
        let url = format!("{}/__devorg/calls", self.server.url());
        let reply = reqwest::get(url).await.expect("the control route answers");
        reply.json().await.expect("calls are JSON")
    }
}

/// Options with short waits, so that failures are quick.
pub fn options(url: &str, auth: Auth) -> Options {
    let mut options = Options::new(Url::parse(url).expect("a URL"), auth);
    options.timeout = Duration::from_secs(10);
    options.retry = RetryPolicy {
        first_delay: Duration::from_millis(5),
        ..RetryPolicy::default()
    };
    options
}

pub fn object(name: &str) -> ObjectName {
    ObjectName::parse(name).expect("an API name")
}

pub fn path(text: &str) -> FieldPath {
    FieldPath::parse(text).expect("a path")
}

pub fn id(prefix: &str, number: usize) -> RecordId {
    RecordId::parse(&format!("{prefix}Tst{number:09}")).expect("an id")
}

pub fn user(number: usize) -> UserId {
    UserId::try_from(id("005", number)).expect("a user's id")
}

fn write_folder(folder: &TempDir) {
    let org = json!({
        "orgId": id("00D", 1), "name": "Test", "myDomain": "test", "apiVersion": "66.0",
        "defaultAccess": {"Account": "None", "Case": "None", "Contact": "ControlledByParent"},
    });
    let path = folder.path();
    std::fs::create_dir_all(path.join("records")).expect("a folder");
    std::fs::create_dir_all(path.join("describe")).expect("a folder");
    std::fs::write(path.join("org.json"), org.to_string()).expect("a file");
    let write = |object: &str, rows: Vec<Value>| {
        let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
        let file = path.join("records").join(format!("{object}.jsonl"));
        std::fs::write(file, lines.join("\n") + "\n").expect("a file");
    };
    write("UserRole", vec![role(1, None), role(2, Some(1))]);
    write("User", vec![person(1, "ada"), person(2, "bob")]);
    write(
        "Account",
        vec![json!({"Id": id("001", 1), "Name": "Acme", "OwnerId": id("005", 1)})],
    );
    write("Case", (1..=CASES).map(case).collect());
    write("CaseComment", (1..=40).map(comment).collect());
}

fn role(number: usize, parent: Option<usize>) -> Value {
    let parent = parent.map(|parent| id("00E", parent));
    json!({"Id": id("00E", number), "Name": format!("Role {number}"), "ParentRoleId": parent})
}

/// Ada's role is above Bob's, so she reads what is his.
fn person(number: usize, name: &str) -> Value {
    json!({
        "Id": id("005", number), "Username": format!("{name}@example.com"), "LastName": name,
        "Name": name, "Email": format!("{name}@example.com"), "IsActive": true,
        "UserType": "Standard", "UserRoleId": id("00E", number),
    })
}

/// Every tenth case is Bob's; the first has a hostile text, the second has none.
fn case(number: usize) -> Value {
    let owner = if number.is_multiple_of(10) { 2 } else { 1 };
    let description = match number {
        1 => json!(HOSTILE),
        2 => Value::Null,
        _ => json!(format!(
            "Description of case {number}\nwith a \"second\" line"
        )),
    };
    json!({
        "Id": id("500", number), "CaseNumber": format!("{number:08}"),
        "Subject": format!("Case {number}"), "Description": description,
        "Status": "New", "Priority": "High", "IsClosed": false, "AccountId": id("001", 1),
        "OwnerId": id("005", owner), "CreatedDate": "2026-01-01T09:00:00.000+0000",
    })
}

fn comment(number: usize) -> Value {
    json!({
        "Id": id("00a", number), "ParentId": id("500", number.div_ceil(4)),
        "CommentBody": format!("Comment {number}"), "IsPublished": true,
        "CreatedDate": "2026-01-02T09:00:00.000+0000",
    })
}

//! What the tests share: a small org on disk, and a running server over it.

use std::fs;
use std::path::{Path, PathBuf};

use precis_devorg::server::{self, DevOrg, Options, PublicKey};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const ADA: &str = "005000000000001AAA";
pub const BOB: &str = "005000000000002AAA";
pub const EVE: &str = "005000000000003AAA";
/// How many accounts the small org has: more than a page of any size.
pub const ACCOUNTS: usize = 2_300;

/// An org folder that is deleted with the value.
pub struct Folder(TempDir);

impl Folder {
    /// Ada owns nearly all, Bob below her owns ten accounts, Eve is inactive. Accounts are private,
    /// and there are no permission sets, so that every active user reads every object and field.
    pub fn small() -> Self {
        let folder = Self(TempDir::new().expect("a temporary folder"));
        folder.write("org.json", &[org_json()]);
        folder.write("describe/Account.json", &[account_describe()]);
        folder.records("UserRole", roles());
        folder.records("User", users());
        folder.records("Account", accounts());
        folder.records("Contact", contacts());
        folder.records("Case", cases());
        folder.records("ContentNote", vec![note()]);
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn records(&self, object: &str, rows: Vec<Value>) {
        self.write(&format!("records/{object}.jsonl"), &rows);
    }

    fn write(&self, name: &str, rows: &[Value]) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
        fs::write(path, lines.join("\n") + "\n").expect("a file");
    }

    pub fn options(&self) -> Options {
        Options {
            data: self.path().to_owned(),
            ..Options::default()
        }
    }
}

fn org_json() -> Value {
    json!({
        "orgId": "00D000000000001EAA",
        "name": "Small",
        "myDomain": "small",
        "apiVersion": "66.0",
        "defaultAccess": {"Account": "None", "Case": "None"},
        "dataCategoryGroups": [{
            "name": "Products",
            "categories": [{"name": "All", "children": [{"name": "Pumps"}, {"name": "Valves"}]}],
        }],
    })
}

/// Beside the standard fields, one by which other systems know an account.
fn account_describe() -> Value {
    let key = json!({
        "name": "External_Key__c",
        "label": "External Key",
        "type": "string",
        "length": 80,
        "custom": true,
        "externalId": true,
        "unique": true,
        "nillable": true,
        "createable": true,
        "updateable": true,
        "filterable": true,
        "permissionable": true,
    });
    json!({"name": "Account", "fields": [key]})
}

const MANAGER: &str = "00E000000000001EAA";
const SELLER: &str = "00E000000000002EAA";

fn roles() -> Vec<Value> {
    vec![
        json!({"Id": MANAGER, "Name": "Manager", "ParentRoleId": null}),
        json!({"Id": SELLER, "Name": "Seller", "ParentRoleId": MANAGER}),
    ]
}

fn users() -> Vec<Value> {
    let user = |id: &str, first: &str, role: &str, active: bool| {
        json!({
            "Id": id,
            "Username": format!("{}@small.example", first.to_lowercase()),
            "FirstName": first,
            "LastName": "Small",
            "Name": format!("{first} Small"),
            "Email": format!("{}@small.example", first.to_lowercase()),
            "IsActive": active,
            "UserRoleId": role,
            "UserType": "Standard",
        })
    };
    vec![
        user(ADA, "Ada", MANAGER, true),
        user(BOB, "Bob", SELLER, true),
        user(EVE, "Eve", SELLER, false),
    ]
}

pub fn account_id(number: usize) -> String {
    format!("0010000000{number:05}AAA")
}

fn accounts() -> Vec<Value> {
    let account = |number| {
        json!({
            "Id": account_id(number),
            "Name": format!("Account {number:04}"),
            "OwnerId": if number < 10 { BOB } else { ADA },
            "Industry": if number.is_multiple_of(2) { "Energy" } else { "Retail" },
            "NumberOfEmployees": number,
            "AnnualRevenue": 1_000.5,
            "Description": "One line.\nAnother, with a comma and a \"quote\".",
        })
    };
    (0..ACCOUNTS).map(account).collect()
}

fn contacts() -> Vec<Value> {
    let contact = |number: usize| {
        json!({
            "Id": format!("0030000000{number:05}AAA"),
            "FirstName": "Con",
            "LastName": format!("Tact {number}"),
            "Email": format!("contact{number}@example.com"),
            "AccountId": account_id(number % 5),
            "OwnerId": BOB,
        })
    };
    (0..12).map(contact).collect()
}

fn cases() -> Vec<Value> {
    let case = |number: usize| {
        json!({
            "Id": format!("5000000000{number:05}AAA"),
            "CaseNumber": format!("{number:08}"),
            "Subject": format!("Case {number}"),
            "Description": "Line one\r\nLine \"two\", and more\n\nÜmläut ✓",
            "Status": if number.is_multiple_of(2) { "New" } else { "Closed" },
            "AccountId": account_id(number % 5),
            "OwnerId": BOB,
        })
    };
    (0..20).map(case).collect()
}

fn note() -> Value {
    // The base64 of "<p>Hello, note</p>".
    json!({
        "Id": "069000000000001AAA",
        "Title": "A note",
        "Content": "PHA+SGVsbG8sIG5vdGU8L3A+",
        "OwnerId": ADA,
    })
}

pub fn key_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/keys")
        .join(name)
}

/// The key under which the tests sign assertions.
pub fn public_key() -> PublicKey {
    PublicKey::File(key_file("test-only-public.pem"))
}

pub async fn start(options: Options) -> DevOrg {
    match server::start(options).await {
        Ok(org) => org,
        Err(error) => panic!("the org does not start: {error}"),
    }
}

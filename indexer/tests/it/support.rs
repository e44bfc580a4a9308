use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use devorg::server::{DevOrg, Options as OrgOptions};
use domain::{Document, DocumentRecord, ObjectName, RecordId};
use models::Embedder;
use precis_indexer::{Depth, Indexer, Options, Phase, Profiles, Progress, Report, Request};
use salesforce::{Auth, Client};
use serde_json::{Value, json};
use store::{ModelSpec, OpenOptions};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::admin::Admin;

/// The records of an org by object, and its custom describes.
#[derive(Default)]
pub struct Folder {
    records: BTreeMap<&'static str, Vec<Value>>,
    describes: BTreeMap<&'static str, Value>,
    defaults: BTreeMap<&'static str, &'static str>,
    api_limit: Option<u64>,
}

/// A running org and the data folder of an indexer over it.
pub struct Org {
    pub server: DevOrg,
    pub data: TempDir,
    _folder: TempDir,
}

impl Folder {
    /// An org with one user, who reads everything.
    pub fn new() -> Self {
        Self::default().with(
            "User",
            [json!({
                "Id": id("005", 1), "Username": "ada@example.com", "LastName": "Ada",
                "Name": "Ada", "Email": "ada@example.com", "IsActive": true,
                "UserType": "Standard",
            })],
        )
    }

    pub fn with(mut self, object: &'static str, rows: impl IntoIterator<Item = Value>) -> Self {
        self.records.entry(object).or_default().extend(rows);
        self
    }

    pub fn describe(mut self, object: &'static str, describe: Value) -> Self {
        self.describes.insert(object, describe);
        self
    }

    /// Records of the object are their owners' alone.
    pub fn private(self, object: &'static str) -> Self {
        self.default_access(object, "None")
    }

    /// The organization-wide default of an object, as `org.json` spells it.
    pub fn default_access(mut self, object: &'static str, level: &'static str) -> Self {
        self.defaults.insert(object, level);
        self
    }

    /// API calls that the org allows in 24 hours.
    pub fn api_limit(mut self, calls: u64) -> Self {
        self.api_limit = Some(calls);
        self
    }

    pub async fn start(self) -> Org {
        let folder = tempfile::tempdir().unwrap();
        self.write(folder.path());
        let server = devorg::server::start(OrgOptions {
            data: folder.path().to_owned(),
            api_limit: self.api_limit,
            ..OrgOptions::default()
        })
        .await
        .unwrap();
        Org {
            server,
            data: tempfile::tempdir().unwrap(),
            _folder: folder,
        }
    }

    fn write(&self, folder: &Path) {
        let mut org = json!({
            "orgId": id("00D", 1), "name": "Test", "myDomain": "test", "apiVersion": "66.0",
            "defaultAccess": {},
        });
        org["defaultAccess"] = json!(self.defaults);
        std::fs::create_dir_all(folder.join("records")).unwrap();
        std::fs::create_dir_all(folder.join("describe")).unwrap();
        std::fs::write(folder.join("org.json"), org.to_string()).unwrap();
        for (object, describe) in &self.describes {
            let path = folder.join("describe").join(format!("{object}.json"));
            std::fs::write(path, describe.to_string()).unwrap();
        }
        for (object, rows) in &self.records {
            let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
            let path = folder.join("records").join(format!("{object}.jsonl"));
            std::fs::write(path, lines.join("\n") + "\n").unwrap();
        }
    }
}

impl Org {
    pub fn client(&self) -> Client {
        let credentials = self.server.credentials();
        let auth = Auth::ClientCredentials {
            client_id: credentials.client_id.clone(),
            client_secret: credentials.client_secret.clone().into(),
        };
        let mut options = salesforce::Options::new(Url::parse(self.server.url()).unwrap(), auth);
        options.page_size = Some(200);
        options.describe_folder = Some(self.data.path().join("describes"));
        Client::new(options).unwrap()
    }

    pub fn options(&self) -> Options {
        Options::new(self.data.path().to_owned(), profiles(""))
    }

    pub async fn indexer(&self, options: Options) -> Indexer {
        self.indexer_with(options, None).await
    }

    pub async fn indexer_with(&self, options: Options, embedder: Option<Embedder>) -> Indexer {
        let model = match &embedder {
            Some(embedder) => ModelSpec {
                id: embedder.id().to_string(),
                dimension: embedder.dimension(),
            },
            None => ModelSpec {
                id: "none".to_owned(),
                dimension: 4,
            },
        };
        let writer = open_index(&options.folder.join("index"), model).await;
        Indexer::open(options, self.client(), embedder, writer)
            .await
            .unwrap()
    }

    /// A whole sync with the default options.
    pub async fn sync(&self) -> (Indexer, Report) {
        let mut indexer = self.indexer(self.options()).await;
        let report = sync(&mut indexer).await;
        (indexer, report)
    }

    /// The org's own count of calls of a kind.
    pub async fn calls(&self, kind: &str) -> u64 {
        let url = format!("{}/__devorg/calls", self.server.url());
        let calls: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        calls["byKind"][kind].as_u64().unwrap_or_default()
    }

    /// Changes a record as a person in Salesforce would.
    pub async fn change(&self, object: &str, record: RecordId, fields: Value) {
        let admin = Admin::of(self).await;
        let changed = admin.update(object, record.as_str(), fields).await;
        assert!(changed, "{:?}", admin.refused.borrow());
    }
}

/// Opens an index, waiting for the threads of an earlier owner to let go of it.
pub async fn open_index(folder: &Path, model: ModelSpec) -> store::Writer {
    for _ in 0..200 {
        let options = OpenOptions {
            folder: folder.to_owned(),
            model: model.clone(),
            writer_memory: 32 << 20,
            exact_vectors: false,
        };
        match store::open(options).await {
            Ok((_, writer)) => return writer,
            Err(store::Error::InUse { .. }) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the index stays in use");
}

pub async fn sync(indexer: &mut Indexer) -> Report {
    sync_to(indexer, Depth::Changes).await
}

/// A sync that looks as deep as this.
pub async fn sync_to(indexer: &mut Indexer, depth: Depth) -> Report {
    let request = Request {
        depth,
        ..Request::default()
    };
    indexer
        .sync(&request, &Progress::silent(), &CancellationToken::new())
        .await
        .unwrap()
}

/// Progress that asks to stop at the `n`-th event, from 1.
pub fn stop_at(n: u64) -> (Progress, CancellationToken) {
    let stop = CancellationToken::new();
    let (seen, token) = (Arc::new(AtomicU64::new(0)), stop.clone());
    let progress = Progress::new(move |event| {
        assert!(matches!(event.phase, Phase::Pull | Phase::Build));
        if seen.fetch_add(1, Ordering::Relaxed) + 1 == n {
            token.cancel();
        }
    });
    (progress, stop)
}

/// All documents of the index, by id.
pub async fn export(indexer: &Indexer) -> BTreeMap<RecordId, Document> {
    let mut documents = BTreeMap::new();
    indexer
        .export(|document| {
            documents.insert(document.id, document);
            ControlFlow::Continue(())
        })
        .await
        .unwrap();
    documents
}

pub fn profiles(toml: &str) -> Profiles {
    Profiles::load(Profiles::parse(toml).unwrap()).unwrap()
}

pub fn id(prefix: &str, number: usize) -> RecordId {
    RecordId::parse(&format!("{prefix}Tst{number:09}")).unwrap()
}

pub fn object(name: &str) -> ObjectName {
    ObjectName::parse(name).unwrap()
}

/// The field names and texts of a record.
pub fn texts(record: &DocumentRecord) -> Vec<(&str, &str)> {
    record
        .fields
        .iter()
        .map(|text| (text.field.as_str(), text.text.as_str()))
        .collect()
}

/// Cases with a comment each, changed an hour apart.
pub fn cases(count: usize) -> Folder {
    let stamp = |number: usize| {
        format!(
            "2026-02-{:02}T{:02}:00:00.000+0000",
            1 + number / 24,
            number % 24
        )
    };
    let case = |number| {
        json!({
            "Id": id("500", number), "CaseNumber": format!("{number:08}"),
            "Subject": format!("Pump {number} leaks"), "Status": "New", "IsClosed": false,
            "Description": format!("The pump with number {number} leaks at its lower valve."),
            "OwnerId": id("005", 1), "CreatedDate": "2026-01-01T09:00:00.000+0000",
            "SystemModstamp": stamp(number),
        })
    };
    let comment = |number| {
        json!({
            "Id": id("00a", number), "ParentId": id("500", number), "IsPublished": true,
            "CommentBody": format!("We have sent a new valve for the pump with number {number}."),
            "CreatedDate": "2026-01-02T09:00:00.000+0000", "SystemModstamp": stamp(number),
        })
    };
    Folder::new()
        .with("Case", (1..=count).map(case))
        .with("CaseComment", (1..=count).map(comment))
}

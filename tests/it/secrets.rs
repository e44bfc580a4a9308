//! No secret, no question and no record text in any log.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use devorg::openai::{self, Behaviour, OpenAiBox, OpenAiOptions, Script};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Org, Process, Server, client, key_of, precis, reply, workspace};

/// In the text of records.
const RECORD: &str = "zqrecordtext";
const QUESTION: &str = "zqquestiontext";
const BAD_KEY: &str = "zqunknownkey";
const CLIENT_SECRET: &str = "zqclientsecret";
const MODEL_KEY: &str = "zqmodelkey";
const METRICS_TOKEN: &str = "zqmetricstoken";

/// Everything that our own code and the HTTP libraries can say.
const EVERYTHING: &str = "info,precis=trace,precis_indexer=trace,precis_store=trace,\
    precis_salesforce=trace,precis_models=trace,precis_files=trace,precis_domain=trace,\
    reqwest=debug,hyper=debug,hyper_util=debug,async_openai=debug,rustls=debug,tower_http=debug,\
    tantivy=debug";

/// The demo org with the canary in every field that becomes text.
fn planted(folder: &Path) -> PathBuf {
    let demo = workspace().join("demo/org");
    let planted = folder.join("org");
    for part in ["describe", "records"] {
        std::fs::create_dir_all(planted.join(part)).expect("a folder");
        for entry in std::fs::read_dir(demo.join(part)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name");
            let text = std::fs::read(&path).expect("a file");
            let text = match part {
                "records" => plant(&String::from_utf8(text).expect("UTF-8")).into_bytes(),
                _ => text,
            };
            std::fs::write(planted.join(part).join(name), text).expect("written");
        }
    }
    std::fs::copy(demo.join("org.json"), planted.join("org.json")).expect("copied");
    planted
}

fn plant(lines: &str) -> String {
    const FIELDS: [&str; 7] = [
        "Subject",
        "Description",
        "CommentBody",
        "TextBody",
        "Title",
        "Summary",
        "Question",
    ];
    let mut planted = String::new();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let mut record: Value = serde_json::from_str(line).expect("a record");
        for field in FIELDS {
            if let Some(Value::String(text)) = record.get_mut(field) {
                text.push_str(&format!(" {RECORD}"));
            }
        }
        planted.push_str(&format!("{record}\n"));
    }
    planted
}

struct Watched {
    org: Org,
    openai: OpenAiBox,
    log: PathBuf,
    canaries: Vec<String>,
    _planted: TempDir,
}

impl Watched {
    /// A planted org, both models remote, and a log in this format.
    async fn start(format: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let openai = openai::start(OpenAiOptions {
            api_key: MODEL_KEY.to_owned(),
            dimensions: 64,
            ..OpenAiOptions::default()
        })
        .await
        .expect("the box starts");
        let keys = workspace().join("crates/devorg/tests/keys");
        let public = keys.join("test-only-public.pem");
        let faults = workspace().join("demo/faults.toml");
        let org = Org::started(
            &planted(folder.path()),
            &[
                "--client-secret",
                CLIENT_SECRET,
                "--jwt-public-key",
                &public.to_string_lossy(),
                "--faults",
                &faults.to_string_lossy(),
            ],
        );
        let place = org.folder.path();
        std::fs::write(place.join("model-key"), MODEL_KEY).expect("written");
        std::fs::write(place.join("metrics-token"), METRICS_TOKEN).expect("written");
        let private = keys.join("test-only-private.pem");
        std::fs::copy(&private, place.join("private.pem")).expect("copied");
        let pem = std::fs::read_to_string(private).expect("a key");
        let (log, run_as) = (place.join("log"), org.run_as().to_owned());
        let url = openai.url();
        org.configure(&format!(
            "metrics_token = \"file:metrics-token\"\n\
             [chat]\nprovider = \"azure\"\nendpoint = {url:?}\ndeployment = \"d\"\n\
             api_version = \"2024-10-21\"\napi_key = \"file:model-key\"\n\
             [log]\nformat = {format:?}\n"
        ));
        org.change_config(
            "[embedding]\n",
            &format!(
                "[embedding]\nprovider = \"azure\"\nendpoint = {url:?}\ndeployment = \"d\"\n\
                 api_key = \"file:model-key\"\n"
            ),
        );
        let mut canaries: Vec<String> = [
            RECORD,
            QUESTION,
            BAD_KEY,
            CLIENT_SECRET,
            MODEL_KEY,
            METRICS_TOKEN,
        ]
        .map(str::to_owned)
        .into();
        canaries
            .extend(["Bearer ", "client_secret=", "assertion=", "access_token"].map(str::to_owned));
        canaries.extend(pem.lines().skip(1).take(1).map(str::to_owned));
        canaries.push(key_of(&run_as));
        canaries.push(run_as.clone());
        Self {
            org: org.with_keys(&[&run_as]),
            openai,
            log,
            canaries,
            _planted: folder,
        }
    }

    fn sign_in_by_jwt(&self) {
        let run_as = self.org.run_as();
        let jwt = format!(
            "auth = \"jwt_bearer\"\nusername = {run_as:?}\nprivate_key = \"file:private.pem\""
        );
        self.org.set("client_secret = \"file:client-secret\"", &jwt);
    }

    /// Salesforce fails no more.
    async fn calm(&self) {
        let url = format!("{}/__devorg/faults", self.org.devorg.url());
        let calmed = reply(client().post(url).json(&json!({}))).await;
        assert_eq!(calmed.status, 200);
    }

    /// Adds what a command says to the log, however it ends.
    fn run(&self, args: &[&str]) {
        let config = self.org.config();
        let mut command = precis(args);
        command.args(["--config", &*config.to_string_lossy()]);
        self.watch(&mut command);
        command.output().expect("the program runs");
    }

    fn watch(&self, command: &mut Command) {
        let log = File::options().create(true).append(true).open(&self.log);
        command
            .env("RUST_LOG", EVERYTHING)
            .stderr(log.expect("a log"));
    }

    fn serve(&self) -> Server {
        let mut command = self.org.serving();
        self.watch(&mut command);
        Server {
            process: Process::of(command),
        }
    }

    async fn ask(&self, server: &Server) {
        let user = self.org.run_as();
        let asked = format!("{QUESTION} {RECORD} freezer alarm");
        let found = server
            .search(user, json!({"query": asked, "explain": true}))
            .await;
        assert!(
            found.to_string().contains(RECORD),
            "the canary is found: {found}"
        );
        for behaviour in [
            Behaviour::Normal,
            Behaviour::Refusal,
            Behaviour::MalformedJson,
            Behaviour::ContentFilter,
            Behaviour::ServerError { status: 500 },
            Behaviour::Reply {
                content: asked.clone(),
            },
        ] {
            self.openai.script(Script {
                chat: VecDeque::from([behaviour]),
                ..Script::default()
            });
            let body = json!({"question": asked}).to_string();
            server.post("/v1/answer", Some(user), body).await;
        }
        self.openai.script(Script {
            embeddings: VecDeque::from([Behaviour::ServerError { status: 400 }]),
            ..Script::default()
        });
        server
            .search(user, json!({"query": format!("other {asked}")}))
            .await;
        for body in [
            format!("{{\"query\": \"{QUESTION}"),
            json!({"query": QUESTION, "filters": {"account": QUESTION}}).to_string(),
            json!({"query": QUESTION, "filters": {"owner": format!("{QUESTION}' OR")}}).to_string(),
            json!({"query": QUESTION, QUESTION: 1}).to_string(),
        ] {
            server.post("/v1/search", Some(user), body).await;
        }
    }

    /// What callers do who should not.
    async fn trespass(&self, server: &Server) {
        let token = self.org.operator_token();
        server.admin(BAD_KEY, "/v1/admin/status", None).await;
        server.admin(METRICS_TOKEN, "/metrics", None).await;
        server
            .admin(&token, &format!("/v1/admin/sync/{QUESTION}"), None)
            .await;
        server.get(&format!("/v1/{QUESTION}?token={BAD_KEY}")).await;
        let url = format!("{}/v1/search", server.process.url());
        let as_nobody = client()
            .post(url)
            .bearer_auth(&token)
            .header("x-precis-as", format!("{QUESTION}@example.com"))
            .json(&json!({"query": QUESTION}));
        as_nobody.send().await.expect("a reply");
    }

    fn assert_silent(&self, more: &[&str]) {
        let log = std::fs::read_to_string(&self.log).expect("a log");
        for word in more {
            assert!(log.contains(word), "the log does not say {word:?}");
        }
        let kept: Vec<&str> = log
            .lines()
            .filter(|line| {
                self.canaries
                    .iter()
                    .any(|canary| line.contains(canary.as_str()))
            })
            .collect();
        assert!(
            kept.is_empty(),
            "{} lines tell: {:#?}",
            kept.len(),
            &kept[..kept.len().min(8)]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_log_at_its_loudest_tells_nothing() {
    let watched = Watched::start("text").await;
    watched.run(&["sync"]);
    watched.calm().await;
    let server = watched.serve();
    watched.ask(&server).await;
    watched.trespass(&server).await;
    drop(server);
    watched.org.set(
        "client_id = \"demo\"",
        &format!("client_id = \"{BAD_KEY}\""),
    );
    watched.run(&["sync"]);
    watched.run(&["check"]);
    watched.assert_silent(&[
        "called salesforce",
        "the language model did not answer in full",
        "route=\"/v1/search\"",
    ]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_json_log_at_its_loudest_tells_nothing_of_a_private_key_either() {
    let watched = Watched::start("json").await;
    watched.sign_in_by_jwt();
    watched.run(&["sync", "--json"]);
    watched.calm().await;
    let server = watched.serve();
    watched.ask(&server).await;
    watched.trespass(&server).await;
    let stopped = server.process.stop();
    assert!(stopped.success());
    watched.assert_silent(&[
        "\"called salesforce\"",
        "\"route\":\"/v1/search\"",
        "\"level\":\"DEBUG\"",
    ]);
}

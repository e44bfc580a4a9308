//! Starts devorg and precis as processes of their own, with their own folders and free ports.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// Long enough for a first sync with embeddings on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// A number from the environment, for longer or other runs.
pub fn setting<T: std::str::FromStr>(name: &str, default: T) -> T {
    let value = std::env::var(name).ok();
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or(default)
}

/// A running program; it is ended when this is dropped.
pub struct Process {
    child: Child,
    /// What it printed as JSON when it was ready.
    pub ready: Value,
}

impl Process {
    /// Starts `precis ARGS --json` and waits for its first line.
    pub fn start(args: &[&str]) -> Self {
        Self::of(precis(args))
    }

    /// The same with an environment and a standard error of its own.
    pub fn of(mut command: Command) -> Self {
        let mut child = command
            .arg("--json")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = child.stdout.take().expect("standard output is a pipe");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("the program prints a line");
        let ready = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{command:?} printed {line:?}: {error}"));
        Self { child, ready }
    }

    pub fn url(&self) -> &str {
        self.ready["url"].as_str().expect("a url")
    }

    /// Ends it as a service manager does.
    pub fn stop(mut self) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        assert!(asked.expect("kill runs").success());
        self.child.wait().expect("the program has ended")
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().expect("the program can be killed");
        self.child.wait().expect("the program has ended");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, without the environment's own settings.
pub fn precis(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_precis"));
    command.args(args).env_remove("PRECIS_CONFIG");
    command
}

/// Runs it to its end.
pub fn run(args: &[&str]) -> Output {
    precis(args).output().expect("the program runs")
}

pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// devorg and a folder with a config for it.
pub struct Org {
    pub devorg: Process,
    pub folder: TempDir,
}

/// The key that requests of `user` carry.
pub fn key_of(user: &str) -> String {
    format!("key of {user}")
}

/// The data folder of a synced demo org: the embeddings of a first sync take minutes, so they are
/// made once for all tests.
static SYNCED: LazyLock<PathBuf> = LazyLock::new(|| {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("demo-synced");
    let _ = std::fs::remove_dir_all(&kept);
    let org = Org::demo();
    org.json(&["sync"]);
    copy_folder(&org.folder.path().join("data"), &kept);
    kept
});

pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

impl Org {
    /// The demo org, not synced.
    pub fn demo() -> Self {
        Self::of(&workspace().join("demo/org"))
    }

    /// The demo org with an index of it.
    pub fn demo_synced() -> Self {
        Self::demo_synced_with(&[])
    }

    /// The same, served with more arguments.
    pub fn demo_synced_with(more: &[&str]) -> Self {
        let org = Self::started(&workspace().join("demo/org"), more);
        copy_folder(&SYNCED, &org.folder.path().join("data"));
        org
    }

    pub fn of(data: &Path) -> Self {
        Self::started(data, &[])
    }

    /// The demo org, which allows this many API calls in 24 hours.
    pub fn demo_with_api_limit(calls: u32) -> Self {
        let limit = calls.to_string();
        Self::started(&workspace().join("demo/org"), &["--api-limit", &limit])
    }

    /// With more arguments of `precis devorg`.
    pub fn started(data: &Path, more: &[&str]) -> Self {
        let data = data.to_string_lossy();
        let mut args = vec!["devorg", "--data", &data];
        args.extend(more);
        let devorg = Process::start(&args);
        let folder = TempDir::new().expect("a temporary folder");
        let org = Self { devorg, folder };
        org.configure("");
        org
    }

    /// Writes the config anew, with more settings at its end, and keys for every user of the org.
    pub fn configure(&self, more: &str) {
        let secret = self.devorg.ready["client_secret"]
            .as_str()
            .expect("a secret");
        std::fs::write(self.folder.path().join("client-secret"), secret).expect("written");
        let model = workspace().join("models/all-MiniLM-L6-v2-int8");
        let config = format!(
            "data_dir = \"data\"\n\
             [salesforce]\nlogin_url = {:?}\nclient_id = \"demo\"\nclient_secret = \"file:client-secret\"\n\
             [sync]\nschedule = \"\"\nsharing = \"\"\nreconcile = \"\"\njitter_seconds = 0\ndiscover_objects = true\n\
             [embedding]\nfolder = {model:?}\n\
             [http]\nlisten = \"127.0.0.1:0\"\napi_keys_file = \"keys.jsonl\"\n\
             requests_per_minute = 0\n{more}",
            self.devorg.url(),
        );
        std::fs::write(self.config(), config).expect("written");
        let keys = self.folder.path().join("keys.jsonl");
        if !keys.exists() {
            std::fs::write(keys, "").expect("written");
        }
    }

    /// Turns the embedding model off: for tests that are about records and not about meaning.
    pub fn configure_without_vectors(&self) {
        self.change_config("[embedding]\n", "[embedding]\nprovider = \"none\"\n");
    }

    pub fn change_config(&self, from: &str, to: &str) {
        let config = std::fs::read_to_string(self.config()).expect("the config");
        assert!(config.contains(from), "{from:?} is not in {config}");
        std::fs::write(self.config(), config.replace(from, to)).expect("written");
    }

    /// The lines of the export, sorted, without the address of the org, which differs between runs.
    pub fn exported(&self) -> Vec<String> {
        self.exported_by(&self.config())
    }

    /// The same of an index that is made anew of the org as it is now.
    pub fn first_sync(&self) -> Vec<String> {
        let other = TempDir::new().expect("a temporary folder");
        let config = std::fs::read_to_string(self.config()).expect("the config");
        let data = other.path().join("data");
        let config = config.replace("data_dir = \"data\"", &format!("data_dir = {data:?}"));
        let path = self.folder.path().join("first-sync.toml");
        std::fs::write(&path, config).expect("written");
        let output = run(&["sync", "--json", "--config", &path.to_string_lossy()]);
        assert!(output.status.success(), "{output:?}");
        self.exported_by(&path)
    }

    fn exported_by(&self, config: &Path) -> Vec<String> {
        let output = run(&["export", "--config", &config.to_string_lossy()]);
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let lines = text.lines().map(|line| line.replace(self.devorg.url(), ""));
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines
    }

    /// A session of the org, as the user that precis signs in as.
    pub async fn token(&self) -> String {
        let text = |name: &str| self.devorg.ready[name].as_str().expect("a text").to_owned();
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", text("client_id")),
            ("client_secret", text("client_secret")),
        ];
        let url = format!("{}/services/oauth2/token", self.devorg.url());
        let token = reply(client().post(url).form(&form)).await.body;
        token["access_token"].as_str().expect("a token").to_owned()
    }

    /// Changes one setting: `key = value` stands in the config as [`Org::configure`] writes it.
    pub fn set(&self, old: &str, new: &str) {
        let config = std::fs::read_to_string(self.config()).expect("the config");
        assert!(config.contains(old), "{old} is not in {config}");
        std::fs::write(self.config(), config.replace(old, new)).expect("written");
    }

    /// What opens the admin routes of the running server.
    pub fn operator_token(&self) -> String {
        let path = self.folder.path().join("data/serve.json");
        let text = std::fs::read_to_string(path).expect("serve.json");
        let instance: Value = serde_json::from_str(&text).expect("JSON");
        instance["token"].as_str().expect("a token").to_owned()
    }

    /// Makes [`key_of`] each of these users a valid key.
    pub fn with_keys(self, users: &[&str]) -> Self {
        let lines = users.iter().map(|user| {
            let digest = Sha256::digest(key_of(user).as_bytes());
            let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            format!(
                "{}\n",
                json!({"name": "test", "user": user, "sha256": hash})
            )
        });
        let keys = self.folder.path().join("keys.jsonl");
        std::fs::write(keys, lines.collect::<String>()).expect("written");
        self
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("precis.toml")
    }

    /// The username that precis signs in as.
    pub fn run_as(&self) -> &str {
        self.devorg.ready["run_as"].as_str().expect("a username")
    }

    /// Runs a command with this org's config.
    pub fn run(&self, args: &[&str]) -> Output {
        let config = self.config();
        let mut all = args.to_vec();
        let config = config.to_string_lossy();
        all.extend(["--config", &*config]);
        run(&all)
    }

    /// Runs a command that must succeed and print one JSON value.
    pub fn json(&self, args: &[&str]) -> Value {
        let mut all = args.to_vec();
        all.push("--json");
        let output = self.run(&all);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?} failed: {stderr}");
        serde_json::from_slice(&output.stdout).expect("JSON on standard output")
    }

    /// Starts `precis serve` over the index as it is.
    pub fn serve_without_sync(&self) -> Server {
        Server {
            process: Process::of(self.serving()),
        }
    }

    /// The command that serves the index as it is.
    pub fn serving(&self) -> Command {
        let config = self.config();
        precis(&["serve", "--no-sync", "--config", &config.to_string_lossy()])
    }

    /// Asks the org itself, as the user that precis signs in as.
    pub async fn soql(&self, soql: &str) -> Vec<Value> {
        let url = self.devorg.url();
        let query = client()
            .get(format!("{url}/services/data/v66.0/query"))
            .query(&[("q", soql)])
            .bearer_auth(self.token().await);
        let found = reply(query).await;
        assert_eq!(found.status, 200, "{}", found.body);
        found.body["records"].as_array().expect("records").clone()
    }

    /// Starts `precis serve`, which begins its first sync.
    pub fn serve_at_once(&self) -> Server {
        let config = self.config();
        Server {
            process: Process::start(&["serve", "--config", &config.to_string_lossy()]),
        }
    }

    /// Starts `precis serve` and waits for the end of its first sync.
    pub fn serve(&self) -> Server {
        let server = self.serve_at_once();
        let begun = Instant::now();
        loop {
            let report = self.json(&["status"]);
            assert_eq!(report["last_error"], Value::Null, "the first sync failed");
            if report["running"].is_null() && !report["as_of"].is_null() {
                return server;
            }
            assert!(begun.elapsed() < PATIENCE, "the first sync takes too long");
            std::thread::sleep(Duration::from_millis(300));
        }
    }
}

/// A running `precis serve`.
pub struct Server {
    pub process: Process,
}

/// A reply: status and JSON body.
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    pub body: Value,
}

impl Server {
    /// Posts a body as `user`; without one, without a key.
    pub async fn post(&self, path: &str, user: Option<&str>, body: impl Into<String>) -> Reply {
        let url = format!("{}{path}", self.process.url());
        let mut request = client()
            .post(url)
            .header("content-type", "application/json")
            .body(body.into());
        if let Some(user) = user {
            request = request.bearer_auth(key_of(user));
        }
        reply(request).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        reply(client().get(format!("{}{path}", self.process.url()))).await
    }

    /// Asks an admin route: with a body by POST, without one by GET.
    pub async fn admin(&self, token: &str, path: &str, body: Option<Value>) -> Reply {
        let url = format!("{}{path}", self.process.url());
        let request = match body {
            Some(body) => client().post(url).json(&body),
            None => client().get(url),
        };
        reply(request.bearer_auth(token)).await
    }

    pub async fn search(&self, user: &str, body: Value) -> Value {
        let reply = self.post("/v1/search", Some(user), body.to_string()).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }

    pub async fn answer(&self, user: &str, question: &str) -> Value {
        let body = json!({"question": question}).to_string();
        let reply = self.post("/v1/answer", Some(user), body).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }
}

/// A client without TLS roots: everything here is on this machine.
pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("an HTTP client")
}

pub async fn reply(request: reqwest::RequestBuilder) -> Reply {
    let reply = request.send().await.expect("precis answers");
    let header = reply.headers().get("content-type");
    let content_type = header.and_then(|value| value.to_str().ok());
    Reply {
        status: reply.status().as_u16(),
        content_type: content_type.unwrap_or_default().to_owned(),
        body: reply.json().await.unwrap_or(Value::Null),
    }
}

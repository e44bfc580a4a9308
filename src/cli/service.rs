//! Whoever owns the index: a running `serve`, asked over HTTP, or this process.

use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use domain::RecordId;
use futures::StreamExt;
use reqwest::RequestBuilder;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use url::Url;
use uuid::Uuid;

use crate::access::AccessExplanation;
use crate::app::App;
use crate::asking::{AskError, Asking};
use crate::audit::{Entry, Outcome, Surface};
use crate::config::Config;
use crate::http::{AS_HEADER, Problem, SyncRequest, SyncStarted, encode_username};
use crate::instance::Instance;
use crate::query::{
    self, Answer, AnswerRequest, Brief, BriefRequest, Choice, NewCase, Record, SearchRequest,
    SearchResponse, Triage, TriageRequest,
};
use crate::status::StatusReport;
use crate::syncs::RunStatus;

/// Where a command is carried out.
pub enum Service {
    Running(Running),
    Own(Arc<App>),
}

/// A process that serves the data folder.
pub struct Running {
    instance: Instance,
    http: reqwest::Client,
}

impl Service {
    /// Finds the owner of the configured data folder, or becomes it.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        if let Some(running) = Running::find(&config).await? {
            return Ok(Self::Running(running));
        }
        Ok(Self::Own(App::open(config).await?))
    }

    /// Searches as `username`, or as the user that precis itself signs in as.
    pub async fn search(
        &self,
        username: Option<&str>,
        request: SearchRequest,
    ) -> anyhow::Result<SearchResponse> {
        let app = match self {
            Self::Running(running) => return running.post("/v1/search", username, &request).await,
            Self::Own(app) => app,
        };
        let caller = app.operator(username).await?;
        Ok(asking("search").search(app, &caller, request).await?)
    }

    /// Answers as `username`, or as the user that precis itself signs in as.
    pub async fn answer(
        &self,
        username: Option<&str>,
        request: AnswerRequest,
    ) -> anyhow::Result<Answer> {
        let app = match self {
            Self::Running(running) => return running.post("/v1/answer", username, &request).await,
            Self::Own(app) => app,
        };
        let caller = app.operator(username).await?;
        Ok(asking("answer").answer(app, &caller, request).await?)
    }

    /// Triages the case with this id or number, as `username`, or as the user that precis itself signs
    /// in as.
    pub async fn triage_case(
        &self,
        username: Option<&str>,
        case: &str,
        request: TriageRequest,
    ) -> anyhow::Result<Triage> {
        let app = match self {
            Self::Running(running) => {
                let mut url = Url::parse(&running.url("/v1/cases/"))?;
                if let Ok(mut path) = url.path_segments_mut() {
                    path.pop_if_empty().extend([case, "triage"]);
                }
                return running.post(url.path(), username, &request).await;
            }
            Self::Own(app) => app,
        };
        let caller = app.operator(username).await?;
        Ok(asking("cases/{case}/triage")
            .triage_case(app, &caller, case, &request)
            .await?)
    }

    /// The same for a case that does not exist yet.
    pub async fn triage_new(
        &self,
        username: Option<&str>,
        request: NewCase,
    ) -> anyhow::Result<Triage> {
        let app = match self {
            Self::Running(running) => return running.post("/v1/triage", username, &request).await,
            Self::Own(app) => app,
        };
        let caller = app.operator(username).await?;
        Ok(asking("triage").triage_new(app, &caller, request).await?)
    }

    /// Briefs on the account with this id or name.
    pub async fn brief(
        &self,
        username: Option<&str>,
        account: &str,
        request: BriefRequest,
    ) -> anyhow::Result<Brief> {
        let app = match self {
            Self::Running(running) => {
                let path = format!("/v1/accounts/{}/brief", encode_path(account));
                return running.post(&path, username, &request).await;
            }
            Self::Own(app) => app,
        };
        let caller = app.operator(username).await?;
        let asking = asking("accounts/{account}/brief");
        let brief = asking.brief(app, &caller, account, &request).await;
        brief.map_err(listed)
    }

    /// The record with this id or number.
    pub async fn record(&self, username: Option<&str>, named: &str) -> anyhow::Result<Record> {
        let app = match self {
            Self::Running(running) => {
                let path = format!("/v1/records/{}", encode_path(named));
                let request = running.http.get(running.url(&path));
                return running.read(as_user(request, username)).await;
            }
            Self::Own(app) => app,
        };
        let caller = app.operator(username).await?;
        let record = asking("records/{record}").record(app, &caller, named).await;
        record.map_err(listed)
    }

    /// Why `username` can or cannot see a record.
    pub async fn access(&self, username: &str, record: &str) -> anyhow::Result<AccessExplanation> {
        match self {
            Self::Running(running) => {
                let query = [("user", username), ("record", record)];
                let request = running.http.get(running.url("/v1/admin/access"));
                running.read(request.query(&query)).await
            }
            Self::Own(app) => {
                let record = RecordId::parse(record)?;
                let told = app.explain_access(username, record).await?;
                let entry = Entry::new(Uuid::new_v4(), Surface::CommandLine, "admin/access");
                let entry = entry.by_operator().of_access(username, record);
                app.audit.write(entry).await?;
                Ok(told)
            }
        }
    }

    pub async fn status(&self) -> anyhow::Result<StatusReport> {
        match self {
            Self::Running(running) => running.status().await,
            Self::Own(app) => Ok(app.status().await?),
        }
    }

    /// Hands every document to `each`, as one line of JSON with its line end.
    pub async fn export(
        &self,
        mut each: impl FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        match self {
            Self::Running(running) => {
                let reply = running.get_reply("/v1/admin/export").await?;
                let mut body = reply.bytes_stream();
                while let Some(chunk) = body.next().await {
                    each(&chunk.context("the export ended early")?)?;
                }
            }
            Self::Own(app) => {
                let syncs = app.syncs()?;
                let entry = Entry::new(Uuid::new_v4(), Surface::CommandLine, "admin/export");
                let entry = entry.by_operator().ended(Outcome::Shown, None);
                app.audit.write(entry).await?;
                let mut lines = syncs.export();
                while let Some(line) = lines.next().await {
                    each(&line?)?;
                }
            }
        }
        Ok(())
    }
}

impl Running {
    /// The process that announced itself in the data folder, if it still answers.
    pub async fn find(config: &Config) -> anyhow::Result<Option<Self>> {
        let Some(instance) = Instance::of(&config.data_dir) else {
            return Ok(None);
        };
        let http = instance.client()?;
        let alive = http.get(format!("{}/healthz", instance.url)).send().await;
        let is_alive = alive.is_ok_and(|reply| reply.status().is_success());
        Ok(is_alive.then_some(Self { instance, http }))
    }

    /// Asks for a sync; it goes on by itself.
    pub async fn request_sync(&self, request: &SyncRequest) -> anyhow::Result<SyncStarted> {
        self.post("/v1/admin/sync", None, request).await
    }

    /// How a requested sync is doing, or how it ended.
    pub async fn run(&self, run: Uuid) -> anyhow::Result<RunStatus> {
        self.get(&format!("/v1/admin/sync/{run}")).await
    }

    pub async fn status(&self) -> anyhow::Result<StatusReport> {
        self.get("/v1/admin/status").await
    }

    /// The reply to a GET with a query string.
    pub async fn reply_with(
        &self,
        path: &str,
        query: &impl serde::Serialize,
    ) -> anyhow::Result<reqwest::Response> {
        self.send(self.http.get(self.url(path)).query(query)).await
    }

    /// The same as JSON.
    pub async fn get_with<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl serde::Serialize,
    ) -> anyhow::Result<T> {
        let reply = self.reply_with(path, query).await?;
        let reply = reply.json().await;
        reply.context("precis sent a reply that is not its own")
    }

    /// A POST that says nothing.
    pub async fn order<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let reply = self
            .send(self.http.post(self.url(path)))
            .await?
            .json()
            .await;
        reply.context("precis sent a reply that is not its own")
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        username: Option<&str>,
        body: &impl serde::Serialize,
    ) -> anyhow::Result<T> {
        let request = self.http.post(self.url(path)).json(body);
        self.read(as_user(request, username)).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.read(self.http.get(self.url(path))).await
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<T> {
        let reply = self.send(request).await?;
        reply
            .json()
            .await
            .context("precis sent a reply that is not its own")
    }

    async fn get_reply(&self, path: &str) -> anyhow::Result<reqwest::Response> {
        self.send(self.http.get(self.url(path))).await
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<reqwest::Response> {
        let reply = request
            .bearer_auth(self.instance.token.expose_secret())
            .send()
            .await
            .with_context(|| format!("the precis at {} went away", self.instance.url))?;
        if reply.status().is_success() {
            return Ok(reply);
        }
        let status = reply.status();
        match reply.json::<Problem>().await {
            Ok(problem) => bail!("{}", Choice::listed(&problem.detail, &problem.choices)),
            Err(_) => bail!("the precis at {} answered {status}", self.instance.url),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.instance.url)
    }
}

/// With the user as whom the operator asks.
fn as_user(request: RequestBuilder, username: Option<&str>) -> RequestBuilder {
    match username {
        Some(username) => request.header(AS_HEADER, encode_username(username)),
        None => request,
    }
}

/// A request of the command line itself.
fn asking(operation: &str) -> Asking {
    Asking::new(Uuid::new_v4(), Surface::CommandLine, operation)
}

/// Why there is no reply, with what there is to choose from.
fn listed(error: AskError) -> anyhow::Error {
    match error {
        AskError::Query(query::Error::Ambiguous { sentence, choices }) => {
            anyhow!("{}", Choice::listed(&sentence, &choices))
        }
        error @ (AskError::Query(_) | AskError::Audit(_)) => error.into(),
    }
}

/// A text as one segment of a path.
fn encode_path(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

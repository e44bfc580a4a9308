//! How a call gets to Salesforce and back: session, repeats, accounting, and no detours.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap, HeaderName, LOCATION};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;
use url::Url;

use crate::auth::Authenticator;
use crate::error::{Error, Retry, classify, is_wrong_version_hint, root_cause};
use crate::options::{ApiVersion, Options, RetryPolicy};
use crate::session::{Session, Sessions};
use crate::usage::{CallKind, Meter, Usage};

/// One page of 2,000 rows with long texts has tens of megabytes; more than this is no page.
pub(crate) const LONGEST_REPLY: usize = 512 * 1024 * 1024;
pub(crate) const LONGEST_TOKEN_REPLY: usize = 1024 * 1024;
const LONGEST_ERROR: usize = 64 * 1024;
const MOST_REDIRECTS: usize = 3;
const LIMIT_INFO: &str = "sforce-limit-info";

/// The connection pool, the session and the counters of one client.
pub(crate) struct Http {
    wire: reqwest::Client,
    sessions: Sessions,
    meter: Arc<Meter>,
    retry: RetryPolicy,
    timeout: Duration,
    version: ApiVersion,
    /// What the newest reply said about the time, and when it did.
    clock: Mutex<Option<(DateTime<Utc>, Instant)>>,
    /// Whether the org offers `version`; asked when a reply gives reason to doubt it.
    version_offered: OnceCell<bool>,
}

/// One request, as often as it has to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) kind: CallKind,
    /// For error texts and traces.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    /// Absolute path on the instance.
    pub(crate) path: String,
    pub(crate) parameters: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Option<Value>,
}

/// A reply that was read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Deserialize)]
pub(crate) struct VersionReply {
    pub(crate) label: String,
    pub(crate) version: String,
}

impl Call {
    pub(crate) fn get(kind: CallKind, name: &'static str, path: impl Into<String>) -> Self {
        Self::new(Method::GET, kind, name, path)
    }

    pub(crate) fn new(
        method: Method,
        kind: CallKind,
        name: &'static str,
        path: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            name,
            method,
            path: path.into(),
            parameters: Vec::new(),
            headers: Vec::new(),
            body: None,
        }
    }

    pub(crate) fn parameter(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

impl Http {
    pub(crate) fn new(options: &Options) -> Result<Self, Error> {
        let wire = wire(options)?;
        let meter = Arc::new(Meter::default());
        let authenticator = Authenticator::new(options, wire.clone(), meter.clone())?;
        Ok(Self {
            wire,
            sessions: Sessions::new(authenticator),
            meter,
            retry: options.retry,
            timeout: options.timeout,
            version: options.api_version,
            clock: Mutex::default(),
            version_offered: OnceCell::new(),
        })
    }

    pub(crate) fn usage(&self) -> Usage {
        self.meter.usage()
    }

    /// Counts a failure that only the reader of a reply could see.
    pub(crate) fn note_failure(&self) {
        self.meter.fail();
    }

    pub(crate) fn server_time(&self) -> Option<DateTime<Utc>> {
        let clock = *self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        clock.map(|(time, since)| time + since.elapsed())
    }

    /// Takes the `Date` of a reply; one without it, or with another shape, tells nothing.
    fn read_date(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        if let Some(date) = date {
            let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
            *clock = Some((date.with_timezone(&Utc), Instant::now()));
        }
    }

    pub(crate) fn retry_policy(&self) -> RetryPolicy {
        self.retry
    }

    pub(crate) async fn session(&self) -> Result<Arc<Session>, Error> {
        self.sessions.current().await
    }

    /// Sends a call and reads a JSON reply.
    pub(crate) async fn json<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        let reply = self.reply(call).await?;
        serde_json::from_slice(&reply.body).map_err(|error| {
            self.note_failure();
            Error::unreadable(call.name, error)
        })
    }

    /// Sends a call and reads its reply to the end; a reply that breaks off counts as a failed try.
    pub(crate) async fn reply(&self, call: &Call) -> Result<Reply, Error> {
        self.reply_up_to(call, LONGEST_REPLY).await
    }

    /// As [`Self::reply`], refusing a body of more than `limit` bytes.
    pub(crate) async fn reply_up_to(&self, call: &Call, limit: usize) -> Result<Reply, Error> {
        self.repeat(call, |session| self.whole_reply(session, call, limit))
            .await
    }

    /// Sends a call and returns with the head of its reply; the caller reads the body, and may take
    /// its time: only silence is limited.
    pub(crate) async fn open(&self, call: &Call) -> Result<Response, Error> {
        self.repeat(call, |session| self.send(session, call, None))
            .await
    }

    /// Sends a call once, without signing in again and without a second try.
    pub(crate) async fn once<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        let session = self.session().await?;
        let reply = self.whole_reply(session, call, LONGEST_REPLY).await;
        let reply = reply.inspect_err(|_| self.meter.fail())?;
        serde_json::from_slice(&reply.body).map_err(|error| Error::unreadable(call.name, error))
    }

    /// Tries until it works, a new session did not help, or the tries are used up.
    async fn repeat<T, F>(
        &self,
        call: &Call,
        attempt_with: impl Fn(Arc<Session>) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut session = self.session().await?;
        let mut renewed = false;
        let mut attempt = 1;
        loop {
            let error = match attempt_with(session.clone()).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            self.meter.fail();
            match error.retry() {
                Retry::Login if !renewed => {
                    renewed = true;
                    session = self.sessions.renewed(&session).await?;
                }
                Retry::After(_) if attempt < self.retry.attempts => {
                    tracing::warn!(call = call.name, attempt, %error, "call is repeated");
                    tokio::time::sleep(self.retry.delay(attempt)).await;
                    attempt += 1;
                }
                Retry::Login
                | Retry::After(_)
                | Retry::Smaller
                | Retry::UseRest
                | Retry::NextRun
                | Retry::Never => return Err(self.explain(&session, error).await),
            }
        }
    }

    async fn whole_reply(
        &self,
        session: Arc<Session>,
        call: &Call,
        limit: usize,
    ) -> Result<Reply, Error> {
        let host = host_of(&session.instance_url);
        let response = self.send(session, call, Some(self.timeout)).await?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = read_body(response, limit, &host).await?;
        Ok(Reply {
            status,
            headers,
            body,
        })
    }

    /// One request. A 304 is a success here: the caller asked for it.
    #[tracing::instrument(name = "salesforce call", skip_all)]
    async fn send(
        &self,
        session: Arc<Session>,
        call: &Call,
        timeout: Option<Duration>,
    ) -> Result<Response, Error> {
        let request = self.request(&session, call, timeout)?;
        let host = host_of(&session.instance_url);
        self.meter.count(call.kind);
        let started = Instant::now();
        let response = request
            .send()
            .await
            .map_err(|error| Error::from_transport(&error, &host))?;
        let status = response.status();
        tracing::debug!(
            call = call.name,
            status = status.as_u16(),
            duration_ms = started.elapsed().as_millis() as u64,
            "called salesforce"
        );
        self.read_date(response.headers());
        if let Some(info) = response.headers().get(LIMIT_INFO)
            && let Ok(info) = info.to_str()
        {
            self.meter.read_limit_info(info);
        }
        if status.is_success() || status == StatusCode::NOT_MODIFIED {
            return Ok(response);
        }
        if status.is_redirection() && response.headers().contains_key(LOCATION) {
            return Err(redirected(&response));
        }
        let body = read_body(response, LONGEST_ERROR, &host).await;
        Err(classify(status, &body.unwrap_or_default()))
    }

    fn request(
        &self,
        session: &Session,
        call: &Call,
        timeout: Option<Duration>,
    ) -> Result<RequestBuilder, Error> {
        let url = address(&session.instance_url, call)?;
        let mut request = self
            .wire
            .request(call.method.clone(), url)
            .bearer_auth(session.token.expose_secret());
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        if let Some(timeout) = timeout {
            request = request.timeout(timeout);
        }
        Ok(request)
    }

    /// A wrong API version looks like a missing resource; says so if that is what it is.
    async fn explain(&self, session: &Arc<Session>, error: Error) -> Error {
        if !is_wrong_version_hint(&error) {
            return error;
        }
        let offered = self
            .version_offered
            .get_or_try_init(|| self.offers_version(session.clone()))
            .await;
        match offered {
            Ok(false) => Error::Setting {
                setting: "salesforce.api_version",
                problem: format!("the org does not offer API version {}", self.version),
            },
            Ok(true) | Err(_) => error,
        }
    }

    async fn offers_version(&self, session: Arc<Session>) -> Result<bool, Error> {
        let call = Call::get(CallKind::Rest, "versions", "/services/data/");
        let reply = self.whole_reply(session, &call, LONGEST_REPLY).await?;
        let versions: Vec<VersionReply> = serde_json::from_slice(&reply.body)
            .map_err(|error| Error::unreadable(call.name, error))?;
        let wanted = self.version.to_string();
        Ok(versions
            .iter()
            .any(|offered| wanted == format!("v{}", offered.version)))
    }
}

/// Builds the connection pool. Certificates are checked by the operating system's rules and roots
/// (on Linux: its bundle of roots, or the one that `SSL_CERT_FILE` names).
fn wire(options: &Options) -> Result<reqwest::Client, Error> {
    // The program chooses the TLS implementation; one that chose none gets this one. An error here
    // only says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("precis/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(options.timeout.min(Duration::from_secs(10)))
        .read_timeout(options.timeout)
        .redirect(Policy::custom(same_origin_only));
    if options.login_url.scheme() == "http" {
        // Nothing to verify, and a machine without any root certificates must do.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| Error::Setting {
        setting: "the certificate roots of this machine (package ca-certificates, or SSL_CERT_FILE)",
        problem: format!("TLS cannot be set up ({})", root_cause(&error)),
    })
}

/// Tokens and secrets go to the host that they are for and nowhere else.
fn same_origin_only(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let first = attempt.previous().first().map(Url::origin);
    let stays = first == Some(attempt.url().origin());
    if stays && attempt.previous().len() <= MOST_REDIRECTS {
        attempt.follow()
    } else {
        attempt.stop()
    }
}

/// The failure of a reply that points to another host.
pub(crate) fn redirected(response: &Response) -> Error {
    let location = response.headers().get(LOCATION);
    let target = location
        .and_then(|location| location.to_str().ok())
        .and_then(|location| response.url().join(location).ok());
    let target = target.map_or_else(|| "another address".to_owned(), |url| host_of(&url));
    Error::Setting {
        setting: "salesforce.login_url",
        problem: format!("{} redirects to {target}", host_of(response.url())),
    }
}

/// The URL of a call. Paths come from replies too, so one that leads elsewhere is refused.
fn address(instance: &Url, call: &Call) -> Result<Url, Error> {
    let elsewhere = || Error::unreadable(call.name, "its address is not one of the REST API");
    let mut url = instance.join(&call.path).map_err(|_| elsewhere())?;
    if url.origin() != instance.origin() || !url.path().starts_with("/services/") {
        return Err(elsewhere());
    }
    if !call.parameters.is_empty() {
        url.query_pairs_mut().extend_pairs(&call.parameters);
    }
    Ok(url)
}

/// Reads a body to its end, and no further than `limit` bytes.
pub(crate) async fn read_body(
    mut response: Response,
    limit: usize,
    host: &str,
) -> Result<Bytes, Error> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| Error::from_transport(&error, host))?
    {
        if body.len() + chunk.len() > limit {
            return Err(Error::FileTooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Host and port, for messages.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("an unknown host");
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_stays_on_its_instance() {
        let instance = Url::parse("https://acme.my.salesforce.com").unwrap();
        let to = |path: &str| address(&instance, &Call::get(CallKind::Rest, "test", path));
        let url = to("/services/data/v66.0/limits").unwrap();
        assert_eq!(
            url.as_str(),
            "https://acme.my.salesforce.com/services/data/v66.0/limits"
        );
        for path in [
            "https://evil.example/services/data/v66.0/limits",
            "//evil.example/services/data/",
            "/services/../secur/frontdoor.jsp",
            "/services/%2e%2e/secur",
            "\\\\evil.example/services/",
            "javascript:alert(1)",
            "/apexpages",
        ] {
            assert!(to(path).is_err(), "{path}");
        }
    }

    #[test]
    fn parameters_are_encoded() {
        let instance = Url::parse("http://127.0.0.1:9").unwrap();
        let call = Call::get(CallKind::Query, "test", "/services/data/v66.0/query")
            .parameter("q", "SELECT Id FROM Case WHERE Subject = 'a+b&c'");
        let url = address(&instance, &call).unwrap();
        assert!(
            url.as_str()
                .ends_with("?q=SELECT+Id+FROM+Case+WHERE+Subject+%3D+%27a%2Bb%26c%27")
        );
    }
}

//! One call of the Logs Ingestion API, and what its reply means.

use std::time::Duration;

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode, Url};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::batch::Batch;
use crate::azure::Credential;
use crate::config::AzureLogs;

const API_VERSION: &str = "2023-01-01";
const TIMEOUT: Duration = Duration::from_secs(60);
/// However long the service asks to be left alone.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);
/// Between tries of what the service refuses until somebody changes a setting.
const REFUSED_WAIT: Duration = Duration::from_secs(60);
/// Characters of the service's own words.
const WORDS: usize = 300;

/// Sends batches to one stream of one data collection rule.
pub struct Sender {
    http: reqwest::Client,
    credential: Credential,
    url: Url,
    /// What a token is for: the scope without `/.default`.
    resource: String,
}

/// What became of a batch.
pub enum Sent {
    Accepted,
    TooLarge,
    /// It stays where it is.
    Later {
        message: String,
        /// None: as long as the caller thinks.
        wait: Option<Duration>,
    },
}

impl Sender {
    /// # Errors
    /// The HTTP client's own, when TLS cannot be set up, and an endpoint that takes no path.
    pub fn new(logs: AzureLogs, credential: Credential) -> Result<Self, anyhow::Error> {
        let mut url = logs.endpoint;
        url.path_segments_mut()
            .map_err(|()| anyhow::anyhow!("audit.azure.endpoint takes no path"))?
            .pop_if_empty()
            .extend(["dataCollectionRules", &logs.dcr, "streams", &logs.stream]);
        url.query_pairs_mut()
            .append_pair("api-version", API_VERSION);
        // A token goes nowhere but where it is sent.
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .timeout(TIMEOUT)
            .build()?;
        let resource = logs.scope.trim_end_matches("/.default").to_owned();
        Ok(Self {
            http,
            credential,
            url,
            resource,
        })
    }

    pub async fn send(&self, batch: &Batch) -> Sent {
        let token = match self.credential.token(&self.resource).await {
            Ok(token) => token,
            Err(error) => {
                return Sent::Later {
                    message: error.to_string(),
                    wait: None,
                };
            }
        };
        let request = self
            .http
            .post(self.url.clone())
            .bearer_auth(token.expose_secret())
            .header(CONTENT_TYPE, "application/json")
            .header(CONTENT_ENCODING, "gzip")
            .header("x-ms-client-request-id", Uuid::new_v4().to_string())
            .body(batch.body.clone());
        match request.send().await {
            Ok(reply) => judged(reply).await,
            Err(error) => Sent::Later {
                message: format!("Azure does not answer: {}", root_cause(&error)),
                wait: None,
            },
        }
    }
}

async fn judged(reply: Response) -> Sent {
    let status = reply.status();
    if status.is_success() {
        return Sent::Accepted;
    }
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Sent::TooLarge;
    }
    let asked = reply.headers().get(RETRY_AFTER);
    let asked = asked.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let asked = asked.map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT));
    let is_passing = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
    let wait = match (asked, is_passing) {
        (Some(wait), _) => Some(jittered(wait)),
        (None, true) => None,
        (None, false) => Some(jittered(REFUSED_WAIT)),
    };
    let words = reply.text().await.unwrap_or_default();
    let words: String = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let words: String = words.chars().take(WORDS).collect();
    let advice = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "; precis needs the role Monitoring Metrics Publisher on the rule"
        }
        StatusCode::NOT_FOUND => "; check endpoint, dcr and stream of audit.azure",
        _ => "",
    };
    Sent::Later {
        message: format!("Azure answers {}: {words}{advice}", status.as_u16()),
        wait,
    }
}

/// Up to a quarter more, so that nodes do not come back together.
fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(1.0 + fastrand::f64() / 4.0)
}

/// "Connection refused", not "error sending request".
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

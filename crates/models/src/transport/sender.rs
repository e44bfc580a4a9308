//! Sends one request, and sends it again while that can help and there is time.

use std::sync::Arc;
use std::time::Duration;

use async_openai::config::Config;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Request, Response};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::{Refusal, connections, error_of, failure, from_transport, unexpected};
use crate::endpoint::{Address, Credential, Endpoint};
use crate::error::Error;

/// The longest pause between two attempts; a service that asks for more gets no further attempt.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// How long a call may take, with all its attempts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    started: Instant,
    deadline: Option<Instant>,
}

impl Clock {
    /// Without a deadline each attempt has the endpoint's timeout, and that is all.
    pub fn start(deadline: Option<Instant>) -> Self {
        Self {
            started: Instant::now(),
            deadline,
        }
    }

    /// What is left for an attempt that begins now.
    fn left(self, endpoint: &Endpoint) -> Duration {
        let left = self
            .deadline
            .map(|end| end.saturating_duration_since(Instant::now()));
        left.map_or(endpoint.timeout, |left| left.min(endpoint.timeout))
    }

    fn allows(self, wait: Duration) -> bool {
        self.deadline.is_none_or(|end| Instant::now() + wait < end)
    }

    /// The error for time that is up: the caller's, or that of the endpoint's timeout.
    pub fn timed_out(self, endpoint: &Endpoint) -> Error {
        // Timers fire up to a millisecond apart.
        let soon = Instant::now() + Duration::from_millis(20);
        if self.deadline.is_some_and(|end| end <= soon) {
            return Error::Timeout {
                setting: None,
                waited: self.started.elapsed(),
            };
        }
        Error::Timeout {
            setting: Some(endpoint.setting("timeout_seconds")),
            waited: endpoint.timeout,
        }
    }
}

/// Why there is no reply.
pub(crate) struct Failure {
    pub error: Error,
    /// What the service said of a request that it understood and did not like.
    pub refusal: Option<Refusal>,
    /// How long it asked to be left alone.
    asked: Option<Duration>,
}

impl Failure {
    fn of(error: Error) -> Self {
        Self {
            error,
            refusal: None,
            asked: None,
        }
    }
}

/// The way to one service. Clones share its connections.
#[derive(Clone)]
pub(crate) struct Sender {
    http: reqwest::Client,
    endpoint: Arc<Endpoint>,
    address: Arc<Address>,
}

impl Sender {
    /// Checks the endpoint; sends nothing.
    pub fn new(endpoint: &Endpoint) -> Result<Self, Error> {
        Ok(Self {
            http: connections(endpoint)?,
            address: Arc::new(endpoint.address()?),
            endpoint: Arc::new(endpoint.clone()),
        })
    }

    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The same connections to another deployment or model of the service.
    pub fn named(&self, model: &str) -> Result<Self, Error> {
        let endpoint = self.endpoint.named(model);
        Ok(Self {
            http: self.http.clone(),
            address: Arc::new(endpoint.address()?),
            endpoint: Arc::new(endpoint),
        })
    }

    /// Posts a body as JSON; the reply has begun with a good status when this returns.
    pub async fn post(&self, path: &str, body: &Value, clock: Clock) -> Result<Response, Failure> {
        let request = self
            .http
            .post(self.address.url(path))
            .query(&self.address.query())
            .headers(self.address.headers())
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string())
            .build();
        let request =
            request.map_err(|error| Failure::of(from_transport(&self.endpoint, &error, clock)))?;
        let again = HttpRequestFactory::new(move || {
            let copy = request.try_clone();
            let copy =
                copy.ok_or_else(|| OpenAIError::InvalidArgument("a body that is gone".to_owned()));
            std::future::ready(copy)
        });
        self.send(&again, clock).await
    }

    /// As often as the endpoint allows, with pauses.
    pub async fn send(
        &self,
        request: &HttpRequestFactory,
        clock: Clock,
    ) -> Result<Response, Failure> {
        let mut attempt = 0;
        loop {
            let failed = match self.in_time(request, clock).await {
                Ok(response) => return Ok(response),
                Err(failed) => failed,
            };
            let wait = pause(attempt, failed.asked);
            // A timeout is not repeated: the caller has waited as long as the setting allows.
            let repeat =
                failed.error.is_transient() && !matches!(failed.error, Error::Timeout { .. });
            if !repeat
                || attempt >= self.endpoint.retries
                || wait > LONGEST_PAUSE
                || !clock.allows(wait)
            {
                return Err(failed);
            }
            attempt += 1;
            tracing::debug!(
                attempt,
                wait_ms = wait.as_millis(),
                "model request repeated"
            );
            tokio::time::sleep(wait).await;
        }
    }

    async fn in_time(
        &self,
        request: &HttpRequestFactory,
        clock: Clock,
    ) -> Result<Response, Failure> {
        let attempt = self.attempt(request, clock);
        match clock.deadline {
            Some(end) => match timeout_at(end, attempt).await {
                Ok(reply) => reply,
                Err(_) => Err(Failure::of(clock.timed_out(&self.endpoint))),
            },
            None => attempt.await,
        }
    }

    async fn attempt(
        &self,
        request: &HttpRequestFactory,
        clock: Clock,
    ) -> Result<Response, Failure> {
        let request = request.build().await;
        let mut request = request.map_err(|error| Failure::of(error_of(&self.endpoint, error)))?;
        self.sign(&mut request).await.map_err(Failure::of)?;
        *request.timeout_mut() = Some(clock.left(&self.endpoint));
        let sent = self.http.execute(request).await;
        let response =
            sent.map_err(|error| Failure::of(from_transport(&self.endpoint, &error, clock)))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let asked = retry_after(response.headers());
        // A body that breaks off says nothing, and the status is known already.
        let body = response.bytes().await.unwrap_or_default();
        let status = status.as_u16();
        Err(Failure {
            error: failure::classify(&self.endpoint, status, &body, asked),
            refusal: Refusal::read(status, &body),
            asked,
        })
    }

    /// Adds a token that may be another one for each request.
    async fn sign(&self, request: &mut Request) -> Result<(), Error> {
        let Credential::Token(source) = &self.endpoint.credential else {
            return Ok(());
        };
        let token = source.token().await?;
        let value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()));
        let mut value = value.map_err(|_| unexpected("a token that no header can hold"))?;
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
        Ok(())
    }
}

/// `retry-after-ms` where Azure sends it, else `retry-after` in seconds. Both may be missing,
/// negative or a date, which all mean that we choose.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| -> Option<f64> {
        let value = headers.get(name)?.to_str().ok()?.trim();
        value.parse().ok().filter(|&value: &f64| value > 0.0)
    };
    let seconds = number("retry-after-ms")
        .map(|milliseconds| milliseconds / 1000.0)
        .or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// What the service asked for plus up to a tenth, or else exponential with full jitter, so that
/// many callers that were refused together do not come back together.
fn pause(attempt: u32, asked: Option<Duration>) -> Duration {
    match asked {
        Some(asked) => asked + asked.mul_f64(fastrand::f64() / 10.0),
        None => {
            let longest = FIRST_PAUSE * 2_u32.saturating_pow(attempt.min(6));
            longest.mul_f64(0.25 + 0.75 * fastrand::f64())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|&(name, value)| {
            let name = reqwest::header::HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    #[test]
    fn milliseconds_win_over_seconds_and_nonsense_is_ignored() {
        let both = headers(&[("retry-after", "7"), ("retry-after-ms", "250")]);
        assert_eq!(retry_after(&both), Some(Duration::from_millis(250)));
        let seconds = headers(&[("retry-after", "7"), ("retry-after-ms", "-1")]);
        assert_eq!(retry_after(&seconds), Some(Duration::from_secs(7)));
        let date = headers(&[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")]);
        assert_eq!(retry_after(&date), None);
        let absurd = headers(&[("retry-after", "1e300")]);
        assert_eq!(retry_after(&absurd), None);
    }

    #[test]
    fn pauses_grow_and_stay_bounded() {
        for attempt in 0..100 {
            let pause = pause(attempt, None);
            assert!(pause >= FIRST_PAUSE / 4 && pause <= FIRST_PAUSE * 64);
        }
        let asked = Duration::from_secs(2);
        let pause = pause(0, Some(asked));
        assert!(pause >= asked && pause <= asked.mul_f64(1.1));
    }
}

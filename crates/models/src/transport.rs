//! Requests to a model service: sent through `async-openai`, repeated while that can help, and
//! every failure turned into an [`Error`].
//!
//! `async-openai` builds the requests and parses the replies. Sending is ours, as the service
//! under its client, because its error type drops what Azure adds: the `innererror` that tells
//! which content filter fired, and the `retry-after-ms` header.

mod failure;

pub(crate) use failure::fired_filters;

use std::time::Duration;

use async_openai::Client;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use reqwest::Response;
use reqwest::header::HeaderMap;

use crate::endpoint::{Address, Endpoint};
use crate::error::Error;

/// The client that embedding and chat calls are made with.
pub(crate) type ModelClient = Client<Address>;

/// The longest pause between two attempts; a service that asks for more gets no further attempt.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(500);

pub(crate) fn client(endpoint: &Endpoint) -> Result<ModelClient, Error> {
    install_tls_provider();
    let http = reqwest::Client::builder()
        .timeout(endpoint.timeout)
        .connect_timeout(endpoint.timeout.min(Duration::from_secs(10)))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| Error::Setting {
            setting: endpoint.setting("endpoint"),
            reason: reason_of(&error),
        })?;
    let sender = Sender {
        http: http.clone(),
        endpoint: endpoint.clone(),
    };
    let service = tower::service_fn(move |request: HttpRequestFactory| {
        let sender = sender.clone();
        async move {
            let sent = sender.send(&request).await;
            sent.map_err(|error| OpenAIError::Boxed(Box::new(error)))
        }
    });
    Ok(Client::build(http, endpoint.address()?).with_http_service(service))
}

/// The error behind what `async-openai` reports: ours where the service under it failed, else the
/// reply was read and did not have the expected shape.
pub(crate) fn error_of(endpoint: &Endpoint, error: OpenAIError) -> Error {
    match error {
        OpenAIError::Boxed(inner) => match inner.downcast::<Error>() {
            Ok(error) => *error,
            Err(other) => unexpected(other),
        },
        OpenAIError::Reqwest(error) => from_transport(endpoint, &error),
        // Its text may hold the completion, which must not reach a log.
        OpenAIError::JSONDeserialize(cause, _) => unexpected(cause),
        OpenAIError::ApiError(_)
        | OpenAIError::FileSaveError(_)
        | OpenAIError::FileReadError(_)
        | OpenAIError::StreamError(_)
        | OpenAIError::InvalidArgument(_) => unexpected(error),
    }
}

pub(crate) fn unexpected(reason: impl ToString) -> Error {
    Error::UnexpectedReply {
        reason: reason.to_string(),
    }
}

/// `reqwest` panics without a provider. The program installs one when it starts; whoever uses this
/// crate alone gets the same one.
fn install_tls_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Losing a race to another thread leaves a provider installed as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

#[derive(Clone)]
struct Sender {
    http: reqwest::Client,
    endpoint: Endpoint,
}

impl Sender {
    async fn send(&self, request: &HttpRequestFactory) -> Result<Response, Error> {
        let mut attempt = 0;
        loop {
            let (error, asked) = match self.attempt(request).await {
                Ok(response) => return Ok(response),
                Err(failed) => failed,
            };
            let wait = pause(attempt, asked);
            // A timeout is not repeated: the caller has waited as long as the setting allows.
            let repeat = error.is_transient() && !matches!(error, Error::Timeout { .. });
            if !repeat || attempt >= self.endpoint.retries || wait > LONGEST_PAUSE {
                return Err(error);
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

    /// One try. A failure carries how long the service asked us to wait.
    async fn attempt(
        &self,
        request: &HttpRequestFactory,
    ) -> Result<Response, (Error, Option<Duration>)> {
        let request = request.build().await;
        let request = request.map_err(|error| (error_of(&self.endpoint, error), None))?;
        let sent = self.http.execute(request).await;
        let response = sent.map_err(|error| (from_transport(&self.endpoint, &error), None))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let asked = retry_after(response.headers());
        // A body that breaks off says nothing, and the status is known already.
        let body = response.bytes().await.unwrap_or_default();
        let error = failure::classify(&self.endpoint, status.as_u16(), &body, asked);
        Err((error, asked))
    }
}

fn from_transport(endpoint: &Endpoint, error: &reqwest::Error) -> Error {
    if error.is_timeout() {
        return Error::Timeout {
            setting: endpoint.setting("timeout_seconds"),
            waited: endpoint.timeout,
        };
    }
    Error::Unreachable {
        setting: endpoint.setting("endpoint"),
        reason: reason_of(error),
    }
}

/// The innermost cause: the outer ones say "error sending request".
fn reason_of(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
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
            (name, reqwest::header::HeaderValue::from_static(value))
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

//! Requests to a model service: sent through `async-openai`, repeated while that can help, and
//! every failure turned into an [`Error`].
//!
//! `async-openai` builds the requests and parses the replies. Sending is ours, as the service
//! under its client, because its error type drops what Azure adds: the `innererror` that tells
//! which content filter fired, and the `retry-after-ms` header.

mod failure;
mod sender;

pub(crate) use failure::{Refusal, fired_filters, midway};
pub(crate) use sender::{Clock, Sender};

use std::time::Duration;

use async_openai::Client;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;

use crate::endpoint::{Address, Endpoint};
use crate::error::Error;

/// The client that embedding and chat calls are made with.
pub(crate) type ModelClient = Client<Address>;

/// `async-openai`'s client over a [`Sender`].
pub(crate) fn client(endpoint: &Endpoint) -> Result<ModelClient, Error> {
    let sender = Sender::new(endpoint)?;
    let (http, address) = (sender.http().clone(), sender.address().clone());
    let service = tower::service_fn(move |request: HttpRequestFactory| {
        let sender = sender.clone();
        async move {
            let sent = sender.send(&request, Clock::start(None)).await;
            sent.map_err(|failed| OpenAIError::Boxed(Box::new(failed.error)))
        }
    });
    Ok(Client::build(http, address).with_http_service(service))
}

/// Connections to one service. What is sent over them has as long as its [`Clock`] says.
fn connections(endpoint: &Endpoint) -> Result<reqwest::Client, Error> {
    install_tls_provider();
    reqwest::Client::builder()
        .timeout(endpoint.timeout)
        .connect_timeout(endpoint.timeout.min(Duration::from_secs(10)))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| Error::Setting {
            setting: endpoint.setting("endpoint"),
            reason: reason_of(&error),
        })
}

/// The error behind what `async-openai` reports: ours where the service under it failed, else the
/// reply was read and did not have the expected shape.
pub(crate) fn error_of(endpoint: &Endpoint, error: OpenAIError) -> Error {
    match error {
        OpenAIError::Boxed(inner) => match inner.downcast::<Error>() {
            Ok(error) => *error,
            Err(other) => unexpected(other),
        },
        OpenAIError::Reqwest(error) => from_transport(endpoint, &error, Clock::start(None)),
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

/// What a failure on the way means, whether nothing came or the reply broke off.
pub(crate) fn from_transport(endpoint: &Endpoint, error: &reqwest::Error, clock: Clock) -> Error {
    if error.is_timeout() {
        return clock.timed_out(endpoint);
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

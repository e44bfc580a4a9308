//! One HTTP request to Azure: sent a few times where that helps, and read to a limit.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response, StatusCode};

/// Tokens and secrets have a few kilobytes; a secret has at most 25.
const LONGEST_REPLY: usize = 128 * 1024;
const TRIES: u32 = 4;
const FIRST_DELAY: Duration = Duration::from_millis(250);
/// However long the service asks to be left alone: somebody waits for the start.
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// A reply that was read to its end.
pub struct Reply {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

/// A client that follows no redirect, so that no token or secret goes where it was not sent.
///
/// # Errors
/// When TLS cannot be set up.
pub fn client(is_local: bool) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .redirect(Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(20));
    // The endpoint of a managed identity is this machine's own: no proxy reaches it.
    match is_local {
        true => builder.no_proxy().build(),
        false => builder.build(),
    }
}

/// Sends a request until it is answered for good.
///
/// # Errors
/// Why there is no reply, in a few words without the address.
pub async fn send(request: RequestBuilder) -> Result<Reply, String> {
    let mut attempt = 1;
    loop {
        let copy = request.try_clone().ok_or("it cannot be sent twice")?;
        let (result, wait) = once(copy).await;
        let is_final = match &result {
            Ok(reply) => !is_passing(reply.status),
            Err(_) => false,
        };
        if is_final || attempt == TRIES {
            return result;
        }
        let delay = FIRST_DELAY * 2u32.pow(attempt - 1);
        let delay = wait.unwrap_or(delay).min(LONGEST_DELAY);
        tokio::time::sleep(delay.mul_f64(1.0 + fastrand::f64() / 2.0)).await;
        attempt += 1;
    }
}

/// Whether the same request may be answered otherwise in a moment. The metadata service answers 410
/// while it is updated.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::GONE
        || status == StatusCode::REQUEST_TIMEOUT
}

/// One try, and how long the service wants to be left alone.
async fn once(request: RequestBuilder) -> (Result<Reply, String>, Option<Duration>) {
    let reply = match request.send().await {
        Ok(reply) => reply,
        Err(error) => return (Err(root_cause(&error)), None),
    };
    let wait = reply.headers().get(RETRY_AFTER);
    let wait = wait.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    (read(reply).await, wait.map(Duration::from_secs))
}

async fn read(mut reply: Response) -> Result<Reply, String> {
    let status = reply.status();
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(|error| root_cause(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_REPLY {
            return Err(format!("its reply has more than {LONGEST_REPLY} bytes"));
        }
    }
    Ok(Reply { status, body })
}

/// The innermost cause says what happened: "Connection refused", not "error sending request".
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// The first line of a service's own words, cut to a length that fits a sentence.
pub fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    let end = line
        .char_indices()
        .nth(300)
        .map_or(line.len(), |(at, _)| at);
    line[..end].trim_end_matches('.').to_owned()
}

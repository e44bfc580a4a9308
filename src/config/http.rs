//! Who may connect, how, and how much at once: what of `[http]` is about connections.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::raw::{RawHttp, RawTls};
use super::reading::Reading;

/// What one client may take, and all of them together.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Open connections; more wait in the system's queue.
    pub connections: NonZeroUsize,
    /// Questions that are worked on at the same time.
    pub requests: NonZeroUsize,
    /// How long a client may take for a TLS handshake, for the head of a request, and for its body.
    pub read: Duration,
    /// Size of a request's head, in bytes.
    pub head_bytes: u32,
}

/// PEM files, and how often they are looked at.
#[derive(Debug, Clone)]
pub struct TlsConfig {
    /// The server's certificate, followed by those between it and a root.
    pub certificate: PathBuf,
    pub private_key: PathBuf,
    pub reload: Duration,
}

/// Who may read `/metrics`, beside the operator.
#[derive(Debug, Clone)]
pub struct MetricsConfig {
    pub readers: MetricsReaders,
    /// Whoever sends it as a bearer token.
    pub token: Option<SecretString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsReaders {
    /// Programs on this machine.
    Local,
    /// Nobody else.
    Operator,
    Everybody,
}

impl Reading {
    pub(super) fn connections(&mut self, raw: &RawHttp) -> Option<ConnectionLimits> {
        let mut at_least_one = |key: &str, value: usize| match NonZeroUsize::new(value) {
            Some(value) => Some(value),
            None => self.problem(key, "must be at least 1"),
        };
        let connections = at_least_one("http.max_connections", raw.max_connections);
        let requests = at_least_one("http.max_concurrent_requests", raw.max_concurrent_requests);
        if !(1..=300).contains(&raw.read_seconds) {
            self.problem::<()>("http.read_seconds", "must be from 1 to 300");
        }
        if !(8..=1024).contains(&raw.max_header_kilobytes) {
            self.problem::<()>("http.max_header_kilobytes", "must be from 8 to 1024");
        }
        Some(ConnectionLimits {
            connections: connections?,
            requests: requests?,
            read: Duration::from_secs(raw.read_seconds),
            head_bytes: raw.max_header_kilobytes.saturating_mul(1024),
        })
    }

    /// None where nothing is said.
    pub(super) fn public_url(&mut self, text: &str) -> Option<Url> {
        if text.trim().is_empty() {
            return None;
        }
        let url = Url::parse(text.trim()).ok();
        let is_web = |url: &Url| matches!(url.scheme(), "https" | "http") && url.path() == "/";
        url.filter(is_web).or_else(|| {
            let problem = "must be an address without a path, such as https://precis.mycompany.com";
            self.problem("http.public_url", problem)
        })
    }

    /// None for plain HTTP. The files are read when the server starts.
    pub(super) fn tls(&mut self, raw: &RawTls) -> Option<TlsConfig> {
        let pair = [
            ("http.tls.certificate", &raw.certificate),
            ("http.tls.private_key", &raw.private_key),
        ];
        if pair.iter().all(|(_, path)| path.trim().is_empty()) {
            return None;
        }
        for (key, path) in pair {
            if path.trim().is_empty() {
                let problem = "is not set: TLS needs both a certificate and its private key";
                self.problem::<()>(key, problem);
            } else if !self.path(path).is_file() {
                let place = self.path(path);
                self.problem::<()>(key, format!("names no file: {}", place.display()));
            }
        }
        if raw.reload_seconds == 0 {
            self.problem::<()>("http.tls.reload_seconds", "must be at least 1");
        }
        Some(TlsConfig {
            certificate: self.path(&raw.certificate),
            private_key: self.path(&raw.private_key),
            reload: Duration::from_secs(raw.reload_seconds.max(1)),
        })
    }

    pub(super) fn metrics(&mut self, raw: &RawHttp) -> Option<MetricsConfig> {
        let readers = ["local", "operator", "open"];
        let readers = match self.choice("http.metrics", &raw.metrics, &readers)? {
            "local" => MetricsReaders::Local,
            "operator" => MetricsReaders::Operator,
            _ => MetricsReaders::Everybody,
        };
        let token = match raw.metrics_token.trim() {
            "" => None,
            reference => Some(self.secret("http.metrics_token", reference)?),
        };
        Some(MetricsConfig { readers, token })
    }
}

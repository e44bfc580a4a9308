//! The certificate of this server, read anew when its files change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::config::TlsConfig;

/// What a client and this server call HTTP/2 when they agree on it (RFC 7301).
pub const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// Why there is no TLS. Each variant names the setting whose file is at fault.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{setting}: {} cannot be read: {cause}", path.display())]
    Unreadable {
        setting: &'static str,
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("http.tls.certificate: {} has no certificate in PEM", .0.display())]
    NoCertificate(PathBuf),
    #[error("http.tls.private_key: {} has no private key in PEM without a password", .0.display())]
    NoKey(PathBuf),
    #[error("http.tls.private_key: {} does not belong to the certificate, or is of a kind that TLS does not take ({cause})", path.display())]
    Mismatch { path: PathBuf, cause: rustls::Error },
}

/// The present certificate, for new connections. Cheap to clone.
#[derive(Clone)]
pub struct Certificates {
    acceptor: TlsAcceptor,
    present: Arc<Present>,
    files: TlsConfig,
}

/// What new handshakes are made with.
#[derive(Debug)]
struct Present(RwLock<Pair>);

#[derive(Debug, Clone)]
struct Pair {
    key: Arc<CertifiedKey>,
    /// SHA-256 of both files: whether they have changed.
    files: String,
}

impl ResolvesServerCert for Present {
    fn resolve(&self, _client: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.pair().key)
    }
}

impl Present {
    fn pair(&self) -> Pair {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Certificates {
    /// Reads both files.
    ///
    /// # Errors
    /// [`TlsError`], with the setting to change.
    pub fn load(files: &TlsConfig) -> Result<Self, TlsError> {
        let present = Arc::new(Present(RwLock::new(read(files)?)));
        // rustls speaks TLS 1.2 and 1.3 and nothing older.
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&present) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1.to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            present,
            files: files.clone(),
        })
    }

    pub fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// SHA-256 of the present certificate, by which this machine's own command line knows it.
    pub fn fingerprint(&self) -> String {
        let key = self.present.pair().key;
        key.cert.first().map(fingerprint).unwrap_or_default()
    }

    /// Looks at the files again and again until `stop`, takes a changed pair, and tells its
    /// fingerprint. A pair that cannot be used is logged, once, and the present one stays.
    pub async fn follow(self, stop: CancellationToken, changed: impl Fn(String)) {
        let mut refused = String::new();
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.files.reload) => {}
                () = stop.cancelled() => return,
            }
            let files = self.files.clone();
            // Reading is quick, and a network drive is not.
            let Ok(read) = tokio::task::spawn_blocking(move || read(&files)).await else {
                continue;
            };
            match read {
                Ok(pair) if pair.files == self.present.pair().files => refused.clear(),
                Ok(pair) => {
                    *self
                        .present
                        .0
                        .write()
                        .unwrap_or_else(PoisonError::into_inner) = pair;
                    refused.clear();
                    tracing::info!("the certificate was read anew");
                    changed(self.fingerprint());
                }
                Err(error) if error.to_string() == refused => {}
                Err(error) => {
                    refused = error.to_string();
                    tracing::error!(%error, "the new certificate is not used, the old one stays");
                }
            }
        }
    }
}

/// SHA-256 of a certificate, as 64 hexadecimal digits.
pub fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    hex(&Sha256::digest(certificate))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(files: &TlsConfig) -> Result<Pair, TlsError> {
    let certificate = read_file("http.tls.certificate", &files.certificate)?;
    let private_key = read_file("http.tls.private_key", &files.private_key)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&certificate).collect();
    let chain = match chain {
        Ok(chain) if !chain.is_empty() => chain,
        Ok(_) | Err(_) => return Err(TlsError::NoCertificate(files.certificate.clone())),
    };
    let key = PrivateKeyDer::from_pem_slice(&private_key)
        .map_err(|_| TlsError::NoKey(files.private_key.clone()))?;
    let provider = rustls::crypto::CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()));
    let key = CertifiedKey::from_der(chain, key, &provider).map_err(|cause| {
        let path = files.private_key.clone();
        TlsError::Mismatch { path, cause }
    })?;
    let mut both = Sha256::new_with_prefix(&certificate);
    both.update(&private_key);
    Ok(Pair {
        key: Arc::new(key),
        files: hex(&both.finalize()),
    })
}

fn read_file(setting: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|cause| TlsError::Unreadable {
        setting,
        path: path.to_owned(),
        cause,
    })
}

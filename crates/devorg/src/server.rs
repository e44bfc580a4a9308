//! Starts and stops an org: loads a folder, binds a loopback port, serves until told to stop.

mod socket;

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::faults::{FaultPlan, Problems};
use crate::http::{self, App, Settings};
use crate::org::{LoadError, Org, Row};
use crate::sharing::Sharing;
pub(crate) use socket::Connection;
use socket::Listening;

/// How long open requests may take to finish after [`DevOrg::stop`].
const DRAIN: Duration = Duration::from_secs(5);

/// What an org is started with. `Options { data: folder, ..Options::default() }` is a whole start.
#[derive(Clone)]
pub struct Options {
    /// The org folder: `org.json`, `describe/`, `records/`.
    pub data: PathBuf,
    /// Loopback port; 0 takes any free one.
    pub port: u16,
    /// Consumer key of the one app that may sign in.
    pub client_id: String,
    pub client_secret: String,
    /// Username behind client credentials. By default the first active user with View All Data,
    /// else the first active user.
    pub run_as: Option<String>,
    /// The public half of the key that signs JWT bearer assertions; without it that flow is refused.
    pub jwt_public_key: Option<PublicKey>,
    /// Seconds that a session lives after its sign-in; without it sessions do not run out.
    pub session_seconds: Option<u64>,
    /// API calls after which every call is refused; without it usage is counted but never refused.
    pub api_limit: Option<u64>,
    /// A fault plan in TOML (see [`crate::faults`]); without it nothing fails.
    pub faults: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data: PathBuf::new(),
            port: 0,
            client_id: "demo".to_owned(),
            client_secret: "demo-secret".to_owned(),
            run_as: None,
            jwt_public_key: None,
            session_seconds: None,
            api_limit: None,
            faults: None,
        }
    }
}

/// An RSA public key or X.509 certificate in PEM.
#[derive(Clone, Debug)]
pub enum PublicKey {
    File(PathBuf),
    Pem(String),
}

/// Why an org did not start; each variant names the option to change.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("there is no org folder at {}: it must hold org.json and records/", .0.display())]
    FolderMissing(PathBuf),
    #[error(transparent)]
    Data(#[from] LoadError),
    #[error("port {0} is in use: choose another with --port, or 0 for any free one")]
    PortInUse(u16),
    #[error("cannot listen on port {port}: {source}")]
    Listen { port: u16, source: io::Error },
    #[error("--run-as {0}: no active user of the org has this username")]
    UnknownUser(String),
    #[error(
        "the org has no active user to run as: records/User.jsonl needs one with IsActive true"
    )]
    NoActiveUser,
    #[error("--jwt-public-key: {0}")]
    PublicKey(String),
    #[error("--faults: cannot read {}: {source}", file.display())]
    FaultPlanUnreadable { file: PathBuf, source: io::Error },
    #[error("--faults: {}: {problems}", file.display())]
    FaultPlan { file: PathBuf, problems: Problems },
}

/// How to sign in to a running org.
#[derive(Clone)]
pub struct Credentials {
    pub client_id: String,
    pub client_secret: String,
    /// Username behind client credentials.
    pub run_as: String,
    /// 18 characters.
    pub org_id: String,
}

/// A running org. Dropping it stops it without waiting.
pub struct DevOrg {
    url: String,
    credentials: Credentials,
    stop: DropGuard,
    served: JoinHandle<io::Result<()>>,
}

impl DevOrg {
    /// `http://127.0.0.1:PORT`, which is also the `instance_url` of its tokens.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Stops accepting, lets open requests finish for a few seconds, then drops them.
    pub async fn stop(self) {
        let mut served = self.served;
        self.stop.disarm().cancel();
        if tokio::time::timeout(DRAIN, &mut served).await.is_err() {
            served.abort();
        }
    }
}

/// Loads the folder and serves it on loopback. Several orgs can run in one process.
///
/// # Errors
/// [`StartError`], before anything listens.
pub async fn start(options: Options) -> Result<DevOrg, StartError> {
    let key = options
        .jwt_public_key
        .as_ref()
        .map(decoding_key)
        .transpose()?;
    let plan = options
        .faults
        .as_deref()
        .map_or_else(|| Ok(FaultPlan::default()), fault_plan)?;
    let org = load(options.data.clone()).await?;
    let run_as = run_as_user(&org, options.run_as.as_deref())?;
    let listener = listen(options.port).await?;
    let url = address(&listener, options.port)?;
    let credentials = Credentials {
        client_id: options.client_id.clone(),
        client_secret: options.client_secret.clone(),
        run_as: text(run_as, "Username"),
        org_id: org.settings().org_id.clone(),
    };
    let settings = Settings {
        url: url.clone(),
        client_id: options.client_id,
        client_secret: options.client_secret,
        run_as: text(run_as, "Id"),
        jwt_key: key,
        session_seconds: options.session_seconds,
        api_limit: options.api_limit,
    };
    let stop = CancellationToken::new();
    let served = serve(listener, App::new(org, settings, plan), stop.clone());
    Ok(DevOrg {
        url,
        credentials,
        stop: stop.drop_guard(),
        served,
    })
}

fn serve(listener: TcpListener, app: App, stop: CancellationToken) -> JoinHandle<io::Result<()>> {
    let router = http::router(app).into_make_service_with_connect_info::<Connection>();
    tokio::spawn(async move {
        axum::serve(Listening(listener), router)
            .with_graceful_shutdown(stop.cancelled_owned())
            .await
    })
}

/// `http://127.0.0.1:PORT` of a listener that was asked for this port.
fn address(listener: &TcpListener, port: u16) -> Result<String, StartError> {
    let address = listener
        .local_addr()
        .map_err(|source| StartError::Listen { port, source })?;
    Ok(format!("http://127.0.0.1:{}", address.port()))
}

async fn load(folder: PathBuf) -> Result<Org, StartError> {
    if !folder.join("org.json").is_file() {
        return Err(StartError::FolderMissing(folder));
    }
    let loaded = tokio::task::spawn_blocking(move || Org::load(&folder)).await;
    match loaded {
        Ok(org) => Ok(org?),
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

pub(crate) async fn listen(port: u16) -> Result<TcpListener, StartError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|source| {
            if source.kind() == io::ErrorKind::AddrInUse {
                StartError::PortInUse(port)
            } else {
                StartError::Listen { port, source }
            }
        })
}

fn decoding_key(key: &PublicKey) -> Result<DecodingKey, StartError> {
    let pem = match key {
        PublicKey::File(path) => read_pem(path)?,
        PublicKey::Pem(pem) => pem.clone(),
    };
    DecodingKey::from_rsa_pem(pem.as_bytes()).map_err(|error| {
        StartError::PublicKey(format!(
            "not an RSA public key or certificate in PEM ({error})"
        ))
    })
}

fn read_pem(path: &Path) -> Result<String, StartError> {
    std::fs::read_to_string(path)
        .map_err(|error| StartError::PublicKey(format!("cannot read {}: {error}", path.display())))
}

fn fault_plan(file: &Path) -> Result<FaultPlan, StartError> {
    let text = std::fs::read_to_string(file).map_err(|source| StartError::FaultPlanUnreadable {
        file: file.to_owned(),
        source,
    })?;
    FaultPlan::from_toml(&text).map_err(|problems| StartError::FaultPlan {
        file: file.to_owned(),
        problems,
    })
}

fn run_as_user<'a>(org: &'a Org, wanted: Option<&str>) -> Result<&'a Row, StartError> {
    let mut active = org.rows("User").filter(|user| http::is_active(user));
    if let Some(username) = wanted {
        return active
            .find(|user| text(user, "Username").eq_ignore_ascii_case(username))
            .ok_or_else(|| StartError::UnknownUser(username.to_owned()));
    }
    let users: Vec<&Row> = active.collect();
    let sharing = Sharing::new(org);
    users
        .iter()
        .find(|user| sharing.viewer(org, &text(user, "Id")).has_view_all_data())
        .or(users.first())
        .copied()
        .ok_or(StartError::NoActiveUser)
}

fn text(row: &Row, field: &str) -> String {
    row.get(field)
        .and_then(|value| value.as_str())
        .unwrap_or_default()
        .to_owned()
}

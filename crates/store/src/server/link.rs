//! Calls to the server: short patience for readers, repeats for the writer.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use qdrant_client::{Qdrant, QdrantError};
use secrecy::ExposeSecret;
use tonic::{Code, Status};

use super::options::ServerOptions;
use crate::Error;

/// How long a reader waits for one call.
pub(super) const READ_PATIENCE: Duration = Duration::from_secs(2);
const CONNECT_PATIENCE: Duration = Duration::from_secs(1);
/// How long a server that did not answer is left alone, so that not every search waits for it.
const REST: Duration = Duration::from_secs(3);

/// A write that fails for a passing reason is tried so often in all: for about half a minute.
const TRIES: u32 = 7;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Two clients of one server, which differ in their patience.
pub(super) struct Link {
    reads: Qdrant,
    writes: Qdrant,
    breaker: Breaker,
}

impl Link {
    /// Connects at the first call.
    pub(super) fn new(options: &ServerOptions) -> Result<Self, Error> {
        let client = |timeout: Duration| {
            let key = options.api_key.as_ref();
            Qdrant::from_url(&options.url)
                .api_key(key.map(|key| key.expose_secret().to_owned()))
                .timeout(timeout)
                .connect_timeout(timeout.min(CONNECT_PATIENCE))
                .skip_compatibility_check()
                .build()
                .map_err(|error| Failure::of(&error).into_error())
        };
        Ok(Self {
            reads: client(READ_PATIENCE)?,
            writes: client(options.timeout)?,
            breaker: Breaker::default(),
        })
    }

    /// The client to make the calls of [`Link::read`] with.
    pub(super) fn reads(&self) -> &Qdrant {
        &self.reads
    }

    /// The client to make the calls of [`Link::write`] with.
    pub(super) fn writes(&self) -> &Qdrant {
        &self.writes
    }

    /// One call for somebody who waits. It is not even begun while the server is known to be away.
    ///
    /// # Errors
    /// [`Error::Away`], [`Error::Refused`], [`Error::Engine`].
    pub(super) async fn read<T>(
        &self,
        call: impl Future<Output = Result<T, QdrantError>>,
    ) -> Result<T, Error> {
        self.breaker.admit()?;
        let failure = match tokio::time::timeout(READ_PATIENCE, call).await {
            Ok(Ok(reply)) => {
                self.breaker.close();
                return Ok(reply);
            }
            Ok(Err(error)) => Failure::of(&error),
            Err(_) => Failure::Passing(format!("no answer within {READ_PATIENCE:?}")),
        };
        let error = failure.into_error();
        if let Error::Away { detail } = &error {
            self.breaker.open(detail);
        } else {
            // It answered.
            self.breaker.close();
        }
        Err(error)
    }

    /// A call that is worth repeating until it works. It must change nothing when it is made twice.
    ///
    /// # Errors
    /// [`Error::Away`] after half a minute of tries, [`Error::Refused`], [`Error::Engine`].
    pub(super) async fn write<T, F>(&self, call: impl Fn() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, QdrantError>>,
    {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let error = match call().await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let failure = Failure::of(&error);
            let Some(reason) = failure.may_pass().filter(|_| attempt < TRIES) else {
                return Err(failure.into_error());
            };
            tracing::warn!(reason, attempt, "a write to the Qdrant server is repeated");
            tokio::time::sleep(jittered(pause).max(asked_pause(&error))).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Err(Error::Away {
            detail: "every write failed".to_owned(),
        })
    }
}

/// Between half of it and all of it, so that several do not come back together.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// What a server that limits the rate asks for.
fn asked_pause(error: &QdrantError) -> Duration {
    if let QdrantError::ResourceExhaustedError {
        retry_after_seconds,
        ..
    } = error
    {
        return Duration::from_secs(*retry_after_seconds).min(LONGEST_PAUSE);
    }
    Duration::ZERO
}

/// What a failed call means.
enum Failure {
    /// The server is away, busy or starting: later it may work.
    Passing(String),
    /// The server does not let us.
    Refused(String),
    /// There is no such collection: it was replaced since, or not every node has heard of it yet.
    Missing(String),
    /// The call itself cannot work.
    Lasting(String),
}

impl Failure {
    fn of(error: &QdrantError) -> Self {
        let (QdrantError::ResponseError { status }
        | QdrantError::ResourceExhaustedError { status, .. }) = error
        else {
            return Self::Lasting(error.to_string());
        };
        let text = format!("{}: {}", status.code(), status.message());
        if is_passing(status) {
            Self::Passing(text)
        } else if status.code() == Code::NotFound {
            Self::Missing(text)
        } else if matches!(
            status.code(),
            Code::Unauthenticated | Code::PermissionDenied
        ) {
            Self::Refused(text)
        } else {
            Self::Lasting(text)
        }
    }

    /// The reason, if the same call may work later.
    fn may_pass(&self) -> Option<&str> {
        match self {
            Self::Passing(reason) | Self::Missing(reason) => Some(reason),
            Self::Refused(_) | Self::Lasting(_) => None,
        }
    }

    fn into_error(self) -> Error {
        match self {
            Self::Passing(detail) => Error::Away { detail },
            Self::Refused(detail) => Error::Refused { detail },
            Self::Missing(detail) => Error::OtherCollection {
                collection: "behind the alias".to_owned(),
                reason: format!("is not there, or holds vectors alone ({detail})"),
            },
            Self::Lasting(detail) => Error::Engine {
                engine: "Qdrant",
                detail,
            },
        }
    }
}

fn is_passing(status: &Status) -> bool {
    let is_connection = status.message().starts_with("Failed to connect");
    is_connection
        || matches!(
            status.code(),
            Code::Unavailable
                | Code::DeadlineExceeded
                | Code::ResourceExhausted
                | Code::Aborted
                | Code::Cancelled
                | Code::Unknown
        )
}

/// Remembers that the server is away, so that only one reader at a time finds out again.
#[derive(Default)]
struct Breaker(Mutex<Option<Broken>>);

struct Broken {
    until: Instant,
    detail: String,
}

impl Breaker {
    /// Lets a call through unless the server is known to be away. When its rest is over, one call
    /// tries and the others go on without.
    fn admit(&self) -> Result<(), Error> {
        let mut broken = self.lock();
        let Some(broken) = broken.as_mut() else {
            return Ok(());
        };
        let now = Instant::now();
        if now < broken.until {
            let detail = broken.detail.clone();
            return Err(Error::Away { detail });
        }
        broken.until = now + REST;
        Ok(())
    }

    fn open(&self, detail: &str) {
        let broken = Broken {
            until: Instant::now() + REST,
            detail: detail.to_owned(),
        };
        if self.lock().replace(broken).is_none() {
            tracing::warn!(detail, "the Qdrant server is away");
        }
    }

    fn close(&self) {
        if self.lock().take().is_some() {
            tracing::info!("the Qdrant server is back");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Broken>> {
        // A value is put in or taken out while it is held: nothing that could leave half of it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: Code, message: &str) -> Error {
        let status = Status::new(code, message);
        Failure::of(&QdrantError::ResponseError { status }).into_error()
    }

    #[test]
    fn failures_are_told_apart_by_what_helps() {
        let away = [
            failure(Code::Unavailable, "starting"),
            failure(Code::Internal, "Failed to connect to http://localhost:1/"),
            failure(Code::DeadlineExceeded, ""),
        ];
        for error in away {
            assert!(matches!(error, Error::Away { .. }), "{error}");
        }
        let refused = failure(Code::Unauthenticated, "Must provide an API key");
        assert!(matches!(refused, Error::Refused { .. }), "{refused}");
        let broken = failure(Code::InvalidArgument, "Vector dimension error");
        assert!(matches!(broken, Error::Engine { .. }), "{broken}");
    }

    #[test]
    fn a_server_that_is_away_is_tried_by_one_call_at_a_time() {
        let breaker = Breaker::default();
        assert!(breaker.admit().is_ok());
        breaker.open("gone");
        assert!(matches!(breaker.admit(), Err(Error::Away { detail }) if detail == "gone"));
        if let Some(broken) = breaker.lock().as_mut() {
            broken.until = Instant::now();
        }
        assert!(breaker.admit().is_ok());
        assert!(breaker.admit().is_err());
        breaker.close();
        assert!(breaker.admit().is_ok() && breaker.admit().is_ok());
    }
}

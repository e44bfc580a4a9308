//! The keys that directories sign with: fetched when they are needed, kept for at most a day.
//!
//! A key that is not known may be new, so it is asked for, but at most once in
//! `identity.key_refresh_seconds`: tokens with made-up keys must not become requests to the
//! authority. Requests that wait for the same key set wait for one fetch. Known keys go on counting
//! while the authority is away.

mod fetch;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

use super::Version;
use crate::config::IdentityConfig;

/// Who signed a token, if the signature holds.
#[derive(Clone)]
pub struct Signer {
    pub key: DecodingKey,
    /// What the token's `iss` must be.
    pub issuer: String,
}

pub enum KeyError {
    /// The directory does not publish it.
    Unknown,
    /// It could not be asked, for this reason.
    Away(String),
}

/// Of each directory of the configuration, the key sets of both versions.
pub struct Keyrings {
    shared: Arc<Shared>,
    slots: HashMap<(Uuid, Version), Slot>,
}

struct Shared {
    http: reqwest::Client,
    authority: String,
    /// How long keys count.
    kept: Duration,
    refresh: Duration,
}

#[derive(Clone)]
struct Slot {
    tenant: Uuid,
    version: Version,
    known: Arc<RwLock<Option<Arc<Keyring>>>>,
    /// Held across a fetch on purpose: who comes meanwhile waits for its result.
    fetching: Arc<Mutex<Option<Attempt>>>,
}

/// The last fetch, or the one that is under way.
struct Attempt {
    begun: Instant,
    failure: Option<String>,
}

struct Keyring {
    fetched: Instant,
    signers: HashMap<String, Signer>,
}

/// Older key sets are fetched anew while they are used, so that what was withdrawn stops to count.
const FRESH: Duration = Duration::from_secs(3_600);
/// After a failed fetch the next one waits no longer than this.
const RETRY: Duration = Duration::from_secs(5);

impl Keyrings {
    pub fn new(config: &IdentityConfig) -> anyhow::Result<Self> {
        let shared = Arc::new(Shared {
            http: fetch::client(&config.authority)?,
            authority: config.authority.clone(),
            kept: config.keys_kept,
            refresh: config.key_refresh,
        });
        let mut slots = HashMap::new();
        for tenant in &config.tenants {
            for version in [Version::V1, Version::V2] {
                slots.insert((*tenant, version), Slot::new(*tenant, version));
            }
        }
        Ok(Self { shared, slots })
    }

    /// The key of this name.
    pub async fn signer(
        &self,
        tenant: Uuid,
        version: Version,
        kid: &str,
    ) -> Result<Signer, KeyError> {
        let slot = self.slots.get(&(tenant, version));
        let slot = slot.ok_or(KeyError::Unknown)?;
        let kept = self.shared.kept;
        if let Some(ring) = slot.known(Instant::now(), kept)
            && let Some(signer) = ring.signers.get(kid)
        {
            if ring.fetched.elapsed() > FRESH.min(kept / 2) {
                self.freshen(slot);
            }
            return Ok(signer.clone());
        }
        let mut attempt = Arc::clone(&slot.fetching).lock_owned().await;
        if let Some(signer) = slot.find(kid, kept) {
            return Ok(signer);
        }
        if self.shared.may_fetch(attempt.as_ref()) {
            self.shared.fetch(slot, &mut attempt).await;
        }
        if let Some(signer) = slot.find(kid, kept) {
            return Ok(signer);
        }
        match attempt.as_ref().and_then(|attempt| attempt.failure.clone()) {
            Some(failure) => Err(KeyError::Away(failure)),
            None => Err(KeyError::Unknown),
        }
    }

    /// Fetches a key set anew while requests go on with what is known.
    fn freshen(&self, slot: &Slot) {
        let Ok(mut attempt) = Arc::clone(&slot.fetching).try_lock_owned() else {
            return;
        };
        if !self.shared.may_fetch(attempt.as_ref()) {
            return;
        }
        let (shared, slot) = (Arc::clone(&self.shared), slot.clone());
        tokio::spawn(async move { shared.fetch(&slot, &mut attempt).await });
    }
}

impl Shared {
    fn may_fetch(&self, last: Option<&Attempt>) -> bool {
        let Some(last) = last else {
            return true;
        };
        let pause = match last.failure {
            Some(_) => self.refresh.min(RETRY),
            None => self.refresh,
        };
        last.begun.elapsed() >= pause
    }

    async fn fetch(&self, slot: &Slot, attempt: &mut OwnedMutexGuard<Option<Attempt>>) {
        // Noted before it ends: a caller who gives up must not be followed by the next fetch.
        **attempt = Some(Attempt {
            begun: Instant::now(),
            failure: Some("the last request for keys was given up".to_owned()),
        });
        let fetched = fetch::signers(self, slot.tenant, slot.version).await;
        let failure = match fetched {
            Ok(signers) => {
                slot.learn(signers);
                None
            }
            Err(error) => {
                tracing::warn!(error = %error, tenant.id = %slot.tenant, "keys not fetched");
                Some(error.to_string())
            }
        };
        if let Some(attempt) = attempt.as_mut() {
            attempt.failure = failure;
        }
    }
}

impl Slot {
    fn new(tenant: Uuid, version: Version) -> Self {
        Self {
            tenant,
            version,
            known: Arc::default(),
            fetching: Arc::default(),
        }
    }

    /// The key set, unless it is too old to count.
    fn known(&self, now: Instant, kept: Duration) -> Option<Arc<Keyring>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let ring = known.as_ref()?;
        (now.saturating_duration_since(ring.fetched) < kept).then(|| Arc::clone(ring))
    }

    fn find(&self, kid: &str, kept: Duration) -> Option<Signer> {
        let ring = self.known(Instant::now(), kept)?;
        ring.signers.get(kid).cloned()
    }

    fn learn(&self, signers: HashMap<String, Signer>) {
        let ring = Keyring {
            fetched: Instant::now(),
            signers,
        };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some(Arc::new(ring));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn keys_count_for_as_long_as_they_are_kept_and_no_longer() {
        let slot = Slot::new(Uuid::nil(), Version::V2);
        assert!(slot.find("one", DAY).is_none());
        let signer = Signer {
            key: DecodingKey::from_rsa_raw_components(&[1; 256], &[1, 0, 1]),
            issuer: "https://login.example/v2.0".to_owned(),
        };
        slot.learn(HashMap::from([("one".to_owned(), signer)]));
        assert!(slot.find("one", DAY).is_some() && slot.find("two", DAY).is_none());
        let later = |hours: u64| Instant::now() + Duration::from_secs(hours * 3_600);
        assert!(slot.known(later(23), DAY).is_some());
        assert!(slot.known(later(25), DAY).is_none());
    }
}

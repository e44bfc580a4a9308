//! How much callers may ask: each viewer by themselves, and addresses from which proofs came that
//! were none.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::Subject;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::{Rate, RateConfig};

/// A request that came too early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TooMany {
    #[error("too many requests of one viewer: wait, or raise http.requests_per_minute")]
    Requests { wait: Duration },
    #[error(
        "too many requests from this address came with an unknown key or a bad token: wait, or raise \
         http.failures_per_minute"
    )]
    Failures { wait: Duration },
}

impl TooMany {
    /// How long to wait before the next request.
    pub fn wait(&self) -> Duration {
        match self {
            Self::Requests { wait } | Self::Failures { wait } => *wait,
        }
    }
}

pub struct Rates {
    viewers: Option<Limiter<Subject>>,
    failures: Option<Limiter<IpAddr>>,
    /// Until when nothing is taken from an address.
    shut: Mutex<HashMap<IpAddr, Instant>>,
}

/// After so many requests, what is known of callers who have long been quiet is forgotten.
const FORGET_EVERY: u32 = 1_000;

struct Limiter<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    asked: AtomicU32,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(rate: Rate) -> Self {
        let quota = Quota::per_minute(rate.per_minute).allow_burst(rate.burst);
        Self {
            limiter: RateLimiter::hashmap(quota),
            asked: AtomicU32::new(0),
        }
    }

    /// Counts one; how long to wait if it was one too many.
    fn count(&self, key: &K) -> Result<(), Duration> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
        }
        let counted = self.limiter.check_key(key);
        counted.map_err(|until| until.wait_time_from(DefaultClock::default().now()))
    }
}

impl Rates {
    pub fn new(config: &RateConfig) -> Self {
        Self {
            viewers: config.per_viewer.map(Limiter::new),
            failures: config.failures.map(Limiter::new),
            shut: Mutex::default(),
        }
    }

    /// Counts one request of this viewer.
    ///
    /// # Errors
    /// [`TooMany::Requests`].
    pub fn admit(&self, subject: &Subject) -> Result<(), TooMany> {
        match &self.viewers {
            Some(viewers) => viewers
                .count(subject)
                .map_err(|wait| TooMany::Requests { wait }),
            None => Ok(()),
        }
    }

    /// Whether a proof from this address is looked at.
    ///
    /// # Errors
    /// [`TooMany::Failures`].
    pub fn may_try(&self, address: IpAddr) -> Result<(), TooMany> {
        let until = self.shut().get(&network(address)).copied();
        match until.map(|until| until.saturating_duration_since(Instant::now())) {
            Some(wait) if !wait.is_zero() => Err(TooMany::Failures { wait }),
            Some(_) | None => Ok(()),
        }
    }

    /// Counts a proof that was none.
    pub fn failed(&self, address: IpAddr) {
        let Some(failures) = &self.failures else {
            return;
        };
        let network = network(address);
        if let Err(wait) = failures.count(&network) {
            let now = Instant::now();
            let mut shut = self.shut();
            shut.retain(|_, until| *until > now);
            shut.insert(network, now + wait);
        }
    }

    fn shut(&self) -> MutexGuard<'_, HashMap<IpAddr, Instant>> {
        self.shut.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One customer of a provider has all the addresses of an IPv6 network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    fn rates(per_minute: u32, burst: u32) -> Rates {
        let number = |number| NonZeroU32::new(number).unwrap();
        let rate = Rate {
            per_minute: number(per_minute),
            burst: number(burst),
        };
        Rates::new(&RateConfig {
            per_viewer: Some(rate),
            failures: Some(rate),
        })
    }

    #[test]
    fn viewers_are_counted_each_by_themselves() {
        let rates = rates(6, 3);
        let subject = |name: &str| Subject::Policy(name.to_owned());
        for _ in 0..3 {
            rates.admit(&subject("one")).unwrap();
        }
        let wait = rates.admit(&subject("one")).unwrap_err().wait();
        assert!(wait > Duration::from_secs(8) && wait <= Duration::from_secs(10));
        rates.admit(&subject("two")).unwrap();
    }

    #[test]
    fn an_address_is_shut_for_a_while_after_too_many_failures() {
        let rates = rates(6, 3);
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        for _ in 0..3 {
            rates.failed(address("2001:db8::1"));
        }
        rates.may_try(address("2001:db8::1")).unwrap();
        rates.failed(address("2001:db8::2"));
        let refused = rates.may_try(address("2001:db8::3")).unwrap_err();
        assert!(matches!(refused, TooMany::Failures { .. }));
        rates.may_try(address("2001:db8:1::1")).unwrap();
        rates.may_try(address("192.0.2.1")).unwrap();
    }
}

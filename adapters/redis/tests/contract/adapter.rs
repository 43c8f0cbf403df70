//! The Redis adapters as the behaviour suite wants them, on whatever Redis a URL names.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use registry_contract::{
    BusAdapter, CacheAdapter, Failed, HealthAdapter, LeasesAdapter, LimitsAdapter,
    LiveEventsAdapter, MockClock, SessionsAdapter, Trial,
};
use registry_domain::ports::{
    Admission, LeaseHolder, Leases, LimitKey, LiveEvents, PortError, ProbeStore, RateLimiter,
    ReplicaBus, ReplicaId, ResponseCache, SessionStore,
};
use registry_domain::rate::Limit;
use registry_redis::{
    BusOptions, LimitsOptions, RedisLeases, RedisLimits, RedisLiveEvents, RedisOptions, RedisPool,
    RedisProbeStore, RedisReplicaBus, RedisResponseCache, RedisSessions,
};
use secrecy::SecretString;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// Long enough that no busy machine makes a living replica look dead.
const LIVE_FOR: Duration = Duration::from_mins(1);

#[derive(Clone)]
pub(crate) struct Redis {
    pub(crate) url: String,
}

/// Keys apart from those of all other tests, also of another run on the same Redis.
fn prefix() -> String {
    format!("test-{:016x}:", RandomState::new().hash_one(std::process::id()))
}

impl Redis {
    async fn pool(&self, prefix: &str) -> Result<Arc<RedisPool>, Failed> {
        let options =
            RedisOptions::for_testing(SecretString::from(self.url.as_str()), prefix.to_owned());
        let stop = CancellationToken::new();
        Ok(RedisPool::open(options, Handle::current(), TaskTracker::new(), &stop).await?)
    }
}

#[async_trait]
impl SessionsAdapter for Redis {
    async fn make(
        &self,
        max_sessions: usize,
        clock: Arc<MockClock>,
    ) -> Result<Arc<dyn SessionStore>, Failed> {
        let pool = self.pool(&prefix()).await?;
        Ok(Arc::new(RedisSessions::new(pool, max_sessions, clock)))
    }
}

/// Stands in for the limits in the process. These tests must not come to them, and what it says is
/// none of what they expect.
struct Unreached;

#[async_trait]
impl RateLimiter for Unreached {
    async fn admit(&self, _keys: &[LimitKey]) -> Admission {
        let limit = Limit::per_minute(0);
        Admission::Limited { kind: "unreached", limit, retry_after: Duration::MAX }
    }
}

#[async_trait]
impl LimitsAdapter for Redis {
    fn is_shared(&self) -> bool {
        true
    }

    async fn make(
        &self,
        replicas: usize,
        clock: Arc<MockClock>,
    ) -> Result<Vec<Arc<dyn RateLimiter>>, Failed> {
        let prefix = prefix();
        let mut limiters: Vec<Arc<dyn RateLimiter>> = Vec::new();
        for _ in 0..replicas {
            let (_, live) = watch::channel(replicas);
            limiters.push(Arc::new(RedisLimits::new(
                self.pool(&prefix).await?,
                LimitsOptions::for_testing(),
                clock.clone(),
                live,
                Arc::new(Unreached),
            )));
        }
        Ok(limiters)
    }
}

#[async_trait]
impl HealthAdapter for Redis {
    async fn make(&self, _clock: Arc<MockClock>) -> Result<Arc<dyn ProbeStore>, Failed> {
        Ok(Arc::new(RedisProbeStore::new(self.pool(&prefix()).await?)))
    }
}

/// Nobody holds anything where Redis is not reached: these tests must not come to it.
#[async_trait]
impl Leases for Unreached {
    async fn try_acquire(&self, _: &str, _: LeaseHolder, _: Duration) -> Result<bool, PortError> {
        Err(PortError::NotFound)
    }

    async fn renew(&self, _: &str, _: LeaseHolder, _: Duration) -> Result<bool, PortError> {
        Err(PortError::NotFound)
    }

    async fn release(&self, _: &str, _: LeaseHolder) -> Result<(), PortError> {
        Err(PortError::NotFound)
    }
}

#[async_trait]
impl LeasesAdapter for Redis {
    async fn make(
        &self,
        replicas: usize,
        _clock: Arc<MockClock>,
    ) -> Result<Vec<Arc<dyn Leases>>, Failed> {
        let prefix = prefix();
        let mut leases: Vec<Arc<dyn Leases>> = Vec::new();
        for _ in 0..replicas {
            let pool = self.pool(&prefix).await?;
            leases.push(Arc::new(RedisLeases::new(pool, Arc::new(Unreached))));
        }
        Ok(leases)
    }
}

#[async_trait]
impl CacheAdapter for Redis {
    async fn make(
        &self,
        max_values: usize,
        max_bytes: usize,
        clock: Arc<MockClock>,
    ) -> Result<Arc<dyn ResponseCache>, Failed> {
        let pool = self.pool(&prefix()).await?;
        Ok(Arc::new(RedisResponseCache::new(pool, max_values, max_bytes, clock)))
    }
}

#[async_trait]
impl BusAdapter for Redis {
    async fn make(&self, replicas: usize) -> Result<Vec<Arc<dyn ReplicaBus>>, Failed> {
        let prefix = prefix();
        let options = BusOptions { live_for: LIVE_FOR, ..BusOptions::default() };
        let mut buses: Vec<Arc<dyn ReplicaBus>> = Vec::new();
        for number in (1..).take(replicas) {
            let (pool, id) = (self.pool(&prefix).await?, ReplicaId(Uuid::from_u128(number)));
            buses.push(Arc::new(RedisReplicaBus::open(pool, id, options).await?));
        }
        Ok(buses)
    }
}

#[async_trait]
impl LiveEventsAdapter for Redis {
    async fn make(
        &self,
        replicas: usize,
        max_events: usize,
    ) -> Result<Vec<Arc<dyn LiveEvents>>, Failed> {
        let prefix = prefix();
        // The poll must not be what wakes a waiter in time.
        let poll_interval = Duration::from_hours(1);
        let mut live: Vec<Arc<dyn LiveEvents>> = Vec::new();
        for _ in 0..replicas {
            let pool = self.pool(&prefix).await?;
            live.push(Arc::new(
                RedisLiveEvents::open(pool, "log", max_events, poll_interval).await?,
            ));
        }
        Ok(live)
    }
}

/// All behaviours on one Redis.
pub(crate) fn trials(url: String) -> Vec<Trial> {
    let redis = Redis { url };
    let mut trials = registry_contract::session_stores(redis.clone());
    trials.extend(registry_contract::rate_limiters(redis.clone()));
    trials.extend(registry_contract::probe_stores(redis.clone()));
    trials.extend(registry_contract::leases(redis.clone()));
    trials.extend(registry_contract::response_caches(redis.clone()));
    trials.extend(registry_contract::replica_buses(redis.clone()));
    trials.extend(registry_contract::live_events(redis));
    trials
}

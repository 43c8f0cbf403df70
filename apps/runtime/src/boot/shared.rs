//! What replicas share: on Redis; without one they meet at PostgreSQL, and each process counts for
//! itself.

use std::sync::Arc;
use std::time::Duration;

use registry_domain::ports::{
    Clock, HealthStore, LiveEvents, RateLimiter, RegistryPorts, ReplicaBus, ReplicaId,
    SessionStore, StoreHealth,
};
use registry_embedded::{
    EmbeddedHealthStore, EmbeddedLimits, EmbeddedLiveEvents, EmbeddedSessions,
};
use registry_live_feed::OpenRecent;
use registry_postgres::{PgBusOptions, PgOptions, PgReplicaBus};
use registry_redis::{
    BusOptions, LimitsOptions, RedisHealth, RedisHealthStore, RedisLimits, RedisLiveEvents,
    RedisOptions, RedisPool, RedisReplicaBus, RedisSessions,
};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::BootError;
use crate::settings::{Database, Settings};

/// The most callers and addresses whose requests are counted at a time.
const MOST_LIMIT_KEYS: usize = 100_000;

/// The most sessions and one-time tickets at a time.
const MOST_SESSIONS: usize = 100_000;

/// How many of the newest events are kept for clients who come back.
const NEWEST_EVENTS: usize = 2_000;

/// How long a lost message of Redis can delay those who wait for news.
const NEWS_POLL: Duration = Duration::from_secs(5);

/// How long Redis or PostgreSQL may take to hear the last words: all that they save is a moment until the others
/// notice by themselves.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(2);

/// What replicas share.
pub(crate) struct Shared {
    /// Counts requests.
    pub(crate) limiter: Arc<dyn RateLimiter>,
    /// The last probe of each server.
    pub(crate) probes: Arc<dyn HealthStore>,
    /// Small values with an end.
    pub(crate) sessions: Arc<dyn SessionStore>,
    /// Whether it all answers, where somebody is asked.
    pub(crate) health: Option<Arc<dyn StoreHealth>>,
    redis: Option<Arc<RedisPool>>,
    /// How replicas find each other; it lives as long as the process does.
    _bus: Option<Box<dyn ReplicaBus>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Shared {
    /// Opens Redis where the settings name one, and joins the other replicas.
    ///
    /// # Errors
    /// [`BootError`] when it does not answer.
    pub(crate) async fn start(
        settings: &Settings,
        registry: &RegistryPorts,
    ) -> Result<Self, BootError> {
        let in_process = Arc::new(EmbeddedLimits::new(MOST_LIMIT_KEYS, registry.clock.clone()));
        if let Some(options) = &settings.redis.options {
            return Self::on_redis(options.clone(), registry, in_process).await;
        }
        match &settings.store.database {
            Database::Postgres(options) => Self::on_postgres(options, registry, in_process).await,
            Database::File(_) => Ok(Self::in_process(&registry.clock, in_process)),
        }
    }

    async fn on_postgres(
        options: &PgOptions,
        registry: &RegistryPorts,
        limiter: Arc<dyn RateLimiter>,
    ) -> Result<Self, BootError> {
        tracing::warn!(
            "MREG_REDIS_URL is not set: replicas meet at PostgreSQL, and each process counts rate \
             limits for itself"
        );
        let shared = Self::in_process(&registry.clock, limiter);
        let replica = ReplicaId(registry.ids.next());
        let on = (Handle::current(), shared.tasks.clone());
        let bus = PgReplicaBus::open(options, replica, PgBusOptions::default(), on, &shared.stop)
            .await
            .map_err(|error| BootError::part("the replica bus cannot be joined", error))?;
        Ok(Self { _bus: Some(Box::new(bus)), ..shared })
    }

    fn in_process(clock: &Arc<dyn Clock>, limiter: Arc<dyn RateLimiter>) -> Self {
        Self {
            limiter,
            probes: Arc::new(EmbeddedHealthStore::new(Arc::clone(clock))),
            sessions: Arc::new(EmbeddedSessions::new(MOST_SESSIONS, Arc::clone(clock))),
            health: None,
            redis: None,
            _bus: None,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    async fn on_redis(
        options: RedisOptions,
        registry: &RegistryPorts,
        in_process: Arc<dyn RateLimiter>,
    ) -> Result<Self, BootError> {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let pool = RedisPool::open(options, Handle::current(), tasks.clone(), &stop)
            .await
            .map_err(|error| BootError::part("Redis cannot be used", error))?;
        let replica = ReplicaId(registry.ids.next());
        let bus = RedisReplicaBus::open(Arc::clone(&pool), replica, BusOptions::default())
            .await
            .map_err(|error| BootError::part("the replica bus cannot be joined", error))?;
        let limiter = RedisLimits::new(
            Arc::clone(&pool),
            LimitsOptions::default(),
            Arc::clone(&registry.clock),
            bus.live_count(),
            in_process,
        );
        Ok(Self {
            limiter: Arc::new(limiter),
            probes: Arc::new(RedisHealthStore::new(Arc::clone(&pool))),
            sessions: Arc::new(RedisSessions::new(
                Arc::clone(&pool),
                MOST_SESSIONS,
                Arc::clone(&registry.clock),
            )),
            health: Some(Arc::new(RedisHealth::new(Arc::clone(&pool)))),
            redis: Some(pool),
            _bus: Some(Box::new(bus)),
            tasks,
            stop,
        })
    }

    /// Opens what keeps the newest events of a log.
    pub(crate) fn recent_events(&self) -> OpenRecent {
        let redis = self.redis.clone();
        Box::new(move |log| {
            let redis = redis.clone();
            Box::pin(async move {
                let recent: Arc<dyn LiveEvents> = match redis {
                    Some(pool) => {
                        Arc::new(RedisLiveEvents::open(pool, &log, NEWEST_EVENTS, NEWS_POLL).await?)
                    }
                    None => Arc::new(EmbeddedLiveEvents::new(NEWEST_EVENTS)),
                };
                Ok(recent)
            })
        })
    }

    /// Says goodbye to the others, and closes what was opened.
    pub(crate) async fn finish(&self) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(LAST_WORDS_WITHIN, self.tasks.wait()).await.is_err() {
            tracing::warn!("Redis or PostgreSQL does not answer: other replicas get no goodbye");
        }
    }
}

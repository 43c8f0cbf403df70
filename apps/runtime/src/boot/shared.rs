//! What replicas share: on Redis; without one they meet at PostgreSQL, and each process counts for
//! itself.

use std::sync::Arc;
use std::time::Duration;

use registry_domain::ports::{
    Leases, LiveEvents, ProbeStore, RateLimiter, RegistryPorts, ReplicaBus, ReplicaId,
    ResponseCache, SessionStore, StoreHealth,
};
use registry_embedded::{
    EmbeddedLimits, EmbeddedLiveEvents, EmbeddedReplicaBus, EmbeddedResponseCache, EmbeddedSessions,
};
use registry_http_edge::reads::Answers;
use registry_live_feed::OpenRecent;
use registry_postgres::{PgBusOptions, PgOptions, PgReplicaBus};
use registry_redis::{
    BusOptions, LimitsOptions, RedisHealth, RedisLeases, RedisLimits, RedisLiveEvents,
    RedisOptions, RedisPool, RedisProbeStore, RedisReplicaBus, RedisResponseCache, RedisSessions,
};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{BootError, Freshness, Storage};
use crate::settings::{Database, Settings};

/// The most callers and addresses whose requests are counted at a time.
const MOST_LIMIT_KEYS: usize = 100_000;

/// The most sessions and one-time tickets at a time.
const MOST_SESSIONS: usize = 100_000;

/// How many of the newest events are kept for clients who come back.
const NEWEST_EVENTS: usize = 2_000;

/// How long a lost message of Redis can delay those who wait for news.
const NEWS_POLL: Duration = Duration::from_secs(5);
/// The most answers that are kept, in this process or for all replicas, and the most bytes of one.
const MOST_ANSWERS_IN_PROCESS: usize = 500;
const MOST_ANSWERS_SHARED: usize = 10_000;
const MOST_ANSWER_BYTES: usize = 128 << 10;

/// How long Redis or PostgreSQL may take to hear the last words: all that they save is a moment until the others
/// notice by themselves.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(2);

/// What replicas share.
pub(crate) struct Shared {
    /// Counts requests.
    pub(crate) limiter: Arc<dyn RateLimiter>,
    /// The last probe of each server.
    pub(crate) probes: Arc<dyn ProbeStore>,
    /// Small values with an end.
    pub(crate) sessions: Arc<dyn SessionStore>,
    /// What is kept for a while.
    pub(crate) cache: Arc<dyn ResponseCache>,
    /// Who may give an answer that is kept there: every replica hears of a commit before the one
    /// who wrote is answered, this process alone, or nobody.
    kept_for: KeptFor,
    /// Which replica does what one is to do.
    pub(crate) leases: Arc<dyn Leases>,
    /// Whether it all answers, where somebody is asked.
    pub(crate) health: Option<Arc<dyn StoreHealth>>,
    redis: Option<Arc<RedisPool>>,
    /// How replicas find and ask each other; it lives as long as the process does.
    pub(crate) bus: Arc<dyn ReplicaBus>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Who may give kept answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeptFor {
    AllReplicas,
    ThisProcess,
    /// Other replicas write, and there is no place where all of them look.
    Nobody,
}

impl Shared {
    /// What lets go of kept answers, where any are kept, here or by other replicas.
    pub(crate) fn freshness(
        &self,
        settings: &Settings,
        registry: &RegistryPorts,
    ) -> Option<Arc<Freshness>> {
        let ttl = settings.cache.response_ttl;
        let wanted = match self.kept_for {
            KeptFor::AllReplicas => true,
            KeptFor::ThisProcess => !ttl.is_zero(),
            KeptFor::Nobody => false,
        };
        wanted.then(|| {
            let (clock, ids) = (Arc::clone(&registry.clock), Arc::clone(&registry.ids));
            Freshness::of(Arc::new(Answers::new(Arc::clone(&self.cache), ttl, clock, ids)))
        })
    }

    /// What is waited for at the end.
    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Opens Redis where the settings name one, and joins the other replicas.
    ///
    /// # Errors
    /// [`BootError`] when it does not answer.
    pub(crate) async fn start(settings: &Settings, open: &Storage) -> Result<Self, BootError> {
        let registry = &open.ports;
        let in_process = Arc::new(EmbeddedLimits::new(MOST_LIMIT_KEYS, registry.clock.clone()));
        if let Some(options) = &settings.redis.options {
            return Self::on_redis(options.clone(), registry, in_process).await;
        }
        match &settings.store.database {
            Database::Postgres(options) => {
                let shared = Self::on_postgres(options, registry, in_process).await?;
                let sessions = open.sessions(MOST_SESSIONS).unwrap_or(shared.sessions);
                Ok(Self { sessions, ..shared })
            }
            Database::File(_) => Ok(Self::in_process(registry, in_process)),
        }
    }

    async fn on_postgres(
        options: &PgOptions,
        registry: &RegistryPorts,
        limiter: Arc<dyn RateLimiter>,
    ) -> Result<Self, BootError> {
        tracing::warn!(
            "MREG_REDIS_URL is not set: replicas meet at PostgreSQL, each process counts rate limits \
             for itself, and no answers are kept"
        );
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let replica = ReplicaId(registry.ids.next());
        let on = (Handle::current(), tasks.clone());
        let bus = PgReplicaBus::open(options, replica, PgBusOptions::default(), on, &stop)
            .await
            .map_err(|error| BootError::part("the replica bus cannot be joined", error))?;
        Ok(Self {
            bus: Arc::new(bus),
            kept_for: KeptFor::Nobody,
            tasks,
            stop,
            ..Self::in_process(registry, limiter)
        })
    }

    fn in_process(registry: &RegistryPorts, limiter: Arc<dyn RateLimiter>) -> Self {
        let replica = ReplicaId(registry.ids.next());
        Self {
            limiter,
            probes: Arc::clone(&registry.probes),
            leases: Arc::clone(&registry.leases),
            sessions: Arc::new(EmbeddedSessions::new(MOST_SESSIONS, Arc::clone(&registry.clock))),
            cache: Arc::new(EmbeddedResponseCache::new(
                MOST_ANSWERS_IN_PROCESS,
                MOST_ANSWER_BYTES,
                Arc::clone(&registry.clock),
            )),
            kept_for: KeptFor::ThisProcess,
            health: None,
            redis: None,
            bus: Arc::new(EmbeddedReplicaBus::join(Arc::default(), replica)),
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
            probes: Arc::new(RedisProbeStore::new(Arc::clone(&pool))),
            leases: Arc::new(RedisLeases::new(Arc::clone(&pool), Arc::clone(&registry.leases))),
            sessions: Arc::new(RedisSessions::new(
                Arc::clone(&pool),
                MOST_SESSIONS,
                Arc::clone(&registry.clock),
            )),
            cache: Arc::new(RedisResponseCache::new(
                Arc::clone(&pool),
                MOST_ANSWERS_SHARED,
                MOST_ANSWER_BYTES,
                Arc::clone(&registry.clock),
            )),
            kept_for: KeptFor::AllReplicas,
            health: Some(Arc::new(RedisHealth::new(Arc::clone(&pool)))),
            redis: Some(pool),
            bus: Arc::new(bus),
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

//! Runs the behaviour suite on the embedded adapters.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use parking_lot::Mutex;
use registry_contract::{
    BusAdapter, CacheAdapter, Failed, HealthAdapter, LeasesAdapter, LimitsAdapter,
    LiveEventsAdapter, MockClock, SessionsAdapter, StoreAdapter, StoreInstance, StorePorts,
};
use registry_domain::ports::{
    CommitWatch, LeaseHolder, Leases, LiveEvents, PortError, ProbeStore, RateLimiter, ReplicaBus,
    ReplicaId, ResponseCache, SessionStore,
};
use registry_embedded::{
    BusHub, EmbeddedLimits, EmbeddedLiveEvents, EmbeddedOptions, EmbeddedProbeStore,
    EmbeddedReplicaBus, EmbeddedResponseCache, EmbeddedSessions, EmbeddedStore,
};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

struct Embedded;

#[async_trait]
impl StoreAdapter for Embedded {
    fn is_shared_between_processes(&self) -> bool {
        true
    }

    async fn make(&self, clock: Arc<MockClock>) -> Result<Box<dyn StoreInstance>, Failed> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("data").join("registry.db");
        let open = Mutex::new(open(&path, &clock).await?);
        Ok(Box::new(OneFile { path, clock, open, _folder: folder }))
    }
}

struct OneFile {
    path: PathBuf,
    clock: Arc<MockClock>,
    open: Mutex<(Arc<EmbeddedStore>, TaskTracker)>,
    _folder: TempDir,
}

async fn open(
    path: &std::path::Path,
    clock: &Arc<MockClock>,
) -> Result<(Arc<EmbeddedStore>, TaskTracker), Failed> {
    let (options, tracker) = (EmbeddedOptions::for_testing(), TaskTracker::new());
    let clock = Arc::clone(clock);
    let handle = Handle::current();
    let store = EmbeddedStore::open(path, options, clock, handle, tracker.clone()).await?;
    Ok((store, tracker))
}

#[async_trait]
impl StoreInstance for OneFile {
    fn ports(&self) -> StorePorts {
        StorePorts::of(Arc::clone(&self.open.lock().0))
    }

    fn watch_commits(&self, watch: Arc<dyn CommitWatch>) {
        self.open.lock().0.watch_commits(watch);
    }

    async fn reopen(&self) -> Result<(), Failed> {
        let tracker = self.open.lock().1.clone();
        tracker.close();
        tracker.wait().await;
        let opened = open(&self.path, &self.clock).await?;
        *self.open.lock() = opened;
        Ok(())
    }

    async fn open_beside(&self) -> Result<Option<StorePorts>, Failed> {
        Ok(Some(StorePorts::of(open(&self.path, &self.clock).await?.0)))
    }

    async fn run_sql(&self, sql: &str) -> Result<(), Failed> {
        let mut conn = SqliteConnection::establish(&self.path.to_string_lossy())?;
        conn.batch_execute("PRAGMA busy_timeout = 10000")?;
        Ok(conn.batch_execute(sql)?)
    }
}

struct InMemory;

#[async_trait]
impl SessionsAdapter for InMemory {
    async fn make(
        &self,
        max_sessions: usize,
        clock: Arc<MockClock>,
    ) -> Result<Arc<dyn SessionStore>, Failed> {
        Ok(Arc::new(EmbeddedSessions::new(max_sessions, clock)))
    }
}

#[async_trait]
impl LimitsAdapter for InMemory {
    fn is_shared(&self) -> bool {
        false
    }

    async fn make(
        &self,
        replicas: usize,
        clock: Arc<MockClock>,
    ) -> Result<Vec<Arc<dyn RateLimiter>>, Failed> {
        let one =
            || -> Arc<dyn RateLimiter> { Arc::new(EmbeddedLimits::new(10_000, clock.clone())) };
        Ok((0..replicas).map(|_| one()).collect())
    }
}

#[async_trait]
impl HealthAdapter for InMemory {
    async fn make(&self, clock: Arc<MockClock>) -> Result<Arc<dyn ProbeStore>, Failed> {
        Ok(Arc::new(EmbeddedProbeStore::new(clock)))
    }
}

/// Leases with the file that they are in.
struct InFile {
    store: Arc<EmbeddedStore>,
    _folder: Arc<TempDir>,
}

#[async_trait]
impl Leases for InFile {
    async fn try_acquire(
        &self,
        name: &str,
        holder: LeaseHolder,
        ttl: Duration,
    ) -> Result<bool, PortError> {
        self.store.try_acquire(name, holder, ttl).await
    }

    async fn renew(
        &self,
        name: &str,
        holder: LeaseHolder,
        ttl: Duration,
    ) -> Result<bool, PortError> {
        self.store.renew(name, holder, ttl).await
    }

    async fn release(&self, name: &str, holder: LeaseHolder) -> Result<(), PortError> {
        self.store.release(name, holder).await
    }
}

#[async_trait]
impl LeasesAdapter for Embedded {
    async fn make(
        &self,
        replicas: usize,
        clock: Arc<MockClock>,
    ) -> Result<Vec<Arc<dyn Leases>>, Failed> {
        let folder = Arc::new(tempfile::tempdir()?);
        let path = folder.path().join("registry.db");
        let mut leases: Vec<Arc<dyn Leases>> = Vec::new();
        for _ in 0..replicas {
            let (options, clock) = (EmbeddedOptions::for_testing(), clock.clone());
            let (handle, tracker) = (Handle::current(), TaskTracker::new());
            let store = EmbeddedStore::open(&path, options, clock, handle, tracker).await?;
            leases.push(Arc::new(InFile { store, _folder: Arc::clone(&folder) }));
        }
        Ok(leases)
    }
}

#[async_trait]
impl CacheAdapter for InMemory {
    async fn make(
        &self,
        max_values: usize,
        max_bytes: usize,
        clock: Arc<MockClock>,
    ) -> Result<Arc<dyn ResponseCache>, Failed> {
        Ok(Arc::new(EmbeddedResponseCache::new(max_values, max_bytes, clock)))
    }
}

#[async_trait]
impl BusAdapter for InMemory {
    async fn make(&self, replicas: usize) -> Result<Vec<Arc<dyn ReplicaBus>>, Failed> {
        let hub = Arc::new(BusHub::default());
        let ids = (1..).take(replicas).map(|number| ReplicaId(Uuid::from_u128(number)));
        Ok(ids
            .map(|id| -> Arc<dyn ReplicaBus> {
                Arc::new(EmbeddedReplicaBus::join(Arc::clone(&hub), id))
            })
            .collect())
    }
}

#[async_trait]
impl LiveEventsAdapter for InMemory {
    async fn make(
        &self,
        replicas: usize,
        max_events: usize,
    ) -> Result<Vec<Arc<dyn LiveEvents>>, Failed> {
        // Two of one process share one value.
        let live: Arc<dyn LiveEvents> = Arc::new(EmbeddedLiveEvents::new(max_events));
        Ok(vec![live; replicas])
    }
}

fn main() -> ExitCode {
    let mut trials = registry_contract::stores(Embedded);
    trials.extend(registry_contract::session_stores(InMemory));
    trials.extend(registry_contract::rate_limiters(InMemory));
    trials.extend(registry_contract::probe_stores(InMemory));
    trials.extend(registry_contract::leases(Embedded));
    trials.extend(registry_contract::response_caches(InMemory));
    trials.extend(registry_contract::replica_buses(InMemory));
    trials.extend(registry_contract::live_events(InMemory));
    registry_contract::run(trials)
}

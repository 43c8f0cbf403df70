//! What the behaviour suite needs to know of this adapter.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use registry_contract::{
    Failed, LeasesAdapter, MockClock, SessionsAdapter, StoreAdapter, StoreInstance, StorePorts,
};
use registry_domain::ports::{CommitWatch, LeaseHolder, Leases, PortError, SessionStore};
use registry_postgres::{PgSessions, PgStore};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::cluster::Database;

/// Stores on PostgreSQL.
pub(crate) struct Postgres;

#[async_trait]
impl StoreAdapter for Postgres {
    fn is_shared_between_processes(&self) -> bool {
        true
    }

    async fn make(&self, clock: Arc<MockClock>) -> Result<Box<dyn StoreInstance>, Failed> {
        let database = Database::migrated().await?;
        let open = Mutex::new(open(&database, &clock).await?);
        Ok(Box::new(OneDatabase { open, clock, database }))
    }
}

#[async_trait]
impl SessionsAdapter for Postgres {
    async fn make(
        &self,
        max_sessions: usize,
        clock: Arc<MockClock>,
    ) -> Result<Arc<dyn SessionStore>, Failed> {
        let database = Database::migrated().await?;
        let (store, _) = open(&database, &clock).await?;
        let sessions = PgSessions::new(store, max_sessions);
        Ok(Arc::new(Sessions { sessions, _database: database }))
    }
}

type Open = (Arc<PgStore>, TaskTracker);

async fn open(database: &Database, clock: &Arc<MockClock>) -> Result<Open, Failed> {
    let (tracker, clock) = (TaskTracker::new(), Arc::clone(clock));
    let handle = Handle::current();
    let store = PgStore::open(database.options()?, clock, handle, tracker.clone()).await?;
    Ok((store, tracker))
}

struct OneDatabase {
    open: Mutex<Open>,
    clock: Arc<MockClock>,
    database: Database,
}

#[async_trait]
impl StoreInstance for OneDatabase {
    fn ports(&self) -> StorePorts {
        StorePorts::of(Arc::clone(&self.open.lock().0))
    }

    fn watch_commits(&self, watch: Arc<dyn CommitWatch>) {
        self.open.lock().0.watch_commits(watch);
    }

    async fn reopen(&self) -> Result<(), Failed> {
        let (store, tracker) = self.open.lock().clone();
        tracker.close();
        tracker.wait().await;
        store.close().await;
        let opened = open(&self.database, &self.clock).await?;
        *self.open.lock() = opened;
        Ok(())
    }

    async fn open_beside(&self) -> Result<Option<StorePorts>, Failed> {
        Ok(Some(StorePorts::of(open(&self.database, &self.clock).await?.0)))
    }

    async fn run_sql(&self, sql: &str) -> Result<(), Failed> {
        Ok(self.database.connect().await?.batch_execute(sql).await?)
    }
}

#[async_trait]
impl LeasesAdapter for Postgres {
    async fn make(
        &self,
        replicas: usize,
        clock: Arc<MockClock>,
    ) -> Result<Vec<Arc<dyn Leases>>, Failed> {
        let database = Arc::new(Database::migrated().await?);
        let mut leases: Vec<Arc<dyn Leases>> = Vec::new();
        for _ in 0..replicas {
            let (store, _) = open(&database, &clock).await?;
            leases.push(Arc::new(InDatabase { store, _database: Arc::clone(&database) }));
        }
        Ok(leases)
    }
}

/// Leases with the database that they are in.
struct InDatabase {
    store: Arc<PgStore>,
    _database: Arc<Database>,
}

#[async_trait]
impl Leases for InDatabase {
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

/// Sessions with the database that they are in.
struct Sessions {
    sessions: PgSessions,
    _database: Database,
}

#[async_trait]
impl SessionStore for Sessions {
    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), PortError> {
        self.sessions.put(key, value, ttl).await
    }

    async fn find(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        self.sessions.find(key).await
    }

    async fn take(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        self.sessions.take(key).await
    }
}

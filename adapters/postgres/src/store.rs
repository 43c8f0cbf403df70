//! The store: one database, open.

use std::fmt;
use std::sync::{Arc, OnceLock};

use registry_domain::ports::{Clock, CommitWatch, Source};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::connection::{Connections, Connector, pool};
use crate::error::StoreError;
use crate::events;
use crate::follow::follow;
use crate::keeper::{fill, keep};
use crate::migrate;
use crate::open_error::OpenError;
use crate::options::PgOptions;

/// What the tasks of an open store share.
pub(crate) struct Core {
    pub(crate) options: PgOptions,
    pub(crate) pool: Connections,
    /// The newest event's position that this process knows of.
    pub(crate) newest: watch::Sender<i64>,
    /// Who hears of commits.
    pub(crate) commits: OnceLock<Arc<dyn CommitWatch>>,
}

/// The registry in one PostgreSQL database. Many processes may have the same one open.
pub struct PgStore {
    pub(crate) core: Arc<Core>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The main runtime: it outlives the workers that call.
    pub(crate) handle: Handle,
    /// What shutdown waits for.
    pub(crate) tracker: TaskTracker,
    /// One health check at a time.
    pub(crate) health_turns: Arc<Semaphore>,
    /// The tasks that look after the pool and listen for events. They end with the store.
    background: TaskTracker,
    stop: DropGuard,
}

impl PgStore {
    /// Opens the database and, unless the options say otherwise, brings its schema up to date.
    ///
    /// Connections are opened and queries run on `handle`, the process's main runtime (with time
    /// and I/O enabled), whoever calls; `tracker` says when the last write has ended.
    ///
    /// # Errors
    /// [`OpenError`]: which database, and what is the matter with it.
    pub async fn open(
        options: PgOptions,
        clock: Arc<dyn Clock>,
        handle: Handle,
        tracker: TaskTracker,
    ) -> Result<Arc<Self>, OpenError> {
        let connector = Connector::new(&options)?;
        let database = options.address.to_string();
        let prepared = handle.spawn(prepare(connector.clone(), options));
        let core = prepared.await.unwrap_or_else(|cut_off| {
            Err(OpenError::Unreachable { database, source: Box::new(cut_off) })
        })?;
        let core = Arc::new(core);
        let (background, stop) = (TaskTracker::new(), CancellationToken::new());
        let keeping = keep(core.pool.clone(), core.options.clone());
        background.spawn_on(stop.clone().run_until_cancelled_owned(keeping), &handle);
        let following = follow(connector.named("events"), Arc::clone(&core));
        background.spawn_on(stop.clone().run_until_cancelled_owned(following), &handle);
        let stop = stop.drop_guard();
        let health_turns = Arc::new(Semaphore::new(1));
        Ok(Arc::new(Self { core, clock, handle, tracker, health_turns, background, stop }))
    }

    /// Tells somebody of every commit from now on. There is one who is told: a second is not.
    pub fn watch_commits(&self, watch: Arc<dyn CommitWatch>) {
        let _ = self.core.commits.set(watch);
    }

    /// Closes all connections: for the end of the process, after the last write has ended. What
    /// is asked afterwards is refused as unavailable.
    pub async fn close(&self) {
        self.stop.token().cancel();
        self.core.pool.close();
        self.background.close();
        self.background.wait().await;
    }
}

async fn prepare(connector: Connector, options: PgOptions) -> Result<Core, OpenError> {
    let unreachable =
        |source: Source| OpenError::Unreachable { database: options.address.to_string(), source };
    migrate::check(&connector, &options).await?;
    let pool = pool(&connector, options.max_connections)
        .map_err(|source| unreachable(Box::new(source)))?;
    fill(&pool, options.min_connections.clamp(1, options.max_connections.max(1)))
        .await
        .map_err(|source| unreachable(Box::new(source)))?;
    let mut conn = pool.get().await.map_err(|source| unreachable(Box::new(source)))?;
    let latest = events::latest(&mut conn)
        .await
        .map_err(|source: StoreError| unreachable(Box::new(source)))?;
    drop(conn);
    Ok(Core { options, pool, newest: watch::Sender::new(latest), commits: OnceLock::new() })
}

impl fmt::Debug for PgStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PgStore").field("options", &self.core.options).finish_non_exhaustive()
    }
}

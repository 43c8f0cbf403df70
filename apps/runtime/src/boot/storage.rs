//! The store: a SQLite file, or PostgreSQL.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use registry_domain::ports::{
    ApiKeyStore, Archive, Clock, CollectionStore, CommitWatch, CredentialVault, DocumentStore,
    EventLog, GrantStore, Leases, LinkStore, OAuthStore, OperationLog, RegistrationStore,
    RegistryPorts, SealStore, Sealer, ServerCatalog, SessionStore, StoreHealth, Upstream,
    UserStore,
};
use registry_embedded::{EmbeddedOptions, EmbeddedProbeStore, EmbeddedStore};
use registry_postgres::{PgSessions, PgStore};
use registry_upstream::{Links, Upstreams};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use super::{BootError, upstream_settings};
use crate::clock::{SystemClock, TimeOrderedIds};
use crate::sealing;
use crate::settings::{Database, Settings};
use crate::telemetry::MeteredUpstream;

/// How long a write may take to end that nobody waits for any more. Who waited was answered before.
const LAST_WRITES_WITHIN: Duration = Duration::from_secs(5);

/// The store and what belongs to it: enough for commands that do not serve.
pub(crate) struct Storage {
    pub(crate) ports: RegistryPorts,
    pub(crate) seals: Arc<dyn SealStore>,
    /// The connections to servers that are not asked over streamable HTTP.
    pub(crate) links: Arc<Links>,
    writes: TaskTracker,
    store: Store,
}

enum Store {
    File(Arc<EmbeddedStore>),
    Postgres(Arc<PgStore>),
}

impl Storage {
    /// What an authorization server keeps.
    pub(crate) fn oauth(&self) -> Arc<dyn OAuthStore> {
        match &self.store {
            Store::File(store) => Arc::<EmbeddedStore>::clone(store),
            Store::Postgres(store) => Arc::<PgStore>::clone(store),
        }
    }

    /// What people granted at servers.
    pub(crate) fn grants(&self) -> Arc<dyn GrantStore> {
        match &self.store {
            Store::File(store) => Arc::<EmbeddedStore>::clone(store),
            Store::Postgres(store) => Arc::<PgStore>::clone(store),
        }
    }

    /// Everything that lasts.
    pub(crate) fn archive(&self) -> Arc<dyn Archive> {
        match &self.store {
            Store::File(store) => Arc::<EmbeddedStore>::clone(store),
            Store::Postgres(store) => Arc::<PgStore>::clone(store),
        }
    }

    /// Sessions beside what is stored, where replicas can meet there.
    pub(crate) fn sessions(&self, most: usize) -> Option<Arc<dyn SessionStore>> {
        match &self.store {
            Store::File(_) => None,
            Store::Postgres(store) => Some(Arc::new(PgSessions::new(Arc::clone(store), most))),
        }
    }

    /// Waits until everything that was begun is written, but not for long on a database that says
    /// nothing, and closes what was opened.
    pub(crate) async fn finish(&self) {
        self.links.finish().await;
        self.writes.close();
        if tokio::time::timeout(LAST_WRITES_WITHIN, self.writes.wait()).await.is_err() {
            tracing::warn!(
                "the database does not answer: writes that nobody waits for are given up"
            );
        }
        if let Store::Postgres(store) = &self.store {
            store.close().await;
        }
    }

    /// Tells somebody of every commit from now on.
    pub(crate) fn watch_commits(&self, watch: Arc<dyn CommitWatch>) {
        match &self.store {
            Store::File(store) => store.watch_commits(watch),
            Store::Postgres(store) => store.watch_commits(watch),
        }
    }
}

/// Opens the store, bringing its schema up to date if the settings say so, and puts the registry's
/// ports together.
///
/// # Errors
/// [`BootError`].
pub(crate) async fn storage(settings: &Settings) -> Result<Storage, BootError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    make_data_dir(&settings.store.data_dir)?;
    let sealer = sealing::start(settings)?;
    let writes = TaskTracker::new();
    let (handle, tracker) = (Handle::current(), writes.clone());
    let programs = settings.programs.programs.clone().unwrap_or_default();
    let links = Links::new(upstream_settings(settings), handle.clone(), programs);
    let upstream = Upstreams::new(upstream_settings(settings), Arc::clone(&links));
    let upstream: Arc<dyn Upstream> = Arc::new(MeteredUpstream(Arc::new(upstream)));
    let outside = (sealer, upstream);
    match &settings.store.database {
        Database::File(path) => {
            let options = EmbeddedOptions::default();
            let store =
                EmbeddedStore::open(path, options, Arc::clone(&clock), handle, tracker).await;
            let store = store.map_err(unopened)?;
            let ports = ports(settings, Arc::clone(&store), clock, outside);
            let seals = store.clone();
            let store = Store::File(store);
            Ok(Storage { ports, seals, links, writes, store })
        }
        Database::Postgres(options) => {
            let options = options.as_ref().clone();
            let store = PgStore::open(options, Arc::clone(&clock), handle, tracker).await;
            let store = store.map_err(unopened)?;
            let ports = ports(settings, Arc::clone(&store), clock, outside);
            let seals = store.clone();
            let store = Store::Postgres(store);
            Ok(Storage { ports, seals, links, writes, store })
        }
    }
}

fn unopened(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> BootError {
    BootError::part("the database cannot be opened", error)
}

fn ports<S>(
    settings: &Settings,
    store: Arc<S>,
    clock: Arc<dyn Clock>,
    (sealer, upstream): (Arc<dyn Sealer>, Arc<dyn Upstream>),
) -> RegistryPorts
where
    S: RegistrationStore
        + ServerCatalog
        + UserStore
        + DocumentStore
        + LinkStore
        + EventLog
        + OperationLog
        + ApiKeyStore
        + CredentialVault
        + CollectionStore
        + Leases
        + StoreHealth
        + 'static,
{
    RegistryPorts {
        registrations: store.clone(),
        servers: store.clone(),
        users: store.clone(),
        documents: store.clone(),
        links: store.clone(),
        events: store.clone(),
        operations: store.clone(),
        api_keys: store.clone(),
        collections: store.clone(),
        vault: store.clone(),
        sealer,
        upstream,
        probes: Arc::new(EmbeddedProbeStore::new(Arc::clone(&clock))),
        leases: store.clone(),
        health: store,
        shared: None,
        clock,
        ids: Arc::new(TimeOrderedIds),
        policy: settings.registry.policy,
    }
}

fn make_data_dir(path: &Path) -> Result<(), BootError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| BootError::DataDir { path: path.display().to_string(), source })
}

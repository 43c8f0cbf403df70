//! What an adapter's test provides: how to make a store, and what may be done to it from outside.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use libtest_mimic::Failed;
use registry_domain::ports::{
    ApiKeyStore, Archive, CollectionStore, CommitWatch, CredentialVault, DocumentStore, EventLog,
    GrantStore, LinkStore, OAuthStore, OperationLog, RegistrationStore, SealStore, ServerCatalog,
    StoreHealth, UserStore,
};

use crate::clock::MockClock;

/// The ports of one open store.
#[derive(Clone)]
pub struct StorePorts {
    /// Registrations.
    pub registrations: Arc<dyn RegistrationStore>,
    /// Servers.
    pub servers: Arc<dyn ServerCatalog>,
    /// Their credentials.
    pub vault: Arc<dyn CredentialVault>,
    /// What people granted at them.
    pub grants: Arc<dyn GrantStore>,
    /// People.
    pub users: Arc<dyn UserStore>,
    /// Documents of registrations.
    pub documents: Arc<dyn DocumentStore>,
    /// Links of registrations.
    pub links: Arc<dyn LinkStore>,
    /// What an authorization server keeps.
    pub oauth: Arc<dyn OAuthStore>,
    /// Events and the audit trail.
    pub events: Arc<dyn EventLog>,
    /// Operations.
    pub operations: Arc<dyn OperationLog>,
    /// Seals.
    pub seals: Arc<dyn SealStore>,
    /// API keys.
    pub api_keys: Arc<dyn ApiKeyStore>,
    /// Everything that lasts.
    pub archive: Arc<dyn Archive>,
    /// Collections.
    pub collections: Arc<dyn CollectionStore>,
    /// Health.
    pub health: Arc<dyn StoreHealth>,
}

impl StorePorts {
    /// The ports of a store that implements them all.
    pub fn of<S>(store: Arc<S>) -> Self
    where
        S: RegistrationStore
            + ServerCatalog
            + UserStore
            + DocumentStore
            + LinkStore
            + OAuthStore
            + CredentialVault
            + GrantStore
            + EventLog
            + OperationLog
            + SealStore
            + ApiKeyStore
            + Archive
            + CollectionStore
            + StoreHealth
            + 'static,
    {
        let (registrations, servers, users, events, operations) =
            (store.clone(), store.clone(), store.clone(), store.clone(), store.clone());
        let (documents, links, oauth) = (store.clone(), store.clone(), store.clone());
        let (seals, vault) = (store.clone(), store.clone());
        Self {
            registrations,
            servers,
            vault,
            users,
            documents,
            links,
            oauth,
            events,
            operations,
            seals,
            grants: store.clone(),
            api_keys: store.clone(),
            archive: store.clone(),
            collections: store.clone(),
            health: store,
        }
    }
}

impl fmt::Debug for StorePorts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("StorePorts").finish_non_exhaustive()
    }
}

/// Makes stores, empty and apart from each other: behaviours run in parallel.
#[async_trait]
pub trait StoreAdapter: Send + Sync {
    /// Whether other processes may have the same store open.
    fn is_shared_between_processes(&self) -> bool;

    /// Makes an empty store that reads the time from `clock`.
    ///
    /// # Errors
    /// When it cannot be made.
    async fn make(&self, clock: Arc<MockClock>) -> Result<Box<dyn StoreInstance>, Failed>;
}

/// One store under test. Dropping it takes it away.
#[async_trait]
pub trait StoreInstance: Send + Sync {
    /// The ports as they are open now.
    fn ports(&self) -> StorePorts;

    /// Tells `watch` of every commit to the store as it is open now.
    fn watch_commits(&self, watch: Arc<dyn CommitWatch>);

    /// Closes the store and opens it again, as a restarted process would.
    ///
    /// # Errors
    /// When it cannot be opened.
    async fn reopen(&self) -> Result<(), Failed>;

    /// Opens the store once more, as another process would; `None` where that is not possible.
    ///
    /// # Errors
    /// When it cannot be opened.
    async fn open_beside(&self) -> Result<Option<StorePorts>, Failed>;

    /// Runs one SQL statement from outside the adapter, as an operator would by hand.
    ///
    /// # Errors
    /// When the statement fails.
    async fn run_sql(&self, sql: &str) -> Result<(), Failed>;
}

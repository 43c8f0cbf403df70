//! The authorization server's state: its settings, its ports, its keys, what is denied.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use moka::sync::Cache;
use registry_domain::ports::{
    Clock, IdentityAssertions, IdentityProvider, Ids, Leases, OAuthStore, PortError, Sealer,
    SessionStore, WebDocuments,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::clients::KeptDocument;
use crate::error::OAuthError;
use crate::keys::Ring;
use crate::settings::OAuthSettings;

/// How many clients' metadata documents are kept, and how many are fetched at a time.
const MOST_DOCUMENTS: u64 = 1000;
const MOST_FETCHES: usize = 16;

/// What the authorization server asks of the world.
#[derive(Clone)]
pub struct OAuthPorts {
    /// What is kept for good.
    pub store: Arc<dyn OAuthStore>,
    /// Sign-ins under way, and codes.
    pub sessions: Arc<dyn SessionStore>,
    /// Seals what leaves our hands.
    pub sealer: Arc<dyn Sealer>,
    /// Where people sign in.
    pub provider: Arc<dyn IdentityProvider>,
    /// Fetches clients' metadata documents.
    pub documents: Arc<dyn WebDocuments>,
    /// Reads assertions of the identity provider, where those are taken.
    pub assertions: Option<Arc<dyn IdentityAssertions>>,
    /// Has one replica at a time use a refresh token, and an assertion used once.
    pub leases: Arc<dyn Leases>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
}

/// The gateway as OAuth authorization server.
pub struct OAuthServer {
    pub(crate) settings: OAuthSettings,
    pub(crate) ports: OAuthPorts,
    pub(crate) ring: ArcSwap<Ring>,
    /// What is refused before its end, by the id of token or grant.
    pub(crate) denied: ArcSwap<HashMap<Uuid, Timestamp>>,
    pub(crate) documents: Cache<String, KeptDocument>,
    pub(crate) fetches: Semaphore,
}

impl OAuthServer {
    /// Opens the server: its keys are read, and made where there are none.
    ///
    /// # Errors
    /// Without the store, or where no key can be made.
    pub async fn open(settings: OAuthSettings, ports: OAuthPorts) -> Result<Self, OAuthError> {
        let server = Self {
            settings,
            ports,
            ring: ArcSwap::default(),
            denied: ArcSwap::default(),
            documents: Cache::builder().max_capacity(MOST_DOCUMENTS).build(),
            fetches: Semaphore::new(MOST_FETCHES),
        };
        server.renew_keys().await?;
        server.renew_denials().await?;
        Ok(server)
    }

    /// Takes away from the store what has ended.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn sweep(&self) -> Result<(), PortError> {
        self.ports.store.sweep().await
    }

    /// The issuer's address: the gateway's.
    pub fn issuer(&self) -> &str {
        &self.settings.base
    }
}

impl fmt::Debug for OAuthServer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OAuthServer").field("settings", &self.settings).finish_non_exhaustive()
    }
}

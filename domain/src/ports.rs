//! The ports: what the domain asks of the world.
//!
//! # Contract
//! - Absence is `Ok(None)` in a `find`; [`PortError::NotFound`] is for writes to what is not there.
//! - **One port call is one transaction.** A [`Change`](crate::change::Change) is written as a
//!   whole (aggregate, audit rows, event log) guarded by its expected revision, or not at all.
//! - A write that was begun is finished even if the caller's future is dropped.
//! - Conflict, duplicate and absence are values; nothing is matched by an error's text.
//! - Every behaviour is a row of the suite in `adapters/contract`, which every adapter runs.
//!
//! # How to add a port
//! 1. A file in `ports/` with the trait, `#[async_trait]`, `&self`, whole sentences as methods.
//! 2. A field in [`RegistryPorts`] or [`GatewayPorts`].
//! 3. Its behaviours in `adapters/contract`, its adapters, and its wiring in `apps/runtime`; also
//!    `apps/public-api/tests/support/ports.rs` and `docs/examples/embed-domain`, which put all ports
//!    together.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

mod administrators;
mod api_key_store;
mod archive;
mod authorization_servers;
mod clock;
mod collection_store;
mod commit_watch;
mod credential_vault;
mod document_store;
mod event_log;
mod grant_store;
mod identity_assertions;
mod identity_provider;
mod ids;
mod leases;
mod link_store;
mod live_events;
mod oauth_store;
mod offer_query;
mod operation_log;
mod personal_tokens;
mod probe_store;
mod rate_limiter;
mod registration_store;
mod replica_bus;
mod response_cache;
mod seal_store;
mod sealer;
mod secrets;
mod server_catalog;
mod server_query;
mod session_store;
mod store_health;
mod token_verifier;
mod upstream;
mod user_store;
mod web_documents;

pub use administrators::Administrators;
pub use api_key_store::ApiKeyStore;
pub use archive::{Archive, ArchiveSink, ArchiveSource};
pub use authorization_servers::{
    AuthorizationServer, AuthorizationServers, GrantClient, GrantFault, GrantProof, GrantedTokens,
    TokenWish,
};
pub use clock::{Clock, end_after};
pub use collection_store::CollectionStore;
pub use commit_watch::CommitWatch;
pub use credential_vault::CredentialVault;
pub use document_store::{DocumentStore, Kept};
pub use event_log::{AuditQuery, AuditView, EventLog};
pub use grant_store::GrantStore;
pub use identity_assertions::{Asserted, IdentityAssertion, IdentityAssertions};
pub use identity_provider::{
    CodeRedemption, IdentityProvider, PersonalToken, Secret, SignIn, SignInFailure, SignInRequest,
};
pub use ids::Ids;
pub use leases::{LeaseHolder, Leases};
pub use link_store::LinkStore;
pub use live_events::{LiveEvents, Replay};
pub use oauth_store::OAuthStore;
pub use offer_query::{Matching, NamePattern, OfferKind, OfferQuery};
pub use operation_log::{OperationLog, OperationQuery};
pub use personal_tokens::{PersonalTokenFault, PersonalTokens};
pub use probe_store::{ProbeStore, ServerHealth};
pub use rate_limiter::{Admission, LimitKey, RateLimiter};
pub use registration_store::{
    ApprovalChange, CandidateRecord, DiscoveryJob, ListCursor, Order, Page, RegistrationQuery,
    RegistrationStore, RegistrationView, ServerSummary,
};
pub use replica_bus::{AnswerHandler, Heard, ReplicaBus, ReplicaId, Subscription};
pub use response_cache::ResponseCache;
pub use seal_store::{SealPorts, SealStore, Span, Stray};
pub use sealer::{Purpose, Sealer};
pub use secrets::Secrets;
pub use server_catalog::{Atomicity, BatchItem, Routes, ServerCatalog, Taken};
pub use server_query::{DiscoveryState, Include, ServerCounts, ServerQuery, ServerView};
pub use session_store::SessionStore;
pub use store_health::{PoolState, StoreHealth};
pub use token_verifier::{RefusalClass, TokenBounds, TokenVerifier, Verification, VerifiedToken};
pub use upstream::{
    Dial, MessageHead, OpenedUpstream, Reply, ReplyBody, ReplyShape, Upstream, UpstreamEra,
    UpstreamFailure, UpstreamRequest,
};
pub use user_store::{Ensured, UserStore};
pub use web_documents::{WebDocument, WebDocuments, WebFault};

/// The cause of a port's failure; shown in logs, never to callers.
pub type Source = Box<dyn StdError + Send + Sync>;

/// Whether a write that failed may have happened all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It certainly did not happen.
    NotApplied,
    /// It may have.
    Unknown,
}

/// What a port may say instead of its result.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// What should be written to is not there.
    #[error("not found")]
    NotFound,
    /// A unique key is taken.
    #[error("{key} already exists")]
    AlreadyExists {
        /// Which key: `endpoint_url`, `name`, `alias`, …
        key: &'static str,
        /// The id of what has it, where that is known.
        existing: Option<uuid::Uuid>,
    },
    /// The stored revision is not the expected one.
    #[error("the revision is not the expected one")]
    Conflict {
        /// The revision that is stored, where there is still a row.
        current: Option<crate::id::Revision>,
    },
    /// The store cannot be used right now.
    #[error("the store is unavailable")]
    Unavailable {
        /// After how long to try again.
        retry_after: Duration,
        /// Whether a write may have happened.
        outcome: Outcome,
        /// The cause.
        source: Source,
    },
    /// Stored data does not read, or the adapter has a bug.
    #[error("stored data is corrupt: {what}")]
    Corrupt {
        /// Table, column and row.
        what: String,
        /// The cause.
        source: Source,
    },
}

/// What the registry's use cases need.
#[derive(Clone)]
pub struct RegistryPorts {
    /// Registrations and their candidates.
    pub registrations: Arc<dyn RegistrationStore>,
    /// Servers and their pinned manifests.
    pub servers: Arc<dyn ServerCatalog>,
    /// People.
    pub users: Arc<dyn UserStore>,
    /// Documents of registrations.
    pub documents: Arc<dyn DocumentStore>,
    /// Links of registrations.
    pub links: Arc<dyn LinkStore>,
    /// The event log and the audit trail.
    pub events: Arc<dyn EventLog>,
    /// Recorded operations.
    pub operations: Arc<dyn OperationLog>,
    /// API keys.
    pub api_keys: Arc<dyn ApiKeyStore>,
    /// Servers' credentials.
    pub vault: Arc<dyn CredentialVault>,
    /// Opens and seals them.
    pub sealer: Arc<dyn Sealer>,
    /// Collections.
    pub collections: Arc<dyn CollectionStore>,
    /// Reads an upstream's manifest.
    pub upstream: Arc<dyn Upstream>,
    /// What the last probe of each server found.
    pub probes: Arc<dyn ProbeStore>,
    /// Which replica does what one is to do.
    pub leases: Arc<dyn Leases>,
    /// Whether the store answers.
    pub health: Arc<dyn StoreHealth>,
    /// Whether what replicas share answers, where it is kept outside the process: without it the
    /// product is degraded, not down.
    pub shared: Option<Arc<dyn StoreHealth>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// The rules that an operator sets.
    pub policy: RegistryPolicy,
}

/// The rules that an operator sets for the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, named where it is set"
)]
pub struct RegistryPolicy {
    /// Whether nobody may decide on their own submission.
    pub four_eyes: bool,
    /// Which addresses may be registered and called.
    pub egress: crate::endpoint::EgressPolicy,
    /// How long a removed server's alias is not given to another.
    pub alias_quarantine: Duration,
    /// What becomes of definitions that are not what was pinned.
    pub drift: crate::manifest::DriftPolicy,
    /// How open the management of servers is.
    pub api_mode: crate::caller::ApiMode,
    /// Whether only administrators list servers directly: all others submit registrations.
    pub require_approval: bool,
    /// Whether numbers about all servers are for administrators only; never where anybody writes.
    pub protect_admin_reads: bool,
    /// Whether API keys are made and taken.
    pub api_keys: bool,
    /// Whether servers may be listed that speak HTTP+SSE (MCP revision 2024-11-05).
    pub enable_legacy_sse: bool,
    /// How long whoever lists a server waits for what it offers; then it is read later.
    pub inline_discovery: Duration,
}

impl RegistryPorts {
    /// A stamp for an event that happens now.
    pub fn stamp(&self) -> crate::event::EventStamp {
        crate::event::EventStamp { id: crate::id::EventId(self.ids.next()), at: self.clock.now() }
    }
}

impl fmt::Debug for RegistryPorts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RegistryPorts").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// Makes an upstream client of its own for a worker thread: its connections live and die with
/// that thread's runtime, so that a call never waits for another thread.
pub type UpstreamFactory = Arc<dyn Fn() -> Arc<dyn Upstream> + Send + Sync>;

/// What the gateway's call path needs.
#[derive(Clone)]
pub struct GatewayPorts {
    /// Servers, read when an event says that one changed.
    pub servers: Arc<dyn ServerCatalog>,
    /// Collections, read when an event says that one changed.
    pub collections: Arc<dyn CollectionStore>,
    /// The event log that the routing table follows.
    pub events: Arc<dyn EventLog>,
    /// Where recorded operations end up.
    pub operations: Arc<dyn OperationLog>,
    /// Servers' credentials, read with them.
    pub vault: Arc<dyn CredentialVault>,
    /// Opens them.
    pub sealer: Arc<dyn Sealer>,
    /// Opens servers in their callers' names, where people sign in somewhere.
    pub personal: Option<Arc<dyn PersonalTokens>>,
    /// Calls upstreams.
    pub upstream: Arc<dyn Upstream>,
    /// Makes a worker's own upstream client.
    pub new_upstream: UpstreamFactory,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// What becomes of definitions that are not what was pinned.
    pub drift: crate::manifest::DriftPolicy,
}

impl GatewayPorts {
    /// The same ports with an upstream client that belongs to the calling worker thread.
    #[must_use]
    pub fn for_worker(&self) -> Self {
        Self { upstream: (self.new_upstream)(), ..self.clone() }
    }
}

impl fmt::Debug for GatewayPorts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("GatewayPorts").finish_non_exhaustive()
    }
}

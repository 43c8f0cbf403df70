//! Registrations, their candidates, and the decisions on them.

use async_trait::async_trait;
use jiff::Timestamp;

use super::PortError;
use crate::caller::TenantScope;
use crate::change::Change;
use crate::event::RegistryEvent;
use crate::id::{Alias, RegistrationId, Revision, ServerId, UserId};
use crate::manifest::{Digest, Discovery};
use crate::registration::{Registration, RegistrationStatus, Removal};
use crate::server::Server;

/// A page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// How many match in all.
    pub total: u64,
    /// Those of this page.
    pub items: Vec<T>,
}

/// In which order of time a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The newest first.
    #[default]
    NewestFirst,
    /// The oldest first.
    OldestFirst,
}

/// A position in a list by time and id: what comes after it stays the same while rows arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListCursor<Id = RegistrationId> {
    /// The last row's `created_at`.
    pub created_at: Timestamp,
    /// The last row's id.
    pub id: Id,
}

/// Which registrations to list.
#[derive(Debug, Clone, Default)]
pub struct RegistrationQuery {
    /// Of these tenants.
    pub tenant: TenantScope,
    /// With this status.
    pub status: Option<RegistrationStatus>,
    /// By this person.
    pub submitter: Option<UserId>,
    /// With this text in name, contact or description, whatever the case; `%` and `_` mean
    /// themselves.
    pub search: Option<String>,
    /// The order.
    pub order: Order,
    /// At most so many.
    pub limit: u32,
    /// After so many.
    pub offset: u32,
    /// After this position.
    pub after: Option<ListCursor>,
}

/// What a registration's reader needs to know of its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSummary {
    /// Its id.
    pub id: ServerId,
    /// Its alias.
    pub alias: Alias,
    /// The digest of what is pinned; `None` while nothing is.
    pub manifest_digest: Option<Digest>,
    /// Whether somebody saw what is pinned before it was served.
    pub reviewed: bool,
}

/// A registration with what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistrationView {
    /// The registration.
    pub registration: Registration,
    /// Its candidate.
    pub discovery: Discovery,
    /// Its server, once approved.
    pub server: Option<ServerSummary>,
}

/// An approval: the decision, and the server that it makes, in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalChange {
    /// The decided registration.
    pub registration: Change<Registration>,
    /// The candidate that the decision was made on; another one by now is a conflict.
    pub candidate: Option<Digest>,
    /// The server that it makes; one that it changes, where an approved registration was proposed
    /// anew.
    pub server: Change<Server>,
}

/// What a discovery came to.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateRecord {
    /// Of which registration.
    pub registration: RegistrationId,
    /// The revision whose content was looked at; a newer one keeps its own candidate.
    pub revision: Revision,
    /// What was found.
    pub discovery: Discovery,
    /// When to look again, after a failure.
    pub next_attempt_at: Option<Timestamp>,
    /// What happened.
    pub event: RegistryEvent,
}

/// A discovery that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscoveryJob {
    /// The registration.
    pub registration: Registration,
    /// How often its present content was looked at in vain.
    pub attempts: u32,
}

/// Keeps registrations.
#[async_trait]
pub trait RegistrationStore: Send + Sync {
    /// Writes a new registration (no expected revision) or a changed one, with its events. The
    /// candidate is forgotten, to be discovered anew while it is Pending; a rejection keeps the
    /// one that it was made on.
    ///
    /// # Errors
    /// [`PortError::AlreadyExists`] with key `endpoint_url` and the id of the holder,
    /// [`PortError::Conflict`], [`PortError::Unavailable`].
    async fn commit(&self, change: &Change<Registration>) -> Result<(), PortError>;

    /// Writes an approval with its server; of several who decide at once, one succeeds.
    ///
    /// # Errors
    /// [`PortError::Conflict`], also when the candidate is another one by now;
    /// [`PortError::AlreadyExists`] with key `name` or `alias`; [`PortError::Unavailable`].
    async fn commit_approval(&self, approval: &ApprovalChange) -> Result<(), PortError>;

    /// Removes a registration and its server; the audit trail stays. The server's alias is kept
    /// from others until `alias_free_at`.
    ///
    /// # Errors
    /// [`PortError::NotFound`], [`PortError::Conflict`], [`PortError::Unavailable`].
    async fn commit_removal(
        &self,
        removal: &Removal,
        alias_free_at: Timestamp,
    ) -> Result<(), PortError>;

    /// Keeps what a discovery found, unless the content changed meanwhile or somebody decided;
    /// answers whether it was kept.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn record_candidate(&self, record: &CandidateRecord) -> Result<bool, PortError>;

    /// A registration by id.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find(&self, id: RegistrationId) -> Result<Option<RegistrationView>, PortError>;

    /// A registration by its address: the same text first, then the same key
    /// ([`EndpointUrl::key`](crate::endpoint::EndpointUrl::key)).
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find_by_url(
        &self,
        text: &str,
        key: Option<&str>,
    ) -> Result<Option<RegistrationView>, PortError>;

    /// A page of registrations, by `created_at` and then id.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn list(&self, query: &RegistrationQuery) -> Result<Page<RegistrationView>, PortError>;

    /// Pending registrations whose candidate is due to be discovered.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn due_discoveries(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DiscoveryJob>, PortError>;
}

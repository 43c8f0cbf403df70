//! Servers and their pinned manifests.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Include, OfferQuery, Page, PortError, ServerCounts, ServerQuery, ServerView};
use crate::caller::TenantScope;
use crate::change::Change;
use crate::event::EventSeq;
use crate::health::{HealthNote, Watched};
use crate::id::{Alias, RegistrationId, ServerId, TenantId};
use crate::manifest::Drift;
use crate::server::{Server, ServerRemoval};

/// All servers, true as of an event.
#[derive(Debug, Clone)]
pub struct Routes {
    /// The servers.
    pub servers: Vec<Server>,
    /// The newest event that they reflect.
    pub as_of: EventSeq,
}

/// Which of a server's names somebody else of the tenant has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The name.
    pub name: bool,
    /// The alias, also while it is in quarantine after its server went.
    pub alias: bool,
}

/// Whether a batch is one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Atomicity {
    /// All of it or nothing.
    AllOrNothing,
    /// Each item by itself.
    PerItem,
}

/// What became of one change of a batch.
#[derive(Debug)]
pub enum BatchItem {
    /// It is written.
    Written,
    /// It is not, for this reason.
    Refused(PortError),
    /// It is not, because another one was refused and the batch is one thing.
    Undone,
}

/// Keeps servers.
#[async_trait]
pub trait ServerCatalog: Send + Sync {
    /// A server by id.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find(&self, id: ServerId) -> Result<Option<Server>, PortError>;

    /// The server of an approved registration.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find_by_registration(&self, id: RegistrationId) -> Result<Option<Server>, PortError>;

    /// All servers and the event that they reflect, in one consistent read.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn load_routes(&self) -> Result<Routes, PortError>;

    /// Whether a name or an alias is taken in a tenant at a time.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn taken(
        &self,
        tenant: Option<&TenantId>,
        name: &str,
        alias: &Alias,
        now: Timestamp,
    ) -> Result<Taken, PortError>;

    /// Which of some aliases are taken in a tenant at a time, also those in quarantine.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn taken_aliases(
        &self,
        tenant: Option<&TenantId>,
        aliases: &[Alias],
        now: Timestamp,
    ) -> Result<HashSet<Alias>, PortError>;

    /// The servers of a tenant that have some names.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn holders_of_names(
        &self,
        tenant: Option<&TenantId>,
        names: &[String],
    ) -> Result<HashMap<String, ServerId>, PortError>;

    /// Writes a server that no registration stands behind, or changes one; manifest and drift are
    /// replaced by the change's. The health of one that is there stays as it is: it is written by
    /// [`note_health`](Self::note_health) and [`order_health`](Self::order_health) alone.
    ///
    /// # Errors
    /// [`PortError::AlreadyExists`] with key `name` or `alias`, [`PortError::Conflict`],
    /// [`PortError::Unavailable`].
    async fn commit(&self, change: &Change<Server>) -> Result<(), PortError>;

    /// Writes many as [`ServerCatalog::commit`] writes one, in one transaction; answers for each, in
    /// their order. Where the batch is one thing, the first refusal leaves nothing behind.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]; what is wrong with one change is that change's answer.
    async fn commit_batch(
        &self,
        changes: &[Change<Server>],
        atomicity: Atomicity,
    ) -> Result<Vec<BatchItem>, PortError>;

    /// Removes a server; a registration behind it stays as it is. Its alias is kept from others
    /// until `alias_free_at`.
    ///
    /// # Errors
    /// [`PortError::NotFound`], [`PortError::Conflict`], [`PortError::Unavailable`].
    async fn commit_removal(
        &self,
        removal: &ServerRemoval,
        alias_free_at: Timestamp,
    ) -> Result<(), PortError>;

    /// Servers by id, in no particular order; those that are not there are left out.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find_each(&self, ids: &[ServerId]) -> Result<Vec<Server>, PortError>;

    /// What some servers offer that is not what is pinned; those without a difference are left out.
    /// `None` where it does not read: nobody knows then what of the server is still as it was.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn drifts(&self, ids: &[ServerId])
    -> Result<HashMap<ServerId, Option<Drift>>, PortError>;

    /// A server by id, as its readers see it.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find_view(
        &self,
        id: ServerId,
        include: Include,
    ) -> Result<Option<ServerView>, PortError>;

    /// A page of servers, by `created_at` and then id; definitions of all of them in one statement.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn list(&self, query: &ServerQuery) -> Result<Page<ServerView>, PortError>;

    /// Servers by what they offer, by name and then id, each with those of its definitions that
    /// were looked for.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find_offering(&self, query: &OfferQuery) -> Result<Vec<ServerView>, PortError>;

    /// How many servers there are.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn count(&self, tenant: &TenantScope) -> Result<ServerCounts, PortError>;

    /// Servers that are to be asked what they offer, and that nothing was ever read from.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn awaiting_manifest(&self, limit: u32) -> Result<Vec<Server>, PortError>;

    /// The servers to be probed next, the most urgent first; none in maintenance.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn upcoming_probes(&self, limit: u32) -> Result<Vec<Watched>, PortError>;

    /// What the prober has to know of one server, also in maintenance.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find_watched(&self, id: ServerId) -> Result<Option<Watched>, PortError>;

    /// Keeps what probes found, with the events of those notes, and answers for which servers. A
    /// note that was made on another condition than the stored one is left out with its event; so is
    /// one whose server is gone. No revision moves: a finding is no new content.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn note_health(&self, notes: &[HealthNote]) -> Result<Vec<ServerId>, PortError>;

    /// Writes the health that an operator orders, and nothing else of the server but its revision
    /// and time. The count of findings begins anew; one that leaves maintenance is due for a probe
    /// at once, as nobody has looked.
    ///
    /// # Errors
    /// [`PortError::Conflict`], [`PortError::Unavailable`].
    async fn order_health(&self, change: &Change<Server>) -> Result<(), PortError>;
}

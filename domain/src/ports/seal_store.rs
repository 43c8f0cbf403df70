//! The seals of records.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::{Clock, EventLog, PortError};
use crate::chain::{Chain, Entry, Log, Seal};
use crate::id::ChainId;

/// A run of a chain's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Of which log.
    pub log: Log,
    /// Which chain.
    pub chain: ChainId,
    /// After which position.
    pub after: i64,
    /// Up to which position; to the end, where there is none.
    pub to: Option<i64>,
}

/// A record that stands in no chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stray {
    /// Its id.
    pub id: Uuid,
    /// Its time, if it reads.
    pub at: Option<Timestamp>,
}

/// Keeps seals, and reads records as their chains have them.
#[async_trait]
pub trait SealStore: Send + Sync {
    /// The chains of a log that may have records without a seal, in the order in which they began.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn open_chains(&self, log: Log) -> Result<Vec<Chain>, PortError>;

    /// Notes that no more records come to a chain, and that all have a seal.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn close_chain(&self, chain: ChainId, at: Timestamp) -> Result<(), PortError>;

    /// The last seal of a chain; without one, the newest seal of all.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn newest_seal(&self, chain: Option<ChainId>) -> Result<Option<Seal>, PortError>;

    /// At most `limit` records of a run, in their order.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn entries(&self, span: Span, limit: u32) -> Result<Vec<Entry>, PortError>;

    /// Keeps a seal.
    ///
    /// # Errors
    /// [`PortError::AlreadyExists`] with key `seal` when somebody sealed from there already,
    /// [`PortError::Unavailable`].
    async fn keep_seal(&self, seal: &Seal) -> Result<(), PortError>;

    /// At most `limit` seals of a chain that end after a position, in their order.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn seals(&self, chain: ChainId, after: i64, limit: u32) -> Result<Vec<Seal>, PortError>;

    /// The chain of a log that comes next after another, by id: every one that a seal or a record
    /// names.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn next_chain(
        &self,
        log: Log,
        after: Option<ChainId>,
    ) -> Result<Option<ChainId>, PortError>;

    /// At most `limit` records of a log that stand in no chain, and are not of before there were
    /// chains.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn strays(&self, log: Log, limit: u32) -> Result<Vec<Stray>, PortError>;

    /// How many records of a log are of before there were chains.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn count_unchained(&self, log: Log) -> Result<u64, PortError>;

    /// Removes the records of at most `limit` seals of days before `before`, and notes with these
    /// when that was; answers of how many.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn purge(
        &self,
        log: Log,
        before: Date,
        at: Timestamp,
        limit: u32,
    ) -> Result<u32, PortError>;
}

/// What sealing needs.
#[derive(Clone)]
pub struct SealPorts {
    /// The seals of records.
    pub seals: Arc<dyn SealStore>,
    /// The event log, whose positions the audit trail's chain has.
    pub events: Arc<dyn EventLog>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for SealPorts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SealPorts").finish_non_exhaustive()
    }
}

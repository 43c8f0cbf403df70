//! What the last probe of each server found.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use super::PortError;
use crate::id::ServerId;
use crate::server::HealthStatus;

/// What a probe found.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerHealth {
    /// How the server is.
    pub status: HealthStatus,
    /// When it was asked.
    pub last_check: Timestamp,
    /// More, for people: how long the answer took, what was wrong; an object.
    pub details: Value,
}

/// Keeps the last probe of each server, shared by all replicas where the store is.
///
/// A probe that nobody repeats is forgotten: a server without one is
/// [`Unknown`](HealthStatus::Unknown).
#[async_trait]
pub trait ProbeStore: Send + Sync {
    /// Keeps what a probe found for `ttl`, to the millisecond; an earlier one is replaced.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn put(
        &self,
        server: ServerId,
        health: &ServerHealth,
        ttl: Duration,
    ) -> Result<(), PortError>;

    /// What the last probe found, unless it is older than its time.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find(&self, server: ServerId) -> Result<Option<ServerHealth>, PortError>;
}

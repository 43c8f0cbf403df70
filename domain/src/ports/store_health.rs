//! Whether the store answers.

use async_trait::async_trait;

use super::PortError;

/// The connections of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// Connections that are open.
    pub size: usize,
    /// Connections that may be open at most.
    pub max: usize,
    /// Connections that nobody uses right now.
    pub available: usize,
    /// Callers that wait for one.
    pub waiting: usize,
}

/// Tells about the store.
#[async_trait]
pub trait StoreHealth: Send + Sync {
    /// Asks the store for an answer, inside the adapter's own short deadline.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn check(&self) -> Result<(), PortError>;

    /// The pool as it is now.
    fn pool(&self) -> PoolState;

    /// What the store is, for people: `sqlite`, `postgresql`.
    fn kind(&self) -> &'static str;
}

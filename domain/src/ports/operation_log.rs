//! Recorded operations.

use async_trait::async_trait;

use super::PortError;
use crate::operation::Operation;

/// Keeps operations.
#[async_trait]
pub trait OperationLog: Send + Sync {
    /// Keeps a batch, one row per id: what is there already stays as it is, so that a batch can be
    /// told again after an unknown outcome.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn append(&self, operations: Vec<Operation>) -> Result<(), PortError>;

    /// How many operations are kept.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn count(&self) -> Result<u64, PortError>;

    /// The newest operations, at most `limit`.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn newest(&self, limit: u32) -> Result<Vec<Operation>, PortError>;
}

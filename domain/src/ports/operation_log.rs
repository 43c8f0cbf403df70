//! Recorded operations.

use async_trait::async_trait;

use super::PortError;
use crate::chain::Chain;
use crate::operation::Operation;

/// Keeps operations.
#[async_trait]
pub trait OperationLog: Send + Sync {
    /// Keeps a batch, one row per id: what is there already stays as it is, so that a batch can be
    /// told again after an unknown outcome. What is new goes to the end of the writer's chain,
    /// which begins with its first record.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn append(&self, chain: &Chain, operations: Vec<Operation>) -> Result<(), PortError>;

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

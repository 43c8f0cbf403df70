//! Recorded operations.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{ListCursor, Page, PortError};
use crate::chain::Chain;
use crate::id::{OperationId, ServerId};
use crate::operation::Operation;

/// Which operations to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct OperationQuery {
    /// By this person.
    pub user: Option<String>,
    /// By people of this tenant.
    pub tenant: Option<String>,
    /// Of this method.
    pub method: Option<String>,
    /// Of this tool.
    pub tool: Option<String>,
    /// Of this server.
    pub server: Option<ServerId>,
    /// Those that went well, or those that did not.
    pub success: Option<bool>,
    /// From this time on, inclusive.
    pub from: Option<Timestamp>,
    /// Up to this time, inclusive.
    pub to: Option<Timestamp>,
    /// After this position.
    pub after: Option<ListCursor<OperationId>>,
    /// At most so many.
    pub limit: u32,
}

impl OperationQuery {
    /// An operation's position in a list.
    pub fn position_of(operation: &Operation) -> ListCursor<OperationId> {
        ListCursor { created_at: operation.at, id: operation.id }
    }
}

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

    /// A page of operations, and how many there are on all pages.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn list(&self, query: &OperationQuery) -> Result<Page<Operation>, PortError>;

    /// A page of operations, without counting.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn list_on(&self, query: &OperationQuery) -> Result<Vec<Operation>, PortError>;
}

//! Answers that are worth keeping for a while.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::PortError;

/// Keeps bytes by key for a while. It is bounded and may forget at any time: a full cache makes
/// room, it does not refuse, and a value beyond its measure is not kept.
#[async_trait]
pub trait ResponseCache: Send + Sync {
    /// Keeps a value for at most `ttl`, to the millisecond; an older one of the same key is gone,
    /// also when the new one is too large to be kept.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), PortError>;

    /// The value, unless it was forgotten.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn find(&self, key: &str) -> Result<Option<Bytes>, PortError>;

    /// Forgets a value before its time.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn forget(&self, key: &str) -> Result<(), PortError>;
}

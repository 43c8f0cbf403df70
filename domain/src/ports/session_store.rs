//! Small sealed values with an end: sessions, sign-in transactions, one-time codes.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::PortError;

/// Keeps values until they expire.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Keeps a value for `ttl`; an older one of the same key is replaced.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], also when the store is at its bound.
    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), PortError>;

    /// The value, unless it expired.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn find(&self, key: &str) -> Result<Option<Bytes>, PortError>;

    /// The value, and it is gone: of several who ask at once, one gets it.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn take(&self, key: &str) -> Result<Option<Bytes>, PortError>;
}

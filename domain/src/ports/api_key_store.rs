//! API keys.

use async_trait::async_trait;
use jiff::Timestamp;

use super::PortError;
use crate::api_key::ApiKey;
use crate::id::ApiKeyId;

/// Keeps API keys, without their secrets.
#[async_trait]
pub trait ApiKeyStore: Send + Sync {
    /// Keeps a new key.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn insert_key(&self, key: &ApiKey) -> Result<(), PortError>;

    /// A key by id, also one that has ended.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, PortError>;

    /// The newest keys, at most `limit`, also those that have ended.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn list_keys(&self, limit: u32) -> Result<Vec<ApiKey>, PortError>;

    /// Ends a key, for ever; answers whether there is one. One that was ended before stays as it is.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn revoke_key(&self, id: ApiKeyId, at: Timestamp) -> Result<bool, PortError>;
}

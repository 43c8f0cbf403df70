//! Servers' credentials, sealed.

use async_trait::async_trait;

use super::PortError;
use crate::change::Change;
use crate::credential::{CredentialRemoval, StoredCredential};
use crate::id::ServerId;

/// Keeps at most one credential for each server. It goes with its server.
#[async_trait]
pub trait CredentialVault: Send + Sync {
    /// A server's credential.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find(&self, server: ServerId) -> Result<Option<StoredCredential>, PortError>;

    /// All that there are, in no particular order; one that does not read is left out.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn all(&self) -> Result<Vec<StoredCredential>, PortError>;

    /// Writes a server's first credential, or replaces it.
    ///
    /// # Errors
    /// [`PortError::NotFound`] where the server is gone, [`PortError::Conflict`],
    /// [`PortError::Unavailable`].
    async fn commit(&self, change: &Change<StoredCredential>) -> Result<(), PortError>;

    /// Takes a server's credential away.
    ///
    /// # Errors
    /// [`PortError::Conflict`], [`PortError::Unavailable`].
    async fn commit_removal(&self, removal: &CredentialRemoval) -> Result<(), PortError>;
}

//! What people granted us at servers, sealed.

use async_trait::async_trait;

use super::PortError;
use crate::change::Change;
use crate::id::ServerId;
use crate::user_grant::{GrantRemoval, StoredGrant};

/// Keeps at most one grant of each person at each server. It goes with its server's credential, and
/// when that is set anew.
#[async_trait]
pub trait GrantStore: Send + Sync {
    /// Somebody's grant at a server.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find(&self, server: ServerId, subject: &str)
    -> Result<Option<StoredGrant>, PortError>;

    /// Writes somebody's first grant at a server, or replaces it.
    ///
    /// # Errors
    /// [`PortError::NotFound`] where the server has no credential any more, [`PortError::Conflict`],
    /// [`PortError::Unavailable`].
    async fn commit(&self, change: &Change<StoredGrant>) -> Result<(), PortError>;

    /// Takes a grant away.
    ///
    /// # Errors
    /// [`PortError::Conflict`], [`PortError::Unavailable`].
    async fn commit_removal(&self, removal: &GrantRemoval) -> Result<(), PortError>;
}

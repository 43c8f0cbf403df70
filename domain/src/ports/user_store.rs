//! People.

use async_trait::async_trait;

use super::PortError;
use crate::id::UserId;
use crate::user::{AdminSource, Identity, User};

/// What ensuring a user came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ensured {
    /// The person was new.
    Created(User),
    /// The person's row was brought up to date.
    Changed(User),
    /// The row says so already; nothing was written.
    Same(User),
}

impl Ensured {
    /// The person's row.
    pub fn into_user(self) -> User {
        match self {
            Self::Created(user) | Self::Changed(user) | Self::Same(user) => user,
        }
    }
}

/// Keeps people.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// Makes or updates the person's row; many at once make one row. `new_id` is used if there is
    /// none yet.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn ensure_user(&self, identity: &Identity, new_id: UserId) -> Result<Ensured, PortError>;

    /// Whom the stored flag makes administrators, and who set it; at most so many.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn administrators(&self, most: u32) -> Result<Vec<(String, AdminSource)>, PortError>;

    /// A person by id.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find(&self, id: UserId) -> Result<Option<User>, PortError>;
}

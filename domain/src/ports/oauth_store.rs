//! What the authorization server keeps for good.

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Kept, PortError};
use crate::oauth::{Consent, Denial, Grant, GrantRotation, OAuthClient, Rotated, SigningKey};

/// Keeps clients, consents, grants, denials and keys. What has ended is not found, whether or not it
/// was swept away yet.
#[async_trait]
pub trait OAuthStore: Send + Sync {
    /// Keeps a client, unless `most` are there that have not ended.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn insert_client(&self, client: &OAuthClient, most: u32) -> Result<Kept, PortError>;

    /// Finds a client.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find_client(&self, id: &str) -> Result<Option<OAuthClient>, PortError>;

    /// Remembers a consent; an older one of the same key is replaced.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn remember_consent(&self, consent: &Consent) -> Result<(), PortError>;

    /// Whether there is a consent of that key.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn has_consent(&self, key: &str) -> Result<bool, PortError>;

    /// Keeps a grant. Its client lives at least as long as it does; of the person's grants only the
    /// newest `most` are kept.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn insert_grant(&self, grant: &Grant, most: u32) -> Result<(), PortError>;

    /// Finds a grant.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find_grant(&self, id: Uuid) -> Result<Option<Grant>, PortError>;

    /// Makes the next refresh token the good one, if the good one was shown: of two who show it at
    /// once, one does.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn rotate_grant(&self, rotation: &GrantRotation) -> Result<Rotated, PortError>;

    /// Ends a grant, and refuses the tokens that it has given out until `denial` ends.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn end_grant(&self, denial: &Denial) -> Result<(), PortError>;

    /// Refuses a token from now on. Saying it twice is once.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn deny(&self, denial: &Denial) -> Result<(), PortError>;

    /// The denials that began at `since` or later and have not ended.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn denied_since(&self, since: Timestamp) -> Result<Vec<Denial>, PortError>;

    /// Keeps a key, unless there is one of its generation; answers whether it did.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn insert_key(&self, key: &SigningKey) -> Result<bool, PortError>;

    /// The keys, the oldest first; also those that have ended and were not swept away, and always the
    /// newest, as the next one is counted from it.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, PortError>;

    /// Takes away what has ended.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn sweep(&self) -> Result<(), PortError>;
}

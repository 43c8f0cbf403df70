//! Tokens that show a server for whom it is called.

use std::sync::Arc;

use async_trait::async_trait;

use crate::caller::Caller;
use crate::credential::Credential;

/// Why there is no token for somebody. It is told to whoever calls, so it repeats nothing of what an
/// identity provider said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PersonalTokenFault {
    /// Nothing of the caller's proves at their identity provider who they are.
    #[error("the server is opened in its caller's name, and they are not signed in at Entra ID")]
    NotSignedIn,
    /// The identity provider gives none for them at that server.
    #[error("the identity provider gives no token for the caller at the server")]
    Refused,
    /// It cannot be asked now.
    #[error("the identity provider cannot be asked for the caller's token")]
    Unavailable,
}

/// Gets tokens of people for servers that are opened in their name.
#[async_trait]
pub trait PersonalTokens: Send + Sync {
    /// A personal credential as it is shown for one caller.
    ///
    /// # Errors
    /// All of [`PersonalTokenFault`].
    async fn shown_for(
        &self,
        caller: &Caller,
        credential: &Credential,
    ) -> Result<Arc<Credential>, PersonalTokenFault>;

    /// Forgets the caller's token: the server did not take it.
    async fn forget(&self, caller: &Caller, credential: &Credential);
}

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
    /// They have not let us use the server with a grant of their own, or it is lost.
    #[error("the server is used with a grant of its caller's own, and there is none that is good")]
    NotConnected,
    /// The identity provider gives none for them at that server.
    #[error("the identity provider gives no token for the caller at the server")]
    Refused,
    /// Who gives it cannot be asked now.
    #[error("who gives the caller's token cannot be asked now")]
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

    /// Forgets the caller's token that was shown, unless another one is known already: the server
    /// did not take it.
    async fn forget(&self, caller: &Caller, credential: &Credential, shown: &Credential);
}

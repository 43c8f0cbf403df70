//! Where people sign in: Microsoft Entra ID, or what stands in for it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::VerifiedToken;

/// A text that is never printed: a token, a code, a verifier.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being printed.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(***)")
    }
}

/// What a browser is sent to the provider with (OpenID Connect Core §3.1.2.1, RFC 7636).
#[derive(Debug, Clone)]
pub struct SignInRequest {
    /// Where the provider sends the browser back to.
    pub redirect_uri: String,
    /// Comes back as it is.
    pub state: String,
    /// Comes back in the ID token.
    pub nonce: String,
    /// SHA-256 of the verifier that redeems the code, base64url.
    pub code_challenge: String,
    /// What is asked for; those of the settings where empty.
    pub scopes: Vec<String>,
}

/// What redeems a code.
#[derive(Debug, Clone)]
pub struct CodeRedemption {
    /// The code that the provider sent the browser back with.
    pub code: Secret,
    /// The verifier that the request's challenge was made from.
    pub code_verifier: Secret,
    /// The request's nonce.
    pub nonce: String,
    /// The request's redirect address.
    pub redirect_uri: String,
}

/// Somebody who signed in, and the provider's tokens for them.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// Who it is, by a verified token.
    pub person: Arc<VerifiedToken>,
    /// The provider's access token.
    pub access_token: Secret,
    /// When it ends.
    pub access_expires_at: Timestamp,
    /// What gets the next one, where the provider gave it.
    pub refresh_token: Option<Secret>,
}

/// Why the provider gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum SignInFailure {
    /// It refuses, for good: the code or the refresh token is used up, or the person may not.
    #[error("the identity provider refused: {code}")]
    Refused {
        /// OAuth's error code (RFC 6749 §5.2), `invalid_grant` for one.
        code: String,
    },
    /// What it answered proves nobody: signature, nonce, audience or times are wrong.
    #[error("the identity provider's answer does not hold: {what}")]
    Invalid {
        /// What is wrong with it.
        what: &'static str,
    },
    /// It cannot be asked now.
    #[error("the identity provider cannot be asked")]
    Unavailable {
        /// The cause.
        source: super::Source,
    },
}

/// Somebody's token for another application.
#[derive(Debug, Clone)]
pub struct PersonalToken {
    /// The token.
    pub token: Secret,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Signs people in.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// The address that a browser is sent to.
    ///
    /// # Errors
    /// [`SignInFailure::Unavailable`] while the provider's own description cannot be had.
    async fn sign_in_address(&self, request: &SignInRequest) -> Result<String, SignInFailure>;

    /// Redeems a code, once.
    ///
    /// # Errors
    /// All of [`SignInFailure`].
    async fn redeem(&self, redemption: &CodeRedemption) -> Result<SignIn, SignInFailure>;

    /// Gets new tokens for somebody who signed in before.
    ///
    /// # Errors
    /// All of [`SignInFailure`]; after [`SignInFailure::Refused`] the person has to sign in again.
    async fn refresh(&self, refresh_token: &Secret) -> Result<SignIn, SignInFailure>;

    /// Gets a token for another application, for whom `assertion` is about (RFC 7523 as Entra ID
    /// wants it, "on behalf of"). A provider that knows no such thing refuses.
    ///
    /// # Errors
    /// [`SignInFailure::Refused`], [`SignInFailure::Unavailable`].
    async fn on_behalf_of(
        &self,
        assertion: &Secret,
        scopes: &[String],
    ) -> Result<PersonalToken, SignInFailure> {
        let _ = (assertion, scopes);
        Err(SignInFailure::Refused { code: "unsupported_grant_type".to_owned() })
    }
}

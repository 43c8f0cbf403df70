//! Authorization servers of upstreams: found by what the server says, asked for tokens.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Secret;
use crate::endpoint::EndpointUrl;

/// Who gives tokens for a server, as the server and its own metadata say (RFC 9728, RFC 8414).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationServer {
    /// Its name: the same in its metadata and in what named it.
    pub issuer: String,
    /// What it calls the server.
    pub resource: String,
    /// Where people are sent.
    pub authorization_endpoint: String,
    /// Where tokens are given.
    pub token_endpoint: String,
    /// Where clients register themselves (RFC 7591).
    pub registration_endpoint: Option<String>,
    /// Where tokens are taken back (RFC 7009).
    pub revocation_endpoint: Option<String>,
    /// What the server says is needed to use it.
    pub scopes: Vec<String>,
    /// Whether it says who it is when it sends people back (RFC 9207).
    pub says_issuer: bool,
    /// Whether a client's name may be the address of its metadata.
    pub takes_documents: bool,
    /// Whether clients' secrets go into the form, not into a header.
    pub posts_secret: bool,
}

/// Who we are at an authorization server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantClient {
    /// Its name for us.
    pub id: String,
    /// What proves it, where we have something.
    pub secret: Option<Secret>,
    /// Whether that goes into the form.
    pub posts_secret: bool,
}

/// What a token is asked for with.
#[derive(Debug, Clone, Copy)]
pub enum GrantProof<'a> {
    /// A code (RFC 6749 §4.1.3), with what its challenge was made of (RFC 7636).
    Code {
        /// The code.
        code: &'a Secret,
        /// The verifier.
        verifier: &'a str,
        /// Where the browser was sent back to.
        redirect_uri: &'a str,
    },
    /// A refresh token (RFC 6749 §6).
    Refresh(&'a Secret),
}

/// What tokens are asked for.
#[derive(Debug, Clone, Copy)]
pub struct TokenWish<'a> {
    /// Where.
    pub token_endpoint: &'a str,
    /// As whom.
    pub client: &'a GrantClient,
    /// For what (RFC 8707).
    pub resource: &'a str,
    /// With what.
    pub proof: GrantProof<'a>,
}

/// Tokens that were given.
#[derive(Clone, PartialEq, Eq)]
pub struct GrantedTokens {
    /// The access token.
    pub access_token: Secret,
    /// What the next one is got with.
    pub refresh_token: Option<Secret>,
    /// How long the access token is good, where that is told.
    pub lasts: Option<Duration>,
}

impl fmt::Debug for GrantedTokens {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("GrantedTokens").field("lasts", &self.lasts).finish_non_exhaustive()
    }
}

/// Why an authorization server is of no use. It is told to people, so it repeats nothing of what the
/// server or its authorization server said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrantFault {
    /// One of the addresses is none that we call.
    #[error("an address of its authorization server may not be called")]
    Forbidden,
    /// The server does not say who gives tokens for it.
    #[error("the server does not say which authorization server people sign in at (RFC 9728)")]
    NoAuthority,
    /// What it says breaks a rule.
    #[error("the metadata of its sign-in {0}")]
    Metadata(&'static str),
    /// We cannot become a client there.
    #[error(
        "its authorization server lets no client register itself; an owner of the server or an administrator can set client_id and issuer in its credential"
    )]
    NoClient,
    /// It refuses what we showed: for good.
    #[error("its authorization server refused")]
    Refused,
    /// It does not know us (any more).
    #[error("its authorization server does not know the gateway as a client any more; try again")]
    UnknownClient,
    /// It cannot be asked now.
    #[error("its authorization server does not answer as it should; try again later")]
    Unavailable,
}

/// Speaks with authorization servers, behind the guard against addresses that are not ours to call.
/// Each question is bounded, and no redirect is followed.
#[async_trait]
pub trait AuthorizationServers: Send + Sync {
    /// Finds out who gives tokens for a server: `issuer`, where that is settled, which it has to
    /// name.
    ///
    /// # Errors
    /// All of [`GrantFault`].
    async fn discover(
        &self,
        server: &EndpointUrl,
        issuer: Option<&str>,
    ) -> Result<AuthorizationServer, GrantFault>;

    /// Registers us (RFC 7591): by what name, and where browsers come back to.
    ///
    /// # Errors
    /// All of [`GrantFault`].
    async fn register(
        &self,
        at: &AuthorizationServer,
        name: &str,
        redirect_uri: &str,
    ) -> Result<GrantClient, GrantFault>;

    /// Asks for tokens.
    ///
    /// # Errors
    /// All of [`GrantFault`].
    async fn tokens(&self, wish: TokenWish<'_>) -> Result<GrantedTokens, GrantFault>;

    /// Gives a token back (RFC 7009).
    ///
    /// # Errors
    /// All of [`GrantFault`].
    async fn revoke(
        &self,
        endpoint: &str,
        client: &GrantClient,
        token: &Secret,
    ) -> Result<(), GrantFault>;
}

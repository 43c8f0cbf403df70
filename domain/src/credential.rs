//! What opens a server that wants credentials: one for each server, sealed where it is kept, and in
//! memory only while it is used.
//!
//! A credential is for one origin. Whoever may change a server's address must not be able to have
//! its secret sent elsewhere: at another origin it is not shown, and has to be set anew.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::endpoint::EndpointUrl;
use crate::event::RegistryEvent;
use crate::id::{Revision, ServerId, UserId};
use crate::ports::{PortError, Purpose, Sealer, Secret};

mod draft;

pub use draft::{CredentialDraft, is_token_url};

/// How a server is shown who we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// A header that is always the same: a key, or a bearer token.
    Header,
    /// A bearer token that we get as ourselves (RFC 6749 §4.4).
    ClientCredentials,
    /// A bearer token that the identity provider gives us for whoever calls.
    OnBehalfOf,
    /// A bearer token that whoever calls has let us have, at the server's own authorization server.
    UserGrant,
}

impl CredentialKind {
    /// The kind as JSON and SQL spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::ClientCredentials => "client_credentials",
            Self::OnBehalfOf => "on_behalf_of",
            Self::UserGrant => "user_grant",
        }
    }

    /// The inverse of [`CredentialKind::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Header, Self::ClientCredentials, Self::OnBehalfOf, Self::UserGrant]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// A credential as it may lie in a store: what everybody may know who may set it, and the rest
/// sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredCredential {
    /// Whose it is.
    pub server: ServerId,
    /// What it is.
    pub kind: CredentialKind,
    /// The header that it is sent in.
    pub header_name: String,
    /// The origin that it is for (RFC 6454).
    pub origin: String,
    /// The rest, sealed.
    pub sealed: Vec<u8>,
    /// When it was set.
    pub set_at: Timestamp,
    /// Who set it.
    pub set_by: Option<UserId>,
    /// How often it was written.
    pub revision: Revision,
}

impl fmt::Debug for StoredCredential {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("StoredCredential")
            .field("server", &self.server)
            .field("kind", &self.kind)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

/// That a credential goes, guarded by what was read.
#[derive(Debug, Clone, PartialEq)]
pub struct CredentialRemoval {
    /// Whose it is.
    pub server: ServerId,
    /// The revision that the stored row must still have.
    pub expected: Revision,
    /// What happened.
    pub events: Vec<RegistryEvent>,
}

/// What is shown to a server, or to who gives us tokens for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialSecret {
    /// A header.
    Header {
        /// Its name, in lower case.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// What we get tokens with.
    ClientCredentials {
        /// Who gives them.
        token_url: EndpointUrl,
        /// Who we are there.
        client_id: String,
        /// What proves it.
        client_secret: Secret,
        /// What we ask for.
        scopes: Vec<String>,
    },
    /// What we ask the identity provider for, for whoever calls.
    OnBehalfOf {
        /// The scopes of the server's application.
        scopes: Vec<String>,
    },
    /// What each caller is asked to let us do, at the server's own authorization server.
    UserGrant {
        /// What we ask for; nothing: what the server says it needs.
        scopes: Vec<String>,
        /// Who we are there, where somebody registered us; else we register ourselves.
        client: Option<RegisteredClient>,
    },
}

/// A client that somebody registered at an authorization server. It is shown to that one alone,
/// whichever the server names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredClient {
    /// The authorization server.
    pub issuer: String,
    /// Its name for us.
    pub id: String,
    /// What proves it, where it is a confidential client.
    pub secret: Option<Secret>,
}

/// The secret as it is sealed. Its members are never renamed: rows were sealed with them.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Plain {
    Header {
        name: String,
        value: String,
    },
    ClientCredentials {
        token_url: String,
        client_id: String,
        client_secret: String,
        scopes: Vec<String>,
    },
    OnBehalfOf {
        scopes: Vec<String>,
    },
    UserGrant {
        scopes: Vec<String>,
        client: Option<PlainClient>,
    },
}

#[derive(Serialize, Deserialize)]
struct PlainClient {
    issuer: String,
    id: String,
    secret: Option<String>,
}

impl CredentialSecret {
    /// Of which kind it is.
    pub const fn kind(&self) -> CredentialKind {
        match self {
            Self::Header { .. } => CredentialKind::Header,
            Self::ClientCredentials { .. } => CredentialKind::ClientCredentials,
            Self::OnBehalfOf { .. } => CredentialKind::OnBehalfOf,
            Self::UserGrant { .. } => CredentialKind::UserGrant,
        }
    }

    /// The header that it is sent in.
    pub fn header_name(&self) -> &str {
        match self {
            Self::Header { name, .. } => name,
            Self::ClientCredentials { .. } | Self::OnBehalfOf { .. } | Self::UserGrant { .. } => {
                "authorization"
            }
        }
    }

    /// Seals it, for one server at one origin.
    ///
    /// # Errors
    /// As [`Sealer::seal`].
    pub fn seal(
        &self,
        sealer: &dyn Sealer,
        server: ServerId,
        origin: &str,
    ) -> Result<Vec<u8>, PortError> {
        let plain = match self.clone() {
            Self::Header { name, value } => {
                Plain::Header { name, value: value.expose().to_owned() }
            }
            Self::ClientCredentials { token_url, client_id, client_secret, scopes } => {
                Plain::ClientCredentials {
                    token_url: token_url.as_str().to_owned(),
                    client_id,
                    client_secret: client_secret.expose().to_owned(),
                    scopes,
                }
            }
            Self::OnBehalfOf { scopes } => Plain::OnBehalfOf { scopes },
            Self::UserGrant { scopes, client } => Plain::UserGrant {
                scopes,
                client: client.map(|client| PlainClient {
                    issuer: client.issuer,
                    id: client.id,
                    secret: client.secret.map(|secret| secret.expose().to_owned()),
                }),
            },
        };
        let bytes = serde_json::to_vec(&plain).map_err(|source| PortError::Corrupt {
            what: "a credential to be sealed".to_owned(),
            source: Box::new(source),
        })?;
        sealer.seal(Purpose::Vault, &context(server, origin), &bytes)
    }

    fn open(stored: &StoredCredential, sealer: &dyn Sealer) -> Option<Self> {
        let context = context(stored.server, &stored.origin);
        let bytes = sealer.open(Purpose::Vault, &context, &stored.sealed)?;
        Some(match serde_json::from_slice(&bytes).ok()? {
            Plain::Header { name, value } => Self::Header { name, value: Secret::new(value) },
            Plain::ClientCredentials { token_url, client_id, client_secret, scopes } => {
                Self::ClientCredentials {
                    token_url: EndpointUrl::parse(&token_url).ok()?,
                    client_id,
                    client_secret: Secret::new(client_secret),
                    scopes,
                }
            }
            Plain::OnBehalfOf { scopes } => Self::OnBehalfOf { scopes },
            Plain::UserGrant { scopes, client } => Self::UserGrant {
                scopes,
                client: client.map(|client| RegisteredClient {
                    issuer: client.issuer,
                    id: client.id,
                    secret: client.secret.map(Secret::new),
                }),
            },
        })
    }
}

/// What a sealed credential is bound to: its server, and where it may be sent.
fn context(server: ServerId, origin: &str) -> Vec<u8> {
    [server.0.as_bytes().as_slice(), origin.as_bytes()].concat()
}

/// The origin that an address belongs to; a WebSocket's is that of the HTTP that it begins as.
pub fn origin_of(endpoint: &EndpointUrl) -> String {
    let origin = endpoint.url().origin().ascii_serialization();
    origin.strip_prefix("ws").map_or_else(|| origin.clone(), |rest| format!("http{rest}"))
}

/// Why a credential that is kept cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// None of our keys opens it.
    #[error("the credential that is kept for the server cannot be opened; set it anew")]
    Unopened,
    /// The server is somewhere else by now.
    #[error("the server's address is of another origin than its credential; set it anew")]
    Elsewhere,
}

/// A credential, opened for use. One that is kept but cannot be shown is an error of each call, and
/// never a call without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Whose it is.
    pub server: ServerId,
    /// When it was set: with the revision it tells it from all others of the server.
    pub set_at: Timestamp,
    /// How often it was written.
    pub revision: Revision,
    /// What is shown.
    pub secret: Result<CredentialSecret, Unusable>,
}

impl Credential {
    /// Opens a credential for a server at an address.
    pub fn open(
        stored: &StoredCredential,
        endpoint: &EndpointUrl,
        sealer: &dyn Sealer,
    ) -> Arc<Self> {
        let secret = if stored.origin == origin_of(endpoint) {
            CredentialSecret::open(stored, sealer).ok_or(Unusable::Unopened)
        } else {
            Err(Unusable::Elsewhere)
        };
        Arc::new(Self {
            server: stored.server,
            set_at: stored.set_at,
            revision: stored.revision,
            secret,
        })
    }

    /// What is asked for in a caller's name; `None`: it is not opened so.
    pub fn scopes_on_behalf(&self) -> Option<&[String]> {
        match &self.secret {
            Ok(CredentialSecret::OnBehalfOf { scopes }) => Some(scopes),
            Ok(
                CredentialSecret::Header { .. }
                | CredentialSecret::ClientCredentials { .. }
                | CredentialSecret::UserGrant { .. },
            )
            | Err(_) => None,
        }
    }

    /// Whether each caller lets us in at the server's own authorization server.
    pub const fn is_granted_by_callers(&self) -> bool {
        matches!(self.secret, Ok(CredentialSecret::UserGrant { .. }))
    }

    /// Whether each caller is shown with a token of their own.
    pub fn is_personal(&self) -> bool {
        self.scopes_on_behalf().is_some() || self.is_granted_by_callers()
    }

    /// A personal credential as it is shown for one caller.
    pub fn shown_with(&self, token: &Secret) -> Arc<Self> {
        let value = Secret::new(format!("Bearer {}", token.expose()));
        let secret = Ok(CredentialSecret::Header { name: "authorization".to_owned(), value });
        Arc::new(Self { secret, ..self.clone() })
    }
}

#[cfg(test)]
mod tests;

//! What people let us do at servers that sign them in by themselves: each a grant of their own, at
//! the server's own authorization server (RFC 6749), sealed where it is kept.
//!
//! | key of the session store | what | until |
//! |---|---|---|
//! | `connect:{state}` | a flow that was begun; taken, so good once | [`FLOW_TTL`] |
//! | `connect-client:{issuer}` | who we are at an authorization server that registered us | [`CLIENT_TTL`] |
//! | `grant-token:{server}:{subject}` | somebody's access token | shortly before its end |
//!
//! A grant is good for one setting of one server's credential: where that is another by now, or the
//! server is elsewhere, people are asked again.

mod kept;
mod ports;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::caller::Caller;
use crate::credential::Credential;
use crate::event::RegistryEvent;
use crate::id::{Revision, ServerId, TenantId};
use crate::ports::{GrantClient, GrantedTokens, PortError, Purpose, Sealer, Secret};

pub(crate) use kept::{Begun, KeptClient, KeptToken, Offered};
pub use ports::ConnectPorts;

/// How long somebody may take from the page to coming back.
pub const FLOW_TTL: Duration = Duration::from_mins(10);
/// How long we remember who we are at an authorization server.
pub const CLIENT_TTL: Duration = Duration::from_hours(24);
/// How long before its end a token is refreshed; of a short life a fifth is left for the way.
const MARGIN: Duration = Duration::from_mins(1);

/// A grant as it may lie in a store.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredGrant {
    /// At which server.
    pub server: ServerId,
    /// Whose it is.
    pub subject: String,
    /// Their tenant.
    pub tenant: Option<TenantId>,
    /// The rest, sealed.
    pub sealed: Vec<u8>,
    /// When they gave it.
    pub granted_at: Timestamp,
    /// How often it was written.
    pub revision: Revision,
}

impl fmt::Debug for StoredGrant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("StoredGrant")
            .field("server", &self.server)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

/// That a grant goes, guarded by what was read.
#[derive(Debug, Clone, PartialEq)]
pub struct GrantRemoval {
    /// At which server.
    pub server: ServerId,
    /// Whose it is.
    pub subject: String,
    /// The revision that the stored row must still have.
    pub expected: Revision,
    /// What happened.
    pub events: Vec<RegistryEvent>,
}

/// A grant, opened for use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserGrant {
    /// What setting of the server's credential it was given for.
    pub(crate) for_credential: (Timestamp, Revision),
    /// The server's address, or one above it, as its authorization server knows it (RFC 8707).
    pub(crate) resource: String,
    /// Where tokens are given.
    pub(crate) token_endpoint: String,
    /// Where they are taken back (RFC 7009).
    pub(crate) revocation_endpoint: Option<String>,
    /// Who we are there.
    pub(crate) client: GrantClient,
    /// The token; `None` once the server did not take it.
    pub(crate) access_token: Option<Secret>,
    /// What the next one is got with.
    pub(crate) refresh_token: Option<Secret>,
    /// When the token is refreshed, and when it ends; `None`: nobody says.
    pub(crate) life: Option<Life>,
}

/// How long a token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) refresh_at: Timestamp,
    pub(crate) ends_at: Timestamp,
}

impl Life {
    /// Of a token that was given at a time for so long.
    pub(crate) fn of(given_at: Timestamp, lasts: Duration) -> Self {
        let margin = MARGIN.min(lasts / 5);
        Self {
            refresh_at: crate::ports::end_after(given_at, lasts.saturating_sub(margin)),
            ends_at: crate::ports::end_after(given_at, lasts),
        }
    }
}

impl UserGrant {
    /// The same grant with newer tokens. Who gave no new refresh token lets the old one live.
    pub(crate) fn with(self, tokens: GrantedTokens, given_at: Timestamp) -> Self {
        Self {
            access_token: Some(tokens.access_token),
            refresh_token: tokens.refresh_token.or(self.refresh_token),
            life: tokens.lasts.map(|lasts| Life::of(given_at, lasts)),
            ..self
        }
    }

    /// Whether it was given for the credential as it is set now.
    pub(crate) fn is_for(&self, credential: &Credential) -> bool {
        self.for_credential == (credential.set_at, credential.revision)
    }

    /// Whether its token can be shown at a time, and whether it is time to get another.
    pub(crate) fn standing(&self, now: Timestamp) -> Standing {
        match (&self.access_token, self.life) {
            (None, _) => Standing::Ended,
            (Some(_), Some(life)) if life.ends_at <= now => Standing::Ended,
            (Some(_), Some(life)) if life.refresh_at <= now => Standing::Ending,
            (Some(_), _) => Standing::Good,
        }
    }

    /// Seals it, for one person at one server.
    ///
    /// # Errors
    /// As [`Sealer::seal`].
    pub(crate) fn seal(
        &self,
        sealer: &dyn Sealer,
        server: ServerId,
        caller: &Caller,
    ) -> Result<Vec<u8>, PortError> {
        let plain = kept::PlainGrant::of(self);
        let bytes = serde_json::to_vec(&plain).map_err(kept::unwritable)?;
        let context = context(server, &caller.subject, caller.tenant.as_ref());
        sealer.seal(Purpose::Vault, &context, &bytes)
    }

    /// Opens a grant; none where none of our keys does.
    pub(crate) fn open(stored: &StoredGrant, sealer: &dyn Sealer) -> Option<Self> {
        let context = context(stored.server, &stored.subject, stored.tenant.as_ref());
        let bytes = sealer.open(Purpose::Vault, &context, &stored.sealed)?;
        let plain: kept::PlainGrant = serde_json::from_slice(&bytes).ok()?;
        Some(plain.read())
    }
}

/// How a grant's token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is good.
    Good,
    /// It is good, and about to end.
    Ending,
    /// It has ended, or was not taken.
    Ended,
}

/// What a sealed grant is bound to.
fn context(server: ServerId, subject: &str, tenant: Option<&TenantId>) -> Vec<u8> {
    let tenant = tenant.map_or("", TenantId::as_str);
    let whose = format!("\0grant\0{tenant}\0{subject}");
    [server.0.as_bytes().as_slice(), whose.as_bytes()].concat()
}

#[cfg(test)]
mod tests;

//! Signing in with a browser: what the use cases need, and what is kept between their requests.
//!
//! | key of the session store | what | until |
//! |---|---|---|
//! | `sign-in:{state}` | a sign-in that was begun; taken, so good once | the policy's `state_ttl` |
//! | `{session id}` | whose session it is | the policy's `session_ttl` |
//! | `token:{subject}` | who they are and the provider's tokens, one for all sessions of a person | the same, from the last refresh on |
//!
//! All values are sealed, each for its own key: one that is copied to another key does not open.

mod kept;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::ports::{
    Clock, IdentityProvider, Ids, Leases, Sealer, Secrets, SessionStore, UserStore, VerifiedToken,
};

pub(crate) use kept::{Begun, BegunBrowser, KeptSession, KeptTokens};

/// What signing in needs of the world.
#[derive(Clone)]
pub struct SignInPorts {
    /// Where people sign in.
    pub provider: Arc<dyn IdentityProvider>,
    /// What is kept until it expires.
    pub sessions: Arc<dyn SessionStore>,
    /// Seals what is kept.
    pub sealer: Arc<dyn Sealer>,
    /// Session ids, states, nonces, verifiers.
    pub secrets: Arc<dyn Secrets>,
    /// Which replica refreshes somebody's tokens.
    pub leases: Arc<dyn Leases>,
    /// People.
    pub users: Arc<dyn UserStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// The rules that an operator sets.
    pub policy: SignInPolicy,
}

impl fmt::Debug for SignInPorts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SignInPorts").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// The rules that an operator sets for signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInPolicy {
    /// Our address, which paths to return to are below.
    pub base: url::Url,
    /// Where the provider sends browsers back to.
    pub callback: String,
    /// Origins besides our own that a browser may be sent on to.
    pub origins: Vec<String>,
    /// How long somebody may take to sign in.
    pub state_ttl: Duration,
    /// How long a session lasts.
    pub session_ttl: Duration,
    /// How long before their end tokens are refreshed.
    pub refresh_margin: Duration,
}

/// Somebody who has a session.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who it is, as a token would say; good until the provider's token ends.
    pub person: Arc<VerifiedToken>,
    /// When the session ends.
    pub ends_at: Timestamp,
}

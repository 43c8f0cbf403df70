//! What an authorization server in front of the identity provider keeps: clients, what people
//! consented to, grants with their refresh tokens, signing keys, and what was revoked before its end.

use jiff::Timestamp;
use uuid::Uuid;

use crate::id::TenantId;

/// The scope that calling the gateway takes.
pub const CALL_SCOPE: &str = "access_as_user";

/// Whether a path is one that tokens can be for: the root, and every MCP endpoint.
pub fn is_resource(path: &str) -> bool {
    let of_one = |start: &str| {
        path.strip_prefix(start).and_then(|rest| rest.strip_suffix("/mcp")).is_some_and(|name| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte))
        })
    };
    path.is_empty() || path == "/mcp" || of_one("/servers/") || of_one("/collections/")
}

/// A client that registered itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthClient {
    /// Its id.
    pub id: String,
    /// What it calls itself.
    pub name: Option<String>,
    /// Where people may be sent back to.
    pub redirect_uris: Vec<String>,
    /// SHA-256 of its secret; `None` for one that can keep none.
    pub secret_hash: Option<Vec<u8>>,
    /// When it registered.
    pub created_at: Timestamp,
    /// When it is forgotten, unless a grant of its lives longer.
    pub ends_at: Timestamp,
}

/// That a person let a client act for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// A hash over person, client, redirect address and scopes: a decision on one is none on another.
    pub key: String,
    /// The client.
    pub client: String,
    /// The person ([`Identity::subject`](crate::user::Identity::subject)).
    pub subject: String,
    /// Their tenant.
    pub tenant: Option<TenantId>,
    /// When they said so.
    pub created_at: Timestamp,
    /// When they are asked again.
    pub ends_at: Timestamp,
}

/// What a person granted a client, for as long as its chain of refresh tokens goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id, in each of its tokens.
    pub id: Uuid,
    /// The client.
    pub client: String,
    /// The person.
    pub subject: String,
    /// Their tenant.
    pub tenant: Option<TenantId>,
    /// The resource that its tokens are for.
    pub resource: String,
    /// What they permit.
    pub scopes: Vec<String>,
    /// The serial number of the one refresh token that is good.
    pub serial: i64,
    /// The identity provider's refresh token, sealed.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// A refresh token's replacement by the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRotation {
    /// The grant.
    pub grant: Uuid,
    /// The serial number that was shown.
    pub expected: i64,
    /// The identity provider's new refresh token, sealed.
    pub sealed: Vec<u8>,
    /// When the grant ends from now on.
    pub ends_at: Timestamp,
}

/// What a rotation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotated {
    /// The next serial number is the good one.
    To(i64),
    /// The one that was shown is no longer the good one: somebody has a copy.
    Reused,
    /// There is no such grant (any more).
    Gone,
}

/// That tokens are refused before they end: one, or all of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The `jti` of the token, or the id of the grant.
    pub what: Uuid,
    /// Since when.
    pub since: Timestamp,
    /// Until when: then the tokens have ended themselves.
    pub ends_at: Timestamp,
}

/// A key that signs tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Which one it is, counted from 1: of two who make the next key at once one does.
    pub generation: i64,
    /// Its name in tokens.
    pub kid: String,
    /// The private key, sealed.
    pub sealed: Vec<u8>,
    /// From when on it signs; it is published before.
    pub signs_from: Timestamp,
    /// When nothing that it signed is good any more.
    pub ends_at: Timestamp,
}

//! Bearer tokens.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::caller::{Groups, Role};
use crate::user::Identity;

use super::Secret;

/// What a verified token says.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedToken {
    /// Who it is.
    pub identity: Identity,
    /// Roles of ours.
    pub roles: Vec<Role>,
    /// Ids of the groups that the person is in, as far as that can be told.
    pub groups: Groups,
    /// When it ends.
    pub expires_at: Timestamp,
    /// What it is confined to; `None`: it is good for all that its person may do.
    pub bounds: Option<TokenBounds>,
    /// The text of a token of the identity provider's, which it takes as proof of who somebody is.
    pub assertion: Option<Arc<Secret>>,
}

/// What a token of our own authorization server is confined to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenBounds {
    /// The path of the resource that it is for; empty: the root, and with it all of the gateway.
    pub path: String,
    /// What the person let its client do.
    pub scopes: Vec<String>,
}

impl TokenBounds {
    /// Whether the token is good for a resource: a narrow one only for its own.
    pub fn covers(&self, path: &str) -> bool {
        self.path.is_empty() || self.path == path
    }

    /// Whether it permits what a scope stands for.
    pub fn permits(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }
}

/// Why a token was refused. The caller is told no more than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalClass {
    /// It is not a JWT that we read, or not signed as its issuer signs.
    Malformed,
    /// Nobody we trust has that key.
    UnknownKey,
    /// The signature is wrong.
    BadSignature,
    /// Another issuer made it.
    WrongIssuer,
    /// It is meant for somebody else.
    WrongAudience,
    /// It has ended.
    Expired,
    /// It has not begun.
    NotYetValid,
    /// It lacks a claim that we need.
    MissingClaim,
    /// It was revoked before its end.
    Revoked,
    /// It was made for another sign-in.
    WrongNonce,
}

impl RefusalClass {
    /// The class's name in logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::MissingClaim => "missing_claim",
            Self::Revoked => "revoked",
            Self::WrongNonce => "wrong_nonce",
        }
    }
}

/// What verification comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Verification {
    /// The token is good.
    Verified(std::sync::Arc<VerifiedToken>),
    /// The token is not.
    Refused(RefusalClass),
    /// The keys to judge it by cannot be had right now.
    KeysUnavailable,
}

/// Judges bearer tokens.
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// Judges a token: signature, issuer, audience, times.
    async fn verify(&self, token: &str) -> Verification;
}

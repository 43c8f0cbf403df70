//! Bearer tokens.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::caller::Role;
use crate::user::Identity;

/// What a verified token says.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedToken {
    /// Who it is.
    pub identity: Identity,
    /// Roles of ours.
    pub roles: Vec<Role>,
    /// Ids of the groups that the person is in, as far as the token says.
    pub groups: Vec<String>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Why a token was refused. The caller is told no more than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalClass {
    /// It is not a JWT that we read, or not signed with RS256.
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

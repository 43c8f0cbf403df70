//! Assertions of an identity provider that a client may act for a person
//! (draft-ietf-oauth-identity-assertion-authz-grant).

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{RefusalClass, VerifiedToken};

/// What an assertion says that its issuer signed and that has not ended. For whom it is meant is its
/// reader's to judge.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentityAssertion {
    /// The person, and when the assertion ends.
    pub person: Arc<VerifiedToken>,
    /// Its own id: it is good once.
    pub id: String,
    /// The authorization servers that it is meant for.
    pub audiences: Vec<String>,
    /// The client that may act, by its id there.
    pub client: String,
    /// The resources that it may call; empty: it does not say.
    pub resources: Vec<String>,
    /// What it may do, where it says that.
    pub scope: Option<String>,
    /// When it was made.
    pub issued_at: Timestamp,
}

/// What reading an assertion comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Asserted {
    /// Its issuer signed it.
    Read(Box<IdentityAssertion>),
    /// It is none, or not its issuer's.
    Refused(RefusalClass),
    /// The keys to judge it by cannot be had right now.
    KeysUnavailable,
}

/// Reads assertions.
#[async_trait]
pub trait IdentityAssertions: Send + Sync {
    /// Judges kind, signature, issuer and times.
    async fn read(&self, assertion: &str) -> Asserted;
}

//! Who is calling: bearer tokens of Microsoft Entra ID, and of the development issuer.
//!
//! # Map
//! | file | what it does |
//! |---|---|
//! | `verifier` | token text → [`Verification`](registry_domain::ports::Verification): the one order of checks |
//! | `issuer` | which `iss` is accepted |
//! | `claims` | the claims we read, and the [`Identity`](registry_domain::user::Identity) that they make |
//! | `cache` | tokens verified less than a minute ago, by their SHA-256 |
//! | `keys` | [`KeySource`]: where the issuer's public keys come from |
//! | `keys/http_jwks` | keys fetched from the issuer: when to fetch again, what to do while it is down |
//! | `keys/settings`, `keys/jwks` | its settings; the JWKS document |
//! | `provider` | people who sign in: the port `IdentityProvider` |
//! | `assertion` | assertions that a client may act for somebody: the port `IdentityAssertions` |
//! | `groups` | the groups of people who are in too many for a token, asked of Graph |
//! | `client` | one bounded HTTP exchange |
//! | `development` | the issuer that stands in for Entra on a developer's machine |
//! | `development/key`, `development/token` | its key file; what it is asked and what it answers |
//!
//! # What is deliberately absent
//! - Nothing here knows actix, and nothing reads the environment: settings are values.
//! - No algorithm but RS256. A token does not choose how it is verified (RFC 8725 §3.1).
//! - Keys come only from a [`KeySource`], never from a token's own `jku`, `jwk` or `x5u`.
//! - Refusals are not logged and not cached: the caller is told the class, the edge counts it.
//!
//! # How to extend
//! - **Another identity provider**: a rule in `issuer`, its audiences in [`VerifierSettings`], and
//!   its discovery document in [`JwksSettings`]. One [`JwtVerifier`] per provider.
//! - **Keys from elsewhere** (a database, a vault): implement [`KeySource`].
//! - **Another claim**: a field in `claims`, and a row in `tests/entra/verification.rs`.

mod assertion;
mod cache;
mod claims;
mod client;
mod development;
mod groups;
mod issuer;
mod keys;
mod provider;
mod verifier;

pub use assertion::AssertionReader;
pub use client::FetchError;

pub use development::{
    DEVELOPMENT_KEYS_PATH, DEVELOPMENT_TOKEN_PATH, DevelopmentIssuer, DevelopmentKey, IssueError,
    IssuedToken, TokenRequest,
};
pub use groups::{GraphGroups, GroupSettings};
pub use issuer::IssuerRules;
pub use keys::{HttpJwks, JwksAddress, JwksSettings, KeyLookup, KeySource, LocalKeys};
pub use provider::{EntraProvider, ProviderSettings};
pub use verifier::{JwtVerifier, MAX_LEEWAY, MAX_TOKEN_BYTES, VerifierSettings};

//! The issuer that stands in for Entra on a developer's machine.
//!
//! Its tokens look like Entra's v2 tokens and go through the same [`JwtVerifier`](crate::JwtVerifier).
//! Its address is `http://127.0.0.1:{service port}/dev`; the API serves, below that address:
//!
//! | path | what |
//! |---|---|
//! | `POST` [`DEVELOPMENT_TOKEN_PATH`] | [`DevelopmentIssuer::issue`] |
//! | `GET /.well-known/openid-configuration` | [`DevelopmentIssuer::discovery_json`] |
//! | `GET` [`DEVELOPMENT_KEYS_PATH`] | [`DevelopmentIssuer::jwks_json`] |
//!
//! Whether there may be such an issuer at all (in development only, on loopback only) is decided
//! where the settings are read.

use std::sync::Arc;
use std::time::Duration;

use registry_domain::ports::Clock;
use serde::Serialize;
use serde_json::{Value, json};

mod key;
mod token;

pub use key::DevelopmentKey;
pub use token::{IssueError, IssuedToken, TokenRequest};

use token::Wanted;

/// Where the keys are, below the issuer's address.
pub const DEVELOPMENT_KEYS_PATH: &str = "/keys";

/// Where tokens are made, below the issuer's address.
pub const DEVELOPMENT_TOKEN_PATH: &str = "/token";

/// Makes tokens for whoever asks.
pub struct DevelopmentIssuer {
    issuer: String,
    audience: String,
    key: Arc<DevelopmentKey>,
    clock: Arc<dyn Clock>,
}

/// A v2 token's claims, as Entra names them.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    oid: &'a str,
    tid: &'a str,
    ver: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    email: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    preferred_username: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    roles: &'a [String],
    groups: &'a [String],
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
}

impl DevelopmentIssuer {
    /// The issuer of tokens for `audience`, at the address `issuer`.
    pub fn new(
        issuer: impl Into<String>,
        audience: impl Into<String>,
        key: Arc<DevelopmentKey>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { issuer: issuer.into(), audience: audience.into(), key, clock }
    }

    /// Makes a token. Without any wishes it is for the user `developer` of the tenant
    /// `development`, with the role `user`, for an hour.
    ///
    /// # Errors
    /// [`IssueError::Invalid`] with every field that breaks its rule.
    pub fn issue(&self, request: &TokenRequest) -> Result<IssuedToken, IssueError> {
        let wanted = Wanted::try_from(request)?;
        let issued_at = self.clock.now().as_second();
        let access_token = self.key.sign(&Claims {
            iss: &self.issuer,
            aud: &self.audience,
            sub: &wanted.subject,
            oid: &wanted.subject,
            tid: &wanted.tenant,
            ver: "2.0",
            email: &wanted.email,
            preferred_username: &wanted.email,
            name: &wanted.name,
            roles: &wanted.roles,
            groups: &wanted.groups,
            iat: issued_at,
            nbf: issued_at,
            exp: issued_at.saturating_add(wanted.expires_in),
            jti: key::random_name().ok_or(IssueError::Signing)?,
        });
        Ok(IssuedToken {
            access_token: access_token.ok_or(IssueError::Signing)?,
            expires_in: Duration::from_secs(wanted.expires_in.unsigned_abs()),
        })
    }

    /// The issuer's public keys (RFC 7517 §5): `{"keys":[…]}`.
    pub fn jwks_json(&self) -> Value {
        self.key.jwks_json()
    }

    /// The issuer's discovery document (OpenID Connect Discovery 1.0 §3).
    pub fn discovery_json(&self) -> Value {
        let issuer = &self.issuer;
        json!({
            "issuer": issuer,
            "jwks_uri": format!("{issuer}{DEVELOPMENT_KEYS_PATH}"),
            "token_endpoint": format!("{issuer}{DEVELOPMENT_TOKEN_PATH}"),
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        })
    }
}

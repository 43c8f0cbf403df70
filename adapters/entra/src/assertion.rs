//! Reading assertions of an identity provider that a client may act for a person: the port
//! `IdentityAssertions`.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use registry_domain::ports::{
    Asserted, Clock, IdentityAssertion, IdentityAssertions, RefusalClass, VerifiedToken,
};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::claims::{Claims, NumericDate, OneOrMany, each};
use crate::keys::{KeyLookup, KeySource};
use crate::verifier::{MAX_LEEWAY, MAX_TOKEN_BYTES, VerifierSettings, decoded};

/// What kind of token it has to be: no other token of the provider's is taken for one.
const TYPE: &str = "oauth-id-jag+jwt";

/// Reads assertions of the issuers that it was made for.
pub struct AssertionReader {
    settings: VerifierSettings,
    leeway: SignedDuration,
    keys: Arc<dyn KeySource>,
    clock: Arc<dyn Clock>,
}

/// The header members that we read (RFC 7515 §4.1).
#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
    crit: Option<IgnoredAny>,
}

/// What an assertion says beyond who somebody is.
#[derive(Deserialize)]
struct Grant {
    aud: OneOrMany,
    client_id: String,
    jti: String,
    iat: NumericDate,
    resource: Option<OneOrMany>,
    scope: Option<String>,
}

impl AssertionReader {
    /// A reader. Of the settings the audiences are of no interest: whom an assertion is meant for is
    /// judged by whom it is shown to.
    pub fn new(
        settings: VerifierSettings,
        keys: Arc<dyn KeySource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let leeway = SignedDuration::try_from(settings.leeway.min(MAX_LEEWAY));
        Self { leeway: leeway.unwrap_or(SignedDuration::ZERO), settings, keys, clock }
    }

    async fn judge(&self, assertion: &str) -> Result<IdentityAssertion, Asserted> {
        let malformed = || Asserted::Refused(RefusalClass::Malformed);
        if assertion.len() > MAX_TOKEN_BYTES {
            return Err(malformed());
        }
        let (message, signature) = assertion.rsplit_once('.').ok_or_else(malformed)?;
        let (header, payload) = message.split_once('.').ok_or_else(malformed)?;
        let header: Header = decoded(header).ok_or_else(malformed)?;
        if header.alg != "RS256" || header.typ != TYPE || header.crit.is_some() {
            return Err(malformed());
        }
        let key = match self.keys.find(&header.kid).await {
            KeyLookup::Found(key) => key,
            KeyLookup::Unknown => return Err(Asserted::Refused(RefusalClass::UnknownKey)),
            KeyLookup::Unavailable => return Err(Asserted::KeysUnavailable),
        };
        if !is_signed(message, signature, &key) {
            return Err(Asserted::Refused(RefusalClass::BadSignature));
        }
        self.accept(payload).map_err(Asserted::Refused)
    }

    fn accept(&self, payload: &str) -> Result<IdentityAssertion, RefusalClass> {
        let claims: Claims = decoded(payload).ok_or(RefusalClass::Malformed)?;
        self.settings.issuers.check(&claims)?;
        let grant: Grant = decoded(payload).ok_or(RefusalClass::MissingClaim)?;
        let now = self.clock.now();
        let expires_at = claims.exp.ok_or(RefusalClass::MissingClaim)?.0;
        if now.duration_since(expires_at) >= self.leeway {
            return Err(RefusalClass::Expired);
        }
        let begins = claims.nbf.map_or(grant.iat.0, |nbf| nbf.0.max(grant.iat.0));
        if begins.duration_since(now) > self.leeway {
            return Err(RefusalClass::NotYetValid);
        }
        let admins = self.settings.admin_group.as_deref();
        let identity = claims.identity(admins).ok_or(RefusalClass::MissingClaim)?;
        let person = VerifiedToken {
            identity,
            roles: claims.roles(),
            groups: claims.groups(),
            expires_at,
            bounds: None,
            assertion: None,
        };
        Ok(IdentityAssertion {
            person: Arc::new(person),
            id: grant.jti,
            audiences: each(Some(&grant.aud)).to_vec(),
            client: grant.client_id,
            resources: each(grant.resource.as_ref()).to_vec(),
            scope: grant.scope,
            issued_at: grant.iat.0,
        })
    }
}

fn is_signed(message: &str, signature: &str, key: &DecodingKey) -> bool {
    crypto::verify(signature, message.as_bytes(), key, Algorithm::RS256).unwrap_or(false)
}

#[async_trait]
impl IdentityAssertions for AssertionReader {
    async fn read(&self, assertion: &str) -> Asserted {
        match self.judge(assertion).await {
            Ok(read) => Asserted::Read(Box::new(read)),
            Err(refused) => refused,
        }
    }
}

//! Judging a token: form, key, signature, issuer, audience, times, in this order.
//!
//! The signature comes before the claims: what an unsigned text says is of no interest, and a
//! refusal's class tells a stranger nothing about which claims we would have liked.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use registry_domain::caller::Groups;
use registry_domain::ports::{
    Clock, RefusalClass, Secret, TokenVerifier, Verification, VerifiedToken,
};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::cache::{TokenCache, Verified, token_hash};
use crate::claims::{Claims, is_among};
use crate::groups::GraphGroups;
use crate::issuer::IssuerRules;
use crate::keys::{KeyLookup, KeySource};

/// The longest token that is looked at, in bytes; HTTP servers refuse such headers anyway.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The most that the clocks of issuer and verifier may differ.
pub const MAX_LEEWAY: Duration = Duration::from_mins(1);

/// What a [`JwtVerifier`] accepts.
#[derive(Debug, Clone)]
pub struct VerifierSettings {
    /// Who may have made the token.
    pub issuers: IssuerRules,
    /// Whom it may be meant for: Entra writes the client id in v2 tokens, `api://{client id}` in
    /// v1 tokens. A token needs one of them.
    pub audiences: Vec<String>,
    /// The object id of the administrators' group, where one is configured.
    pub admin_group: Option<String>,
    /// How long after `exp` and before `nbf` a token is accepted; at most [`MAX_LEEWAY`].
    pub leeway: Duration,
    /// For how long a verification is believed; at most a minute, and never past `exp`.
    pub cached_for: Duration,
    /// How many verified tokens are kept.
    pub max_cached_tokens: u64,
}

impl VerifierSettings {
    /// These issuers and audiences; no administrators' group, the full leeway, ten thousand tokens
    /// cached for a minute.
    pub fn new(
        issuers: IssuerRules,
        audiences: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            issuers,
            audiences: audiences.into_iter().map(Into::into).collect(),
            admin_group: None,
            leeway: MAX_LEEWAY,
            cached_for: Duration::from_mins(1),
            max_cached_tokens: 10_000,
        }
    }
}

/// Verifies RS256 tokens of the issuers that it was made for.
pub struct JwtVerifier {
    settings: VerifierSettings,
    leeway: SignedDuration,
    cache: TokenCache,
    keys: Arc<dyn KeySource>,
    groups: Option<Arc<GraphGroups>>,
    keeps_assertions: bool,
    clock: Arc<dyn Clock>,
}

/// A good token.
struct Judged {
    verified: Verified,
    nonce: Option<String>,
    /// Whether all that there is to know is known: what lacks groups is not kept.
    is_whole: bool,
}

/// The header members that we read (RFC 7515 §4.1). A key that a token brings along is none.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<IgnoredAny>,
}

impl JwtVerifier {
    /// A verifier with an empty cache.
    pub fn new(
        settings: VerifierSettings,
        keys: Arc<dyn KeySource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let leeway = settings.leeway.min(MAX_LEEWAY);
        Self {
            leeway: SignedDuration::try_from(leeway).unwrap_or(SignedDuration::ZERO),
            cache: TokenCache::new(settings.max_cached_tokens, settings.cached_for),
            settings,
            keys,
            groups: None,
            keeps_assertions: false,
            clock,
        }
    }

    /// The same verifier, which asks Graph about people with more groups than fit in a token.
    #[must_use]
    pub fn with_groups(self, groups: Arc<GraphGroups>) -> Self {
        Self { groups: Some(groups), ..self }
    }

    /// The same verifier, which keeps a token's text with what it says: for an application that gets
    /// tokens on behalf of those who come with one.
    #[must_use]
    pub fn keeping_assertions(self) -> Self {
        Self { keeps_assertions: true, ..self }
    }

    /// Judges an ID token, which has to carry the nonce that was asked for, if one was (OpenID
    /// Connect Core §3.1.3.7). Nothing is kept: an ID token is judged once.
    pub(crate) async fn verify_with_nonce(&self, token: &str, nonce: Option<&str>) -> Verification {
        if token.len() > MAX_TOKEN_BYTES {
            return Verification::Refused(RefusalClass::Malformed);
        }
        match self.judge(token).await {
            Ok(judged) if nonce.is_some() && judged.nonce.as_deref() != nonce => {
                Verification::Refused(RefusalClass::WrongNonce)
            }
            Ok(judged) => Verification::Verified(judged.verified.token),
            Err(answer) => answer,
        }
    }

    /// The whole verification. `Err` is any answer but [`Verification::Verified`].
    async fn judge(&self, token: &str) -> Result<Judged, Verification> {
        let malformed = || Verification::Refused(RefusalClass::Malformed);
        let (message, signature) = token.rsplit_once('.').ok_or_else(malformed)?;
        let (header, payload) = message.split_once('.').ok_or_else(malformed)?;
        if payload.contains('.') {
            return Err(malformed());
        }
        let kid = rs256_key_id(header).ok_or_else(malformed)?;

        // Read before the key is: keys that change meanwhile (or arrive, as on the first token)
        // make the cached result a miss, never a wrong hit.
        let generation = self.keys.generation();
        let key = match self.keys.find(&kid).await {
            KeyLookup::Found(key) => key,
            KeyLookup::Unknown => return Err(Verification::Refused(RefusalClass::UnknownKey)),
            KeyLookup::Unavailable => return Err(Verification::KeysUnavailable),
        };
        check_signature(message, signature, &key).map_err(Verification::Refused)?;

        let claims: Claims = decoded(payload).ok_or_else(malformed)?;
        let mut verified = self.accept(&claims, generation).map_err(Verification::Refused)?;
        if self.keeps_assertions {
            let assertion = Arc::new(Secret::new(token.to_owned()));
            Arc::make_mut(&mut verified.token).assertion = Some(assertion);
        }
        let mut is_whole = true;
        if let Some(graph) = self.groups.as_ref().filter(|_| claims.has_overage()) {
            // What names no tenant has passed no check of one: it is no token of Entra's.
            let tenant = claims.tid.as_deref().unwrap_or_default();
            match graph.of(tenant, &verified.token.identity.subject).await {
                Some(groups) => self.add_groups(Arc::make_mut(&mut verified.token), &groups),
                // Nothing is concluded from silence: no right that hangs on a group, and no freedom
                // from a rule that names one.
                None => is_whole = false,
            }
        }
        Ok(Judged { verified, nonce: claims.nonce, is_whole })
    }

    fn add_groups(&self, token: &mut VerifiedToken, groups: &[String]) {
        let admins = self.settings.admin_group.as_deref();
        token.identity.in_admin_group = admins.map(|group| is_among(group, groups));
        token.groups = Groups::Known(groups.to_vec());
    }

    fn accept(&self, claims: &Claims, generation: u64) -> Result<Verified, RefusalClass> {
        self.settings.issuers.check(claims)?;
        match claims.is_for(&self.settings.audiences) {
            Some(true) => {}
            Some(false) => return Err(RefusalClass::WrongAudience),
            None => return Err(RefusalClass::MissingClaim),
        }

        let now = self.clock.now();
        let expires_at = claims.exp.ok_or(RefusalClass::MissingClaim)?.0;
        if now.duration_since(expires_at) >= self.leeway {
            return Err(RefusalClass::Expired);
        }
        let not_before = claims.nbf.map_or(Timestamp::MIN, |nbf| nbf.0);
        if not_before.duration_since(now) > self.leeway {
            return Err(RefusalClass::NotYetValid);
        }

        let identity = claims
            .identity(self.settings.admin_group.as_deref())
            .ok_or(RefusalClass::MissingClaim)?;
        let (roles, groups) = (claims.roles(), claims.groups());
        let token =
            VerifiedToken { identity, roles, groups, expires_at, bounds: None, assertion: None };
        Ok(Verified { token: Arc::new(token), lifetime: not_before..expires_at, generation })
    }
}

#[async_trait]
impl TokenVerifier for JwtVerifier {
    async fn verify(&self, token: &str) -> Verification {
        if token.len() > MAX_TOKEN_BYTES {
            return Verification::Refused(RefusalClass::Malformed);
        }
        let hash = token_hash(token);
        if let Some(known) = self.cache.find(&hash, self.clock.now(), self.keys.generation()) {
            return Verification::Verified(known);
        }
        match self.judge(token).await {
            Ok(Judged { verified, is_whole, .. }) => {
                let token = Arc::clone(&verified.token);
                if is_whole {
                    self.cache.insert(hash, self.clock.now(), verified);
                }
                Verification::Verified(token)
            }
            Err(answer) => answer,
        }
    }
}

/// The key id of an RS256 header. Extensions that must be understood (`crit`, RFC 7515 §4.1.11)
/// are understood by nobody here.
fn rs256_key_id(header: &str) -> Option<String> {
    let header: Header = decoded(header)?;
    (header.alg == "RS256" && header.crit.is_none()).then_some(header.kid)?
}

fn check_signature(message: &str, signature: &str, key: &DecodingKey) -> Result<(), RefusalClass> {
    match crypto::verify(signature, message.as_bytes(), key, Algorithm::RS256) {
        Ok(true) => Ok(()),
        Ok(false) => Err(RefusalClass::BadSignature),
        // Only its base64 can be wrong: the key was made for RSA.
        Err(_) => Err(RefusalClass::Malformed),
    }
}

/// A base64url part as JSON (RFC 7515 §3).
pub(crate) fn decoded<T: DeserializeOwned>(part: &str) -> Option<T> {
    let json = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&json).ok()
}

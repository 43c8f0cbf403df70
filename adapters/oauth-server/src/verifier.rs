//! Judging tokens on the gateway: ours here, the identity provider's own by whoever judged them
//! before (option B of mcp.md §5.7). Which it is stands in how the token begins; each is then held to
//! its own issuer's algorithm and keys.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use registry_domain::ports::{RefusalClass, TokenVerifier, Verification, VerifiedToken};
use uuid::Uuid;

use crate::jwt::{self, BEGINNING, Unread};
use crate::server::OAuthServer;

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 16 << 10;
/// How many tokens are remembered as good, and for how long.
const MOST_REMEMBERED: u64 = 10_000;
const REMEMBERED_FOR: Duration = Duration::from_mins(1);
/// How far another replica's clock may be ahead.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);

/// Judges both kinds of tokens.
pub struct GatewayVerifier {
    server: Arc<OAuthServer>,
    others: Arc<dyn TokenVerifier>,
    remembered: Cache<[u8; SHA256_OUTPUT_LEN], Good>,
}

/// A token whose signature was right.
#[derive(Clone)]
struct Good {
    token: Arc<VerifiedToken>,
    /// Its own id and its grant's, each of which may be denied at any time.
    ids: [Uuid; 2],
    begins: Timestamp,
}

impl GatewayVerifier {
    /// Judges `server`'s tokens, and leaves all others to `others`.
    pub fn new(server: Arc<OAuthServer>, others: Arc<dyn TokenVerifier>) -> Self {
        let remembered =
            Cache::builder().max_capacity(MOST_REMEMBERED).time_to_live(REMEMBERED_FOR).build();
        Self { server, others, remembered }
    }

    fn judge(&self, token: &str) -> Result<Arc<VerifiedToken>, RefusalClass> {
        if token.len() > LONGEST {
            return Err(RefusalClass::Malformed);
        }
        let mut hash = [0; SHA256_OUTPUT_LEN];
        hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        let now = self.server.ports.clock.now();
        let good = if let Some(good) = self.remembered.get(&hash) {
            good
        } else {
            let good = self.verified(token, now)?;
            self.remembered.insert(hash, good.clone());
            good
        };
        if now >= good.token.expires_at {
            return Err(RefusalClass::Expired);
        }
        if good.begins.duration_since(now) > AHEAD {
            return Err(RefusalClass::NotYetValid);
        }
        if self.server.is_denied(good.ids) {
            return Err(RefusalClass::Revoked);
        }
        Ok(good.token)
    }

    fn verified(&self, token: &str, now: Timestamp) -> Result<Good, RefusalClass> {
        let ring = self.server.ring.load();
        let claims = jwt::read(&ring, token, now).map_err(|unread| match unread {
            Unread::Malformed => RefusalClass::Malformed,
            Unread::UnknownKey => RefusalClass::UnknownKey,
            Unread::BadSignature => RefusalClass::BadSignature,
        })?;
        if claims.iss != self.server.settings.base {
            return Err(RefusalClass::WrongIssuer);
        }
        let path = self.server.settings.resource_path(&claims.aud);
        let path = path.ok_or(RefusalClass::WrongAudience)?;
        let begins = Timestamp::from_second(claims.iat).map_err(|_| RefusalClass::Malformed)?;
        let token = claims.verified(path).ok_or(RefusalClass::MissingClaim)?;
        Ok(Good { ids: [claims.jti, claims.grant], begins, token: Arc::new(token) })
    }
}

#[async_trait]
impl TokenVerifier for GatewayVerifier {
    async fn verify(&self, token: &str) -> Verification {
        if !token.starts_with(BEGINNING) {
            return self.others.verify(token).await;
        }
        match self.judge(token) {
            Ok(token) => Verification::Verified(token),
            Err(class) => Verification::Refused(class),
        }
    }
}

//! Tokens and API keys, judged at one place: a key is known by how it begins.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use parking_lot::Mutex;
use registry_domain::api_key::{KeyScope, PREFIX};
use registry_domain::manifest::Digest;
use registry_domain::ports::{ApiKeyStore, Clock, TokenVerifier, Verification, VerifiedToken};
use registry_domain::use_cases::verify_api_key;

use crate::run::Half;

/// How long a key that was good is taken for one without asking the store: calls ask it no oftener,
/// and one that was revoked is refused after that.
const REMEMBERED: Duration = Duration::from_millis(900);
/// The most keys that are remembered.
const MOST: usize = 256;

/// Judges keys at one door, and leaves everything else to another.
pub(crate) struct KeyVerifier {
    tokens: Arc<dyn TokenVerifier>,
    store: Arc<dyn ApiKeyStore>,
    clock: Arc<dyn Clock>,
    door: KeyScope,
    good: Mutex<Vec<(Digest, Instant, Arc<VerifiedToken>)>>,
}

impl KeyVerifier {
    pub(crate) fn new(
        tokens: Arc<dyn TokenVerifier>,
        store: Arc<dyn ApiKeyStore>,
        clock: Arc<dyn Clock>,
        half: Half,
    ) -> Self {
        let door = match half {
            Half::PublicApi => KeyScope::Api,
            Half::Gateway => KeyScope::Mcp,
        };
        Self { tokens, store, clock, door, good: Mutex::default() }
    }

    fn remembered(&self, key: &Digest) -> Option<Arc<VerifiedToken>> {
        let mut good = self.good.lock();
        good.retain(|(_, since, _)| since.elapsed() < REMEMBERED);
        let now = self.clock.now();
        let found = good.iter().find(|(known, _, _)| known == key)?;
        (found.2.expires_at > now).then(|| Arc::clone(&found.2))
    }
}

#[async_trait]
impl TokenVerifier for KeyVerifier {
    async fn verify(&self, token: &str) -> Verification {
        if !token.starts_with(PREFIX) {
            return self.tokens.verify(token).await;
        }
        let digest = Digest::of_bytes(token.as_bytes());
        if let Some(known) = self.remembered(&digest) {
            return Verification::Verified(known);
        }
        // It counts from before the store was asked: a key that is revoked meanwhile is not
        // remembered for longer.
        let asked = Instant::now();
        let judged = verify_api_key(self.store.as_ref(), token, self.door, self.clock.now()).await;
        if let Verification::Verified(token) = &judged {
            let mut good = self.good.lock();
            if good.len() < MOST {
                good.push((digest, asked, Arc::clone(token)));
            }
        }
        judged
    }
}

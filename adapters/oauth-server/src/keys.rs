//! The keys that sign our tokens: at least two at any time, of which one signs and the next is
//! published already, so that whoever keeps our key document knows it before it is used.
//!
//! The private keys lie sealed in the store. Of several replicas that make the next one at once, one
//! does, and the others read it.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use registry_domain::oauth::SigningKey;
use registry_domain::ports::{Purpose, Sealer, end_after};
use serde_json::{Value, json};

use crate::error::OAuthError;
use crate::secrets::sha256_text;
use crate::server::OAuthServer;

const CONTEXT: &str = "oauth-signing-key:";
/// How long a key is published before it signs, at least.
const PUBLISHED_AHEAD: Duration = Duration::from_hours(1);
/// How often the keys are made up for and read anew before something else must be wrong.
const ATTEMPTS: u32 = 5;

/// The keys that have not ended, the oldest first.
#[derive(Default)]
pub(crate) struct Ring {
    keys: Vec<Key>,
}

/// A key, opened.
pub(crate) struct Key {
    kid: String,
    pair: EcdsaKeyPair,
    signs_from: Timestamp,
    ends_at: Timestamp,
}

impl Key {
    /// Opens a key. `None`: it was sealed by a key that we do not have (any more).
    fn open(sealer: &dyn Sealer, stored: &SigningKey) -> Option<Self> {
        let context = format!("{CONTEXT}{}", stored.kid);
        let pkcs8 = sealer.open(Purpose::Vault, context.as_bytes(), &stored.sealed)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).ok()?;
        Some(Self {
            kid: stored.kid.clone(),
            pair,
            signs_from: stored.signs_from,
            ends_at: stored.ends_at,
        })
    }

    /// The coordinates of the public key, in base64url.
    fn coordinates(pair: &EcdsaKeyPair) -> Option<(String, String)> {
        // An uncompressed point (SEC 1 §2.3.3): 4, then both coordinates.
        let point = pair.public_key().as_ref().strip_prefix(&[4])?;
        let (x, y) = point.split_at_checked(32)?;
        Some((URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y)))
    }

    fn jwk(&self) -> Option<Value> {
        let (x, y) = Self::coordinates(&self.pair)?;
        Some(json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
            "x": x, "y": y,
        }))
    }

    /// Signs a message; the key's name goes with it.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let signature = self.pair.sign(&SystemRandom::new(), message).ok()?;
        Some(signature.as_ref().to_vec())
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key());
        public.verify(message, signature).is_ok()
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }
}

impl Ring {
    /// The key that signs now: the newest whose time has come, else the next one.
    pub(crate) fn signer(&self, now: Timestamp) -> Option<&Key> {
        let living = || self.keys.iter().filter(|key| now < key.ends_at);
        living().rfind(|key| key.signs_from <= now).or_else(|| living().next())
    }

    /// The key of that name, if it has not ended.
    pub(crate) fn find(&self, kid: &str, now: Timestamp) -> Option<&Key> {
        self.keys.iter().find(|key| key.kid == kid && now < key.ends_at)
    }

    /// The public keys (RFC 7517 §4).
    pub(crate) fn jwks(&self) -> Vec<Value> {
        self.keys.iter().filter_map(Key::jwk).collect()
    }

    /// From when on a key is missing that should be there.
    fn missing(&self, now: Timestamp, period: Duration) -> Option<Timestamp> {
        let living = || self.keys.iter().filter(|key| now < key.ends_at);
        let Some(signer) = living().rfind(|key| key.signs_from <= now) else { return Some(now) };
        if living().any(|key| key.signs_from > now) {
            return None;
        }
        let soonest = end_after(now, PUBLISHED_AHEAD.min(period / 2));
        Some(end_after(signer.signs_from, period).max(soonest))
    }
}

impl OAuthServer {
    /// Reads the keys, and makes the next one where it is time.
    ///
    /// # Errors
    /// Without the store, or where no key can be made.
    pub async fn renew_keys(&self) -> Result<(), OAuthError> {
        for _ in 0..ATTEMPTS {
            let now = self.ports.clock.now();
            let stored = self.ports.store.signing_keys().await?;
            let ring = self.opened(&stored, now);
            let Some(signs_from) = ring.missing(now, self.settings.key_period) else {
                self.ring.store(Arc::new(ring));
                return Ok(());
            };
            let newest = stored.iter().map(|key| key.generation).max().unwrap_or_default();
            let key = self.made(newest.saturating_add(1), signs_from)?;
            if self.ports.store.insert_key(&key).await? {
                tracing::info!(kid = key.kid, signs_from = %key.signs_from, "made a signing key");
            }
        }
        Err(OAuthError::broken("the signing keys cannot be made up for"))
    }

    fn opened(&self, stored: &[SigningKey], now: Timestamp) -> Ring {
        let mut keys = Vec::with_capacity(stored.len());
        for stored in stored.iter().filter(|key| now < key.ends_at) {
            if let Some(key) = Key::open(self.ports.sealer.as_ref(), stored) {
                keys.push(key);
            } else {
                let kid = &stored.kid;
                tracing::error!(
                    kid,
                    "a signing key does not open: it was sealed with a key that is not configured"
                );
            }
        }
        Ring { keys }
    }

    fn made(&self, generation: i64, signs_from: Timestamp) -> Result<SigningKey, OAuthError> {
        let broken = || OAuthError::broken("no signing key can be made");
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .map_err(|_| broken())?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref())
            .map_err(|_| broken())?;
        let (x, y) = Key::coordinates(&pair).ok_or_else(broken)?;
        // The key's thumbprint (RFC 7638 §3).
        let kid = sha256_text(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
        let context = format!("{CONTEXT}{kid}");
        let ports = &self.ports;
        let sealed = ports.sealer.seal(Purpose::Vault, context.as_bytes(), pkcs8.as_ref())?;
        // Its successor signs after one period; until the end of the second all is over.
        let ends_at = end_after(signs_from, self.settings.key_period.saturating_mul(2));
        Ok(SigningKey { generation, kid, sealed, signs_from, ends_at })
    }
}

//! A clock that tests set, keys, and tokens of every kind.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use parking_lot::Mutex;
use registry_domain::ports::{Clock, RefusalClass, TokenVerifier as _, Verification};
use registry_entra::{HttpJwks, IssuerRules, JwksSettings, JwtVerifier, VerifierSettings};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::fake_host::FakeHost;

pub const TENANT: &str = "11111111-1111-4111-8111-111111111111";
pub const CLIENT: &str = "22222222-2222-4222-8222-222222222222";
pub const GROUP: &str = "33333333-3333-4333-8333-333333333333";

/// The time at which tests begin.
pub const START: i64 = 1_800_000_000;

pub struct MockClock(Mutex<Timestamp>);

impl MockClock {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Timestamp::from_second(START).unwrap())))
    }

    pub fn pass(&self, time: Duration) {
        let mut now = self.0.lock();
        *now = now.checked_add(time).unwrap();
    }
}

impl Clock for MockClock {
    fn now(&self) -> Timestamp {
        *self.0.lock()
    }
}

pub struct TestKey {
    pub kid: &'static str,
    pub pair: KeyPair,
}

/// The key that the fake host publishes.
pub static TRUSTED: LazyLock<TestKey> = LazyLock::new(|| TestKey::new("trusted"));

pub fn encoded(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

impl TestKey {
    pub fn new(kid: &'static str) -> Self {
        Self { kid, pair: KeyPair::generate(KeySize::Rsa2048).unwrap() }
    }

    /// As Entra publishes it: without `alg`.
    pub fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        json!({
            "kty": "RSA", "use": "sig", "kid": self.kid, "x5t": self.kid,
            "n": encoded(public.modulus().big_endian_without_leading_zero()),
            "e": encoded(public.exponent().big_endian_without_leading_zero()),
        })
    }

    pub fn token(&self, claims: &Value) -> String {
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": self.kid});
        self.token_with(&header, claims, &RSA_PKCS1_SHA256)
    }

    pub fn rs512_token(&self, claims: &Value) -> String {
        let header = json!({"alg": "RS512", "kid": self.kid});
        self.token_with(&header, claims, &RSA_PKCS1_SHA512)
    }

    pub fn token_with(
        &self,
        header: &Value,
        claims: &Value,
        algorithm: &'static dyn RsaEncoding,
    ) -> String {
        let message = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair.sign(algorithm, &random, message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", encoded(signature))
    }

    /// The classical confusion: the public key, known to all, as an HMAC secret.
    pub fn hs256_token(&self, claims: &Value) -> String {
        let header = json!({"alg": "HS256", "kid": self.kid});
        let message = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let secret = hmac::Key::new(hmac::HMAC_SHA256, self.pair.public_key().as_ref());
        format!("{message}.{}", encoded(hmac::sign(&secret, message.as_bytes())))
    }
}

/// A fake Entra, and a verifier that trusts it.
pub struct Entra {
    pub host: FakeHost,
    pub clock: Arc<MockClock>,
    pub verifier: JwtVerifier,
}

impl Entra {
    pub async fn start() -> Self {
        Self::start_with(|_| (), |_| ()).await
    }

    pub async fn start_with(
        change: impl FnOnce(&mut VerifierSettings),
        change_keys: impl FnOnce(&mut JwksSettings),
    ) -> Self {
        let host = FakeHost::start(TENANT).await;
        host.publish_keys(&[TRUSTED.jwk()]);
        let clock = MockClock::new();
        let mut jwks = JwksSettings::entra(&host.authority(), TENANT).unwrap();
        change_keys(&mut jwks);
        let keys = HttpJwks::new(jwks, clock.clone(), Handle::current()).unwrap();
        let issuers = IssuerRules::entra(&host.authority(), [TENANT]);
        let mut settings =
            VerifierSettings::new(issuers, [CLIENT.to_owned(), format!("api://{CLIENT}")]);
        settings.leeway = Duration::ZERO;
        change(&mut settings);
        let verifier = JwtVerifier::new(settings, Arc::new(keys), clock.clone());
        Self { host, clock, verifier }
    }

    /// A v2 token's claims with some of them changed; null takes one away.
    pub fn claims(&self, changes: &Value) -> Value {
        let mut claims = json!({
            "iss": format!("{}/{TENANT}/v2.0", self.host.authority()),
            "aud": CLIENT, "ver": "2.0", "tid": TENANT, "oid": "oid-1", "sub": "sub-1",
            "preferred_username": "ada@example.com", "name": "Ada", "roles": ["admin"],
            "iat": START, "nbf": START, "exp": START + 3600,
        });
        let members = claims.as_object_mut().unwrap();
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => members.remove(name),
                value => members.insert(name.clone(), value.clone()),
            };
        }
        claims
    }

    /// A good token; `jti` tells it from others.
    pub fn token(&self, jti: usize) -> String {
        TRUSTED.token(&self.claims(&json!({ "jti": jti })))
    }

    pub async fn verify(&self, token: &str) -> Answer {
        Answer::from(self.verifier.verify(token).await)
    }

    pub async fn verify_claims(&self, changes: &Value) -> Answer {
        self.verify(&TRUSTED.token(&self.claims(changes))).await
    }
}

/// A [`Verification`] without what a good token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Good,
    Refused(RefusalClass),
    KeysUnavailable,
}

impl From<Verification> for Answer {
    fn from(verification: Verification) -> Self {
        match verification {
            Verification::Verified(_) => Self::Good,
            Verification::Refused(class) => Self::Refused(class),
            Verification::KeysUnavailable => Self::KeysUnavailable,
        }
    }
}

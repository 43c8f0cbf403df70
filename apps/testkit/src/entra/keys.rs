//! Keys that sign tokens.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub(super) struct Key {
    kid: String,
    pair: KeyPair,
}

impl Key {
    pub(super) fn new() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("an RSA key can be made");
        Self { kid: random(), pair }
    }

    /// As Entra publishes it: without `alg`.
    pub(super) fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        json!({
            "kty": "RSA", "use": "sig", "kid": self.kid, "x5t": self.kid,
            "n": encoded(public.modulus().big_endian_without_leading_zero()),
            "e": encoded(public.exponent().big_endian_without_leading_zero()),
        })
    }

    /// Whether a signature is this key's.
    pub(super) fn signed(&self, message: &str, signature: &[u8]) -> bool {
        let public = self.pair.public_key().as_ref();
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)
            .verify(message.as_bytes(), signature)
            .is_ok()
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        self.sign_as("JWT", claims)
    }

    pub(super) fn sign_as(&self, kind: &str, claims: &Value) -> String {
        let header = json!({"typ": kind, "alg": "RS256", "kid": self.kid, "x5t": self.kid});
        let message = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair
            .sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature)
            .expect("a key of ours signs");
        format!("{message}.{}", encoded(signature))
    }
}

pub(super) fn encoded(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

/// Base64url of a text's SHA-256: what PKCE compares, and what makes an id pairwise.
pub(super) fn hashed(text: &str) -> String {
    encoded(digest(&SHA256, text.as_bytes()))
}

/// 256 random bits.
pub(super) fn random() -> String {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("the machine has random numbers");
    encoded(bytes)
}

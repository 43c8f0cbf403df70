//! The development issuer's RSA key, in a file that only its owner reads.

use std::fmt;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use registry_sealing::secret_file::{self, SecretFileError};
use serde::Serialize;
use serde_json::{Value, json};

const FILE_NAME: &str = "development-issuer.key";
const PEM_HEAD: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_TAIL: &str = "-----END PRIVATE KEY-----";

/// An RSA key pair of 2048 bits and its `kid`.
pub struct DevelopmentKey {
    pair: KeyPair,
    kid: String,
    n: String,
    e: String,
}

impl DevelopmentKey {
    /// The key in `development-issuer.key` of `data_dir`, made (mode 0600, PKCS#8 PEM) where there
    /// is none. Of several processes that start at once, one makes it and all have it.
    ///
    /// Reads files and may compute for a second: call it at start, not in a request.
    ///
    /// # Errors
    /// [`SecretFileError`]: the directory cannot be used, or the file is no key or open to others.
    pub fn load_or_create(data_dir: &Path) -> Result<Self, SecretFileError> {
        let path = data_dir.join(FILE_NAME);
        let pem = secret_file::load_or_create(&path, new_pem)?;
        let expected = "an RSA private key in PKCS#8 PEM";
        let pair = key_pair(&pem).ok_or(SecretFileError::NotASecret { path, expected })?;
        Ok(pair.into())
    }

    /// The key's name: its thumbprint (RFC 7638), so that the same key has the same name in every
    /// process.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as a JWKS document (RFC 7517 §5).
    pub fn jwks_json(&self) -> Value {
        let Self { kid, n, e, .. } = self;
        json!({"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e}]})
    }

    /// The public key, to verify with.
    pub(crate) fn decoding_key(&self) -> DecodingKey {
        let key = self.pair.public_key();
        DecodingKey::from_rsa_raw_components(
            key.modulus().big_endian_without_leading_zero(),
            key.exponent().big_endian_without_leading_zero(),
        )
    }

    /// The claims as an RS256 token (RFC 7515 §3.1); `None` where the cryptography fails.
    pub(super) fn sign(&self, claims: &impl Serialize) -> Option<String> {
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": self.kid});
        let part = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
        let header = part(serde_json::to_vec(&header).ok()?);
        let message = format!("{header}.{}", part(serde_json::to_vec(claims).ok()?));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .ok()?;
        Some(format!("{message}.{}", part(signature)))
    }
}

impl From<KeyPair> for DevelopmentKey {
    fn from(pair: KeyPair) -> Self {
        let public = pair.public_key();
        let n = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
        let e = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
        // RFC 7638 §3: exactly these members, in this order, without spaces.
        let canonical = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()));
        Self { pair, kid, n, e }
    }
}

impl fmt::Debug for DevelopmentKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("DevelopmentKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// A name that nobody guesses: 128 random bits in base64url.
pub(super) fn random_name() -> Option<String> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

fn key_pair(pem: &str) -> Option<KeyPair> {
    let body = pem.trim().strip_prefix(PEM_HEAD)?.strip_suffix(PEM_TAIL)?;
    let der = STANDARD.decode(body.split_whitespace().collect::<String>()).ok()?;
    KeyPair::from_pkcs8(&der).ok()
}

fn new_pem() -> Option<String> {
    let pair = KeyPair::generate(KeySize::Rsa2048).ok()?;
    let der: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    let body = STANDARD.encode(der.as_ref());
    let mut pem = format!("{PEM_HEAD}\n");
    // RFC 7468 §2: lines of 64 characters.
    for line in body.as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).ok()?);
        pem.push('\n');
    }
    Some(format!("{pem}{PEM_TAIL}\n"))
}

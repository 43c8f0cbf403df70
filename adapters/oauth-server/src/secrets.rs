//! Unguessable texts, hashes of them, and values sealed into texts.

use std::fmt::Write as _;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use registry_domain::ports::{Purpose, Sealer};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::OAuthError;

/// A text that nobody guesses: 256 bits, base64url, 43 characters.
pub(crate) fn unguessable() -> Result<String, OAuthError> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| OAuthError::broken("there are no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// SHA-256.
pub(crate) fn sha256(text: &str) -> Vec<u8> {
    digest(&SHA256, text.as_bytes()).as_ref().to_vec()
}

/// SHA-256 in base64url: a key to keep a secret's value under, and PKCE's S256 (RFC 7636 §4.2).
pub(crate) fn sha256_text(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in digest(&SHA256, bytes).as_ref() {
        // Writing to a text does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Compares secrets in a time that tells nothing of them.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    verify_slices_are_equal(one, other).is_ok()
}

/// Seals a value; the same `context` opens it.
pub(crate) fn seal<T: Serialize>(
    sealer: &dyn Sealer,
    purpose: Purpose,
    context: &str,
    value: &T,
) -> Result<Vec<u8>, OAuthError> {
    let plain =
        serde_json::to_vec(value).map_err(|_| OAuthError::broken("a value does not serialise"))?;
    Ok(sealer.seal(purpose, context.as_bytes(), &plain)?)
}

/// Opens what [`seal`] sealed.
pub(crate) fn open<T: DeserializeOwned>(
    sealer: &dyn Sealer,
    purpose: Purpose,
    context: &str,
    kept: &[u8],
) -> Option<T> {
    serde_json::from_slice(&sealer.open(purpose, context.as_bytes(), kept)?).ok()
}

/// [`seal`] into a text that addresses, forms and cookies carry.
pub(crate) fn seal_text<T: Serialize>(
    sealer: &dyn Sealer,
    purpose: Purpose,
    context: &str,
    value: &T,
) -> Result<String, OAuthError> {
    Ok(URL_SAFE_NO_PAD.encode(seal(sealer, purpose, context, value)?))
}

/// Opens what [`seal_text`] sealed.
pub(crate) fn open_text<T: DeserializeOwned>(
    sealer: &dyn Sealer,
    purpose: Purpose,
    context: &str,
    text: &str,
) -> Option<T> {
    open(sealer, purpose, context, &URL_SAFE_NO_PAD.decode(text).ok()?)
}
